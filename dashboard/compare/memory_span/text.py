"""Status and verdict of a memory span test, in words."""

from __future__ import annotations

from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.compare.memory_span.live_span import SpanFrame
from rnn_core import RunConfig
from rnn_core.config import is_read

# From so many networks on, a rank test could tell two contenders apart.
_ENOUGH_SEEDS = 6
# Addresses from this page's on: the preset with an LSTM more, and the lesson on an LSTM's price.
_WITH_FORGET_BIAS = "compare?view=span&span_preset=with_forget_bias"
_LESSON = "learn?lesson=price"


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


def headline(frame: SpanFrame) -> str:
    """How far each contender has got, in one line of Markdown."""
    if not any(frame.spans):
        if frame.status is Status.FINISHED:
            return _("**No contender learnt to recall a single step back.**")
        return _("**How many steps back can each learn to recall?** None has passed a delay yet.")
    order = _furthest_first(frame)
    spans = " · ".join(f"{frame.contenders[n].name}: **{frame.spans[n]}**" for n in order)
    if frame.status is not Status.FINISHED:
        return _("Steps back learnt **so far**: {spans}").format(spans=spans)
    furthest = [frame.contenders[n].name for n in order if frame.spans[n] == frame.spans[order[0]]]
    return _("**{names} got furthest.** Steps back learnt: {spans}").format(
        names=_(", ").join(furthest), spans=spans
    )


def _furthest_first(frame: SpanFrame) -> list[int]:
    return sorted(range(len(frame.contenders)), key=lambda number: -frame.spans[number])


def spans(frame: SpanFrame) -> str:
    """The longest delay that each contender has passed, and where it failed, a line each."""
    lines = []
    for number in _furthest_first(frame):
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
    return "  \n".join(lines)


def caution(frame: SpanFrame) -> str:
    """What the order of the contenders does not show, given this result; in Markdown."""
    configs = [contender.config for contender in frame.contenders]
    said = [
        _("Seeds: {seeds}. A difference of one or two delays may be chance.")
        if frame.seeds < _ENOUGH_SEEDS
        else _("Seeds: {seeds}, the same for all.")
    ]
    rates = {config.lr for config in configs}
    said.append(
        _("The learning rate, {lr:g}, is the same for all and tuned for none.").format(
            lr=rates.pop()
        )
        if len(rates) == 1
        else _("The learning rates are as set, and tuned for none.")
    )
    for number, config in enumerate(configs):
        said += _half_open(frame, number) if _is_half_open(config) else []
    return " ".join(said).format(seeds=frame.seeds)


def _is_half_open(config: RunConfig) -> bool:
    """Whether it has forget gates that begin half open, PyTorch's default."""
    return is_read("forget_bias", config) and config.forget_bias in (None, 0.0)


def _half_open(frame: SpanFrame, number: int) -> list[str]:
    """On a contender with half-open forget gates that is behind another one, if it is."""
    configs = [contender.config for contender in frame.contenders]
    names = [contender.name for contender in frame.contenders]
    opened = [
        n
        for n, config in enumerate(configs)
        if config.cell == configs[number].cell and (config.forget_bias or 0.0) >= 1.0
    ]
    ahead = [n for n, span in enumerate(frame.spans) if span > frame.spans[number]]
    if not ahead:
        return []
    said = _(
        "{name} is behind {ahead}; its forget gates begin half open (PyTorch's bias, near 0), so "
        "that about half of the cell state is lost at every step."
    ).format(name=names[number], ahead=_(", ").join(names[n] for n in ahead if n not in opened))
    if not [n for n in ahead if n not in opened]:
        said = _(
            "The forget gates of {name} begin half open (PyTorch's bias, near 0), so that about "
            "half of the cell state is lost at every step."
        ).format(name=names[number])
    if opened:
        same = _("The same cell with open gates, {name}: {span}.").format(
            name=names[opened[0]], span=frame.spans[opened[0]]
        )
    else:
        same = _("[Compare it with forget bias 1]({link}).").format(link=_WITH_FORGET_BIAS)
    return [said, same, _("See [lesson 8]({link}).").format(link=_LESSON)]


def what_a_span_is(frame: SpanFrame) -> str:
    """What the test measures, and what it does not."""
    return _(
        "{seeds} networks each, from the same seeds, on the same bits, {budget} steps at each "
        "delay. A span is the longest delay that a cell **learns** to recall within these steps, "
        "not how much it can store: an LSTM with another forget bias is the same cell with other "
        "initial weights, and its span differs. To recall the bit from k steps ago, a network "
        "stores k bits at once; gradients reach back over windows of four delays. The protocol is "
        "that of Kent and Murray (2024)."
    ).format(seeds=frame.seeds, budget=frame.step_budget)


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
