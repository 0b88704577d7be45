#!/bin/sh
# The clean variant: finder, face and eyes from the simulator and CC BY eye patches alone. No teacher, no affect network.
# Usage: clean_student.sh DATA WORK OUT. Of DATA only nir_eyes is read, and of that only the part that is CC BY; WORK must
# not be that of another student. SIM_PYTHON is the interpreter that has the simulator; PYTHON has torch.
set -eu
data=$1 work=$2 out=$3
python=${PYTHON:-python3} sim_python=${SIM_PYTHON:-python3}
stills=${STILLS:-$work/stills}

"$sim_python" -m simulator dataset --n 13250 --seed 41 --size 256 --workers 2 --out "$stills"
"$python" -m training.synth --stills "$stills" --clean --work "$work"

common="--data $data --work $work --clean --threads 1 --workers 1"
# shellcheck disable=SC2086 # options
{
    "$python" -m training.train finder $common --epochs 16
    "$python" -m training.train face $common --epochs 26 --rate 1.5e-3
    "$python" -m training.train eyes $common --epochs 44
    "$python" -m training.calibrate face eyes --data "$data" --work "$work"
    "$python" -m training.export finder face eyes --data "$data" --work "$work" --out "$out"
}
