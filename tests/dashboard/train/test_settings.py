from __future__ import annotations

from dashboard.run.views.registry import VIEWS
from dashboard.train.settings import EARLY_STOPPING, HORIZONS, LOOK, SETTINGS
from rnn_core.rules import Choice


def test_the_page_has_three_settings_of_its_own() -> None:
    assert SETTINGS == (LOOK, EARLY_STOPPING, HORIZONS)
    assert LOOK.limits == Choice(VIEWS)
    assert LOOK.beginning == next(iter(VIEWS))
    assert LOOK.live


def test_early_stopping_is_off_at_first_and_takes_effect_at_once() -> None:
    assert EARLY_STOPPING.beginning is None
    assert EARLY_STOPPING.live
