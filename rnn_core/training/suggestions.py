"""What to try next, from the state of a run: one suggestion at a time.

The cases, the most urgent first. Each ends the list: while a run has collapsed, nothing else is
suggested.

1. It diverged: a lower learning rate; clipping.
2. It collapsed and has not recovered: a lower learning rate or clipping, from just before that.
3. The weights follow the signal: a lower learning rate, at which they cannot.
4. Nothing was learnt in `PATIENCE` steps: the task's own learning rate, a gated cell, the default
   optimizer, more units, another seed.
5. It carries memory across windows: the same without carrying; a gated cell with the same seed;
   noise; fewer units; clipping, if the loss is full of spikes.
6. It is as good as memory inside the window can be, and resets its state: carry it.
7. It stays on a plateau, or has shown memory for `PATIENCE` steps: a gated cell, a longer delay,
   clipping as above.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rnn_core.arguments import items, require, require_callable, whole
from rnn_core.config import SETTINGS, RunConfig, is_read
from rnn_core.messages import N_, Message
from rnn_core.registry import CELLS, OPTIMIZERS, TASKS
from rnn_core.rules import Flag
from rnn_core.tasks import build_task
from rnn_core.training.events import Event
from rnn_core.training.verdict import Verdict

#: Steps in which a run has had its chance. The tutorial's run passes all its floors in 200; the
#: slower tasks fall below a constant within 1000, or stand still for much longer.
PATIENCE = 1000
#: Gradient norm to clip at: the usual choice for recurrent networks.
CLIP_NORM = 1.0
# A learning rate this many times the task's own, or less than its inverse, is to blame first.
_FAR_RATE = 3.0
# A run with this many spikes in the last so many steps is full of them.
_SPIKES, _SPIKES_WITHIN = 3, 500
# Of the learning rate after a collapse. With a tenth from step 500 on, one of ten runs of the
# tutorial's collapses within 5,000 steps instead of five; with clipping, as many as without.
_LOWERED = 0.1
# A learning rate below this would show no change in an evening.
_LOWEST_RATE = 1e-6
# Units that are enough for every task at its default settings.
_ENOUGH_UNITS = 32
_NOISE = 0.1
_GATED = "lstm"
# Suggestions that would undo the one they are listed with, once that has been followed.
_UNDOES = {"nothing_raise_lr": "follows_signal"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to try.

    Args:
        key: its name in code; one for each kind of suggestion.
        reason: what is the case now, as a sentence.
        message: what to try, fit for a button.
        changes: settings by name, all of them different from the run's.
        branch_from: the step from which the run is to go on with the changes, which are then among
            `rnn_core.training.trainer.BRANCH_SETTINGS`. None: they apply to the run as a whole,
            which starts again unless all of them are live.
    """

    key: str
    reason: Message
    message: Message
    changes: Mapping[str, Any] = field(hash=False)
    branch_from: int | None = None

    def applied(self, config: RunConfig) -> RunConfig:
        """The config with the changes made."""
        return replace(config, **self.changes)


def suggest(
    config: RunConfig,
    *,
    step: int,
    verdict: Verdict | None = None,
    events: Sequence[Event] = (),
    streaming: bool = True,
    seen: Collection[str] = (),
    validates: bool = False,
    build: Callable[[RunConfig], object] = build_task,
) -> Suggestion | None:
    """The most urgent suggestion that the run can take up.

    A suggestion changes something, and the settings that it leads to are possible and have an
    effect on the run's task, cell and optimizer.

    Args:
        config: the run's settings, with the learning rate that it has now.
        step: index of the present step.
        verdict: what the held-out loss shows, by `judge`; None before there is one.
        events: of the run, in the order in which they happened: `Events.items`.
        streaming: whether each window continues the one before, `Task.streaming`.
        seen: keys of suggestions that were followed or put aside; they are not given again.
        validates: whether the held-out loss is that of a validation part.
        build: makes the task of a config, or raises ``ValueError`` where it cannot have these
            settings; that of a run on a series of one's own knows the series.

    Returns:
        The suggestion, or None when there is nothing to suggest.

    Raises:
        TypeError, ValueError: when an argument is of the wrong kind, or ``step`` below 0.
    """
    require("config", config, RunConfig, "a RunConfig", "trainer.config")
    whole("step", step, 0, high=2**62)
    if verdict is not None:
        require("verdict", verdict, Verdict, "None or a Verdict", "judge(evaluation, floors)")
    events = items("events", events, "a sequence of Events", "those of Events.items")
    for event in events:
        require("each of the events", event, Event, "an Event", "those of Events.items")
    Flag().check("streaming", streaming, True)
    Flag().check("validates", validates, False)
    seen = items("seen", seen, "a collection of keys", "()")
    require_callable("build", build, "a function of a RunConfig", "build_task")
    for suggestion in _candidates(config, step, verdict, events, streaming, validates):
        if _UNDOES.get(suggestion.key) in seen:
            continue
        if suggestion.key not in seen and _is_possible(config, suggestion.changes, build):
            return suggestion
    return None


