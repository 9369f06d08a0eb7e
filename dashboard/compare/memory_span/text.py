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
        unfinished = frame.status is not Status.FINISHED and number in frame.active
        if unfinished and not span:
            line = _("**{name}** has not passed a delay yet")
        elif unfinished:
            line = _("**{name}** has learnt to recall {span} steps back so far")
        elif not span:
            line = _("**{name}** passed no delay; it failed at {failed}")
        elif span == frame.delays[-1]:
            line = _("**{name}** learnt to recall {span} steps back, the longest delay tested")
        else:
            line = _("**{name}** learnt to recall {span} steps back; it failed at {failed}")
        results = frame.results[number]
        lines.append(line.format(name=name, span=span, failed=results[-1].delay if results else 0))
    networks = _(
        "{seeds} networks each, from the same seeds, on the same bits, {budget} steps at each "
        "delay."
    ).format(seeds=frame.seeds, budget=frame.step_budget)
    few = (
        " " + _("With so few, a difference of one or two delays may be chance.")
        if frame.seeds < 6
        else ""
    )
    return "  \n".join(lines) + f"  \n:small[{networks}{few}]"


def what_a_span_is(frame: SpanFrame) -> str:
    """What the test measures, and what it does not."""
    return _(
        "A span is the longest delay that a cell **learns** to recall within {budget} steps, not "
        "how much it can store: an LSTM with another forget bias is the same cell with other "
        "initial weights, and its span differs. To recall the bit from k steps ago, a network "
        "stores k bits at once; gradients reach back over windows of four delays. The protocol is "
        "that of Kent and Murray (2024)."
    ).format(budget=frame.step_budget)


def how_to_read_the_capacity(frame: SpanFrame) -> str:
    """How to read the chart of the memory capacity, which networks it shows, and its bound."""
    said = _(
        "Memory capacity (Jaeger 2001): how much of the bit from k steps ago the best linear "
        "readout of the hidden state explains, fitted for each lag k. Solid: the networks that "
        "passed the contender's longest delay, at the dot; dotted: untrained, from the same seeds. "
        "The dashed line is what a network must explain to pass. The table has the sum over lags 0 "
        "to {longest}, and its bound, the number of hidden units; where the sum stays far below, "
        "this bound is not what ended the span. Lines and sums are means over the networks."
    ).format(longest=frame.delays[-1])
    if frame.measuring:
        said += " " + _(":small[Measuring {networks} networks.]").format(networks=frame.measuring)
    return said
