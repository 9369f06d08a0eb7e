"""Saturation: the share of hidden units and gates at their limits, now and over the run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import altair as alt
import numpy as np
from numpy.typing import NDArray

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import (
    CANVAS,
    HEIGHT,
    Chart,
    Spec,
    contender_scale,
    label_expression,
    layer,
    quoted,
    same,
    specification,
)
from dashboard.charts.loss_axes import step_axis
from dashboard.run.views import cost
from dashboard.run.views.base import Presentation, View, ViewInput
from dashboard.run.views.gates import gate_names
from rnn_core import Cell, RunConfig, Task
from rnn_core.diagnostics import Unrolled, unroll
from rnn_core.diagnostics.gates import SATURATED
from rnn_core.thinned import Thinned

# A value between -1 and 1 is saturated when its modulus is above this.
_LIMIT = 0.9
# Steps that are kept of a run at most.
_MOST_STEPS = 200

_NOW = Table(signal=str, limit=float, begin=float, end=float, share=float)
# The places of the two limits on the scale of signed values.
_LOW, _HIGH = -1.0, 1.0
_HISTORY = Table(step=int, share=float, signal=str)


@dataclass(frozen=True, slots=True)
class Share:
    """Shares of one signal's values, over all layers, units and time steps of a window.

    Args:
        low: near the lower limit: gates below 0.1, others below -0.9; a rectified h at 0.
        high: near the upper limit: above 0.9; a rectified h has none.
    """

    low: float
    high: float

    @property
    def both(self) -> float:
        """The saturated share."""
        return self.low + self.high


@dataclass(frozen=True, slots=True, eq=False)
class SaturationResult:
    """Saturation of the newest window, and of earlier ones.

    Args:
        cell: the network's cell.
        now: by signal: ``h``, and the letters of the gates and candidates. A signal with values
            beyond -1 and 1 has no limits and is left out.
        history: likewise by step, at the steps at which the view was computed, thinned.
    """

    cell: Cell
    now: Mapping[str, Share]
    history: Thinned[Mapping[str, Share]]


class SaturationView(View[SaturationResult, None]):
    """Saturated shares of hidden units, gates and candidates."""

    key = "saturation"
    default_controls = None
    keeps_previous = True

    @property
    def title(self) -> str:
        """Its name on screen."""
        return _("saturation")

    def compute(self, given: ViewInput[SaturationResult, None]) -> SaturationResult:
        """The shares over the newest window, added to those of the steps before."""
        context = given.trainer.context()
        unrolled = unroll(context.model, context.inputs, context.state)
        history = given.previous.history if given.previous else _empty()
        now = shares(unrolled)
        if not history.indices or given.step > history.indices[-1]:
            history.add(given.step, now)
        return SaturationResult(unrolled.cell, now, history)

    def operations(self, config: RunConfig, task: Task, *, paused: bool) -> float:
        """The window, once."""
        return cost.forward(config, task)

    def charts(self, result: SaturationResult, shown: Presentation[None]) -> list[Chart]:
        """Bars of the newest window, and lines over the run."""
        return [_now(result), _history(result)] if result.now else []

    def numbers(self, result: SaturationResult) -> str:
        """The share of saturated units, and the most saturated gate."""
        said = []
        if "h" in result.now:
            sentence = (
                _("{share:.0%} of the hidden units' values are 0, where a unit passes no gradient.")
                if result.cell.rectified
                else _("{share:.0%} of the hidden units' values are saturated (|h| > 0.9).")
            )
            said.append(sentence.format(share=result.now["h"].both))
        gates = {
            gate.letter: result.now[gate.letter]
            for gate in result.cell.gates
            if gate.kind == "gate" and gate.letter in result.now
        }
        if gates:
            letter = max(gates, key=lambda name: gates[name].both)
            said.append(
                _(
                    "The most saturated gate is {letter}: open (above 0.9) {open:.0%} of the time, "
                    "shut (below 0.1) {shut:.0%}."
                ).format(letter=letter, open=gates[letter].high, shut=gates[letter].low)
            )
        return " ".join(said) or _("No part of this cell is bounded, so nothing can saturate.")

    def how_to_read(self) -> str:
        """How to read bars and lines."""
        return _(
            "Left: the share of values near their limits over the newest window, all layers "
            "together: teal near the upper limit (a gate is open), brown near the lower one (a "
            "gate is shut). Right: the sum of both over the run, at the steps at which this view "
            "was shown. Saturated units and gates pass almost no gradient. Healthy: small shares "
            "at first, and later only gates that stay open or shut for a purpose, such as keeping "
            "memory."
        )


VIEW = SaturationView()


def shares(unrolled: Unrolled) -> dict[str, Share]:
    """Saturated shares of a window by signal; see `SaturationResult`."""
    h = unrolled.h[:, 1:]
    if unrolled.cell.rectified:
        return {"h": Share(float(np.mean(h <= 0)), 0.0)}
    signals = {"h": (h, -_LIMIT, _LIMIT)}
    for number, gate in enumerate(unrolled.cell.gates):
        low, high = SATURATED if gate.kind == "gate" else (-_LIMIT, _LIMIT)
        signals[gate.letter] = (unrolled.gates[:, :, number], low, high)
    return {
        name: Share(float(np.mean(values < low)), float(np.mean(values > high)))
        for name, (values, low, high) in signals.items()
        if _is_bounded(values)
    }


def _is_bounded(values: NDArray[np.float64]) -> bool:
    return bool(np.abs(values).max(initial=0.0) <= 1.0)


def _empty() -> Thinned[Mapping[str, Share]]:
    """Of every interval of steps the last is kept, as views are not computed at every step."""
    return Thinned(_MOST_STEPS, merge=lambda _earlier, later: later)


def _names(cell: Cell) -> dict[str, str]:
    letters = [gate.letter for gate in cell.gates]
    return {"h": _("h: hidden state"), **dict(zip(letters, gate_names(cell), strict=True))}


def _now(result: SaturationResult) -> Chart:
    rows: list[tuple[str, float, float, float, float]] = []
    for signal, share in result.now.items():
        rows.append((signal, _LOW, 0.0, share.low, share.low))
        rows.append((signal, _HIGH, share.low, share.both, share.high))
    signals, limits, begin, end, size = zip(*rows, strict=True)
    return Chart(
        _now_spec(current_language(), tuple(_names(result.cell).items())),
        {
            "now": _NOW.rows(
                signals, np.array(limits), np.array(begin), np.array(end), np.array(size)
            )
        },
        _("Bars of the saturated share of hidden units, gates and candidates."),
    )


@lru_cache(maxsize=32)
def _now_spec(language: str, names: tuple[tuple[str, str], ...]) -> Spec:
    low, high = quoted(_("near the lower limit")), quoted(_("near the upper limit"))
    bars = (
        layer("now")
        .mark_bar()
        .encode(
            x=alt.X(
                "begin:Q",
                title=_("saturated share"),
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", tickCount=5),
            ),
            x2="end:Q",
            y=alt.Y(
                "signal:N",
                title=None,
                scale=alt.Scale(domain=[signal for signal, _name in names]),
                axis=alt.Axis(labelExpr=label_expression(dict(names)), labelLimit=160),
            ),
            color=alt.Color(
                "limit:Q",
                title=None,
                scale=alt.Scale(domain=[_LOW, _HIGH], range=palette.SIGNED),
                legend=alt.Legend(
                    type="symbol",
                    orient="bottom",
                    direction="vertical",
                    values=[_LOW, _HIGH],
                    symbolType="square",
                    format="d",
                    labelExpr=f"datum.value < 0 ? {low} : {high}",
                    labelLimit=260,
                ),
            ),
            tooltip=[alt.Tooltip("share:Q", title=_("share"), format=".1%")],
        )
    )
    chart = alt.layer(bars).properties(
        title=_("Saturation of the newest window"), height=HEIGHT, usermeta=CANVAS
    )
    return specification(chart)


def _history(result: SaturationResult) -> Chart:
    rows = [
        (step, share.both, signal)
        for step, kept in zip(result.history.indices, result.history.items, strict=True)
        for signal, share in kept.items()
    ]
    steps, sizes, signals = zip(*rows, strict=True)
    return Chart(
        _history_spec(current_language(), tuple(_names(result.cell).items())),
        {"history": _HISTORY.rows(np.array(steps), np.array(sizes), signals)},
        _("Lines of the saturated shares over the run."),
    )


@lru_cache(maxsize=32)
def _history_spec(language: str, names: tuple[tuple[str, str], ...]) -> Spec:
    x = step_axis(_("step (updates done)"), 20)
    y = alt.Y(
        "share:Q",
        title=_("saturated share"),
        scale=alt.Scale(domain=alt.DomainUnionWith(unionWith=[0, 0.1])),
        axis=alt.Axis(format="%", tickCount=5),
    )
    colour = alt.Color(
        "signal:N",
        title=None,
        scale=contender_scale(tuple(signal for signal, _name in names)),
        legend=alt.Legend(
            orient="top", columns=2, labelExpr=label_expression(dict(names)), labelLimit=160
        ),
    )
    history = layer("history")
    lines = history.mark_line(strokeWidth=1.6).encode(x=x, y=y, color=colour)
    dots = history.mark_point(filled=True, size=18, opacity=1).encode(
        x=same(x),
        y=same(y),
        color=colour,
        tooltip=[
            alt.Tooltip("step:Q", title=_("step")),
            alt.Tooltip("signal:N", title=_("signal")),
            alt.Tooltip("share:Q", title=_("share"), format=".1%"),
        ],
    )
    chart = alt.layer(lines, dots).properties(
        title=_("Saturation over the run"), height=HEIGHT, usermeta=CANVAS
    )
    return specification(chart)