def _candidates(
    config: RunConfig,
    step: int,
    verdict: Verdict | None,
    events: Sequence[Event],
    streaming: bool,
    validates: bool,
) -> Iterator[Suggestion]:
    """The suggestions of the first case that applies, best first."""
    collapse = _collapse(events)
    carries = config.carry_state and streaming
    if any(event.kind == "divergence" for event in events):
        yield from _diverged(config)
    elif collapse is not None:
        yield from _collapsed(config, collapse)
    elif verdict is None:
        return
    elif verdict.follows_signal:
        yield from _follows_signal(config)
    elif verdict.claim == "nothing":
        if step >= PATIENCE:
            yield from _learnt_nothing(config, step)
    elif verdict.claim == "carried_memory" and carries:
        yield from _carries(config, verdict)
        yield from _spikes(config, step, events)
    elif verdict.claim == "window_memory" and streaming and not config.carry_state:
        yield from _resets(config, verdict)
    elif step >= PATIENCE or any(event.kind == "plateau" for event in events):
        yield from _stands_still(config, verdict, validates)
        yield from _spikes(config, step, events)


def _diverged(config: RunConfig) -> Iterator[Suggestion]:
    reason = Message(N_("The updates overshot more and more, until the loss was not finite."))
    usual = _usual_rate(config)
    lower = usual if config.lr > usual else config.lr / 10
    yield _lower_rate("divergence_lr", reason, lower)
    yield _clip("divergence_clip", reason)


def _collapsed(config: RunConfig, collapse: Event) -> Iterator[Suggestion]:
    values = {"step": collapse.step, "before": collapse.before, "after": collapse.after}
    # The loss of the jump comes from the update of the step before, which is then made anew.
    before = max(0, collapse.step - 1)
    lower = _rounded(config.lr * _LOWERED)
    yield Suggestion(
        "collapse_lr",
        Message(
            N_(
                "The loss collapsed at step {step}, from {before:.2g} to {after:.2g}, and stays "
                "there. Once a network has learnt, smaller updates make collapses rarer."
            ),
            values,
        ),
        Message(
            N_("Lower the learning rate to {lr:g} and branch from just before, at step {step}"),
            {"lr": lower, "step": before},
        ),
        {"lr": lower},
        before,
    )
    if config.clip_norm is None or config.clip_norm > CLIP_NORM:
        yield Suggestion(
            "collapse_clip",
            Message(
                N_(
                    "The loss collapsed at step {step}, from {before:.2g} to {after:.2g}, and "
                    "stays there. Clipping may end it sooner; with Adam, it makes further "
                    "collapses no rarer."
                ),
                values,
            ),
            Message(
                N_("Clip the gradient at {norm:g} and branch from just before, at step {step}"),
                {"norm": CLIP_NORM, "step": before},
            ),
            {"clip_norm": CLIP_NORM},
            before,
        )


def _follows_signal(config: RunConfig) -> Iterator[Suggestion]:
    yield _lower_rate(
        "follows_signal",
        Message(
            N_(
                "Every update tracks the slow signal, so the online loss is low, yet the frozen "
                "network has learnt nothing. Slower updates cannot keep up."
            )
        ),
        config.lr / 10,
    )


def _learnt_nothing(config: RunConfig, step: int) -> Iterator[Suggestion]:
    reason = Message(
        N_("After {step} steps, the network is no better than a constant."), {"step": step}
    )
    usual = _usual_rate(config)
    if config.lr > _FAR_RATE * usual:
        yield _lower_rate("nothing_lower_lr", reason, usual)
    if config.lr < usual / _FAR_RATE:
        yield Suggestion(
            "nothing_raise_lr",
            reason,
            Message(N_("Raise the learning rate to {lr:g}"), {"lr": usual}),
            {"lr": usual},
        )
    yield from _gated(config, "nothing_cell", reason)
    optimizer = OPTIMIZERS[SETTINGS["optimizer"].default]
    if config.optimizer != optimizer.name:
        yield Suggestion(
            "nothing_optimizer",
            reason,
            Message(
                N_("Let {optimizer} adapt the size of every update"),
                {"optimizer": optimizer.title},
            ),
            {"optimizer": optimizer.name},
        )
    if config.hidden_size < _ENOUGH_UNITS:
        yield Suggestion(
            "nothing_units",
            reason,
            Message(N_("Give it {count} hidden units"), {"count": _ENOUGH_UNITS}),
            {"hidden_size": _ENOUGH_UNITS},
        )
    yield Suggestion(
        "nothing_seed",
        reason,
        Message(N_("Try other initial weights: seed {seed}"), {"seed": config.seed + 1}),
        {"seed": config.seed + 1},
    )


