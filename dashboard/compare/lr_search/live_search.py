"""A search for learning rates that is played live, and its frames.

Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from dashboard.app.playback import FRAME_BUDGET, Playback, Status, identity_of
from dashboard.charts.window_layout import WindowLayout, window_layout
from dashboard.compare.contenders import Contender, restarting_configs
from dashboard.compare.live_comparison import milliseconds_alone
from rnn_core import Floor, LrChoice, LrSearch, LrStep, RunConfig, Task, lr_grid

# Searches that are kept once they have ended, so that the way back to their settings is short.
_KEPT = 8
# Share of the time between two redraws in which the networks train.
_DUTY = FRAME_BUDGET / 0.075


@dataclass(frozen=True, slots=True)
class Question:
    """What a search depends on.

    Args:
        configs: of the contenders, with their learning rates and seeds left out.
        test_seeds: of the comparison to come.
        grid: the learning rates to try.
        step_budget: steps of each run.
        series: identity of the task that was handed over; None for that of the configs.
    """

    configs: tuple[RunConfig, ...]
    test_seeds: range
    grid: tuple[float, ...]
    step_budget: int
    series: str | None = None


@dataclass(frozen=True, slots=True)
class SearchFrame:
    """What is drawn, all of one step.

    Args:
        status: what the player is doing.
        contenders: C of them.
        index: training steps taken.
        step_budget: steps of each run.
        runs: networks trained.
        evaluated: how many of them have been evaluated.
        progress: share of the work that is done, from 0 to 1.
        seconds: that the rest takes, roughly.
        test_seeds: of the comparison to come.
        seeds: of the search.
        choices: of each contender; before the end, by the online losses so far.
        done: whether the choices are final.
        floors: the task's floors.
        validates: whether the held-out loss is that of windows which are never trained on.
        layout: of the windows, with which charts keep what they have made.
        engines: what trains, for each network.
        steps_per_second: measured while playing, else None.
        redraws_per_second: likewise.
        active_runs: runs that played on this server at the last redraw, this one included.
    """

    status: Status
    contenders: tuple[Contender, ...]
    index: int
    step_budget: int
    runs: int
    evaluated: int
    progress: float
    seconds: float
    test_seeds: range
    seeds: tuple[int, ...]
    choices: tuple[LrChoice, ...]
    done: bool
    floors: tuple[Floor, ...]
    validates: bool
    layout: WindowLayout
    engines: tuple[str, ...]
    steps_per_second: float | None
    redraws_per_second: float | None
    active_runs: int


class LiveSearch(Playback):
    """A search for learning rates, played live.

    Args:
        contenders: names and settings; their learning rates are not read.
        test_seeds: of the comparison to come.
        centre: middle of the grid.
        step_budget: steps of each run.
        task: what to train on in place of the task that the settings name; None for that one.
        clock: seconds.
        engine: as in `Trainer`.
    """

    _contenders: tuple[Contender, ...]
    _question: Question
    _search: LrSearch
    _latest: LrStep

    def __init__(
        self,
        contenders: Sequence[Contender],
        test_seeds: range,
        centre: float,
        step_budget: int,
        *,
        task: Task | None = None,
        clock: Callable[[], float] = monotonic,
        engine: str = "auto",
    ) -> None:
        super().__init__(clock, engine)
        self._finished: dict[Question, tuple[LrSearch, LrStep]] = {}
        self._takes_over = False
        self._contenders = tuple(contenders)
        self._task = task
        self._question = _question(self._contenders, test_seeds, centre, step_budget, task)
        self._begin()

    @property
    def index(self) -> int:
        """Training steps and evaluations so far, less the first step."""
        return self._latest.index + self._latest.evaluated

    @property
    def done(self) -> bool:
        """Whether every contender has its learning rate."""
        return self._search.done

    @property
    def tuned(self) -> tuple[Contender, ...]:
        """The contenders with the learning rates that were chosen."""
        return tuple(
            replace(contender, config=replace(contender.config, lr=config.lr))
            for contender, config in zip(self._contenders, self._search.tuned, strict=True)
        )

    def configure(
        self,
        contenders: Sequence[Contender],
        test_seeds: range,
        centre: float,
        step_budget: int,
        *,
        task: Task | None = None,
    ) -> bool:
        """Adopt the settings. A search that has ended with the same ones before is taken up.

        Returns:
            Whether the search started again.
        """
        with self._lock:
            self._contenders = tuple(contenders)
            question = _question(self._contenders, test_seeds, centre, step_budget, task)
            if question == self._question:
                return False
            self._question, self._task = question, task
            if question not in self._finished:
                self._begin_again()
                return True
            self._search, self._latest = self._finished[question]
            self._read_task()
            self._status = Status.FINISHED
            return False

    def tick(self, most_steps: int | None, step_limit: int, active_runs: int = 1) -> None:
        """Train for one redraw, if playing: as many steps as fit, up to the search's own budget."""
        super().tick(None, self._question.step_budget + self._search.runs, active_runs)

    def take_over(self) -> bool:
        """Whether the comparison is to play now, as the search has come to its end while playing.

        True once for each end.
        """
        with self._lock:
            takes_over, self._takes_over = self._takes_over, False
            return takes_over

    def frame(self) -> SearchFrame:
        """The current frame."""
        with self._lock:
            search = self._search
            return SearchFrame(
                status=self._status,
                contenders=self._contenders,
                index=self._latest.index,
                step_budget=search.step_budget,
                runs=search.runs,
                evaluated=self._latest.evaluated,
                progress=search.progress,
                seconds=self._seconds(),
                test_seeds=self._question.test_seeds,
                seeds=search.seeds,
                choices=search.choices,
                done=search.done,
                floors=self._floors,
                validates=search.task.held_out is not None,
                layout=self._layout,
                engines=search.engines,
                steps_per_second=self._per_second(steps=True),
                redraws_per_second=self._per_second(steps=False),
                active_runs=self._active_runs,
            )

    def _seconds(self) -> float:
        """Seconds that the rest takes: by the speed so far, or by that of one network alone."""
        left = (1 - self._search.progress) * (self._search.step_budget + self._search.runs)
        speed = self._per_second(steps=True)
        if speed:
            return left / speed
        return (1 - self._search.progress) * self._milliseconds / 1000 / _DUTY

    def _begin(self) -> None:
        question = self._question
        self._search = LrSearch(
            question.configs,
            question.test_seeds,
            grid=question.grid,
            step_budget=question.step_budget,
            task=self._task,
            engine=self._engine,
        )
        self._read_task()
        each = self._search.runs // len(question.configs) * question.step_budget
        self._milliseconds = each * sum(
            milliseconds_alone(config, self._engine, self._task) for config in question.configs
        )
        self._steps: Iterator[LrStep] = self._search.steps()
        self._takes_over = False
        self._speed.clear()
        self._take_step()

    def _read_task(self) -> None:
        """Floors and layout of the task of the search."""
        task = self._search.task
        self._floors, self._layout = task.floors(), window_layout(task, self._question.configs[0])

    def _take_step(self) -> None:
        step = next(self._steps, None)
        if step is not None:
            self._latest = step
        if self._search.done:
            self._takes_over = self._status is Status.PLAYING
            self._status = Status.FINISHED
            self._finished[self._question] = self._search, self._latest
            while len(self._finished) > _KEPT:
                del self._finished[next(iter(self._finished))]


def _question(
    contenders: tuple[Contender, ...],
    test_seeds: range,
    centre: float,
    step_budget: int,
    task: Task | None,
) -> Question:
    configs = restarting_configs(contenders)
    return Question(configs, test_seeds, lr_grid(centre), step_budget, identity_of(task))
