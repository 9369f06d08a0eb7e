from __future__ import annotations

import pytest

from dashboard.train.presets import PRESETS
from tests.dashboard.train_page import click, config, page


@pytest.mark.parametrize("key", list(PRESETS))
def test_a_click_starts_the_experiment(key: str) -> None:
    app = page(lr="0.05", look="gates", hidden_size="7")
    app = click(app, f"preset_{key}")
    assert config(app) == PRESETS[key].config
    assert app.query_params["look"] == (PRESETS[key].look or "gates")
