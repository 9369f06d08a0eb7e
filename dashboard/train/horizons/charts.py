"""Errors by horizon, and forecasts from some of the origins."""

from __future__ import annotations

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
    GUIDE,
    Chart,
    Spec,
    label_expression,
    layer,
    same,
    specification,
    title_legend,
)
from dashboard.charts.kept import COLUMN, named
from dashboard.train.horizons.text import forecast_names
from rnn_core.experiments.rolling_origin import RollingOrigin

_HEIGHT = 300
# Origins whose forecasts are drawn one by one, each a longest horizon after the one before.
_PATHS = 6
_DASHES = {"network": [1, 0], "persistence": [1, 0], "seasonal": [6, 3], "drift": [1, 3]}

_ERRORS = Table(horizon=int, key=str, said=str, mae=float, rmse=float, mase=float)
_TRAINED = Table(horizon=float, said=str)
_LINE = Table(row=int, value=float)
_FORECASTS = Table(row=int, value=float, origin=int)

Rows = NDArray[np.int64]


def by_horizon(found: RollingOrigin) -> Chart:
    """The mean absolute error of every forecast over the horizon."""
    names = forecast_names()
    count = len(found.horizons)
    keys = list(found.scores)
    scores = [score for key in keys for score in found.scores[key]]
    said = [names[key] for key in keys for _number in range(count)]
    errors = np.array([(score.mae, score.rmse, score.mase) for score in scores])
    finite = np.isfinite(errors[:, 0])  # iteration may blow up
    places = np.flatnonzero(finite).tolist()
    horizons, repeated = np.tile(found.horizons, len(keys)), np.repeat(keys, count).tolist()
    mae, rmse, mase = np.nan_to_num(errors[finite]).T
    iterated = _("iterated beyond {horizon}").format(horizon=found.trained)
    return Chart(
        named(_errors_spec(current_language(), tuple(keys)), found.column),
        {
            "errors": _ERRORS.rows(
                horizons[finite],
                [repeated[n] for n in places],
                [said[n] for n in places],
                mae,
                rmse,
                mase,
            ),
            "trained": _TRAINED.rows([float(found.trained)], [iterated])
            if found.is_iterated
            else _TRAINED.empty,
        },
        _("Lines of the mean absolute error over the horizon: network and naive forecasts."),
    )


def paths(found: RollingOrigin) -> Chart:
    """What the network forecasts from some origins, and what came."""
    longest = int(found.horizons[-1])
    wanted = found.origins[-1] - longest * np.arange(_PATHS)
    places = np.unique(np.searchsorted(found.origins, wanted[wanted >= found.origins[0]]))
    origins = found.origins[places]
    drawn = np.arange(max(0, origins[0] - longest), origins[-1] + longest + 1)
    ahead = np.concatenate([[0], found.horizons])
    rows = origins[:, None] + ahead  # a forecast begins where the origin stands
    values = np.column_stack([found.values[origins], found.forecasts["network"][places]])
    owners = np.repeat(origins, len(ahead)).reshape(rows.shape)
    finite = np.isfinite(values)
    return Chart(
        named(_paths_spec(current_language()), found.column),
        {
            "series": _LINE.rows(drawn + 1, found.values[drawn]),
            "forecasts": _FORECASTS.rows(rows[finite] + 1, values[finite], owners[finite] + 1),
            "origins": _LINE.rows(origins + 1, found.values[origins]),
        },
        _("Line of the series, and lines of the network's forecasts from some origins."),
    )


@lru_cache(maxsize=16)
def _errors_spec(language: str, keys: tuple[str, ...]) -> Spec:
    names = {key: name for key, name in forecast_names().items() if key in keys}
    domain = list(names)
    colours = [palette.PREDICTION if key == "network" else palette.GUIDE for key in domain]
    legend = alt.Legend(
        orient="bottom",
        columns=2,  # side by side, four names do not fit on a phone
        symbolType="stroke",
        symbolSize=300,
        labelExpr=label_expression(names),
    )
    x = alt.X(
        "horizon:Q",
        title=_("horizon (rows)"),
        scale=alt.Scale(nice=False, zero=False),
        axis=alt.Axis(grid=False, tickMinStep=1, format="d"),
    )
    lines = (
        layer("errors")
        .mark_line(strokeWidth=1.8, point={"size": 22, "filled": True})
        .encode(
            x=x,
            y=alt.Y(
                "mae:Q", title=_("MAE ({unit})").format(unit=COLUMN), scale=alt.Scale(zero=True)
            ),
            color=alt.Color(
                "key:N", title=None, scale=alt.Scale(domain=domain, range=colours), legend=legend
            ),
            strokeDash=alt.StrokeDash(
                "key:N",
                title=None,
                scale=alt.Scale(domain=domain, range=[_DASHES[key] for key in domain]),
                legend=legend,
            ),
            tooltip=[
                alt.Tooltip("said:N", title=_("forecast")),
                alt.Tooltip("horizon:Q", title=_("horizon")),
                alt.Tooltip("mae:Q", title="MAE", format=".4~g"),
                alt.Tooltip("rmse:Q", title="RMSE", format=".4~g"),
                alt.Tooltip("mase:Q", title="MASE", format=".3f"),
            ],
        )
    )
    trained = layer("trained")
    rule = trained.mark_rule(strokeDash=[4, 4]).encode(x=same(x), color=GUIDE)
    text = trained.mark_text(align="left", baseline="bottom", dx=5, dy=-3, fontSize=12).encode(
        x=same(x), y=alt.value("height"), text=alt.Text("said:N"), color=GUIDE
    )
    chart = alt.layer(rule, lines, text)
    return specification(
        chart.properties(title=_("Error by horizon"), height=_HEIGHT, usermeta=CANVAS)
    )


@lru_cache(maxsize=16)
def _paths_spec(language: str) -> Spec:
    names = {"series": _("series"), "forecast": _("forecast")}
    x = alt.X(
        "row:Q",
        title=_("row"),
        scale=alt.Scale(nice=False, zero=False),
        axis=alt.Axis(grid=False, tickMinStep=1, format="d"),
    )
    colour = alt.Color(
        "signal:N",
        title=None,
        scale=alt.Scale(domain=list(names), range=[palette.TARGET, palette.PREDICTION]),
        legend=title_legend(names, 110),
    )
    y = alt.Y("value:Q", title=COLUMN, scale=alt.Scale(zero=False))
    series = (
        layer("series")
        .transform_calculate(signal="'series'")
        .mark_line(strokeWidth=1.5)
        .encode(x=x, y=y, color=colour)
    )
    forecasts = (
        layer("forecasts")
        .transform_calculate(signal="'forecast'")
        .mark_line(strokeWidth=1.8)
        .encode(
            x=same(x),
            y=same(y),
            color=same(colour),
            detail="origin:N",
            tooltip=[
                alt.Tooltip("origin:Q", title=_("origin")),
                alt.Tooltip("row:Q", title=_("row")),
                alt.Tooltip("value:Q", title=_("forecast"), format=".5~g"),
            ],
        )
    )
    origins = (
        layer("origins")
        .mark_point(filled=True, size=36)
        .encode(x=same(x), y=same(y), color=alt.value(palette.TARGET))
    )
    chart = alt.layer(series, forecasts, origins)
    return specification(
        chart.properties(title=_("From some origins"), height=_HEIGHT, usermeta=CANVAS)
    )
