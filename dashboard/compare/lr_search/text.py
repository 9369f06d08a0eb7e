"""Status and outcome of a search for learning rates, in words."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.app.text import shown
from dashboard.compare.contenders import Contender
from dashboard.compare.lr_search.live_search import SearchFrame
from rnn_core import LrChoice

# From so many seconds on a time is said in minutes.
_MINUTES = 120


def status(frame: SearchFrame) -> str:
    """What the player is doing, in one sentence."""
    sentences = {
        Status.READY: _(
            "Learning rates are tuned before the comparison. Press **Run**: the comparison follows "
            "by itself."
        ),
        Status.PLAYING: _("Training {runs} networks in lockstep to tune the learning rates.")
        if not frame.evaluated
        else _("Evaluating the frozen weights of {runs} networks."),
        Status.PAUSED: _("Tuning is paused. Nothing is being trained."),
        Status.IDLE: _("Tuning is paused: the page was not used for a while."),
        Status.FINISHED: _("The learning rates are tuned."),
    }
    return sentences[frame.status].format(runs=frame.runs)


def headline(frame: SearchFrame) -> str:
    """What is being done, and how much of it there is."""
    return _(
        "**Tuning the learning rates:** {contenders} contenders × {rates} learning rates × {seeds} "
        "seeds = {runs} runs of {steps} steps. The comparison follows."
    ).format(
        contenders=len(frame.contenders),
        rates=len(frame.choices[0].grid),
        seeds=len(frame.seeds),
        runs=frame.runs,
        steps=frame.step_budget,
    )


def budget(frame: SearchFrame) -> str:
    """What the search costs, and on which seeds."""
    rates = frame.choices[0].grid
    return _(
        "{contenders} contenders × {rates} learning rates × {seeds} seeds = {runs} runs of {steps} "
        "steps. Learning rates: {grid}. Seeds {first} to {last}; the comparison uses seeds "
        "{first_test} to {last_test}."
    ).format(
        contenders=len(frame.contenders),
        rates=len(rates),
        seeds=len(frame.seeds),
        runs=frame.runs,
        steps=frame.step_budget,
        grid=", ".join(shown("lr", rate) for rate in rates),
        first=frame.seeds[0],
        last=frame.seeds[-1],
        first_test=frame.test_seeds[0],
        last_test=frame.test_seeds[-1],
    )


def progress(frame: SearchFrame) -> str:
    """How much is left."""
    if frame.seconds >= _MINUTES:
        left = _("about {minutes:.0f} min left").format(minutes=frame.seconds / 60)
    elif frame.seconds >= 1:
        left = _("about {seconds:.0f} s left").format(seconds=frame.seconds)
    else:
        left = _("less than 1 s left")
    return _("Step {step} of {steps}, {left}").format(
        step=frame.index, steps=frame.step_budget, left=left
    )


def outcome(contenders: Sequence[Contender]) -> str:
    """The learning rates that were chosen, in one sentence."""
    return _("Tuned learning rates: {rates}.").format(
        rates=", ".join(f"{each.name} {shown('lr', each.config.lr)}" for each in contenders)
    )


def at_edge(contenders: Sequence[Contender], choices: Sequence[LrChoice]) -> str:
    """Who has the lowest or the highest rate of the grid; empty if nobody has."""
    names = [
        contender.name
        for contender, choice in zip(contenders, choices, strict=True)
        if choice.at_edge
    ]
    if not names:
        return ""
    grid = choices[0].grid
    return _(
        "At the edge of the grid, {low} to {high}: {names}. A rate beyond it may be better. The "
        "sidebar's learning rate is the middle of the grid; move it and tune again."
    ).format(low=shown("lr", grid[0]), high=shown("lr", grid[-1]), names=", ".join(names))
