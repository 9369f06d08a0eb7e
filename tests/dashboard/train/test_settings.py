from __future__ import annotations

from dashboard.run.views.registry import VIEWS
from dashboard.train.settings import LOOK, SETTINGS
from rnn_core.rules import Choice


def test_the_page_has_one_setting_of_its_own() -> None:
    assert SETTINGS == (LOOK,)
    assert LOOK.limits == Choice(VIEWS)
    assert LOOK.beginning == next(iter(VIEWS))
    assert LOOK.live
