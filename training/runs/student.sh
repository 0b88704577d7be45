#!/bin/sh
# The networks of vision/models: about five hours on two cores. Usage: student.sh DATA TEACHERS LANDMARKER.task WORK
# LABEL_PYTHON is the interpreter that has mediapipe; SIM_PYTHON the one that has the simulator; PYTHON has torch. SCHEDULER
# is the address of a Dask scheduler that labelling is handed to, on a disk that all share.
set -eu
data=$1 teachers=$2 landmarker=$3 work=$4
python=${PYTHON:-python3} label_python=${LABEL_PYTHON:-python3} sim_python=${SIM_PYTHON:-python3}
stills=${STILLS:-$work/stills} larger=${LARGER_STILLS:-$work/larger_stills}

"$sim_python" -m simulator dataset --n 13250 --seed 41 --size 256 --workers 2 --out "$stills"
"$sim_python" -m simulator dataset --n 3500 --seed 43 --size 320 --workers 2 --out "$larger" # eyes as large as in a film
"$label_python" -m training.label --data "$data" --teachers "$teachers" --landmarker "$landmarker" --work "$work" \
    --stills "$stills" ${SCHEDULER:+--scheduler "$SCHEDULER"}
"$python" -m training.faces --data "$data" --work "$work"
"$python" -m training.synth --stills "$stills" "$larger" --data "$data" --work "$work"

# One torch thread and one worker fill two cores; more threads than free cores wait for each other (LOG.md).
common="--data $data --work $work --threads 1 --workers 1"
# shellcheck disable=SC2086 # options
{
    "$python" -m training.train finder $common --epochs 28
    "$python" -m training.train face $common --epochs 72 --rate 1.5e-3
    "$python" -m training.train eyes $common --epochs 56
    "$python" -m training.train eyes $common --epochs 60 --later
    "$python" -m training.calibrate face eyes --data "$data" --work "$work"
    "$python" -m training.export finder face eyes --data "$data" --work "$work"
    "$python" -m training.affect --data "$data" --work "$work" # cuts with the face network just exported
    "$python" -m training.train affect_teacher $common --epochs 50 --decay 0.05
    "$python" -m training.train affect $common --epochs 68
    "$python" -m training.export affect --data "$data" --work "$work"
}
