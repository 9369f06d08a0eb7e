"""What charts keep, and how long."""

from __future__ import annotations

import gc
from dataclasses import replace
from weakref import ref

from dashboard.charts.kept import COLUMN, kept, named
from dashboard.charts.window_layout import WindowLayout
from tests.dashboard.charts.test_window_layout import layout


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
