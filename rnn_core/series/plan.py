"""What a series is used for: which columns go in and which are forecast, and how it is split."""

from __future__ import annotations

from dataclasses import dataclass

from rnn_core.arguments import items, require
from rnn_core.messages import N_, InvalidValue
from rnn_core.rules import Flag, FloatRange

#: Limits of the shares of validation and test part.
SHARE = FloatRange(0.05, 0.4)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesPlan:
    """How a series is used.

    The split is by time: the first part is trained on, the next one is for validation, the last
    one for the test. Nothing is shuffled.

    Args:
        inputs: columns that the network reads, at least one.
        targets: columns that it forecasts, at least one; they may be inputs as well.
        validation: share of the rows for validation, from 0.05 to 0.4.
        test: share of the rows for the test, likewise.
        standardise: subtract each column's mean and divide by its standard deviation, both of the
            training part alone.

    Raises:
        TypeError: when a value is of the wrong kind.
        ValueError: when a share is outside its limits or no column is named.
    """

    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    validation: float = 0.15
    test: float = 0.15
    standardise: bool = True

    def __post_init__(self) -> None:
        for name in ("inputs", "targets"):
            hint = "('level',)"
            given = items(name, getattr(self, name), "a tuple of names of columns", hint)
            for each in given:
                require(f"each of the {name}", each, str, "the name of a column", hint)
            columns = tuple(dict.fromkeys(given))
            if not columns:
                raise InvalidValue(
                    N_("{name} must name at least one column, got none. Choose one."), name=name
                )
            object.__setattr__(self, name, columns)
        for name in ("validation", "test"):
            object.__setattr__(self, name, SHARE.check(name, getattr(self, name), 0.15))
        Flag().check("standardise", self.standardise, True)
