"""Labels beside a plot: where they stand without overlapping, and in how many lines."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def apart(
    at: Sequence[float] | NDArray[np.floating],
    sizes: Sequence[float] | NDArray[np.floating],
    low: float,
    high: float,
) -> NDArray[np.float64]:
    """The nearest places, in the sense of least squares, at which labels do not overlap.

    The order along the axis stays; labels that want the same place keep the order in which they
    are given. Without enough room they keep apart and reach beyond ``low``.

    Args:
        at: where the middle of each label wants to be, shape ``(N,)``.
        sizes: room that each label takes along the axis, in the same unit, shape ``(N,)``.
        low: where the room begins.
        high: where it ends.

    Returns:
        The middles, shape ``(N,)``, in the order given.
    """
    order = np.argsort(at, kind="stable")
    wanted, size = np.asarray(at, float)[order], np.asarray(sizes, float)[order]
    if not len(order):
        return wanted
    # Distances between neighbours subtracted, what is left must only not decrease: an isotonic
    # regression, whose blocks are pooled until their means rise.
    offsets = np.concatenate([[0.0], np.cumsum((size[1:] + size[:-1]) / 2)])
    blocks: list[tuple[float, int]] = []
    for value in wanted - offsets:
        mean, count = float(value), 1
        while blocks and blocks[-1][0] > mean:
            before, many = blocks.pop()
            mean, count = (before * many + mean * count) / (many + count), many + count
        blocks.append((mean, count))
    free = np.concatenate([np.full(count, mean) for mean, count in blocks])
    last = high - size[-1] / 2 - offsets[-1]
    placed = np.minimum(np.maximum(free, low + size[0] / 2), last) + offsets
    found = np.empty(len(order))
    found[order] = placed
    return found


def wrapped(text: str, width: int) -> str:
    """``text`` in lines of at most ``width`` letters, where it can be broken.

    A Chinese character takes the room of two letters, and a line may end after any of them. A
    no-break space keeps its neighbours together.
    """
    lines, line = [], ""
    for word in _breakable(text):
        if line and _width((line + word).rstrip(" ")) > width:
            lines.append(line.rstrip(" "))
            line = ""
        line += word
    return "\n".join([*lines, line.rstrip(" ")])


def _breakable(text: str) -> list[str]:
    """The parts between which a line may end."""
    parts = [""]
    for letter in text:
        parts[-1] += letter
        if letter == " " or _width(letter) == 2:
            parts.append("")
    return [part for part in parts if part]


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
