from __future__ import annotations

from dataclasses import replace

from dashboard.app.settings import PACE as ANY_PACE
from dashboard.app.settings import checked
from dashboard.compare.contenders import PRESETS
from dashboard.compare.settings import CONTENDERS, PACE, PRESET, SETTINGS, THRESHOLD


def test_every_default_is_allowed() -> None:
    for setting in SETTINGS:
        assert checked(setting, "sin_to_cos", setting.beginning) == setting.beginning


def test_a_comparison_begins_at_a_pace_of_its_own() -> None:
    assert replace(ANY_PACE, beginning="5") == PACE
    assert ANY_PACE.beginning == "1"


def test_names_are_those_of_old_links() -> None:
    assert [setting.name for setting in SETTINGS] == [
        "preset",
        "span_preset",
        "vs",
        "seeds",
        "equal",
        "view",
        "span_seeds",
        "threshold",
        "tune_lr",
        "tune_steps",
    ]


def test_what_changes_the_networks_starts_the_comparison_again() -> None:
    live = {setting.name for setting in SETTINGS if setting.live}
    assert live == {"view", "threshold"}
    assert THRESHOLD.live


def test_every_preset_and_ones_own_can_be_chosen() -> None:
    assert PRESET.limits is not None
    for preset in (*PRESETS, "own"):
        assert PRESET.limits.check("preset", preset, "cells") == preset


def test_ones_own_contenders_are_read_and_written() -> None:
    assert CONTENDERS.parse is not None
    assert CONTENDERS.write is not None
    text = "cell:rnn;cell:lstm,lr:0.5"
    changes = CONTENDERS.parse(text)
    assert changes == ({"cell": "rnn"}, {"cell": "lstm", "lr": 0.5})
    assert CONTENDERS.write(changes) == text
