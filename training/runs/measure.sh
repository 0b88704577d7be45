#!/bin/sh
# Every figure of the model card, ours, the clean variant's and the peer's, then the card. Usage: measure.sh DATA STILLS LANDMARKER.task RESULTS
# DATA holds the unpacked sources; STILLS is a data set of the simulator with a seed that training never saw:
#     python -m simulator dataset --n 4000 --seed 77 --out STILLS
# MODELS names other networks; PEER_PYTHON an interpreter that has mediapipe, else one is made; ONLY=ours leaves the
# peer out, and with it the card, which wants both. What is there already is not measured again.
set -eu
data=$1 stills=$2 landmarker=$3 results=$4
python=${PYTHON:-python3}
models=${MODELS:-vision/models}

one() { # name task data [options]
    name=$1 task=$2 from=$3
    shift 3
    [ -e "$results/$name.json" ] && return
    echo "== $name"
    "$python" -m training.evaluate "$task" --data "$from" --out "$results/$name.json" "$@"
}

alone() {
    one "$@" --model "$models"
}

measure() { # our networks and their clean variant
    alone "$@"
    [ -e "$models/clean" ] || return 0
    name=$1
    shift
    one "clean/$name" "$@" --model "$models/clean"
}

both() { # … and the peer
    measure "$@"
    [ "${ONLY:-both}" = ours ] && return
    name=$1
    shift
    alone "peer/$name" "$@" --peer --landmarker "$landmarker" ${PEER_PYTHON:+--peer-python "$PEER_PYTHON"}
}

measure eyes_cew eyes "$data/cew_eyes" --held-out
measure eyes_web eyes "$data/web_eyes" --held-out
measure eyes_nir eyes "$data/nir_eyes" --held-out
both yawn yawn "$data/yawdd_frames" --held-out
both landmarks landmarks "$data/ytf_keypoints68" --held-out
both detection detection "$data/ytf_keypoints68" --held-out
both blinks blinks "$data/videos"
both closure closure "$data/videos"
alone expression expression "$data/fer2013" --held-out
both synthetic synthetic "$stills"

[ "${ONLY:-both}" = ours ] || "$python" -m training.card --results "$results" --models "$models" --out "$models/README.md"
