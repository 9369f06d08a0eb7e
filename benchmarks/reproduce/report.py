"""Published figures and ours side by side: what agrees, what differs, and why."""

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
    """What ours must be like to agree with what was published; our own rule.

    Args:
        low: lowest value that agrees.
        high: highest value that agrees; either may be infinite.
        of: whether it is asked of every seed, or of the median over the seeds.
    """

    low: float = -math.inf
    high: float = math.inf
    of: Literal["every seed", "median"] = "every seed"

    def holds(self, ours: NDArray[np.float64]) -> bool:
        """Whether these values, one a seed, agree; one that is not finite never does."""
        judged = ours if self.of == "every seed" else np.median(ours)
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
    """One figure: what was published, and what we got.

    Args:
        source: who published it; empty where nobody did.
        setting: the network and what is measured of it.
        published: the figure, as it was given; empty where there is none.
        ours: shape ``(S,)``, one value a seed.
        expected: when ours agree; None where there is nothing to agree with.
        form: how numbers are written, as in a format string.
        if_differs: why ours differ; shown only where they do.
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
        """``"agrees"``, ``"differs"``, or a dash where there is nothing to agree with."""
        if self.expected is None:
            return "—"
        return "agrees" if self.expected.holds(self.ours) else "differs"

    @property
    def summary(self) -> str:
        """The median of ours and, where they are not all the same, their range."""
        middle, low, high = (
            f"{value:{self.form}}"
            for value in (np.median(self.ours), np.min(self.ours), np.max(self.ours))
        )
        return middle if low == high else f"{middle} ({low} to {high})"

    @property
    def difference(self) -> str:
        """An item of a list: every seed's figure, and why it is not the published one."""
        each = ", ".join(f"{value:{self.form}}" for value in self.ours)
        return f"- {self.setting}: {each}. {self.if_differs or _UNEXPLAINED}"

    def cells(self, rehearsal: bool) -> tuple[str, ...]:
        """What stands in the table, in the order of its head."""
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
    """Something that was published, and how to run it again.

    Args:
        name: what the command line calls it.
        title: its heading.
        about: what is run, and where it comes from; Markdown.
        run: runs it and gives the rows of its table.
    """

    name: str
    title: str
    about: str
    run: Callable[[Plan], list[Row]]


def section(result: Result, rows: Sequence[Row], seconds: float, rehearsal: bool = False) -> str:
    """A result's part of the report, in Markdown.

    Args:
        rows: what `Result.run` gave.
        seconds: how long it took.
        rehearsal: whether too little was trained for a verdict.
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
    """The report's first lines: what, when, where, and how many figures agree.

    Args:
        rows: of all results.
        plan: what was run.
        seconds: how long all took.
        processor_seconds: of all cores together; a busy machine hardly changes it.
        rehearsal: as in `section`.
    """
    judged = [row.verdict for row in rows if row.expected]
    if rehearsal:
        summary = "This is a REHEARSAL: far too few updates and seeds to say anything of results."
    else:
        summary = (
            f"`make reproduce` took {seconds / 60:.1f} minutes, and {processor_seconds / 60:.1f} "
            f"minutes of processor time. {judged.count('agrees')} of {len(judged)} published "
            "figures agree with ours, by the rule in the column *agrees if*, which is our own; "
            "where ours differ, the reason stands below the table."
        )
    paragraphs = [
        "# What was reproduced",
        f"{date.today().isoformat()}, {_machine()}. Python {platform.python_version()}, "
        f"torch {torch.__version__}, Numba {numba.__version__}, NumPy {np.__version__}.",
        summary,
        f"The networks' seeds are 0 to {plan.seeds - 1}. All networks of one training read the "
        "same sequences in lockstep, by the compiled engine; sequences for tests are fresh ones.",
    ]
    return "\n\n".join(textwrap.fill(paragraph, 100) for paragraph in paragraphs) + "\n"


def _machine() -> str:
    """The processor, as the operating system calls it, and its cores."""
    name = platform.processor() or platform.machine()
    if (info := Path("/proc/cpuinfo")).exists():
        lines = info.read_text(encoding="utf-8").splitlines()
        fields = {key.strip(): value.strip() for key, _, value in (x.partition(":") for x in lines)}
        name = f"{fields.get('model name', name)}, model {fields.get('model', 'unknown')}"
    return f"{os.cpu_count()} cores ({name})"
