"""What a beat of the timer does, and what a click delivered twice does."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from streamlit.errors import StreamlitInvalidLayoutContextError

from dashboard.app import player
from dashboard.app.playback import Status
from dashboard.app.player import BURST, CROWD, CROWDED_BURST, REDRAW_EVERY, Session
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


@pytest.mark.parametrize(
    ("playing", "expected"), [(0, BURST), (CROWD - 1, BURST), (CROWD, CROWDED_BURST)]
)
def test_a_crowd_has_longer_bursts(
    monkeypatch: pytest.MonkeyPatch, playing: int, expected: int
) -> None:
    queue = RenderQueue()
    for who in range(playing):
        with queue.turn(who):
            pass
    session = Session(Run(), [])
    monkeypatch.setattr(player, "render_queue", lambda: queue)
    monkeypatch.setattr(player, "_buttons", lambda *given: None)
    intervals = []

    def fragment(function: object, run_every: float | None) -> Callable[..., None]:
        intervals.append(run_every)
        return lambda *given: None

    monkeypatch.setattr(player.st, "fragment", fragment)
    place = player.st.container()
    player.watch(session, lambda: None, None, buttons=place)  # type: ignore[arg-type,return-value]
    assert session.burst == expected
    assert intervals == [pytest.approx(expected * REDRAW_EVERY)]


@pytest.mark.parametrize("chosen", [{"look": "gates"}, {"look": "phase"}])
def test_the_address_follows_a_choice_in_the_moving_part(
    monkeypatch: pytest.MonkeyPatch, chosen: dict[str, str]
) -> None:
    monkeypatch.setattr(player, "time", Clock())
    monkeypatch.setattr(player, "render_queue", RenderQueue)
    monkeypatch.setattr(player.widgets, "choices", lambda: chosen)
    reruns: list[str] = []
    monkeypatch.setattr(player.st, "rerun", lambda: reruns.append("whole page"))
    session = Session(Run(), [], armed=BURST * REDRAW_EVERY, linked={"look": "gates"})
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


@pytest.mark.parametrize("whole_page", [False, True])
def test_a_beat_gives_way_to_a_run_of_the_whole_page(whole_page: bool) -> None:
    """Streamlit then takes the places of the moving part away, in the middle of drawing."""
    session = Session(Run(Status.PAUSED), [], whole_page=whole_page)

    def draw() -> None:
        raise StreamlitInvalidLayoutContextError("A fragment tried to write to a container.")

    settings = Settings(config=None, most_steps=1, step_limit=10)
    expected = pytest.raises(StreamlitInvalidLayoutContextError, match="A fragment tried")
    with expected if whole_page else nullcontext():
        player._beat(session, draw, settings, "en")  # type: ignore[arg-type]
