"""The remarkable moments of a run, found by stated rules while it trains.

All rules work on the training loss alone, one step at a time, in bounded memory. They speak of a
*level*, the median of the last `SPAN` losses, because single losses jump: a spike does not move a
median, and a change that lasts does after half the span. Where the signal repeats only after more
than `SPAN` windows, the level covers one repetition, so that a quiet stretch of the signal is not
taken for learning, nor a loud one for forgetting.

A loss may lie many powers of ten below anything that can be seen in a prediction. A large change
down there is no event, so the rules measure against the *scale* of the task: the loss of the best
constant prediction, or, for a task without that floor, the level of the untrained network.

- **floor**: for a span of steps, every loss has been below a floor, for the first time. If the run
  passes several at the same step, the lowest is given. Floors above the constant one do not count.
- **spike**: a loss more than `SPIKE_FACTOR` times the level, more than twice every loss of the last
  span, and above `VISIBLE` of the scale; within `SPIKE_STEPS` steps a loss is back below
  `BACK_FACTOR` times the level.
- **collapse**: for `STAYS` steps (or a span, if that is longer) the level has been at least
  `COLLAPSE_FACTOR` times the lowest level so far, and at least `COLLAPSE_SHARE` of the scale.
- **recovery**: after a collapse, the level has stayed for a span at or below a tenth of the loss
  that counted as collapsed, or `RECOVERY_FACTOR` times the lowest level before the collapse.
- **plateau**: the mean levels of `PLATEAU_BLOCKS` blocks of `BLOCK` steps in a row differ by less
  than `PLATEAU_SHARE`, and the last lies above the lowest positive floor by more than that share;
  without a positive floor, above `COLLAPSE_SHARE` of the scale. A collapsed run has no plateau.
- **divergence**: a loss that is not a finite number.
- **learning_rate**, **branch**: reported by whoever changed it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Literal

from rnn_core.messages import N_, InvalidValue
from rnn_core.tasks import Floor
from rnn_core.thinned import Thinned

Kind = Literal[
    "floor",
    "spike",
    "collapse",
    "recovery",
    "plateau",
    "divergence",
    "learning_rate",
    "branch",
]

#: Steps of a level. With fewer, the ordinary jumps of training move it.
SPAN = 20
#: The longest level, in steps: a signal that repeats later is judged by as many windows.
LONGEST_SPAN = 400
#: A spike is this many times the level. Losses of successive windows often differ by 3 or 5 times.
SPIKE_FACTOR = 10.0
#: A spike is over when a loss is below this many times the level before it.
BACK_FACTOR = 3.0
#: A rise that lasts longer than this many steps is no spike.
SPIKE_STEPS = 20
#: Share of the scale above which a spike can be seen in the prediction.
VISIBLE = 0.01
#: A collapse raises the level by this factor. On tasks where a good loss is a third of a
#: constant's, a larger factor would find none.
COLLAPSE_FACTOR = 3.0
#: A collapsed run has lost more than half of what there is to learn.
COLLAPSE_SHARE = 0.5
#: Steps after which a raised level counts as lasting. Early in training a bad update is often
#: repaired within some 50 steps.
STAYS = 100
#: A recovered run is this close to the lowest level before, or at a tenth of the collapsed one.
RECOVERY_FACTOR, RECOVERY_SHARE = 1.5, 0.1
#: A plateau: so many blocks of so many steps in a row, whose mean levels differ by less than this
#: share. Slow progress, a tenth in 500 steps, is not worth waiting for.
PLATEAU_BLOCKS, BLOCK, PLATEAU_SHARE = 5, 100, 0.1
#: Most events that are kept, and most spikes among them: flags on a curve must stay legible.
LIMIT, MOST_SPIKES = 40, 12
# When there are too many, the first of these kinds that is present loses one.
_DROPPED: tuple[Kind, ...] = (
    "spike",
    "learning_rate",
    "plateau",
    "branch",
    "recovery",
    "collapse",
    "floor",
    "divergence",
)
# Checkpoints of the detector: their number and the steps between them to begin with.
_CHECKPOINTS, _EVERY = 64, 16


@dataclass(frozen=True, slots=True)
class Event:
    """One remarkable moment.

    Args:
        kind: what happened.
        step: when it happened: of a floor the first of the steps below it; of a spike its highest
            loss; of a collapse or a recovery the jump; of a plateau its first step; of a branch the
            step from which the run went on another way.
        noticed: the step at which the rule was fulfilled.
        before: the level before it: of a plateau that of its first block, of a collapse or recovery
            that of the steps just before the jump. None before there is one.
        after: the level when it was noticed; of a spike the highest loss; of a divergence the loss,
            inf or nan. None before there is one.
        floor: of kind ``"floor"`` the floor that the loss fell below; else None.
        rates: of kind ``"learning_rate"`` the rate before and after; else None.
    """

    kind: Kind
    step: int
    noticed: int
    before: float | None = None
    after: float | None = None
    floor: Floor | None = None
    rates: tuple[float, float] | None = None


@dataclass(slots=True)
class _State:
    """What the rules remember between two steps."""

    last: int = -1
    # Losses of the last span with their steps, and the losses in order of size.
    recent: deque[tuple[int, float]] = field(default_factory=deque)
    ordered: list[float] = field(default_factory=list)
    level: float | None = None
    first_level: float = math.inf
    lowest: float = math.inf
    # Of each floor: steps in a row below it, and whether it has been passed.
    below: list[int] = field(default_factory=list)
    passed: list[bool] = field(default_factory=list)
    # Level before the first of those steps.
    entered: list[float | None] = field(default_factory=list)
    # A rise that may become a spike: its step and height, the level before it, its first step.
    spike: tuple[int, float, float, int] | None = None
    # A raised level that may become a collapse, or a lowered one that may become a recovery: steps
    # in a row, step of the jump, level before it.
    turn: tuple[int, int, float] | None = None
    # Of a collapsed run the level below which it has recovered; None in any other run.
    recovered_at: float | None = None
    # Sum and number of the levels of the present block, and the blocks before: step and level.
    block: tuple[float, int] = (0.0, 0)
    blocks: deque[tuple[int, float]] = field(default_factory=deque)
    on_plateau: bool = False

    def copy(self) -> _State:
        """A state that goes its own way."""
        return replace(
            self,
            recent=self.recent.copy(),
            ordered=self.ordered.copy(),
            below=self.below.copy(),
            passed=self.passed.copy(),
            entered=self.entered.copy(),
            blocks=self.blocks.copy(),
        )


class Events:
    """Finds the events of a run while it trains; each step costs some microseconds.

    At most `LIMIT` events are kept, `MOST_SPIKES` spikes among them. Beyond that the lowest spike
    is dropped, and when there is none, the oldest change of the learning rate, plateau, branch,
    recovery, collapse, in this order. What was dropped does not come back after a `cut`.

    Args:
        floors: the task's, highest first: `Task.floors`.
        cycle: windows after which the signal repeats, `Task.windows_per_cycle`.

    Raises:
        ValueError: when ``cycle`` is below 1.

    Example:
        >>> events = Events([Floor("constant", 0.5, "exact")])
        >>> for step in range(40):
        ...     for event in events.add(step, 0.1 if step > 10 else 1.0):
        ...         print(event.kind, event.step, event.noticed, event.floor.key)
        floor 11 30 constant
    """

    def __init__(self, floors: Sequence[Floor] = (), cycle: int = 1) -> None:
        if cycle < 1:
            raise InvalidValue(N_("cycle must be at least 1, got {value}. Try 1."), value=cycle)
        self._constant = next((f.value for f in floors if f.key == "constant"), None)
        # A floor of 0 cannot be passed. A measured one counts with its error. Where persistence is
        # worse than a constant, beating it shows nothing. Floors that differ by rounding alone are
        # equal; the later one, of the stronger predictor, then speaks for both.
        highest = math.inf if self._constant is None else _short(self._constant)
        counted = [f for f in reversed(floors) if f.error < f.value and _short(f.value) <= highest]
        self._floors = sorted(counted, key=lambda floor: _short(floor.value))
        self._limits = [floor.value - floor.error for floor in self._floors]
        self._span = min(max(SPAN, cycle), LONGEST_SPAN)
        self._items: list[Event] = []
        self._state = self._fresh()
        self._checkpoints: Thinned[_State] = Thinned(_CHECKPOINTS, _EVERY)

    @property
    def items(self) -> tuple[Event, ...]:
        """The events that are kept, in the order in which they happened."""
        return tuple(sorted(self._items, key=lambda event: (event.step, event.noticed)))

    @property
    def level(self) -> float | None:
        """The median of the losses of the last span; None before there are as many."""
        return self._state.level

    @property
    def collapsed(self) -> bool:
        """Whether the run has collapsed and not recovered."""
        return self._state.recovered_at is not None

    def add(self, step: int, loss: float) -> tuple[Event, ...]:
        """Take in the loss of the next step.

        Args:
            step: its index, later than those before.
            loss: its training loss.

        Returns:
            What was noticed at this step.

        Raises:
            ValueError: when the step is not later than those before.
        """
        now = self._state
        if step <= now.last:
            raise InvalidValue(
                N_("step must be later than {last}, got {step}. Try cut({step}) first."),
                last=now.last,
                step=step,
            )
        if not math.isfinite(loss):
            return self.note_divergence(step, loss)
        found: list[Event] = []
        if now.level is not None:
            # A spike is measured against the level before it.
            self._spike(step, loss, found)
        passed = self._pass_floors(loss)
        self._take_in(step, loss)
        if now.level is not None:
            if passed is not None:
                found.append(self._below(passed, step))
            self._turn(step, now.level, found)
            self._plateau(step, now.level, found)
            now.lowest = min(now.lowest, now.level)
        now.last = step
        if self._checkpoints.wants(step):
            self._checkpoints.add(step, now.copy())
        return self._kept(found) if found else ()

    def note_lr(self, step: int, old: float, new: float) -> tuple[Event, ...]:
        """Take in a change of the learning rate.

        Changes within `SPAN` steps of each other, as a slider makes them, become one event. One
        that ends where it began is none.

        Args:
            step: the first step whose update has the new rate.
            old: the rate before.
            new: the rate after.
        """
        level = self._state.level
        latest = next((e for e in reversed(self._items) if e.kind == "learning_rate"), None)
        before = level
        if latest is not None and latest.rates is not None and step - latest.noticed <= SPAN:
            self._items.remove(latest)
            old, before = latest.rates[0], latest.before
        if old == new:
            return ()
        changed = Event("learning_rate", step, step, before, level, rates=(old, new))
        return self._kept([changed])

    def note_branch(self, step: int) -> tuple[Event, ...]:
        """Drop what followed a step, as `cut` does, and record that the run branched there."""
        self.cut(step)
        self._items = [e for e in self._items if (e.kind, e.step) != ("branch", step)]
        level = self._state.level
        return self._kept([Event("branch", step, step, level, level)])

    def note_divergence(self, step: int, loss: float = math.nan) -> tuple[Event, ...]:
        """Take in that a loss was not a finite number; `add` does so itself for such a loss.

        Args:
            step: the step of that loss.
            loss: inf or nan.
        """
        if any(event.kind == "divergence" for event in self._items):
            return ()
        return self._kept([Event("divergence", step, step, self._state.level, loss)])

    def cut(self, step: int) -> None:
        """Forget what followed a step: the next step added may be the one after it.

        Events noticed later are dropped, those included that happened before: if they happen
        again, they are noticed again. The rules go on from the last checkpoint of their state at
        or before the step. There are up to 64 of them, evenly spaced, the first 16 steps apart.
        The losses since that checkpoint are forgotten; events noticed since then remain and count.

        Args:
            step: the last step that is kept.
        """
        self._items = [event for event in self._items if event.noticed <= step]
        if step >= self._state.last:
            return
        self._checkpoints.cut(step)
        try:
            at, state = self._checkpoints.before(step)
            self._state = state.copy()
        except LookupError:
            at, self._state = -1, self._fresh()
        now = self._state
        for event in sorted(self._items, key=lambda event: event.noticed):
            if event.noticed <= at:
                continue
            if event.kind == "floor" and event.floor in self._floors:
                place = self._floors.index(event.floor)
                now.passed[place:] = [True] * (len(now.passed) - place)
            elif event.kind == "collapse" and event.before is not None:
                now.lowest = min(now.lowest, event.before)
                now.recovered_at, now.turn = self._recovered_at(), None
            elif event.kind == "recovery":
                now.recovered_at, now.turn = None, None
            elif event.kind == "plateau":
                now.on_plateau = True

    # --- the rules, in the order of the module's docstring --------------------------------------

    def _pass_floors(self, loss: float) -> int | None:
        """Count the steps below each floor; the place of the lowest that is passed now."""
        now, lowest = self._state, None
        for place, limit in enumerate(self._limits):
            if not loss < limit:
                now.below[place] = 0
                continue
            now.below[place] += 1
            if now.below[place] == 1:
                now.entered[place] = _middle(now.ordered)
            if now.below[place] >= self._span and not now.passed[place]:
                lowest = place if lowest is None else lowest
                now.passed[place] = True
        return lowest

    def _below(self, place: int, step: int) -> Event:
        now = self._state
        return Event(
            "floor", now.recent[0][0], step, now.entered[place], now.level, self._floors[place]
        )

    def _spike(self, step: int, loss: float, found: list[Event]) -> None:
        now = self._state
        assert now.level is not None
        if now.spike is None:
            # A signal's hardest window comes once a cycle; only what exceeds it is a spike.
            if (
                loss > SPIKE_FACTOR * now.level
                and loss > VISIBLE * self._scale
                and loss > 2 * now.ordered[-1]
            ):
                now.spike = (step, loss, now.level, step)
            return
        top, height, level, begin = now.spike
        if loss > height:
            top, height = step, loss
        now.spike = (top, height, level, begin)
        if loss < BACK_FACTOR * level:
            found.append(Event("spike", top, step, level, height))
            now.spike = None
        elif step - begin >= SPIKE_STEPS:
            now.spike = None

    def _turn(self, step: int, level: float, found: list[Event]) -> None:
        """Collapse, or recovery from it: a level beyond a line for long enough."""
        now = self._state
        collapsed = now.recovered_at is not None
        if now.recovered_at is not None:
            line, needed = now.recovered_at, self._span
            beyond = level <= line
        else:
            line, needed = self._collapsed_at(), max(STAYS, self._span)
            beyond = level >= line
        if not beyond:
            now.turn = None
            return
        if now.turn is None:
            jump, before = self._jump(line, upwards=not collapsed)
            now.turn = (0, jump, before)
        steps, jump, before = now.turn
        now.turn = (steps + 1, jump, before)
        if steps + 1 < needed:
            return
        now.turn = None
        kind: Kind = "recovery" if collapsed else "collapse"
        now.recovered_at = None if collapsed else self._recovered_at()
        found.append(Event(kind, jump, step, before, level))

    def _plateau(self, step: int, level: float, found: list[Event]) -> None:
        now = self._state
        total, count = now.block
        now.block = (total + level, count + 1)
        if count + 1 < BLOCK:
            return
        now.blocks.append((step - count, (total + level) / BLOCK))
        now.block = (0.0, 0)
        if len(now.blocks) > PLATEAU_BLOCKS:
            now.blocks.popleft()
        levels = [mean for _begin, mean in now.blocks]
        flat = (
            len(levels) == PLATEAU_BLOCKS
            and max(levels) - min(levels) < PLATEAU_SHARE * min(levels)
            and levels[-1] > self._worth_lowering()
            and not self.collapsed
        )
        if flat and not now.on_plateau:
            found.append(Event("plateau", now.blocks[0][0], step, levels[0], levels[-1]))
        now.on_plateau = flat

    # --- what the rules measure by --------------------------------------------------------------

    @property
    def _scale(self) -> float:
        """The loss of a network that has learnt nothing."""
        return self._state.first_level if self._constant is None else self._constant

    def _collapsed_at(self) -> float:
        return max(COLLAPSE_FACTOR * self._state.lowest, COLLAPSE_SHARE * self._scale)

    def _recovered_at(self) -> float:
        return max(RECOVERY_FACTOR * self._state.lowest, RECOVERY_SHARE * self._collapsed_at())

    def _worth_lowering(self) -> float:
        if self._floors:
            return (1 + PLATEAU_SHARE) * self._floors[0].value
        return COLLAPSE_SHARE * self._scale

    def _take_in(self, step: int, loss: float) -> None:
        """Add a loss to the level."""
        now = self._state
        now.recent.append((step, loss))
        insort(now.ordered, loss)
        if len(now.recent) > self._span:
            _step, old = now.recent.popleft()
            del now.ordered[bisect_left(now.ordered, old)]
        if len(now.recent) == self._span:
            now.level = _middle(now.ordered)
            if now.level is not None and math.isinf(now.first_level):
                now.first_level = now.level

    def _jump(self, line: float, *, upwards: bool) -> tuple[int, float]:
        """The step at which the recent losses crossed a line to stay, and the level before.

        Of all steps, the one after which most losses lie beyond the line and fewest do not.
        """
        recent = list(self._state.recent)
        best, jump, score = 0, len(recent) - 1, 0
        for place in range(len(recent) - 1, -1, -1):
            loss = recent[place][1]
            score += 1 if (loss >= line if upwards else loss <= line) else -1
            if score > best:
                best, jump = score, place
        before = [loss for _step, loss in recent[:jump]]
        return recent[jump][0], median(before) if before else recent[jump][1]

    def _fresh(self) -> _State:
        count = len(self._floors)
        return _State(below=[0] * count, passed=[False] * count, entered=[None] * count)

    # --- what is kept -----------------------------------------------------------------------------

    def _kept(self, found: list[Event]) -> tuple[Event, ...]:
        """Keep new events, and drop others for them; what was kept of the new ones."""
        self._items.extend(found)
        spikes = [event for event in self._items if event.kind == "spike"]
        if len(spikes) > MOST_SPIKES:
            self._items.remove(min(spikes, key=_height))
        while len(self._items) > LIMIT:
            kind = next(k for k in _DROPPED if any(e.kind == k for e in self._items))
            of_kind = [event for event in self._items if event.kind == kind]
            self._items.remove(
                min(of_kind, key=_height if kind == "spike" else lambda event: event.noticed)
            )
        return tuple(event for event in found if event in self._items)


def _height(event: Event) -> float:
    return event.after or 0.0


def _short(value: float) -> float:
    """A number without its last digits, which come from rounding."""
    return float(f"{value:.9g}")


def _middle(ordered: Sequence[float]) -> float | None:
    """The median of sorted numbers; None of none."""
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2 if ordered else None
