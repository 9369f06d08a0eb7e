"""Charts of a memory span test: delays passed, losses at the present delay, memory capacity."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import altair as alt
import numpy as np

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table, words
from dashboard.charts.base import (
    CANVAS,
    GUIDE,
    Chart,
    Spec,
    contender_axis,
    contender_colour,
    layer,
    same,
    specification,
)
from dashboard.charts.loss_axes import LOSS_LABELS, loss_title, step_axis
from dashboard.compare.memory_span.capacity import Curve
from dashboard.compare.memory_span.live_span import SpanFrame

_RESULTS = Table(contender=str, delay=int, passed=int, share=float, steps=float, label=str)
_LINES = Table(step=int, loss=float, contender=str, network=int)
_THRESHOLDS = Table(loss=float, contender=str)
_CAPACITIES = Table(
    lag=int,
    mean=float,
    error=float,
    low=float,
    high=float,
    contender=str,
    networks=str,
    delay=int,
)
_SHARES = Table(share=float)
# Of each chart, in pixels.
_HEIGHT = 430
# Lags with a capacity below this, and beyond the delays tested, are left out of the chart.
_VISIBLE = 0.05
_FEWEST_LAGS = 20


def delays_passed(frame: SpanFrame) -> Chart:
    """Which delays each contender has passed, and with how many of its networks."""
    names = tuple(contender.name for contender in frame.contenders)
    rows = [
        (name, result.delay, result.passed, result.passed / frame.seeds, _median(result.steps))
        for name, results in zip(names, frame.results, strict=True)
        for result in results
    ]
    contender, delay, passed, share, steps = zip(*rows, strict=True)
    labels = [f"{count} / {frame.seeds}" for count in passed]
    return Chart(
        _delays_passed_spec(current_language(), names, frame.delays),
        {"results": _RESULTS.rows(contender, delay, passed, share, steps, labels)},
        _("For each contender a column of delays, with the number of networks that passed each."),
    )


def _median(steps: np.ndarray) -> float:
    finite = steps[np.isfinite(steps)]
    return float(np.median(finite)) if len(finite) else -1.0


@lru_cache(maxsize=64)
def _delays_passed_spec(language: str, names: tuple[str, ...], delays: tuple[int, ...]) -> Spec:
    x = alt.X(
        "contender:N",
        title=None,
        scale=alt.Scale(domain=list(names)),
        axis=contender_axis(names, orient="top"),
    )
    y = alt.Y(
        "delay:O",
        title=_("delay"),
        scale=alt.Scale(domain=list(reversed(delays))),
        axis=alt.Axis(labelOverlap=False),
    )
    results = layer("results")
    boxes = results.mark_rect(stroke=None).encode(
        x=x,
        y=y,
        color=contender_colour(names, legend=False),
        opacity=alt.Opacity(
            "share:Q",
            # A square root, so that one network that has passed is clearly visible.
            scale=alt.Scale(type="sqrt", domain=[0, 1], range=[0.08, 0.8]),
            legend=None,
        ),
        tooltip=[
            alt.Tooltip("contender:N", title=_("contender")),
            alt.Tooltip("delay:Q", title=_("delay")),
            alt.Tooltip("passed:Q", title=_("networks that passed")),
            alt.Tooltip("steps:Q", title=_("steps they needed (median)"), format="d"),
        ],
    )
    labels = results.mark_text(fontSize=11).encode(
        x=same(x),
        y=same(y),
        text="label:N",
        color=alt.condition("datum.passed > 0", alt.value("black"), alt.value("gray")),
    )
    chart = alt.layer(boxes, labels).properties(
        title=_("Delays passed"), height=_HEIGHT, usermeta=CANVAS
    )
    return specification(chart)


def present_delay(frame: SpanFrame) -> Chart:
    """The smoothed loss of every network at the present delay, and the loss at which it passes."""
    names = tuple(frame.contenders[place].name for place in frame.latest.active)
    all_names = tuple(contender.name for contender in frame.contenders)
    points, active, seeds = frame.curve.shape
    losses = np.moveaxis(frame.curve, 0, -1).ravel()  # contender, seed, point
    drawn = np.isfinite(losses) & (losses > 0)
    who = np.repeat(np.arange(active), seeds * points)[drawn]
    network = np.repeat(np.arange(active * seeds), points)[drawn]
    steps = np.tile(frame.curve_steps, active * seeds)[drawn]
    reachable = np.isfinite(frame.latest.threshold)
    thresholds = frame.latest.threshold[reachable]
    return Chart(
        _present_delay_spec(current_language(), all_names),
        {
            "lines": _LINES.rows(steps, losses[drawn], words(names, 1).take(who), network),
            "thresholds": _THRESHOLDS.rows(
                thresholds, [name for name, can in zip(names, reachable, strict=True) if can]
            ),
        },
        _("Lines of each network's mean loss at the present delay, with the threshold to pass."),
    )


@lru_cache(maxsize=64)
def _present_delay_spec(language: str, names: tuple[str, ...]) -> Spec:
    x = step_axis(_("step at this delay"), 50)
    y = alt.Y(
        "loss:Q",
        title=loss_title(symbols=False),
        scale=alt.Scale(domain=alt.DomainUnionWith(unionWith=[0, 1.2]), nice=False),
        axis=LOSS_LABELS,
    )
    lines = (
        layer("lines")
        .mark_line(strokeWidth=1.6, clip=True)
        .encode(x=x, y=y, detail="network:N", color=contender_colour(names, legend=True))
    )
    goal = (
        layer("thresholds")
        .mark_rule(strokeDash=[5, 4], strokeWidth=1.5)
        .encode(y=same(y), color=GUIDE)
    )
    chart = alt.layer(goal, lines).properties(
        title=_("At the present delay"), height=_HEIGHT, usermeta=CANVAS
    )
    return specification(chart)


def capacity_by_lag(frame: SpanFrame) -> Chart:
    """How much of the input of each lag a linear readout finds in the state."""
    names = tuple(contender.name for contender in frame.contenders)
    trained, untrained = _("trained"), _("untrained")
    curves = [
        (name, kind, curve)
        for kind, group in ((untrained, frame.untrained), (trained, frame.trained))
        for name, curve in zip(names, group, strict=True)
        if curve is not None
    ]
    count = 1 + _last_lag([curve for _name, _kind, curve in curves])
    # Lag, mean, error, lowest and highest network of every curve, (5, curves · count).
    columns = np.concatenate(
        [_columns(curve)[:, :count] for _name, _kind, curve in curves] or [np.empty((5, 0))], axis=1
    )
    lines = [
        columns[0].astype(int),
        *columns[1:],
        words(tuple(name for name, _kind, _curve in curves), count),
        words(tuple(kind for _name, kind, _curve in curves), count),
        np.repeat([curve.delay for _name, _kind, curve in curves], count),
    ]
    at_span = [
        (curve.delay, *_columns(curve)[1:, curve.delay], name, kind, curve.delay)
        for name, kind, curve in curves
        if curve.delay
    ]
    return Chart(
        _capacity_spec(current_language(), names),
        {
            "lines": _CAPACITIES.rows(*lines),
            "spans": _CAPACITIES.rows(*zip(*at_span, strict=True))
            if at_span
            else _CAPACITIES.empty,
            "shares": _SHARES.rows([frame.share]),
        },
        _(
            "For each contender, lines of the memory capacity by lag, trained and untrained, with "
            "a dot at the longest delay passed."
        ),
    )


def _columns(curve: Curve) -> np.ndarray:
    """Lag, mean, error, lowest and highest network, ``(5, 1 + K)``."""
    by_lag = curve.by_lag
    lags = np.arange(by_lag.shape[1])
    return np.array([lags, by_lag.mean(0), curve.error, by_lag.min(0), by_lag.max(0)])


def _last_lag(curves: Sequence[Curve]) -> int:
    """The last lag that is drawn: far enough for every delay passed and all that is remembered."""
    last = _FEWEST_LAGS
    for curve in curves:
        mean = curve.by_lag.mean(axis=0)
        visible = np.flatnonzero(mean > _VISIBLE)
        last = max(last, curve.delay, int(visible[-1]) if len(visible) else 0)
        last = min(last, len(mean) - 1)
    return last


@lru_cache(maxsize=64)
def _capacity_spec(language: str, names: tuple[str, ...]) -> Spec:
    x = alt.X(
        "lag:Q",
        title=_("lag (time steps back)"),
        scale=alt.Scale(domain=alt.DomainUnionWith(unionWith=[0, _FEWEST_LAGS]), nice=False),
        axis=alt.Axis(tickMinStep=1, grid=False, format="d"),
    )
    y = alt.Y(
        "mean:Q",
        title=_("share of variance explained (R²)"),
        scale=alt.Scale(domain=alt.DomainUnionWith(unionWith=[0, 1]), nice=False),
        axis=alt.Axis(format="%", tickCount=5),
    )
    colour = contender_colour(names, legend=True)
    kinds = [_("trained"), _("untrained")]
    tooltip = [
        alt.Tooltip("contender:N", title=_("contender")),
        alt.Tooltip("networks:N", title=_("networks")),
        alt.Tooltip("delay:Q", title=_("delay they passed")),
        alt.Tooltip("lag:Q", title=_("lag")),
        alt.Tooltip("mean:Q", title=_("memory capacity (mean)"), format=".3f"),
        alt.Tooltip("error:Q", title=_("standard error of measuring it"), format=".3f"),
        alt.Tooltip("low:Q", title=_("lowest network"), format=".3f"),
        alt.Tooltip("high:Q", title=_("highest network"), format=".3f"),
    ]
    lines = (
        layer("lines")
        .mark_line(strokeWidth=1.8)
        .encode(
            x=x,
            y=y,
            color=colour,
            strokeDash=alt.StrokeDash(
                "networks:N",
                title=None,
                scale=alt.Scale(domain=kinds, range=[[1, 0], [3, 3]]),
                legend=alt.Legend(orient="bottom", symbolStrokeColor=palette.GUIDE),
            ),
        )
    )
    # A line answers a pointer only at its corners; invisible points make that larger.
    points = (
        layer("lines")
        .mark_point(filled=True, size=60, opacity=0)
        .encode(x=same(x), y=same(y), tooltip=tooltip)
    )
    spans = (
        layer("spans")
        .mark_point(filled=True, size=90, opacity=1)
        .encode(x=same(x), y=same(y), color=colour, tooltip=tooltip)
    )
    goal = (
        layer("shares")
        .mark_rule(strokeDash=[5, 4], strokeWidth=1.5)
        .encode(y=alt.Y("share:Q", title=y["title"]), color=GUIDE)
    )
    chart = alt.layer(goal, lines, spans, points).properties(
        title=_("Memory capacity by lag"), height=_HEIGHT, usermeta=CANVAS
    )
    return specification(chart)
