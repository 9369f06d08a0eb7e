"""The numbers of a series: named columns, one row for each sample."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from rnn_core.arguments import items, real_numbers, refused_type, require
from rnn_core.messages import N_, InvalidType, InvalidValue, unknown_choice

# Rows below which no split leaves anything to train on.
_FEWEST_ROWS = 8


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Columns of finite numbers, sampled at regular times.

    Args:
        values: shape ``(N, C)``; kept as a read-only float64 copy.
        columns: name of each column, all different.
        name: of the file or data set, for people.
        times: when the rows were sampled, shape ``(N,)``: numbers or ``datetime64``, rising; None
            where only their order is known.
        source: where the numbers come from, and their licence; empty where that is unknown.
        digest: 16 hexadecimal digits that depend on values and columns alone; computed.

    Raises:
        TypeError: when the values are not numbers.
        ValueError: when shapes do not fit, a value is not finite, two columns share a name, there
            are fewer than eight rows, or the times do not rise.

    Example:
        >>> waves = Series(np.sin(np.arange(100.0))[:, None], ("level",), name="waves")
        >>> waves.column("level").shape
        (100,)
    """

    values: NDArray[np.float64]
    columns: tuple[str, ...]
    name: str
    times: NDArray[Any] | None = None
    source: str = ""
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        try:
            values = real_numbers("values", self.values, "an array of float64")
        except TypeError:
            raise InvalidType(
                N_(
                    "values of a series must be numbers, got {kind}. Convert text to numbers first."
                ),
                kind=getattr(self.values, "dtype", type(self.values).__name__),
            ) from None
        hint = "('level',)"
        given = items("columns", self.columns, "a tuple of names", hint)
        for each in given:
            require("each of the columns", each, str, "a name", hint)
        for name in ("name", "source"):
            require(name, getattr(self, name), str, "a text", "''")
        columns = tuple(str(each) for each in given)
        if values.ndim != 2 or values.shape[1] != len(columns) or not columns:
            raise InvalidValue(
                N_(
                    "values of a series must have shape (rows, {columns}), one column for each "
                    "name, got {shape}. Try values[:, None] for a single column."
                ),
                columns=len(columns),
                shape=values.shape,
            )
        if len(values) < _FEWEST_ROWS:
            raise InvalidValue(
                N_("A series must have at least {least} rows, got {rows}. Add more samples."),
                least=_FEWEST_ROWS,
                rows=len(values),
            )
        repeated = [name for name, count in Counter(columns).items() if count > 1]
        if repeated:
            raise InvalidValue(
                N_(
                    "Columns of a series must have different names, got {name!r} twice. Rename one."
                ),
                name=repeated[0],
            )
        wrong = np.argwhere(~np.isfinite(values))
        if len(wrong):
            row, column = wrong[0]
            raise InvalidValue(
                N_(
                    "values of a series must be finite, got {value} in row {row} of column "
                    "{column!r}. Drop the row or interpolate it."
                ),
                value=values[row, column],
                row=int(row) + 1,
                column=columns[column],
            )
        values.setflags(write=False)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "columns", columns)
        if self.times is not None:
            object.__setattr__(self, "times", _rising(self.times, len(values)))
        digest = hashlib.sha256("\x1f".join(columns).encode())
        digest.update(values.tobytes())
        object.__setattr__(self, "digest", digest.hexdigest()[:16])

    def __len__(self) -> int:
        return len(self.values)

    def column(self, name: str) -> NDArray[np.float64]:
        """The values of a column, shape ``(N,)``; read-only.

        Raises:
            ValueError: when there is no such column.
        """
        return np.asarray(self.values[:, self.places((name,))[0]])

    def places(self, names: tuple[str, ...]) -> list[int]:
        """Where these columns stand.

        Raises:
            ValueError: when there is no such column.
        """
        for name in names:
            if name not in self.columns:
                raise unknown_choice("column", name, self.columns)
        return [self.columns.index(name) for name in names]


def _rising(times: NDArray[Any], rows: int) -> NDArray[Any]:
    """A read-only copy of the times, checked."""
    try:
        kept: NDArray[Any] = np.array(None if isinstance(times, Tensor) else times)
    except (TypeError, ValueError, RuntimeError, NotImplementedError):
        kept = np.array(None)
    if kept.dtype.kind not in "iufM":
        raise refused_type("times", "numbers or datetime64", times, "None")
    if kept.shape != (rows,):
        raise InvalidValue(
            N_("times of a series must have shape ({rows},), got {shape}. Give one for each row."),
            rows=rows,
            shape=kept.shape,
        )
    falls = np.flatnonzero(~(kept[1:] > kept[:-1]))
    if len(falls):
        raise InvalidValue(
            N_("times of a series must rise, got {later} after {earlier} in row {row}. Sort them."),
            later=kept[falls[0] + 1],
            earlier=kept[falls[0]],
            row=int(falls[0]) + 2,
        )
    kept.setflags(write=False)
    return kept
