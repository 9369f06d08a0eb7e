"""What a beat of the timer does, and what a click delivered twice does."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from streamlit.errors import StreamlitInvalidLayoutContextError

from dashboard.app import parts, player
from dashboard.app.claims import Claims
from dashboard.app.language import use_language
from dashboard.app.playback import Status
from dashboard.app.player import (
    BEAT_EVERY,
    BURST,
    CROWD,
    CROWDED_BEAT_EVERY,
    CROWDED_BURST,
    REDRAW_EVERY,
    Session,
)
from dashboard.app.render_queue import RenderQueue
from dashboard.app.sidebar import Settings


@dataclass
class Run:
    """Counts what it is asked for."""

    status: Status = Status.PLAYING
    plays: int = 1
    asked: list[str] = field(default_factory=list)

    def play(self) -> None:
        self.asked.append("play")
        self.status = Status.PLAYING

    def play_to(self, step: int) -> None:
        self.asked.append(f"play to {step}")
        self.status = Status.PLAYING

    def touch(self) -> None:
        self.asked.append("touch")

    def pause(self) -> None:
        self.asked.append("pause")
        self.status = Status.PAUSED

    def step_once(self, *, out_of_play: bool = False) -> None:
        if out_of_play and self.status is not Status.PLAYING:
            return
        self.asked.append("step")
        self.status = Status.PAUSED

    def reset(self) -> None:
        self.asked.append("reset")

    def tick(self, most_steps: int | None, step_limit: int, active_runs: int = 1) -> None:
        self.asked.append("tick")


class Clock:
    """Time that passes by sleeping, and by so much at every redraw."""

    def __init__(self, cost: float = 0.0) -> None:
        self.now, self.cost, self.redraws = 0.0, cost, list[float]()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds

    def redraw(self, active_runs: int) -> None:
        self.redraws.append(self.now)
        self.now += self.cost


def burst(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, run: Run, active_runs: int = 1
) -> list[float]:
    monkeypatch.setattr(player, "time", clock)
    player._burst(Session(run, []), clock.redraw, 0.0, active_runs)
    return clock.redraws


def test_a_beat_is_redrawn_at_even_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    times = burst(monkeypatch, Clock(), Run())
    assert times == pytest.approx([n * REDRAW_EVERY for n in range(1, BURST)])


def test_it_ends_as_soon_as_nothing_plays(monkeypatch: pytest.MonkeyPatch) -> None:
    assert burst(monkeypatch, Clock(), Run(Status.PAUSED)) == []
    run, clock = Run(), Clock()
    redraw = clock.redraw

    def redraw_and_stop(active_runs: int) -> None:
        redraw(active_runs)
        run.status = Status.AT_LIMIT

    monkeypatch.setattr(player, "time", clock)
    player._burst(Session(run, []), redraw_and_stop, 0.0, 1)
    assert len(clock.redraws) == 1


def test_late_redraws_are_given_up_unless_all_are_late(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = burst(monkeypatch, Clock(cost=0.2), Run())
    crowded = burst(monkeypatch, Clock(cost=0.2), Run(), active_runs=60)
    assert len(alone) < BURST - 1
    assert len(crowded) == BURST - 1
    # What is drawn has time to leave the server.
    assert min(later - sooner for sooner, later in itertools.pairwise(crowded)) > 0.2


def given_timers(monkeypatch: pytest.MonkeyPatch, session: Session[Run]) -> list[float | None]:
    """Draw a page, and give the intervals of the timers that the browser is given."""
    monkeypatch.setattr(player, "_buttons", lambda *given: None)
    intervals: list[float | None] = []

    def fragment(function: object, run_every: float | None) -> Callable[..., None]:
        intervals.append(run_every)
        return lambda *given: None

    monkeypatch.setattr(player.st, "fragment", fragment)
    place = player.st.container()
    player.watch(session, lambda: None, None, buttons=place)  # type: ignore[arg-type,return-value]
    return intervals


@pytest.mark.parametrize(
    ("playing", "burst", "beat_every"),
    [
        (0, BURST, BEAT_EVERY),
        (CROWD - 1, BURST, BEAT_EVERY),
        (CROWD, CROWDED_BURST, CROWDED_BEAT_EVERY),
    ],
)
def test_a_crowd_has_longer_bursts(
    monkeypatch: pytest.MonkeyPatch, playing: int, burst: int, beat_every: float
) -> None:
    queue = RenderQueue()
    for who in range(playing):
        with queue.turn(who):
            pass
    session = Session(Run(), [])
    monkeypatch.setattr(player, "render_queue", lambda: queue)
    intervals = given_timers(monkeypatch, session)
    assert session.burst == burst
    assert intervals == [beat_every]


@pytest.mark.parametrize("alone", [False, True])
def test_a_timer_rests_while_nothing_plays(monkeypatch: pytest.MonkeyPatch, alone: bool) -> None:
    """Only a run of the whole page stops it; else the browser is given one that is rarely due."""
    session = Session(Run(Status.PAUSED), [])
    monkeypatch.setattr(player, "runs_alone", lambda: alone)
    monkeypatch.setattr(player, "render_queue", RenderQueue)
    intervals = given_timers(monkeypatch, session)
    assert session.armed is None
    assert intervals == [24 * 60 * 60 if alone else None]


@pytest.mark.parametrize("chosen", [{"look": "gates"}, {"look": "phase"}])
def test_the_address_follows_a_choice_in_the_moving_part(
    monkeypatch: pytest.MonkeyPatch, chosen: dict[str, str]
) -> None:
    monkeypatch.setattr(player, "time", Clock())
    monkeypatch.setattr(player, "render_queue", RenderQueue)
    monkeypatch.setattr(player.widgets, "choices", lambda: chosen)
    reruns: list[str] = []
    monkeypatch.setattr(player.st, "rerun", lambda: reruns.append("whole page"))
    session = Session(Run(), [], armed=BEAT_EVERY, linked={"look": "gates"})
    settings = SimpleNamespace(most_steps=1, step_limit=100)
    panel = SimpleNamespace(update=lambda: None)
    player._draw_beat(session, lambda: panel, settings, whole_page=False)  # type: ignore[arg-type]
    assert reruns == ["whole page"] * (chosen != {"look": "gates"})


def test_a_click_that_comes_twice_does_what_its_button_said_once() -> None:
    run = Run()
    session = Session(run, ["refused"], restarted="changed")
    player._pause(session)
    player._pause(session)
    assert run.status is Status.PAUSED
    player._play(session)
    assert (session.refusals, session.restarted) == ([], "")
    player._step(session, True)
    player._step(session, True)
    assert run.asked.count("step") == 1
    player._step(session, False)
    assert run.asked.count("step") == 2


@pytest.mark.parametrize("alone", [True, False])
def test_a_beat_gives_way_to_a_run_of_the_whole_page(
    monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    """Streamlit then takes the places of the moving part away, in the middle of drawing."""
    session = Session(Run(Status.PAUSED), [], whole_page=not alone)
    monkeypatch.setattr(parts, "runs_alone", lambda: alone)

    def draw() -> None:
        raise StreamlitInvalidLayoutContextError("A fragment tried to write to a container.")

    settings = Settings(config=None, most_steps=1, step_limit=10)
    expected = pytest.raises(StreamlitInvalidLayoutContextError, match="A fragment tried")
    with nullcontext() if alone else expected:
        player._beat(session, draw, settings, "en")  # type: ignore[arg-type]


class Visit:
    """A session of Streamlit with one run of the page."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.state: dict[str, object] = {}
        self._patch, self._name = monkeypatch, name

    def enter(self) -> None:
        """From now on the page runs in this session."""
        self._patch.setattr(player.st, "session_state", self.state)
        context = SimpleNamespace(session_id=self._name)
        self._patch.setattr(player, "get_script_run_ctx", lambda **more: context)

    def open(self) -> Session[Run]:
        """Open the page."""
        self.enter()
        return player.open_session("run", Run, lambda run: "", [])


