"""Parts of a page that run alone."""

from types import SimpleNamespace

import pytest
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests

from dashboard.app import parts

OWN, OTHER = "moving part", "body"
TIMER = RerunData(fragment_id=OWN, is_auto_rerun=True)


class Reruns:
    """Calls of `st.rerun`, and the visitor's run."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *asked: RerunData) -> None:
        self.scopes: list[str] = []
        requests = ScriptRequests()
        for each in asked:
            requests.request_rerun(each)
        context = SimpleNamespace(script_requests=requests, fragment_ids_this_run=[OWN])
        monkeypatch.setattr(parts, "get_script_run_ctx", lambda **more: context)
        monkeypatch.setattr(parts.st, "rerun", lambda scope: self.scopes.append(scope))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((), False),
        ((TIMER,), False),
        ((TIMER, TIMER), False),
        ((RerunData(fragment_id=OWN),), True),
        ((RerunData(fragment_id=OTHER),), True),
        ((TIMER, RerunData(fragment_id=OTHER)), True),
        ((RerunData(fragment_id=OTHER), TIMER), True),  # the timer's does not hide the click
        ((RerunData(),), False),  # the whole page: Streamlit ends this run by itself
    ],
)
def test_a_part_makes_way_for_a_click_and_not_for_its_timer(
    monkeypatch: pytest.MonkeyPatch, asked: tuple[RerunData, ...], expected: bool
) -> None:
    reruns = Reruns(monkeypatch, *asked)
    parts.make_way()
    assert reruns.scopes == ["fragment"] * expected


def test_where_streamlit_has_other_names_a_click_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    reruns = Reruns(monkeypatch, RerunData(fragment_id=OTHER))
    context = SimpleNamespace(fragment_ids_this_run=[OWN])
    monkeypatch.setattr(parts, "get_script_run_ctx", lambda **more: context)
    parts.make_way()
    assert reruns.scopes == []


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (None, False),
        (SimpleNamespace(fragment_ids_this_run=None), False),
        (SimpleNamespace(fragment_ids_this_run=[OWN]), True),
    ],
)
def test_a_run_is_of_the_whole_page_or_of_a_part(
    monkeypatch: pytest.MonkeyPatch, context: object, expected: bool
) -> None:
    monkeypatch.setattr(parts, "get_script_run_ctx", lambda **more: context)
    assert parts.runs_alone() is expected
