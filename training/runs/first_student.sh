#!/bin/sh
# The first student: 2 CPU cores, about an hour and a half. Usage: first_student.sh DATA TEACHERS LANDMARKER.task WORK
# LABEL_PYTHON is the interpreter that has mediapipe; PYTHON the one that has torch.
set -eu
data=$1 teachers=$2 landmarker=$3 work=$4
python=${PYTHON:-python3}

"${LABEL_PYTHON:-python3}" -m training.label --data "$data" --teachers "$teachers" --landmarker "$landmarker" --work "$work"
"$python" -m training.faces --data "$data" --work "$work"

# One torch thread and one worker fill two cores; more threads than free cores wait for each other (LOG.md).
common="--data $data --work $work --threads 1 --workers 1"
# shellcheck disable=SC2086 # options
{
    "$python" -m training.train eyes $common --epochs 34
    "$python" -m training.train finder $common --epochs 28
    "$python" -m training.train face $common --epochs 40 --rate 1.5e-3
    "$python" -m training.export finder face eyes --data "$data" --work "$work"
    "$python" -m training.affect --data "$data" --work "$work"
    "$python" -m training.train affect $common --epochs 44
    "$python" -m training.export affect --data "$data" --work "$work"
}
