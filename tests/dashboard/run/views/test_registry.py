from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from dashboard.app.language import use_language
from dashboard.run.views.base import View
from dashboard.run.views.registry import VIEWS, view
from dashboard.run.views.view_panel import ViewPanel
from rnn_core import TASKS, RunConfig, build_task
from tests.dashboard.looks import expect_looks
from tests.dashboard.runs import charts_of, run_after


@pytest.mark.parametrize("key", VIEWS)
def test_a_view_has_the_key_that_links_know_it_by(key: str) -> None:
    assert isinstance(view(key), View)
    assert view(key).key == key
    assert view(key) is view(key)


def test_the_keys_of_old_links_stay() -> None:
    old = "state unrolled slow gates gradient phase spectrum weights memory free"
    assert set(old.split()) <= set(VIEWS)


@pytest.mark.parametrize("language", ["en", "zh_CN"])
def test_every_view_has_a_short_title_of_its_own_and_says_how_to_read_it(language: str) -> None:
    use_language(language)
    try:
        titles = [view(key).title for key in VIEWS]
        readings = [view(key).how_to_read() for key in VIEWS]
    finally:
        use_language("en")
    assert len(set(titles)) == len(set(readings)) == len(VIEWS)
    assert max(map(len, titles)) <= 15
    for reading in readings:
        assert reading.endswith("." if language == "en" else "。")
        assert "{" not in reading
    if language == "zh_CN":
        assert all(re.search("[\u4e00-\u9fff]", text) for text in titles + readings)


@pytest.mark.parametrize("key", VIEWS)
def test_a_view_with_widgets_names_a_panel_module(key: str) -> None:
    module = view(key).panel
    if module is not None:
        assert module.endswith("panel")  # only such modules may import Streamlit
        assert isinstance(import_module(module).PANEL, ViewPanel)


@pytest.mark.parametrize("key", VIEWS)
def test_default_controls_can_be_compared_and_hashed(key: str) -> None:
    controls = view(key).default_controls
    assert controls == controls
    hash(controls)


def test_the_keys_are_known_without_any_view_or_diagnostic() -> None:
    program = (
        "import sys, dashboard.run.views.registry as registry; "
        "loaded = [name for name in sys.modules if 'diagnostics' in name "
        "or name in ('streamlit', 'torch', *registry.VIEWS.values())]; "
        "print(list(registry.VIEWS)[0], loaded)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[4],
    )
    assert done.stdout.split(" ", 1) == ["state", "[]\n"]


@pytest.mark.parametrize("key", [key for key in VIEWS if key not in ("unrolled", "slow")])
def test_a_view_looks_as_it_did_when_somebody_looked(key: str) -> None:
    forecasts = TASKS["mackey_glass"].config(cell="lstm", hidden_size=5)
    config = forecasts if key in ("lag", "free") else RunConfig(cell="lstm", hidden_size=5)
    charts = charts_of(run_after(3, config), key)
    assert charts
    expect_looks(f"view-{key}", charts, data=key not in ("phase", "lag"))


#: Operations of each view at rest, as measurements confirmed them: `benchmarks/view_cost.py`.
COSTS = {
    "state": (0, 0, 0),
    "unrolled": (1.57766e7, 1.92874e7, 7.4268e6),
    "slow": (5.99512e7, 7.58976e8, 2.96873e7),
    "gates": (1.57766e7, 1.92874e7, 7.4268e6),
    "memory": (2.55468e7, 1.47266e9, 3.4344e7),
    "lag": (0, 4.67215e8, 0),
    "saturation": (1.57766e7, 1.92874e7, 7.4268e6),
    "gradient": (1.00912e8, 8.16005e8, 5.3919e7),
    "phase": (1.34291e9, 2.36661e9, 3.63188e9),
    "spectrum": (8.1226e7, 2.86408e8, 5.15436e7),
    "weights": (665_280, 33_600, 1.272e6),
    "free": (9.46595e7, 5.78621e7, 5.94144e7),
}


def test_the_cost_of_a_view_is_what_measurements_confirmed() -> None:
    configs = (
        RunConfig(cell="gru", hidden_size=24, num_layers=2, window_length=40, batch_size=3),
        TASKS["mackey_glass"].config(
            cell="min_gru", hidden_size=70, window_length=120, batch_size=2
        ),
        RunConfig(cell="lstm", hidden_size=50, window_length=30),
    )
    for key in VIEWS:
        for paused in (True, False):
            found = [
                view(key).operations(each, build_task(each), paused=paused) for each in configs
            ]
            # Fixed points are looked for at rest alone.
            moving = (288_000, 2.52e6, 450_000) if key == "phase" and not paused else COSTS[key]
            assert found == pytest.approx(moving, rel=1e-5), (key, paused)
