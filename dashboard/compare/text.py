"""Status and verdict of a comparison, in words that claim no more than its seeds show."""

from __future__ import annotations

import math

import numpy as np

from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.charts.loss_axes import drawn_floors
from dashboard.compare.live_comparison import ComparisonFrame
from rnn_core import Floor, PairedTest
from rnn_core.experiments.comparison import SMOOTHING
from rnn_core.experiments.ranking import SIGNIFICANCE


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


def verdict(frame: ComparisonFrame) -> str:
    """Which contender leads, by how much, and how certain that is; in Markdown."""
    ranking, held_out = frame.ranking, frame.held_out
    if frame.index < SMOOTHING - 1:
        return _("The verdict comes with step {step}.").format(step=SMOOTHING - 1)
    if ranking is None or held_out is None:
        return _("The weights are being evaluated on windows ahead of the training stream.")
    names = [contender.name for contender in frame.contenders]
    leader = ranking.order[0]
    if not math.isfinite(sorted(held_out.losses[leader])[frame.seeds // 2]):
        return _("Most networks of every contender have diverged. Lower the learning rate.")
    if frame.seeds < ranking.seeds_needed:
        opening = _(
            "**Too few seeds for a verdict.** With {contenders} contenders, {seeds} seeds cannot "
            "tell any difference from chance; {needed} can. So far:"
        ).format(contenders=len(names), seeds=frame.seeds, needed=ranking.seeds_needed)
    elif all(pair.is_significant for pair in ranking.paired_tests):
        opening = _("**{leader} is ahead.**").format(leader=names[leader])
    elif any(pair.is_significant for pair in ranking.paired_tests):
        opening = _("**{leader} is among the best.**").format(leader=names[leader])
    else:
        opening = _("**No difference is shown yet.** {leader} has the lowest median.").format(
            leader=names[leader]
        )
    age = frame.index - held_out.step
    if age:
        opening += " " + _(":small[({age} steps ago)]").format(age=age)
    sentences = [_paired_test(pair, names) for pair in ranking.paired_tests]
    return "".join([opening, *(f"\n- {said}" for said in (*sentences, *_following(frame)))])


def _following(frame: ComparisonFrame) -> list[str]:
    """A sentence on the contenders most of whose weights follow the signal, if there are any."""
    assert frame.held_out is not None
    losses = _("{name} (online loss {online:.3g}, held-out loss {held_out:.3g})")
    said = [
        losses.format(
            name=contender.name,
            online=np.median(frame.held_out.online[number]),
            held_out=np.median(frame.held_out.losses[number]),
        )
        for number, contender in enumerate(frame.contenders)
        if 2 * np.sum(frame.follows_signal[number]) > frame.seeds
    ]
    if not said:
        return []
    sentence = _(
        "**the weights are following the signal**: {contenders}. Every update tracks the signal; "
        "frozen, the same weights lose it"
    )
    return [sentence.format(contenders=", ".join(said))]


def _paired_test(pair: PairedTest, names: list[str]) -> str:
    """The paired test of the leader and one other contender."""
    if math.isinf(pair.ratio):
        gap = _("most networks of {other} have diverged")
    elif pair.seeds == 1:
        gap = _("the held-out loss of {other} is {ratio} times that of {leader}")
    elif pair.interval is None:
        gap = _(
            "the held-out loss of {other} is {ratio} times that of {leader} (median over the "
            "seeds; range over the seeds {low} to {high})"
        )
    else:
        gap = _(
            "the held-out loss of {other} is {ratio} times that of {leader} (median over the "
            "seeds; 95 % interval {low} to {high})"
        )
    low, high = pair.interval or pair.extremes
    sure = _("p = {p:.2g}") if pair.p_value >= 0.0001 else _("p < 0.0001")
    known = _("shown") if pair.is_significant else _("not shown")
    return (
        gap.format(
            other=names[pair.other],
            leader=names[pair.leader],
            ratio=_times(pair.ratio),
            low=_times(low),
            high=_times(high),
        )
        + _("; {leader} is lower on {wins} of {seeds} seeds").format(
            leader=names[pair.leader], wins=pair.wins, seeds=pair.seeds
        )
        + "; "
        + sure.format(p=pair.p_value)
        + f": {known}"
    )


def how_it_is_judged(frame: ComparisonFrame) -> str:
    """The statistics behind the verdict."""
    said = _(
        "The verdict rests on the held-out loss: the mean over windows ahead of the training "
        "stream, read with frozen weights. The online loss is that of the training steps, whose "
        "weights change from window to window and may follow the signal. Pairs share a seed and "
        "all windows: two-sided Wilcoxon signed-rank test at {level:g}, Holm correction for the "
        "number of pairs. Intervals of the median ratio cover at least 95 %, whatever the "
        "distribution, and allow for the choice of the leader; with too few seeds for that, the "
        "range over the seeds is shown. Valid for this task, these settings and this step only."
    ).format(level=SIGNIFICANCE)
    if frame.held_out is None:
        return said
    return _("Judged at step {step}.").format(step=frame.held_out.step) + " " + said


def lowest_floor(floors: tuple[Floor, ...]) -> float:
    """The loss to which the table counts steps by default."""
    return min((floor.value for floor in drawn_floors(floors)), default=0.1)


def _times(ratio: float) -> str:
    """A ratio with its significant digits."""
    if math.isinf(ratio):
        return "∞"
    if ratio < 1000:
        return f"{ratio:.3g}"
    return f"{float(f'{ratio:.2g}'):,.0f}" if ratio < 1e6 else f"{ratio:.1e}"
