"""What the carried state is worth: the loss with it carried, reset and shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import altair as alt

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    CANVAS,
    GUIDE,
    Chart,
    Spec,
    label_expression,
    layer,
    same,
    specification,
)
from dashboard.charts.labels import wrapped
from dashboard.charts.loss_axes import LOSS_LABELS, floor_lines
from dashboard.run.views import cost
from dashboard.run.views.base import Presentation, View, ViewInput
from rnn_core import Estimate, Evaluation, Floor, RunConfig, Task, evaluate

# Where the loss axis ends at the latest.
_LEAST = 1e-12
# Width kept for the values beside the plot, in pixels; below the other, floors have no names.
_VALUES, _NARROW = 56, 340
# Letters in a line of a floor's label, and its height in pixels.
_LETTERS, _LINE = 16, 13

_LOSSES = Table(how=str, loss=float, low=float, high=float)
_FLOOR = Table(loss=float, label=str)


@dataclass(frozen=True, slots=True, eq=False)
class StateAblationResult:
    """The losses with the state carried, reset and shuffled."""

    evaluation: Evaluation


class StateAblationView(View[StateAblationResult, None]):
    """Mean loss of the frozen network by what happens to its state between windows."""

    key = "memory"
    default_controls = None
    beside_text = True

    @property
    def title(self) -> str:
        """Its name on screen."""
        return _("ablation")

    def compute(self, given: ViewInput[StateAblationResult, None]) -> StateAblationResult:
        """The losses on the present window and the next ones, on which it was not trained."""
        return StateAblationResult(evaluate(given.trainer))

    def operations(self, config: RunConfig, task: Task, *, paused: bool) -> float:
        """A held-out evaluation."""
        return cost.evaluation(config, task)

    def charts(self, result: StateAblationResult, shown: Presentation[None]) -> list[Chart]:
        """One chart: the three means, and the floors."""
        return [_chart(result.evaluation, shown.floors)]

    def numbers(self, result: StateAblationResult) -> str:
        """The three means, and what the carried state is worth."""
        gain = result.evaluation.memory_gain
        return _(
            "Mean loss over {windows} windows: carried {carried:.3g}, reset {reset:.3g}, shuffled "
            "{shuffled:.3g}. Reset less carried: {gain:.3g} (95 % interval {low:.3g} to "
            "{high:.3g})."
        ).format(
            windows=len(result.evaluation.losses),
            gain=gain.mean,
            low=gain.low,
            high=gain.high,
            **{how: estimate.mean for how, estimate in _estimates(result.evaluation).items()},
        )

    def how_to_read(self) -> str:
        """How to read the three marks."""
        return _(
            "The frozen network reads the next windows three times: with its state carried across "
            "their borders, reset to zero, and shuffled, that is, replaced by the state of a "
            "distant window. If all three losses agree, it does not use what it carries. Bars: "
            "95 % intervals, which take tenths of the windows as independent; where windows change "
            "slowly, as on Mackey-Glass, they are too narrow. Dashed: the floors."
        )


VIEW = StateAblationView()


def _estimates(evaluation: Evaluation) -> dict[str, Estimate]:
    losses = {
        "carried": evaluation.carried,
        "reset": evaluation.reset,
        "shuffled": evaluation.shuffled,
    }
    return {how: evaluation.estimate(loss) for how, loss in losses.items()}


def _chart(evaluation: Evaluation, floors: tuple[Floor, ...]) -> Chart:
    estimates = _estimates(evaluation)
    lines = [(value, wrapped(label, _LETTERS)) for value, label in floor_lines(floors)]
    # A logarithmic axis has no place for zero: a bar that reaches it ends at a tenth of the mean.
    means = [max(mean, _LEAST) for mean, _low, _high in estimates.values()]
    lows = [
        max(low, mean / 10)
        for (_mean, low, _high), mean in zip(estimates.values(), means, strict=True)
    ]
    highs = [
        max(high, mean) for (_mean, _low, high), mean in zip(estimates.values(), means, strict=True)
    ]
    return Chart(
        _spec(current_language()),
        {
            "losses": _LOSSES.rows(list(estimates), means, lows, highs),
            "floors": _FLOOR.rows(*zip(*lines, strict=True)) if lines else _FLOOR.empty,
        },
        _("Marks of the mean loss with the state carried, reset and shuffled."),
    )


@lru_cache(maxsize=8)
def _spec(language: str) -> Spec:
    names = {"carried": _("carried"), "reset": _("reset"), "shuffled": _("shuffled")}
    x = alt.X(
        "loss:Q",
        title=_("mean loss over the next windows"),
        scale=alt.Scale(
            type="log", padding=30, nice=True, rangeMax=alt.ExprRef(f"width - {_VALUES}")
        ),
        axis=LOSS_LABELS,
    )
    y = alt.Y(
        "how:N",
        title=None,
        scale=alt.Scale(domain=list(names)),
        axis=alt.Axis(labelExpr=label_expression(names), grid=True, labelFontSize=13),
    )
    rules = layer("floors").mark_rule(strokeDash=[5, 4]).encode(x=same(x), color=GUIDE)
    lines = f"(width < {_NARROW} ? 1 : length(split(datum.label, '\\n')))"
    floors = (
        layer("floors")
        .mark_text(
            angle=270,
            align="right",
            baseline="bottom",
            dx=-4,
            # Left of the rule, however many lines there are; further ones come to the right.
            dy=alt.ExprRef(f"-3 - {_LINE} * ({lines} - 1)"),
            fontSize=11,
            lineBreak="\n",
            lineHeight=_LINE,
            text=alt.ExprRef(
                f"width < {_NARROW} && datum.label ? format(datum.loss, '.3~g') : datum.label"
            ),
        )
        .encode(x=same(x), y=alt.value(0), color=GUIDE)
    )
    dots = (
        layer("losses")
        .mark_point(filled=True, size=160, opacity=1)
        .encode(
            x=x,
            y=y,
            color=alt.value(palette.HELD_OUT_LOSS),
            tooltip=[
                alt.Tooltip("loss:Q", title=_("loss"), format=".4g"),
                alt.Tooltip("low:Q", title=_("95 % interval from"), format=".4g"),
                alt.Tooltip("high:Q", title=_("to"), format=".4g"),
            ],
        )
    )
    bars = (
        layer("losses")
        .mark_rule(strokeWidth=3, opacity=0.5)
        .encode(
            x=alt.X("low:Q", title=x["title"]),
            x2="high:Q",
            y=same(y),
            color=alt.value(palette.HELD_OUT_LOSS),
        )
    )
    texts = (
        layer("losses")
        .mark_text(
            align="right",
            dx=-4,
            fontSize=13,
            text=alt.ExprRef("format(datum.loss, datum.loss < 1e-3 ? '.1e' : '.3~g')"),
        )
        .encode(x=alt.value("width"), y=same(y), color=GUIDE)
    )
    chart = alt.layer(rules, floors, bars, dots, texts).properties(
        title=_("State ablation"), height=300, usermeta=CANVAS
    )
    return specification(chart)
