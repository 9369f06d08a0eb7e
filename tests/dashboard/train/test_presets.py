from __future__ import annotations

import pytest

from dashboard.train.presets import PRESETS
from rnn_core import RunConfig, run


def test_the_first_preset_is_the_tutorials_run() -> None:
    assert next(iter(PRESETS.values())).config == RunConfig()


@pytest.mark.parametrize("key", ["following", "no_forecast"])
def test_the_weights_follow_the_signal_where_a_preset_says_so(key: str) -> None:
    record = run(PRESETS[key].config, 3000, engine="compiled")
    assert record.verdict.follows_signal
    assert record.verdict.claim == "nothing"
    lowest = min(floor.value for floor in record.floors if floor.value > 0)
    assert record.online_loss < lowest < record.evaluation.mean


def test_presets_are_known_by_their_keys() -> None:
    assert all(key == preset.key for key, preset in PRESETS.items())
