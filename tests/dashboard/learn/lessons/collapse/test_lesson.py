from __future__ import annotations

import numpy as np

from dashboard.learn.experiment import Runs
from dashboard.learn.lessons.collapse.lesson import collapsed_steps, has_learnt
from dashboard.learn.registry import lesson


def curve(*parts: tuple[float, int]) -> np.ndarray:
    return np.concatenate([np.full(steps, loss) for loss, steps in parts])


def test_a_collapse_is_a_high_loss_after_a_low_one() -> None:
    assert collapsed_steps(curve((0.5, 100), (0.01, 100))) == 0
    assert collapsed_steps(curve((0.5, 100))) == 0
    high = curve((0.5, 100), (0.01, 100), (0.5, 60), (0.01, 100))
    # A mean of 20 steps is above 0.2 if at least 8 of them are high: means 188 to 252.
    assert collapsed_steps(high) == 65
    assert collapsed_steps(high, since=250) == 3
    assert collapsed_steps(high, since=253) == 0


def test_a_single_spike_is_none() -> None:
    assert collapsed_steps(curve((0.01, 100), (2.0, 1), (0.01, 100))) == 0


def test_divergence_is_one() -> None:
    assert collapsed_steps(curve((0.01, 100), (float("nan"), 1))) == 1


def test_a_run_has_learnt_once_its_mean_was_low() -> None:
    assert has_learnt(curve((0.01, 20), (0.5, 100)))
    assert not has_learnt(curve((0.01, 15), (0.5, 100)))
    assert not has_learnt(curve((0.01, 10)))


def test_the_variants_differ_in_optimizer_and_clipping_only() -> None:
    first, *others = (one.config.to_dict() for one in lesson("collapse").variants)
    for other in others:
        changed = {name for name in first if first[name] != other[name]}
        assert changed <= {"optimizer", "lr", "clip_norm"}


def test_a_schedule_ends_the_collapses_and_neither_clipping_nor_a_small_rate_does() -> None:
    found = lesson("collapse").measure(Runs(0, "compiled"))
    adam, clipped, small, throughout, lowered, sgd, sgd_clipped = (
        int(str(value).split("/")[0]) for _label, value in found.rows
    )
    assert adam == found.said.values["fell"]
    assert found.said.values["learnt"] == 10
    assert clipped > 5
    assert small > 5
    # Where a collapse falls depends on rounding.
    assert lowered <= 2
    assert throughout >= lowered + 2
    assert (sgd, sgd_clipped) == (0, 10)
