"""Status and verdict of a memory span test, in words."""

from __future__ import annotations

from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.compare.memory_span.live_span import SpanFrame


def status(frame: SpanFrame, step_limit: int) -> str:
    """What the player is doing, in one sentence."""
    sentences = {
        Status.READY: _(
            "Press **Run**: fresh networks learn to recall random bits, at a longer delay each "
            "time."
        ),
        Status.PLAYING: _("Training {networks} networks at a delay of {delay}: {passed} passed."),
        Status.PAUSED: _("Paused at a delay of {delay}. Nothing is being trained."),
        Status.AT_LIMIT: _(
            "Stopped at the step limit, {limit}. Raise the limit in the sidebar to go on."
        ),
        Status.IDLE: _("Paused at a delay of {delay}: the page was not used for a while."),
        Status.FINISHED: _("Finished after {steps} steps. **Reset** goes back to the first delay."),
    }
    return sentences[frame.status].format(
        networks=frame.latest.passed.size,
        passed=int(frame.latest.passed.sum()),
        delay=frame.latest.delay,
        steps=frame.index,
        limit=step_limit,
    )


def verdict(frame: SpanFrame) -> str:
    """The longest delay that each contender has passed, and from how many networks."""
    lines = []
    order = sorted(range(len(frame.contenders)), key=lambda number: -frame.spans[number])
    for number in order:
        name, span = frame.contenders[number].name, frame.spans[number]
        if frame.status is not Status.FINISHED and number in frame.active:
            line = _("**{name}** remembers {span} steps so far")
        elif span == frame.delays[-1]:
            line = _("**{name}** remembers {span} steps, the longest delay tested")
        else:
            line = _("**{name}** remembers {span} steps; it failed at {failed}")
        results = frame.results[number]
        lines.append(line.format(name=name, span=span, failed=results[-1].delay if results else 0))
    networks = _("{seeds} networks each, from the same seeds, on the same bits.").format(
        seeds=frame.seeds
    )
    few = (
        " " + _("With so few, a difference of one or two delays may be chance.")
        if frame.seeds < 6
        else ""
    )
    return "  \n".join(lines) + f"  \n:small[{networks}{few}]"
