"""Train the sweep of the worked example, and draw it: for the documents, and for the lesson.

Without a file of results it trains 270 networks, in about two minutes on two cores.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dashboard.charts.standalone import picture
from dashboard.learn.lessons.delay.chart import COLUMNS, RESULTS, best, chart

_ROOT = Path(__file__).parents[1]
SPACE = _ROOT / "examples" / "delay_by_cell.toml"
#: Name of the picture.
PICTURE = "delay-by-cell.png"


def train(space: Path, out: Path) -> None:
    """Train a sweep as its user does, and write a row for each network.

    Args:
        space: the file of its space.
        out: the CSV file.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "rnn_core", "sweep", str(space), "--out", str(out)]
        journal = str(Path(folder) / "delays.journal")
        subprocess.run([*command, "--storage", journal], check=True, cwd=_ROOT)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture and the lesson's results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", type=Path, nargs="?", help="what sweep --out has written")
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--space", type=Path, default=SPACE)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        path = chosen.csv
        if path is None:
            path = Path(folder) / "delays.csv"
            train(chosen.space, path)
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    with chosen.results.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        # More digits say nothing, and may differ on another machine.
        for row in rows:
            loss = format(float(row["held_out_loss"]), ".3g")
            writer.writerow([*(row[name] for name in COLUMNS[:-1]), loss])
    (chosen.folder / PICTURE).write_bytes(picture(chart(best(rows)), "en", "png"))


if __name__ == "__main__":
    main()
