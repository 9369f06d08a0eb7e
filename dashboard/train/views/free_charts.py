"""A free run: the signal and what the network makes of it alone, and how far it is off."""

from __future__ import annotations

from functools import lru_cache

import altair as alt
import numpy as np

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts import palette
from dashboard.charts.arrow import Table, words
from dashboard.charts.base import CANVAS, GUIDE, HEIGHT, Chart, Spec, layer, same, specification
from dashboard.charts.loss_axes import LOSS_LABELS
from dashboard.charts.signals import signal_colour, signal_names
from dashboard.train.views.base import TOLERANCE, FreeLook

# A logarithmic axis has no place for zero, nor a screen for what has blown up.
_LEAST, _MOST = 1e-3, 1e3

_SIGNALS = Table(at=int, value=float, signal=str)
_ERROR = Table(at=int, error=float)
_ALONE = Table(begin=float, end=float)
_TOLERANCE = Table(error=float)


def free_signals(found: FreeLook) -> Chart:
    """What was read, wanted and said; of several numbers the first."""
    assert found.run is not None
    at = _time_steps(found)
    # What has blown up leaves the picture, in which the target is to be seen.
    low, high = float(found.targets[:, 0].min()), float(found.targets[:, 0].max())
    room = 1.5 * (high - low)
    values = np.concatenate(
        [found.run.inputs[:, 0], found.targets[:, 0], found.run.prediction[:, 0]]
    )
    shown = np.clip(np.nan_to_num(values, nan=high + room), low - room, high + room)
    return Chart(
        _signals_spec(current_language(), int(at[0]), int(at[-1])),
        {
            "signals": _SIGNALS.rows(np.tile(at, 3), shown, words(tuple(signal_names()), len(at))),
            "alone": _alone(at),
        },
        _("Lines of input, target and prediction; shaded where the network goes on alone."),
    )


def free_error(found: FreeLook) -> Chart:
    """The relative error at every time step, on a logarithmic axis."""
    assert found.run is not None
    at = _time_steps(found)
    error = np.clip(np.nan_to_num(found.run.error, nan=_MOST), _LEAST, _MOST)
    return Chart(
        _error_spec(current_language(), int(at[0]), int(at[-1])),
        {
            "error": _ERROR.rows(at, error),
            "alone": _alone(at),
            "tolerance": _TOLERANCE.rows([TOLERANCE]),
        },
        _("Line of the error at every time step; shaded where the network goes on alone."),
    )


def _time_steps(found: FreeLook) -> np.ndarray:
    """The last that was heard is 0."""
    return np.arange(len(found.targets)) + 1 - found.warmup


def _alone(at: np.ndarray) -> bytes:
    return _ALONE.rows([0.5], [float(at[-1])])


def _x(first: int, last: int) -> alt.X:
    return alt.X(
        "at:Q",
        title=_("time step; from 1 on alone"),
        scale=alt.Scale(domain=[first, last], nice=False),
        axis=alt.Axis(format="d", grid=False, tickMinStep=1),
    )


def _shade(x: alt.X) -> alt.Chart:
    shade: alt.Chart = (
        layer("alone")
        .mark_rect(opacity=0.12)
        .encode(x=alt.X("begin:Q", title=x["title"], scale=x["scale"]), x2="end:Q", color=GUIDE)
    )
    return shade


@lru_cache(maxsize=32)
def _signals_spec(language: str, first: int, last: int) -> Spec:
    x = _x(first, last)
    lines = (
        layer("signals")
        .mark_line(strokeWidth=1.6)
        .encode(
            x=x,
            y=alt.Y("value:Q", title=_("value"), axis=alt.Axis(format=".3~g")),
            color=signal_colour(signal_names()),
        )
    )
    chart = alt.layer(_shade(x), lines).resolve_scale(color="independent")
    return specification(chart.properties(title=_("On its own"), height=HEIGHT, usermeta=CANVAS))


@lru_cache(maxsize=32)
def _error_spec(language: str, first: int, last: int) -> Spec:
    x = _x(first, last)
    y = alt.Y(
        "error:Q",
        title=_("error / standard deviation"),
        scale=alt.Scale(type="log", domain=alt.DomainUnionWith(unionWith=[0.01, 2])),
        axis=LOSS_LABELS,
    )
    line = (
        layer("error")
        .mark_line(strokeWidth=1.6)
        .encode(
            x=x,
            y=y,
            color=alt.value(palette.LOSS),
        )
    )
    hover = (
        layer("error")
        .mark_point(opacity=0.001, filled=True, size=60)
        .encode(
            x=same(x),
            y=same(y),
            tooltip=[
                alt.Tooltip("at:Q", title=_("time step")),
                alt.Tooltip("error:Q", title=_("error"), format=".3g"),
            ],
        )
    )
    rule = layer("tolerance").mark_rule(strokeDash=[5, 4]).encode(y=same(y), color=GUIDE)
    text = (
        layer("tolerance")
        .mark_text(align="left", baseline="bottom", dx=4, dy=-3, fontSize=12, fontWeight="bold")
        .encode(
            x=alt.value(0),
            y=same(y),
            text=alt.value(_("holds below this")),
            color=GUIDE,
        )
    )
    chart = alt.layer(_shade(x), rule, line, text, hover)
    return specification(chart.properties(title=_("Error"), height=HEIGHT, usermeta=CANVAS))
