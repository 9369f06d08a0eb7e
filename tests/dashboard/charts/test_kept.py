"""What charts keep, and how long."""

from __future__ import annotations

import gc
import struct
from dataclasses import replace
from types import FrameType, ModuleType
from uuid import uuid4
from weakref import ref

import numpy as np

from dashboard.charts.kept import COLUMN, kept, named
from dashboard.charts.loss_axes import loss_range
from dashboard.charts.window_layout import WindowLayout
from dashboard.compare import charts as compare_charts
from dashboard.compare.contenders import Contender
from dashboard.compare.live_comparison import LiveComparison
from dashboard.compare.lr_search import charts as search_charts
from dashboard.compare.lr_search.live_search import LiveSearch
from dashboard.run import charts as run_charts
from dashboard.run.figure import figure
from dashboard.run.live_run import LiveRun
from dashboard.train.horizons import charts as horizon_charts
from rnn_core import TASKS, RunConfig
from rnn_core.series import Series, SeriesPlan
from rnn_core.tasks.series import SeriesTask
from tests.dashboard.charts.test_window_layout import layout
from tests.dashboard.runs import charts_of, go_on


class Made:
    """Something that charts are made of."""


@kept(2)
def made(language: str, shown: WindowLayout) -> Made:
    return Made()


def test_what_depends_on_a_task_alone_is_kept_for_everybody() -> None:
    first, again = layout("sin_to_cos"), layout("sin_to_cos")
    assert first is not again
    assert made("en", first) is made("en", again)
    assert made("zh_CN", first) is not made("en", first)


def test_what_depends_on_a_file_goes_with_its_layout() -> None:
    own = replace(layout("series"), quantity="salary", keeps={})
    found = ref(made("en", own))
    assert made("en", own) is found()
    assert made("en", replace(own, keeps={})) is not found()
    del own
    gc.collect()
    assert found() is None


def test_of_a_file_a_few_results_are_kept() -> None:
    own = replace(layout("series"), keeps={})
    first = ref(made("0", own))
    for language in range(1, 3):
        made(str(language), own)
    gc.collect()
    assert first() is None


def test_a_name_is_put_in_its_places_and_is_not_kept() -> None:
    spec = {"layer": [{"y": {"title": COLUMN}}, {"mark": "rule"}], "title": "Forecast", "width": 3}
    expected = {**spec, "layer": [{"y": {"title": "price"}}, {"mark": "rule"}]}
    assert named(spec, "price") == named(spec, "price") == expected
    assert spec["layer"] == [{"y": {"title": COLUMN}}, {"mark": "rule"}]


def _drawn(config: RunConfig, task: SeriesTask) -> None:
    """Draw all that is drawn of a run, of a comparison and of a search on a series."""
    run = LiveRun(config, task=task, engine="torch")
    go_on(run, 30)
    frame = run.frame()
    run_charts.loss(frame)
    run_charts.loss(frame, small=True)
    figure(frame)
    found = run.rolling_origins(3)
    assert found is not None
    for target in found:
        horizon_charts.by_horizon(target)
        horizon_charts.paths(target)
    charts_of(run, "lag")
    contenders = [Contender("one", config), Contender("two", replace(config, hidden_size=4))]
    comparison = LiveComparison(contenders, 2, 0, task=task, engine="torch").frame()
    compare_charts.loss(comparison, frozenset(), None)
    compare_charts.spread(comparison, frozenset(), None)
    compare_charts.predictions(comparison, 1)
    search = LiveSearch(contenders, range(2), 0.02, 20, task=task, engine="torch")
    search_charts.losses_by_rate(search.frame())


def _holding(numbers: set[float], needle: str) -> list[str]:
    """What on the heap holds one of these numbers, as such or in Arrow's bytes, or a text."""
    gc.collect()
    packed = [struct.pack("<d", number) for number in numbers]
    found = []
    for each in gc.get_objects():
        if type(each) in (FrameType, ModuleType) or each is numbers or each is packed:
            continue
        for part in gc.get_referents(each):
            kind = type(part)
            if (
                (kind is float and part in numbers)
                or (kind is str and needle in part and part is not needle)
                # A stream of Arrow begins so.
                or (kind is bytes and part[:4] == b"\xff" * 4 and any(n in part for n in packed))
            ):
                found.append(f"{type(each)}: {str(each)[:200]}")
    return found


def test_no_number_and_no_name_of_a_series_outlives_its_run() -> None:
    needle = uuid4().hex
    name = f"salary {needle}"
    values = np.random.default_rng().normal(size=(420, 2)).cumsum(axis=0)
    config = TASKS["series"].config(hidden_size=3)
    plan = SeriesPlan(inputs=(name, "b"), targets=(name,))
    task = SeriesTask(Series(values, (name, "b"), "mine.csv"), plan, config)
    numbers = {floor.value for floor in task.floors()} | {task.target_variance}
    numbers |= {2 * max(numbers), *loss_range(task.floors())}
    _drawn(config, task)
    del task, plan
    assert _holding(numbers, needle) == []
