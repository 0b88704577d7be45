#!/bin/sh
# The second student: eyes and face anew, with the simulator's stills; finder and affect are those of first_student.sh.
# Usage: second_student.sh DATA TEACHERS LANDMARKER.task WORK, after first_student.sh with the same WORK.
# LABEL_PYTHON is the interpreter that has mediapipe; SIM_PYTHON the one that has the simulator; PYTHON has torch.
set -eu
data=$1 teachers=$2 landmarker=$3 work=$4
python=${PYTHON:-python3} label_python=${LABEL_PYTHON:-python3} sim_python=${SIM_PYTHON:-python3}
stills=$work/stills

"$sim_python" -m simulator dataset --n 13250 --seed 41 --size 256 --workers 2 --out "$stills"
"$label_python" -m training.label --data "$data" --teachers "$teachers" --landmarker "$landmarker" --work "$work" \
    --stills "$stills"
"$python" -m training.faces --data "$data" --work "$work"
"$python" -m training.synth --stills "$stills" --data "$data" --work "$work"

common="--data $data --work $work --threads 1 --workers 1"
# shellcheck disable=SC2086 # options
{
    "$python" -m training.train eyes $common --epochs 68
    "$python" -m training.train face $common --epochs 52 --rate 1.5e-3
    "$python" -m training.export finder face eyes affect --data "$data" --work "$work"
}
