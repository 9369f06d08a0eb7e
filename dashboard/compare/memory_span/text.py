"""The sentences of a race over growing delays."""

from __future__ import annotations

from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.compare.memory_span.live_span import SpanFrame


def status(frame: SpanFrame, step_limit: int) -> str:
    """What the player is doing, in one sentence."""
    sentences = {
        Status.READY: _(
            "Press **Run**: fresh networks learn to repeat random bits, after a longer delay each "
            "time."
        ),
        Status.PLAYING: _("Training {networks} networks at a delay of {delay}: {passed} passed."),
        Status.PAUSED: _("Paused at a delay of {delay}. Nothing is being trained."),
        Status.AT_LIMIT: _(
            "Stopped at the step limit, {limit}. Raise the limit in the sidebar to go on."
        ),
        Status.IDLE: _("Paused at a delay of {delay}: nobody touched the page for a while."),
        Status.FINISHED: _("The race is over, after {steps} steps. **Reset** gives it again."),
    }
    return sentences[frame.status].format(
        networks=frame.latest.passed.size,
        passed=int(frame.latest.passed.sum()),
        delay=frame.latest.delay,
        steps=frame.index,
        limit=step_limit,
    )


def verdict(frame: SpanFrame) -> str:
    """How far each contender has come, and what that rests on."""
    lines = []
    order = sorted(range(len(frame.contenders)), key=lambda number: -frame.spans[number])
    for number in order:
        name, span = frame.contenders[number].name, frame.spans[number]
        if frame.status is not Status.FINISHED and number in frame.active:
            line = _("**{name}** remembers {span} steps so far")
        elif span == frame.delays[-1]:
            line = _("**{name}** remembers {span} steps, the longest delay there is")
        else:
            line = _("**{name}** remembers {span} steps; it failed at {failed}")
        results = frame.results[number]
        lines.append(line.format(name=name, span=span, failed=results[-1].delay if results else 0))
    networks = _("{seeds} networks each, from the same seeds, on the same bits.").format(
        seeds=frame.seeds
    )
    few = (
        " " + _("One or two rungs of difference may be chance with so few.")
        if frame.seeds < 6
        else ""
    )
    return "  \n".join(lines) + f"  \n:small[{networks}{few}]"
