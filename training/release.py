"""May the INT8 networks ship? Only if no row of the results loses more than MOST_LOST points against FP32.

    python -m training.release FP32_DIR INT8_DIR

compares the result files (training/evaluate) of the same names in two folders, row by row; the exit status is 1 where
FP32 must ship. training/export.py asks the same of each task's own score. Knows only names of rows and numbers.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from pathlib import Path

MOST_LOST = 0.5  # points
POINTS_A_UNIT = 100.0  # of a share or of a relative error: a point is a percent
POINTS_A_DEGREE = 5.0  # the bars for angles are stated to 0.1°: that much is half a point

# A row is named by what it measures: words that say that less is better, that it is an angle, that it is none.
LESS_IS_BETTER = {"mae", "nme", "nme5", "error", "failures", "false", "missed", "elsewhere", "hidden"}
ANGLE = {"yaw", "pitch", "roll", "head", "gaze", "mean"}
SHARE = {"measured", "missed", "auc", "found"}
NO_ROW = re.compile(r"_p\d\d$")  # a percentile of scores describes a network, it is no result

Rows = dict[str, float]


def losses(float32: Rows, int8: Rows) -> Rows:
    """Points that INT8 loses by row, + = worse. Rows without a value on either side say nothing and are left out."""
    lost = {}
    for name in sorted(set(float32) & set(int8)):
        points = (int8[name] - float32[name]) * _weight(name)
        if not math.isnan(points) and not NO_ROW.search(name):
            lost[name] = points
    return lost


def _weight(name: str) -> float:
    """Points lost for each unit that the row grows by."""
    words = set(re.split(r"[^a-z0-9]+", name.rpartition(".")[2].lower()))
    if words & ANGLE and not words & SHARE:
        return POINTS_A_DEGREE
    return POINTS_A_UNIT if words & LESS_IS_BETTER else -POINTS_A_UNIT


def too_much(lost: Rows) -> Rows:
    """Rows that lose more than may be lost, the worst first."""
    return dict(sorted(((n, v) for n, v in lost.items() if v > MOST_LOST), key=lambda row: -row[1]))


def ships(lost: Rows) -> bool:
    """INT8 may ship."""
    return bool(lost) and not too_much(lost)


def verdict(lost: Rows) -> str:
    """What ships, and why."""
    if not lost:
        return "FP32 ships: INT8 was compared on no row"
    over = too_much(lost)
    if over:
        return f"FP32 ships: INT8 loses {', '.join(f'{v:.2f} points on {n}' for n, v in over.items())}"
    name, value = max(lost.items(), key=lambda row: row[1])
    return (
        f"INT8 ships: of {len(lost)} rows the worst is {name}, {value:+.2f} points lost (at most {MOST_LOST} allowed)"
    )


def rows_of(folder: Path) -> Rows:
    """Every value in the result files of a folder, by file and row."""
    rows = {}
    for file in sorted(folder.glob("*.json")):
        for name, result in json.loads(file.read_text()).get("results", {}).items():
            if isinstance(result, dict) and isinstance(result.get("value"), int | float):
                rows[f"{file.stem}.{name}"] = float(result["value"])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("float32", type=Path, metavar="FP32_DIR")
    parser.add_argument("int8", type=Path, metavar="INT8_DIR")
    args = parser.parse_args()
    lost = losses(rows_of(args.float32), rows_of(args.int8))
    for name, value in lost.items():
        print(f"{name}: {value:+.2f}")
    print(verdict(lost))
    raise SystemExit(not ships(lost))


if __name__ == "__main__":
    main()
