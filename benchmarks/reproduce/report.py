"""Published figures beside ours: which agree, which differ, and why."""

from __future__ import annotations

import math
import os
import platform
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numba
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.reproduce.runs import Plan

_HEAD = ("source", "setting", "published", "ours: median (range)", "agrees if", "verdict")
_UNEXPLAINED = "No reason is known."


@dataclass(frozen=True, slots=True)
class Expected:
    """The rule, our own, by which our values agree with a published one.

    Args:
        low: lowest value that agrees.
        high: highest value that agrees; either may be infinite.
        of: whether every seed must agree, or the median over the seeds, or the one value there is,
            a share of the seeds.
    """

    low: float = -math.inf
    high: float = math.inf
    of: Literal["every seed", "median", "share"] = "every seed"

    def holds(self, ours: NDArray[np.float64]) -> bool:
        """Whether these values, one per seed, agree; a value that is not finite never does."""
        judged = np.median(ours) if self.of == "median" else ours
        inside = (judged >= self.low) & (judged <= self.high)
        return bool(np.all(inside & np.isfinite(judged)))

    def words(self, form: str) -> str:
        """The rule, with numbers formatted as ``form`` says."""
        if math.isinf(self.high):
            return f"{self.of} ≥ {self.low:{form}}"
        if math.isinf(self.low):
            return f"{self.of} ≤ {self.high:{form}}"
        return f"{self.of} {self.low:{form}} to {self.high:{form}}"


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One figure: the published value and ours.

    Args:
        source: who published it; empty if unpublished.
        setting: the network and the quantity.
        published: the figure as published; empty if there is none.
        ours: shape ``(S,)``, one value per seed.
        expected: when ours agree; None if there is no published figure.
        form: format specification of the numbers.
        if_differs: why ours differ; shown only if they do.
    """

    source: str
    setting: str
    published: str
    ours: NDArray[np.float64]
    expected: Expected | None = None
    form: str = ".4f"
    if_differs: str = ""

    @property
    def verdict(self) -> str:
        """``"agrees"``, ``"differs"``, or a dash without a published figure."""
        if self.expected is None:
            return "—"
        return "agrees" if self.expected.holds(self.ours) else "differs"

    @property
    def summary(self) -> str:
        """The median of ours and, unless all are the same, their range."""
        middle, low, high = (
            f"{value:{self.form}}"
            for value in (np.median(self.ours), np.min(self.ours), np.max(self.ours))
        )
        return middle if low == high else f"{middle} ({low} to {high})"

    @property
    def difference(self) -> str:
        """A list item: every seed's figure, and why they differ from the published one."""
        each = ", ".join(f"{value:{self.form}}" for value in self.ours)
        return f"- {self.setting}: {each}. {self.if_differs or _UNEXPLAINED}"

    def cells(self, rehearsal: bool) -> tuple[str, ...]:
        """The row's cells, in the order of the table's head."""
        return (
            self.source or "—",
            self.setting,
            self.published or "—",
            self.summary,
            self.expected.words(self.form) if self.expected else "—",
            "not judged" if rehearsal and self.expected else self.verdict,
        )


@dataclass(frozen=True, slots=True)
class Result:
    """A published result and how to run it again.

    Args:
        name: its name on the command line.
        title: its heading.
        about: setting and sources, in Markdown.
        run: runs it and returns the rows of its table.
    """

    name: str
    title: str
    about: str
    run: Callable[[Plan], list[Row]]


def section(result: Result, rows: Sequence[Row], seconds: float, rehearsal: bool = False) -> str:
    """A result's part of the report, in Markdown.

    Args:
        rows: the rows from `Result.run`.
        seconds: the duration.
        rehearsal: whether training was too short for a verdict.
    """
    lines = [f"## {result.title}", "", result.about, "", f"Took {seconds:.0f} s.", ""]
    lines += table([row.cells(rehearsal) for row in rows])
    differing = [] if rehearsal else [row for row in rows if row.verdict == "differs"]
    if differing:
        items = (textwrap.fill(row.difference, 100, subsequent_indent="  ") for row in differing)
        lines += ["", *items]
    return "\n".join([*lines, ""])


def table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """A Markdown table whose columns also line up as plain text."""
    all_rows = [_HEAD, *rows]
    widths = [max(len(row[n]) for row in all_rows) for n in range(len(_HEAD))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in all_rows
    ]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def opening(
    rows: Sequence[Row],
    plan: Plan,
    seconds: float,
    processor_seconds: float,
    rehearsal: bool = False,
) -> str:
    """The report's first lines: date, machine, versions, and how many figures agree.

    Args:
        rows: of all results.
        plan: how much was run.
        seconds: the duration.
        processor_seconds: of all cores together; other load hardly changes it.
        rehearsal: as in `section`.
    """
    judged = [row.verdict for row in rows if row.expected]
    if rehearsal:
        summary = "This is a REHEARSAL: far too few updates and seeds for any conclusion."
    else:
        summary = (
            f"`make reproduce` took {seconds / 60:.1f} minutes, and {processor_seconds / 60:.1f} "
            f"minutes of processor time. {judged.count('agrees')} of {len(judged)} published "
            "figures agree with ours by the rule in the column *agrees if*, which is our own. "
            "Where ours differ, the reason is given below the table."
        )
    paragraphs = [
        "# Reproduced results",
        f"{date.today().isoformat()}, {_machine()}. Python {platform.python_version()}, "
        f"torch {torch.__version__}, Numba {numba.__version__}, NumPy {np.__version__}.",
        summary,
        f"The networks' seeds are 0 to {plan.seeds - 1}. All networks of one training read the "
        "same sequences in lockstep on the compiled engine. Tests use new sequences.",
    ]
    return "\n\n".join(textwrap.fill(paragraph, 100) for paragraph in paragraphs) + "\n"


def _machine() -> str:
    """The number of cores, and the processor's name as the operating system reports it."""
    name = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).exists():
        lines = info.read_text(encoding="utf-8").splitlines()
        fields = {key.strip(): value.strip() for key, _, value in (x.partition(":") for x in lines)}
        name = f"{fields.get('model name', name)}, model {fields.get('model', 'unknown')}"
    return f"{os.cpu_count()} cores ({name})"
