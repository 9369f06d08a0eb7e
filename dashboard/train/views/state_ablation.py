"""What the carried state is worth: the loss with it carried, reset and shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import numpy as np

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
from dashboard.train.views.base import Presentation, View, ViewInput
from rnn_core import Floor
from rnn_core.diagnostics import StateAblation, state_ablation

#: Windows over which the losses are averaged.
WINDOWS = 20
# A logarithmic axis has no place for zero.
_LEAST = 1e-12

_LOSSES = Table(how=str, loss=float)
_FLOOR = Table(loss=float)


@dataclass(frozen=True, slots=True, eq=False)
class StateAblationResult:
    """The losses with the state carried, reset and shuffled."""

    ablation: StateAblation


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
        trainer = given.trainer
        return StateAblationResult(
            state_ablation(
                trainer.model,
                trainer.task,
                start=given.step,
                windows=WINDOWS,
                state=trainer.state,
            )
        )

    def charts(self, result: StateAblationResult, shown: Presentation[None]) -> list[Chart]:
        """One chart: the three means, and the floors."""
        return [_chart(result.ablation, shown.floors)]

    def numbers(self, result: StateAblationResult) -> str:
        """The three means."""
        return _(
            "Mean loss: carried {carried:.3g}, reset {reset:.3g}, shuffled {shuffled:.3g}."
        ).format(**_means(result.ablation))

    def how_to_read(self) -> str:
        """How to read the three marks."""
        return _(
            "The frozen network reads the next {windows} windows three times: with its state "
            "carried across their borders, reset to zero, and shuffled, that is, replaced by the "
            "state of another window. If all three losses agree, it does not use what it carries. "
            "Dashed: the floors."
        ).format(windows=WINDOWS)


VIEW = StateAblationView()


def _means(ablation: StateAblation) -> dict[str, float]:
    losses = {
        "carried": ablation.carried,
        "reset": ablation.reset,
        "shuffled": ablation.shuffled,
    }
    return {how: float(np.mean(loss)) for how, loss in losses.items()}


def _chart(ablation: StateAblation, floors: tuple[Floor, ...]) -> Chart:
    means = _means(ablation)
    lines = [floor.value for floor in floors if floor.value > 0]
    return Chart(
        _spec(current_language()),
        {
            "losses": _LOSSES.rows(list(means), [max(loss, _LEAST) for loss in means.values()]),
            "floors": _FLOOR.rows(lines),
        },
        _("Marks of the mean loss with the state carried, reset and shuffled."),
    )


@lru_cache(maxsize=8)
def _spec(language: str) -> Spec:
    names = {"carried": _("carried"), "reset": _("reset"), "shuffled": _("shuffled")}
    x = alt.X(
        "loss:Q",
        title=_("mean loss over the next windows"),
        scale=alt.Scale(type="log", padding=30),
        axis=alt.Axis(format=".1~e", tickCount=5),
    )
    y = alt.Y(
        "how:N",
        title=None,
        scale=alt.Scale(domain=list(names)),
        axis=alt.Axis(labelExpr=label_expression(names), grid=True, labelFontSize=13),
    )
    rules = layer("floors").mark_rule(strokeDash=[5, 4]).encode(x=same(x), color=GUIDE)
    dots = (
        layer("losses")
        .mark_point(filled=True, size=160, opacity=1)
        .encode(
            x=x,
            y=y,
            color=alt.value(palette.LOSS),
            tooltip=[alt.Tooltip("loss:Q", title=_("loss"), format=".4g")],
        )
    )
    texts = (
        layer("losses")
        .mark_text(dy=-16, fontSize=13)
        .encode(x=same(x), y=same(y), text=alt.Text("loss:Q", format=".3g"), color=GUIDE)
    )
    chart = alt.layer(rules, dots, texts).properties(
        title=_("State ablation"), height=300, usermeta=CANVAS
    )
    return specification(chart)
