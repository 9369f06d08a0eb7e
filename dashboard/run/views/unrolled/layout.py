"""Positions in the chart of an unrolled window: cells in a row, inputs below, outputs above."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np

from dashboard.run.views.unrolled.result import UnrolledResult

#: Time steps and units that are drawn at most: the last time steps and the first units.
MOST_STEPS, MOST_UNITS = 20, 16
#: Heights of the inputs, the cells and the predictions.
INPUTS, CELLS_FROM, CELLS_TO, PREDICTIONS = 0.0, 1.0, 4.0, 5.0
#: Height of the middle of the cells.
MIDDLE = (CELLS_FROM + CELLS_TO) / 2
#: Half the width of a cell.
HALF = 0.3
#: Features of a time step that are drawn at most, and the distance between them.
MOST_NUMBERS, APART = 3, 0.45
# Distance of the targets above the predictions, and of a text from its number.
_ABOVE, _TEXT = 0.75, 0.38

#: Place, value, text of numbers, and the height of the text.
Dots = tuple[list[float], list[float], list[float], list[str], list[float]]


def first_step(length: int) -> int:
    """The first time step that is drawn of a window, counted from 1."""
    return max(1, length - MOST_STEPS + 1)


def shown_steps(length: int) -> np.ndarray:
    """The time steps that are drawn of a window, counted from 1."""
    return np.arange(first_step(length), length + 1)


def rows_of_inputs(result: UnrolledResult) -> int:
    """Features of an input that are drawn."""
    return 1 if result.symbols else min(MOST_NUMBERS, result.unrolled.inputs.shape[1])


def rows_of_outputs(result: UnrolledResult) -> int:
    """Features of a prediction that are drawn."""
    return 1 if result.symbols else min(MOST_NUMBERS, result.unrolled.prediction.shape[1])


def height_of_targets(rows: int) -> float:
    """Height of the lowest targets, above this many rows of predictions."""
    return PREDICTIONS + (rows - 1) * APART + _ABOVE


def numbers(result: UnrolledResult) -> list[Dots]:
    """Inputs, predictions and targets; the latter two only where the loss counts."""
    at = shown_steps(len(result.unrolled.inputs))
    shown = slice(at[0] - 1, None)
    wanted = np.ones(len(at), bool) if result.loss_mask is None else result.loss_mask[shown]
    window, symbols = result.unrolled, result.symbols
    targets = height_of_targets(rows_of_outputs(result))
    return [
        _dots(at, window.inputs[shown], symbols, INPUTS, -1),
        _dots(at[wanted], window.prediction[shown][wanted], symbols, PREDICTIONS, 1),
        _dots(at[wanted], result.targets[shown][wanted], symbols, targets, 1),
    ]


def together(parts: Iterable[tuple[list[Any], ...]]) -> list[list[Any]]:
    """The columns of all parts, one after another."""
    return [list(chain.from_iterable(column)) for column in zip(*parts, strict=True)]


def stripes(values: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, ...]:
    """The cells as stripes, one per unit, layers one above the other; ``values`` is ``(L, N, U)``.

    Returns:
        Left, right, low, high and value of each stripe; its time step, and its unit from 1, or 0
        in a layer below the top one.
    """
    layers, _steps, units = values.shape
    height = (CELLS_TO - CELLS_FROM) / layers
    edges = np.linspace(0.04, 0.96, units + 1) * height
    bottom = CELLS_FROM + np.arange(layers)[:, None, None] * height
    low = np.broadcast_to(bottom + edges[:-1], values.shape)
    high = np.broadcast_to(bottom + edges[1:], values.shape)
    step = np.broadcast_to(at[None, :, None], values.shape).ravel()
    unit = np.zeros(values.shape, dtype=int)
    unit[-1] = np.arange(units) + 1
    edges_of_cell = (step - HALF, step + HALF)
    return *edges_of_cell, low.ravel(), high.ravel(), values.ravel(), step, unit.ravel()


def columns(at: np.ndarray, low: float, high: float) -> tuple[np.ndarray, ...]:
    """The areas below, above and beside the cells, between two heights: ``4 N`` rectangles.

    Returns:
        Left, right, low and high of each; its time step, and 0 for no unit.
    """
    sides = (  # left, right, low, high
        (-0.5, 0.5, low, CELLS_FROM),
        (-0.5, 0.5, CELLS_TO, high),
        (-0.5, -HALF, CELLS_FROM, CELLS_TO),
        (HALF, 0.5, CELLS_FROM, CELLS_TO),
    )
    step = np.tile(at, len(sides))
    left, right, bottom, top = np.repeat(np.array(sides), len(at), axis=0).T
    return step + left, step + right, bottom, top, step, np.zeros_like(step)


def arrows(at: np.ndarray) -> tuple[np.ndarray, ...]:
    """From inputs to cells, from cells to cells, from cells to predictions: N of each.

    Returns:
        x, y, x2 and y2.
    """
    along = at - 1 + HALF
    ones = np.ones(len(at))
    return (
        np.concatenate([at, along, at]).astype(float),
        np.concatenate([(INPUTS + 0.25) * ones, MIDDLE * ones, CELLS_TO * ones]),
        np.concatenate([at, along + 1 - 2 * HALF, at]).astype(float),
        np.concatenate([CELLS_FROM * ones, MIDDLE * ones, (PREDICTIONS - 0.25) * ones]),
    )


def _dots(at: np.ndarray, values: np.ndarray, symbols: bool, row: float, upwards: int) -> Dots:
    """Place, value and text of a row of numbers, ``(N, D)``."""
    shown = values.argmax(axis=1)[:, None] if symbols else np.nan_to_num(values[:, :MOST_NUMBERS])
    several = shown.shape[1]
    x = np.repeat(at, several).astype(float)
    y = np.tile(row + upwards * APART * np.arange(several), len(at))
    flat = shown.ravel()
    if symbols:  # inside
        text, aside = [str(number) for number in flat], 0.0
        flat = np.zeros(len(flat))
    else:  # outside, and only where there is room
        text = [f"{number:.2f}" if several == 1 else "" for number in flat]
        aside = upwards * _TEXT
    return x.tolist(), y.tolist(), flat.tolist(), text, (y + aside).tolist()