def _carries(config: RunConfig, verdict: Verdict) -> Iterator[Suggestion]:
    gain = verdict.memory_gain
    assert gain is not None  # the claim rests on it
    reason = Message(
        N_("The network carries memory across windows: without it, the loss is {gain:.2g} higher."),
        {"gain": gain.mean},
    )
    yield Suggestion(
        "carry_off",
        reason,
        Message(N_("Turn carry off: how low can it go now?")),
        {"carry_state": False},
    )
    yield from _gated(config, "carries_cell", reason)
    if config.noise_std < _NOISE:
        yield Suggestion(
            "carries_noise",
            reason,
            Message(
                N_("Add noise of {noise:g} to the input: how much does memory help now?"),
                {"noise": _NOISE},
            ),
            {"noise_std": _NOISE},
        )
    few = config.hidden_size // 4
    yield Suggestion(
        "carries_units",
        reason,
        Message(
            N_("Leave {few} of {count} hidden units: are they enough?"),
            {"few": few, "count": config.hidden_size},
        ),
        {"hidden_size": few},
    )


def _resets(config: RunConfig, verdict: Verdict) -> Iterator[Suggestion]:
    yield Suggestion(
        "carry_on",
        Message(
            N_(
                "At {loss:.2g}, the network has reached the best that memory inside a window can "
                "do. What it lacks is the past before the window."
            ),
            {"loss": verdict.loss.mean},
        ),
        Message(N_("Turn carry on: how low can it go now?")),
        {"carry_state": True},
    )


def _stands_still(config: RunConfig, verdict: Verdict, validates: bool) -> Iterator[Suggestion]:
    reason = Message(
        N_("The validation loss stands at {loss:.2g}.")
        if validates
        else N_("The held-out loss stands at {loss:.2g}."),
        {"loss": verdict.loss.mean},
    )
    yield from _gated(config, "still_cell", reason)
    if verdict.claim in ("memoryless", "last_marker", "window_memory", "carried_memory"):
        longer = 2 * config.delay
        yield Suggestion(
            "still_delay",
            reason,
            Message(N_("Double the delay to {delay}"), {"delay": longer}),
            {"delay": longer},
        )


def _spikes(config: RunConfig, step: int, events: Sequence[Event]) -> Iterator[Suggestion]:
    count = sum(event.kind == "spike" and event.step > step - _SPIKES_WITHIN for event in events)
    if count >= _SPIKES and config.clip_norm is None:
        yield _clip(
            "spikes_clip",
            Message(
                N_("The loss had {count} spikes in the last {steps} steps."),
                {"count": count, "steps": _SPIKES_WITHIN},
            ),
        )


def _gated(config: RunConfig, key: str, reason: Message) -> Iterator[Suggestion]:
    if CELLS[config.cell].memory_gate is None:
        title = CELLS[_GATED].title
        yield Suggestion(
            key, reason, Message(N_("Same seed, {cell}"), {"cell": title}), {"cell": _GATED}
        )


def _lower_rate(key: str, reason: Message, lr: float) -> Suggestion:
    lr = _rounded(lr)
    message = Message(N_("Lower the learning rate to {lr:g}"), {"lr": lr})
    return Suggestion(key, reason, message, {"lr": lr})


def _clip(key: str, reason: Message) -> Suggestion:
    message = Message(N_("Clip the gradient at {norm:g}"), {"norm": CLIP_NORM})
    return Suggestion(key, reason, message, {"clip_norm": CLIP_NORM})


def _collapse(events: Sequence[Event]) -> Event | None:
    """The collapse that the run has not recovered from."""
    turns = [event for event in events if event.kind in ("collapse", "recovery")]
    last = max(turns, key=lambda event: event.noticed, default=None)
    return last if last is not None and last.kind == "collapse" else None


def _usual_rate(config: RunConfig) -> float:
    """The task's default learning rate."""
    return float(TASKS[config.task].defaults.get("lr") or SETTINGS["lr"].default)


def _rounded(lr: float) -> float:
    """A learning rate with two digits, as people write one."""
    return float(f"{lr:.2g}")


def _is_possible(
    config: RunConfig, changes: Mapping[str, Any], build: Callable[[RunConfig], object]
) -> bool:
    """Whether each change is one and is read, and the run can be built."""
    if any(getattr(config, name) == value for name, value in changes.items()):
        return False
    if changes.get("lr", 1.0) < _LOWEST_RATE:
        return False
    try:
        after = replace(config, **changes)
        if any(SETTINGS[name].group == "data" for name in changes):
            build(after)
    except ValueError:
        return False
    return all(is_read(name, after) for name in changes)
