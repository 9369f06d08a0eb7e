"""One unit at one time step: the cell's equations with its numbers."""

from __future__ import annotations

from rnn_core.diagnostics import Unrolled


def formulas(window: Unrolled, step: int, unit: int) -> str:
    """The equations of the top layer's cell in LaTeX, with numbers.

    Each takes two lines, so that it fits on a phone.

    Args:
        window: the window.
        step: time step, counted from 1.
        unit: hidden unit, counted from 1.
    """
    lines = [
        rf"{left} &= {right} \\ &= {numbers}"
        for left, right, numbers in window.equations(step - 1, unit - 1)
    ]
    return r"\begin{aligned}" + r" \\[4pt] ".join(lines) + r"\end{aligned}"
