from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.series import Parts, Scaling, Series, SeriesPlan


def _plan(**changes: object) -> SeriesPlan:
    return SeriesPlan(**{"inputs": ("a",), "targets": ("a",), **changes})  # type: ignore[arg-type]


def test_parts_follow_one_another_in_time() -> None:
    assert Parts.of(200, _plan(validation=0.2, test=0.1)) == Parts(140, 180, 200)


@given(
    rows=st.integers(8, 10**6),
    validation=st.floats(0.05, 0.4),
    test=st.floats(0.05, 0.4),
)
def test_every_part_has_rows(rows: int, validation: float, test: float) -> None:
    parts = Parts.of(rows, _plan(validation=validation, test=test))
    assert 0 < parts.train < parts.validation < parts.rows == rows


def test_scaling_knows_the_training_part_alone() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(5, 3, (200, 1))
    later = values.copy()
    later[140:] += 1000
    plan = _plan()
    first, second = (
        Scaling.of(Series(each, ("a",), "x"), ("a",), plan) for each in (values, later)
    )
    assert first.mean == second.mean == pytest.approx(values[:140].mean())
    assert first.std == second.std == pytest.approx(values[:140].std())
    scaled = first.apply(values)
    assert scaled[:140].mean() == pytest.approx(0, abs=1e-12)
    assert scaled[:140].std() == pytest.approx(1)
    np.testing.assert_allclose(first.undo(scaled), values)


def test_without_standardisation_nothing_changes() -> None:
    values = np.arange(20.0)[:, None]
    scaling = Scaling.of(Series(values, ("a",), "x"), ("a",), _plan(standardise=False))
    assert np.array_equal(scaling.apply(values), values)
    assert np.array_equal(scaling.undo(values), values)


def test_a_column_that_is_constant_in_the_training_part_is_refused() -> None:
    values = np.full((100, 2), 0.1)
    values[:, 0] = np.arange(100)
    values[90:, 1] = np.arange(10)
    series = Series(values, ("a", "b"), "x")
    with pytest.raises(ValueError, match=r"Column 'b' is constant in the training part, 0\.1"):
        Scaling.of(series, ("a", "b"), _plan())
