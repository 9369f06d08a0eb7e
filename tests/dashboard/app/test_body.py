"""The body of a page, which runs alone after a click in it."""

from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from streamlit.errors import StreamlitInvalidLayoutContextError

from dashboard.app import body as module
from dashboard.app import parts
from dashboard.app.body import body, shown_around
from dashboard.app.player import Session


class Rerun(BaseException):
    """Ends a run, as Streamlit's own does."""


class Visit:
    """A page of which the body is drawn, first with the page and then alone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.alone, self.drawn, self.touched = False, 0, 0
        self.choices: dict[str, object] = {"seed": 0}
        run = SimpleNamespace(touch=self._touch)
        self.session: Session[object] = Session(run, [], "page")  # type: ignore[type-var]
        self.state: dict[str, object] = {"page": self.session}
        self._again: Callable[[], None] = lambda: None
        monkeypatch.setattr(module.st, "session_state", self.state)
        monkeypatch.setattr(module.st, "fragment", self._fragment)
        monkeypatch.setattr(module.st, "rerun", self._rerun)
        for each in (module, parts):
            monkeypatch.setattr(each, "runs_alone", lambda: self.alone)
        monkeypatch.setattr(module.widgets, "choices", lambda: self.choices)

    def _touch(self) -> None:
        self.touched += 1

    def _rerun(self) -> None:
        raise Rerun

    def _fragment(self, part: Callable[..., None]) -> Callable[..., None]:
        def call(*given: object) -> None:
            self._again = lambda: part(*given)
            part(*given)

        return call

    def draw(self) -> None:
        self.drawn += 1

    def click(self) -> None:
        """Run the body alone, with what it was given by the last run of the page."""
        self.alone = True
        self._again()


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Visit:
    return Visit(monkeypatch)


def test_a_click_draws_the_body_alone_and_says_that_the_page_is_in_use(visit: Visit) -> None:
    body(visit.session, visit.draw)
    assert (visit.drawn, visit.touched) == (1, 0)  # opening the session has said so
    visit.click()
    assert (visit.drawn, visit.touched) == (2, 1)


def lose(visit: Visit) -> None:
    visit.session.lost = 0


def accept(visit: Visit) -> None:
    visit.session.refusals = []


def choose(visit: Visit) -> None:
    visit.choices = {"seed": 1}


def come_back(visit: Visit) -> None:
    visit.state["page"] = object()


@pytest.mark.parametrize("change", [lose, accept, choose, come_back])
def test_the_whole_page_runs_where_more_than_the_body_has_changed(
    visit: Visit, change: Callable[[Visit], None]
) -> None:
    visit.session.lost, visit.session.refusals = 200, ["refused"]
    body(visit.session, visit.draw)
    change(visit)
    with pytest.raises(Rerun):
        visit.click()
    assert visit.drawn == 1


def test_the_whole_page_runs_where_what_another_part_shows_around_it_has_changed(
    visit: Visit,
) -> None:
    seated = [True]
    shown_around("seat", lambda: seated[0])
    body(visit.session, visit.draw)
    visit.click()
    assert visit.drawn == 2
    seated[0] = False
    with pytest.raises(Rerun):
        visit.click()
    shown_around("seat", None)
    body(visit.session, visit.draw)
    seated[0] = True
    visit.click()
    assert visit.drawn == 4


@pytest.mark.parametrize("alone", [True, False])
def test_the_body_gives_way_to_a_run_of_the_whole_page(visit: Visit, alone: bool) -> None:
    visit.alone = alone

    def draw() -> None:
        raise StreamlitInvalidLayoutContextError("A fragment tried to write to a container.")

    expected = pytest.raises(StreamlitInvalidLayoutContextError, match="A fragment tried")
    with nullcontext() if alone else expected:
        body(visit.session, draw)