@pytest.fixture
def visit(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Visit]:
    """Sessions by name; of these, "first" has lost its connection."""
    claims = Claims[Session[Run]](lambda name: name != "first")
    monkeypatch.setattr(player, "_claims", lambda: claims)
    monkeypatch.setattr(player, "keep_run", lambda *given: None)
    monkeypatch.setattr(player, "_tell_of_loss", lambda *given: None)
    return lambda name: Visit(monkeypatch, name)


def test_a_reloaded_page_goes_on_with_its_run(visit: Callable[[str], Visit]) -> None:
    first, second = visit("first"), visit("second")
    before = first.open()
    own = second.open()
    assert own.run is not before.run
    player._returned("run", before.token, 200)
    assert second.open() is before
    assert before.lost == 0
    player._returned("run", own.token, 200)  # the run that the second has given up
    assert second.open() is before
    assert before.lost == 0


def test_a_duplicated_tab_has_a_run_of_its_own_and_nothing_is_lost(
    visit: Callable[[str], Visit],
) -> None:
    original, copy = visit("original"), visit("copy")
    before, own = original.open(), copy.open()
    player._returned("run", before.token, 200)
    assert copy.open() is own
    assert own.lost == 0


def test_a_run_of_which_the_server_knows_nothing_is_lost_until_another_one_is_played(
    visit: Callable[[str], Visit],
) -> None:
    session = visit("second").open()
    session.run.plays = 0
    player._returned("run", "of a server before", 200)
    assert session.lost == 200
    use_language("en")  # of the thread, before the page has chosen
    player._run_again(session, 200, "zh_CN")
    assert session.lost == 0
    assert session.run.asked[-1] == "play to 200"
    assert session.restarted == "从头重新训练到第 200 步。"
    use_language("en")
    session.lost = 200
    player._step(session, was_playing=False)  # a click on the page of the run before
    player._reset(session)
    assert session.lost == 200
    player._play(session)
    session.run.plays = 1
    assert session.lost == 0
    player._returned("run", "of a server before", 200)  # delivered once more
    assert session.lost == 0
    player._returned("elsewhere", "of a server before", 200)  # a page that was not opened
    assert session.lost == 0


def test_the_run_that_others_may_follow_is_that_of_the_page_that_says_so(
    visit: Callable[[str], Visit],
) -> None:
    session = visit("second")
    session.open()
    assert player.followed_session() is None
    shown = player.open_session("other", Run, lambda run: "", [], followed=True)
    session.open()  # a page that does not
    assert player.followed_session() is shown
