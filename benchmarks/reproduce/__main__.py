"""Run published results again and write our figures beside the published ones.

Run with ``python -m benchmarks.reproduce``; ``make reproduce`` does. ``--quick`` trains almost
nothing and only shows that everything runs; ``--only adding copy`` runs these results alone. Both
print a report and leave the file unchanged.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter, process_time

import torch

from benchmarks.reproduce import (
    adding,
    copy_memory,
    counting,
    flip_flop,
    irnn,
    lorenz,
    mackey_glass,
    parity,
    temporal_order,
    tutorial_floors,
)
from benchmarks.reproduce.report import Row, opening, section
from benchmarks.reproduce.runs import REHEARSAL, Plan
from rnn_core.engines import prepare_compiled

RESULTS = {
    module.RESULT.name: module.RESULT
    for module in (
        tutorial_floors,
        adding,
        irnn,
        temporal_order,
        copy_memory,
        counting,
        parity,
        flip_flop,
        mackey_glass,
        lorenz,
    )
}
REPORT = Path(__file__).parents[1] / "REPRODUCED.md"


def report(names: Sequence[str], plan: Plan, rehearsal: bool) -> str:
    """Run the results with these names and report on them in Markdown."""
    sections, rows = [], list[Row]()
    began, processor_began = perf_counter(), process_time()
    for name in names:
        started = perf_counter()
        found = RESULTS[name].run(plan)
        sections.append(section(RESULTS[name], found, perf_counter() - started, rehearsal))
        rows += found
    taken, processor_taken = perf_counter() - began, process_time() - processor_began
    return "\n".join([opening(rows, plan, taken, processor_taken, rehearsal), *sections])


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the report, and write it to the file if everything was run in full."""
    parser = argparse.ArgumentParser(prog="benchmarks.reproduce", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a rehearsal of some seconds")
    parser.add_argument(
        "--only", nargs="+", choices=RESULTS, metavar="NAME", help=", ".join(RESULTS)
    )
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    prepare_compiled().join()
    text = report(
        [name for name in RESULTS if not asked.only or name in asked.only],
        REHEARSAL if asked.quick else Plan(),
        asked.quick,
    )
    print(text)
    if not asked.quick and not asked.only:
        REPORT.write_text(text, encoding="utf-8")
        print(f"Written to {REPORT}")


if __name__ == "__main__":
    main()
