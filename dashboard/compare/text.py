"""Status and verdict of a comparison, in words that claim no more than its seeds show."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.app.text import capital, plain
from dashboard.charts.loss_axes import drawn_floors, held_out_name
from dashboard.compare.charts import goes_beyond, highest_drawn, log_end
from dashboard.compare.laid_log import Beside, LaidLog
from dashboard.compare.live_comparison import ComparisonFrame
from rnn_core import Floor, PairedTest
from rnn_core.experiments.comparison import SMOOTHING
from rnn_core.experiments.ranking import SIGNIFICANCE

# Smaller p values are all said to be below this.
_LEAST_P = 0.001
# With more contenders than these beside the leader, the ratios are in the details alone.
_MOST_RATIOS = 3


def status(frame: ComparisonFrame, step_limit: int) -> str:
    """What the player is doing, in one sentence."""
    networks = len(frame.contenders) * frame.seeds
    sentences = {
        Status.READY: _(
            "{networks} untrained networks. Press **Run**: all train on the same windows, and each "
            "contender starts from the same {seeds} seeds."
        ),
        Status.PLAYING: _("Training {networks} networks in lockstep."),
        Status.PAUSED: _("Paused at step {step}. Nothing is being trained."),
        Status.AT_LIMIT: _(
            "Stopped at the step limit, {limit}. Raise the limit in the sidebar to go on."
        ),
        Status.IDLE: _("Paused at step {step}: the page was not used for a while."),
        Status.DIVERGED: _("Stopped at step {step}: every network has diverged."),
    }
    return sentences[frame.status].format(
        networks=networks, seeds=frame.seeds, step=frame.index, limit=step_limit
    )


def headline(frame: ComparisonFrame) -> str:
    """What is shown, in a sentence or two of Markdown that claim no more."""
    ranking, held_out = frame.ranking, frame.held_out
    if frame.index < SMOOTHING - 1:
        if frame.status is Status.DIVERGED:
            return _(
                "**No verdict: every network diverged at step {step}.** Lower the learning rate."
            ).format(step=frame.index)
        return _("The verdict comes with step {step}.").format(step=SMOOTHING - 1)
    if ranking is None or held_out is None:
        if frame.validates:
            return _("The weights are being evaluated on the validation part.")
        return _("The weights are being evaluated on windows ahead of the training stream.")
    names = [contender.name for contender in frame.contenders]
    leader = names[ranking.order[0]]
    if not math.isfinite(sorted(held_out.losses[ranking.order[0]])[frame.seeds // 2]):
        return _("**Most networks of every contender have diverged.** Lower the learning rate.")
    shown = [pair for pair in ranking.paired_tests if pair.is_significant]
    unknown = [pair for pair in ranking.paired_tests if not pair.is_significant]
    judged = frame.seeds >= ranking.seeds_needed
    if not judged:
        said = _(
            "**Too few seeds for a verdict:** with {contenders} contenders, {seeds} seeds cannot "
            "tell any difference from chance; {needed} can."
        ).format(contenders=len(names), seeds=frame.seeds, needed=ranking.seeds_needed)
    elif not shown:
        said = _("**No difference is shown.** {leader} has the lowest median, maybe by chance.")
    elif not unknown:
        said = _("**{leader} is ahead of all others.**")
    else:
        said = _(
            "**{leader} is ahead of {beaten}; between {leader} and {others} no difference is "
            "shown.**"
        )
    said = said.format(leader=leader, beaten=_names(shown, names), others=_names(unknown, names))
    if len(ranking.paired_tests) <= _MOST_RATIOS:
        said += " " + _("{loss} relative to {leader}: {ratios}.").format(
            loss=capital(held_out_name(validates=frame.validates)),
            leader=leader,
            ratios=_ratios(ranking.paired_tests, names, with_p=judged),
        )
    followers = following(frame)
    if followers:
        said += " " + _("Weights that follow the signal: {names}.").format(
            names=_(", ").join(names[number] for number in followers)
        )
    age = frame.index - held_out.step
    return said + (" " + _(":small[({age} steps ago)]").format(age=age) if age else "")


def _names(pairs: Sequence[PairedTest], names: Sequence[str]) -> str:
    return _(", ").join(names[pair.other] for pair in pairs)


def _ratios(pairs: Sequence[PairedTest], names: Sequence[str], *, with_p: bool) -> str:
    """The ratio of each pair, and what the test makes of it."""
    said = []
    for pair in pairs:
        ratio = (
            _("diverged")
            if math.isinf(pair.ratio)
            else _("{ratio} times").format(ratio=_times(pair.ratio))
        )
        p = f" ({_p_value(pair)})" if with_p else ""
        said.append(f"{names[pair.other]} {ratio}{p}")
    return _(", ").join(said)


def _p_value(pair: PairedTest) -> str:
    if pair.p_value < _LEAST_P:
        return _("p < {p}").format(p=_LEAST_P)
    return _("p = {p:.2g}").format(p=pair.p_value)


def findings(frame: ComparisonFrame) -> tuple[str, ...]:
    """A paragraph on each pair, and one on contenders whose weights follow the signal."""
    if frame.ranking is None or frame.index < SMOOTHING - 1:
        return ()
    names = [contender.name for contender in frame.contenders]
    tests = frame.ranking.paired_tests
    loss = held_out_name(validates=frame.validates)
    return (*(_paired_test(pair, names, loss) for pair in tests), *_following(frame))


def following(frame: ComparisonFrame) -> tuple[int, ...]:
    """The contenders most of whose weights follow the signal."""
    return tuple(np.flatnonzero(2 * frame.follows_signal.sum(axis=1) > frame.seeds).tolist())


def _following(frame: ComparisonFrame) -> list[str]:
    """A sentence on the contenders most of whose weights follow the signal, if there are any."""
    assert frame.held_out is not None
    losses = _("{name} (online loss {online:.3g}, {loss} {held_out:.3g})")
    said = [
        losses.format(
            name=frame.contenders[number].name,
            loss=held_out_name(validates=frame.validates),
            online=np.median(frame.held_out.online[number]),
            held_out=np.median(frame.held_out.losses[number]),
        )
        for number in following(frame)
    ]
    if not said:
        return []
    sentence = _(
        "**The weights are following the signal**: {contenders}. Every update tracks the signal; "
        "frozen, the same weights lose it."
    )
    return [sentence.format(contenders=_("; ").join(said))]


def _paired_test(pair: PairedTest, names: list[str], loss: str) -> str:
    """The paired test of the leader and one other contender."""
    if math.isinf(pair.ratio):
        gap = _("most networks of {other} have diverged")
    elif pair.seeds == 1:
        gap = _("the {loss} of {other} is {ratio} times that of {leader}")
    elif pair.interval is None:
        gap = _(
            "the {loss} of {other} is {ratio} times that of {leader} (median over the "
            "seeds, which range from {low} to {high})"
        )
    else:
        gap = _(
            "the {loss} of {other} is {ratio} times that of {leader} (median over the "
            "seeds; 95 % interval {low} to {high})"
        )
    low, high = pair.interval or pair.extremes
    known = _("shown") if pair.is_significant else _("not shown")
    said = _("**{leader} against {other}: {known}.** {gap}; lower on {wins} of {seeds} seeds; {p}.")
    said = said.format(
        leader=names[pair.leader],
        other=names[pair.other],
        known=known,
        wins=pair.wins,
        seeds=pair.seeds,
        p=_p_value(pair),
        gap=capital(
            gap.format(
                loss=loss,
                other=names[pair.other],
                leader=names[pair.leader],
                ratio=_times(pair.ratio),
                low=_times(low),
                high=_times(high),
            )
        ),
    )
    return said + _disagreement(pair, names[pair.other])


def _disagreement(pair: PairedTest, other: str) -> str:
    """Why test and interval say different things, if they do."""
    if pair.interval is None:
        return ""
    low, high = pair.interval
    if high < 1:
        return " " + _(
            "{other} is lower on most seeds, though its median over the seeds is higher: its "
            "losses are paired here, and ordered without the pairs. So no lead is shown."
        ).format(other=other)
    includes_one = low <= 1 <= high
    if includes_one and pair.is_significant:
        return " " + _(
            "The interval includes 1 although the test shows a difference: the interval assumes "
            "nothing about how the ratios are distributed, the test that they are symmetric about "
            "their median, and so needs fewer seeds."
        )
    if not includes_one and not pair.is_significant:
        return " " + _(
            "The interval excludes 1 although the test shows no difference: the interval counts "
            "the seeds on either side, while the test also weighs how large the differences are."
        )
    return ""


def how_it_is_judged(frame: ComparisonFrame) -> str:
    """The statistics behind the verdict."""
    rests = (
        _(
            "The verdict rests on the validation loss: the mean over the validation part, which "
            "is never trained on, read with frozen weights."
        )
        if frame.validates
        else _(
            "The verdict rests on the held-out loss: the mean over windows ahead of the training "
            "stream, read with frozen weights."
        )
    )
    said = _(
        "{rests} The online loss is that of the training steps, whose "
        "weights change from window to window and may follow the signal. Pairs share a seed and "
        "all windows: two-sided Wilcoxon signed-rank test at {level:g}, Holm correction for all "
        "pairs, since the same losses choose the leader. Together, the intervals of the median "
        "ratios cover at least 95 %, whatever the distribution; with too few seeds for that, the "
        "range over the seeds is shown. Valid for this task, these settings and this step only."
    ).format(rests=rests, level=SIGNIFICANCE)
    if frame.held_out is None:
        return said
    return _("Judged at step {step}.").format(step=frame.held_out.step) + " " + said


def beyond(frame: ComparisonFrame) -> str:
    """Where losses that the charts have no room for are drawn; empty if there are none."""
    if not goes_beyond(frame):
        return ""
    return " " + _("Losses above {loss:.0f} are drawn at the upper edge.").format(
        loss=highest_drawn(frame)
    )


def beside(logs: Beside, frame: ComparisonFrame) -> str:
    """What the logs from elsewhere are, how far they are drawn, and that they have no rank; empty
    without one."""
    if not logs.logs:
        return ""
    end = log_end(frame, logs)
    said = [_log(log, end) for log in logs.logs]
    said.append(
        _("Logs are drawn, not ranked: nothing says that they were trained on the same task.")
    )
    if any(log.has_undrawn for log in logs.logs):
        said.append(_("Losses of 0 or less have no place on a logarithmic axis."))
    return " " + " ".join(said)


def dashes(slot: int) -> str:
    """How the line of a log is dashed."""
    return (_("Dash-dotted"), _("Long dashes"), _("Dash and two dots"))[slot]


def _log(log: LaidLog, end: float | None) -> str:
    """One log, drawn up to a step; None for its last one."""
    runs = len(log.log.runs)
    said = (
        _("{dashes}: {name}, one run.")
        if runs == 1
        else _("{dashes}: {name}, median and band of {runs} runs.")
    ).format(dashes=dashes(log.slot), name=plain(log.log.name), runs=runs)
    if end is not None and end < log.last:
        said += " " + _("Drawn up to step {step:,.0f} of {last:,.0f}.").format(
            step=end, last=log.last
        )
    return said


def lowest_floor(floors: tuple[Floor, ...]) -> float:
    """The loss to which the table counts steps by default."""
    return min((floor.value for floor in drawn_floors(floors)), default=0.1)


def _times(ratio: float) -> str:
    """A ratio with two significant digits; near 1, where the side matters, with two decimals."""
    if math.isinf(ratio):
        return "∞"
    if ratio >= 0.1 and round(ratio, 2) < 2:
        return f"{ratio:.2f}"
    if ratio < 100:
        return f"{ratio:.2g}"
    return f"{float(f'{ratio:.2g}'):,.0f}" if ratio < 1e6 else f"{ratio:.1e}"
