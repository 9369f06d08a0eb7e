"""The charts of a comparison; each contender has the same colour in all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import altair as alt
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

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
    contender_layer,
    layer,
    same,
    specification,
)
from dashboard.charts.kept import kept
from dashboard.charts.labels import apart
from dashboard.charts.loss_axes import (
    floor_layers,
    floor_rows,
    held_out_name,
    loss_axis,
    loss_range,
    step_axis,
)
from dashboard.charts.window_layout import WindowLayout
from dashboard.compare.contenders import MOST as MOST_CONTENDERS
from dashboard.compare.laid_log import MOST_LOGS, Beside
from dashboard.compare.live_comparison import ComparisonFrame
from rnn_core import Curves, Floor

# Of the charts of losses, and of one contender's predictions, in pixels.
_HEIGHT, _SMALL_HEIGHT = 500, 170
# Most points of a curve: about one for every two pixels.
_MOST_POINTS = 200
# Opacity of contenders that are not highlighted, relative to the highlighted one.
_FAINT = 0.15
# A logarithmic axis cannot show a loss of zero.
_LEAST = 1e-12
# Losses above this many times the highest floor are drawn at the upper edge: those of a network
# that diverges grow to 1e30, and nothing else could be told apart.
_HIGHEST = 1e4

_CURVES = Table(step=int, median=float, low=float, high=float, contender=str, weight=float)
_HELD_OUT = Table(step=int, loss=float, contender=str, weight=float)
_SEEDS = Table(contender=str, seed=int, loss=float, weight=float)
_LOG = Table(step=np.float32, median=np.float32, low=np.float32, high=np.float32, log=str)
_LOG_END = Table(step=float, loss=float, label=str, log=str)
_WAVE = Table(place=float, line=int, target=float, low=float, median=float, high=float)
_WANTED = Table(place=float, symbol=int)
_SAID = Table(place=float, symbol=int, share=float)

_TARGET = alt.value(palette.TARGET)
_NO_LOGS = Beside()
# What the horizontal axis reaches at least.
_LEAST_STEP = 20
# Logs by slot: in the range of the contenders' colours theirs come after those. Their dashes.
_SLOTS = tuple(f"log {slot}" for slot in range(MOST_LOGS))
_LOG_COLOURS = [*(f"contender {number}" for number in range(MOST_CONTENDERS)), *_SLOTS]
_LOG_DASHES = [[10, 4, 2, 4], [16, 5], [10, 4, 2, 4, 2, 4]]
# Height of the name of a log, in pixels.
_NAME = 16
_Floats: TypeAlias = NDArray[np.floating]


def loss(
    frame: ComparisonFrame,
    hidden: frozenset[str],
    highlight: str | None,
    beside: Beside = _NO_LOGS,
) -> Chart:
    """Every contender's online loss, median and 10-90 % band, and its median held-out loss.

    Args:
        frame: what to draw.
        hidden: names of contenders that are left out.
        highlight: name of the highlighted one, if any.
        beside: logs from elsewhere, each drawn with a band likewise.
    """
    names = [contender.name for contender in frame.contenders]
    curves = _thinned(frame.curves)
    parts = []
    for number, name in enumerate(names):
        drawn = np.isfinite(curves.high[number]) & (name not in hidden)
        parts.append(
            (
                curves.steps[drawn],
                *(
                    _in_range(frame, values[number, drawn])
                    for values in (curves.median, curves.low, curves.high)
                ),
                np.full(drawn.sum(), number),
            )
        )
    steps, median, low, high, who = (np.concatenate(column) for column in zip(*parts, strict=True))
    spec, floors = _loss_layout(
        current_language(),
        frame.layout,
        tuple(names),
        frame.floors,
        frame.target_variance,
        bool(beside.logs),
    )
    alt_text = _(
        "For every contender a line of the median online loss with a band over its seeds, and "
        "points of the median {loss}."
    ).format(loss=held_out_name(validates=frame.validates))
    if beside.logs:
        alt_text += " " + _("A broken line with a band for each log from elsewhere.")
    return Chart(
        spec,
        {
            "curves": _CURVES.rows(
                steps,
                median,
                low,
                high,
                _by_number(tuple(names), who),
                _weights(names, highlight)[who],
            ),
            "held_out": _held_out_rows(frame, hidden, highlight),
            "floors": floors,
            **(_log_rows(frame, beside) if beside.logs else {}),
        },
        alt_text,
    )


def log_end(frame: ComparisonFrame, beside: Beside) -> float | None:
    """The step up to which logs are drawn; None for the last one of each."""
    return beside.end(int(frame.curves.steps[-1]), _LEAST_STEP)


def _log_rows(frame: ComparisonFrame, beside: Beside) -> dict[str, bytes]:
    """Lines and bands of the logs, and their names where the lines end."""
    end = log_end(frame, beside)
    parts, who, ends = [], [], []
    for log in beside.logs:
        band = log.drawn(end)
        median, low, high = band.values
        with np.errstate(invalid="ignore"):
            drawn = median > 0  # nor where it is nan
        steps, median = band.steps[drawn], median[drawn]
        if not len(steps):
            continue
        # A band that reaches down to zero would stretch the axis without end.
        low = np.where(low[drawn] > 0, low[drawn], median)
        high = np.where(np.isnan(high[drawn]), np.inf, high[drawn])
        median, low, high = (_in_range(frame, each) for each in (median, low, high))
        parts.append(np.stack([steps, median, low, high]).astype(np.float32))
        who += [_SLOTS[log.slot]] * len(steps)
        # Its name stands above the last part of the band.
        highest = float(high[steps >= 0.85 * steps[-1]].max())
        ends.append((float(steps[-1]), highest, log.log.name, _SLOTS[log.slot]))
    if not parts:
        return {"log": _LOG.empty, "log_end": _LOG_END.empty}
    columns = np.concatenate(parts, axis=1)
    at, heights, names, slots = (list(column) for column in zip(*ends, strict=True))
    return {
        "log": _LOG.rows(*columns, who),
        "log_end": _LOG_END.rows(at, _apart(frame, heights, columns[2:]), names, slots),
    }


def _apart(frame: ComparisonFrame, heights: list[float], drawn: _Floats) -> _Floats:
    """Losses at which names do not overlap, near those given.

    Args:
        frame: what else is drawn.
        heights: losses above which the names are to stand.
        drawn: other losses in the chart.
    """
    low, high = loss_range(frame.floors)
    curves = _in_range(frame, frame.curves.median[np.isfinite(frame.curves.median)])
    low, high = (
        pick([edge, *(pick(each) for each in (curves, drawn) if each.size)])
        for pick, edge in ((np.min, low), (np.max, high))
    )
    scale = _HEIGHT / np.log(high / low)
    wanted = scale * np.log(np.array(heights) / low)
    found: _Floats = low * np.exp(apart(wanted, [_NAME] * len(wanted), 0, _HEIGHT) / scale)
    return found


def highest_drawn(frame: ComparisonFrame) -> float:
    """The loss at the upper edge at most; whatever is above is drawn there."""
    return _HIGHEST * max((floor.value for floor in frame.floors), default=1.0)


def goes_beyond(frame: ComparisonFrame) -> bool:
    """Whether some median or band reaches above `highest_drawn`."""
    return bool(np.any(frame.curves.high > highest_drawn(frame)))


def _in_range(frame: ComparisonFrame, losses: _Floats) -> _Floats:
    return np.clip(losses, _LEAST, highest_drawn(frame))


def _held_out_rows(frame: ComparisonFrame, hidden: frozenset[str], highlight: str | None) -> bytes:
    names = [contender.name for contender in frame.contenders]
    medians = frame.held_out_medians
    shown = np.isfinite(medians) & np.array([[name not in hidden] for name in names])
    who, when = np.nonzero(shown)
    return _HELD_OUT.rows(
        frame.evaluated_at[when],
        _in_range(frame, medians[shown]),
        _by_number(tuple(names), who),
        _weights(names, highlight)[who],
    )


def _thinned(curves: Curves) -> Curves:
    """Every second step, with the range of both, if there are more points than pixels."""
    if len(curves.steps) <= _MOST_POINTS:
        return curves
    even = len(curves.steps) // 2 * 2
    first = len(curves.steps) - even  # the last step always stays
    low, high = (
        values[:, first:].reshape(len(values), -1, 2) for values in (curves.low, curves.high)
    )
    return Curves(
        curves.steps[first + 1 :: 2],
        curves.median[:, first + 1 :: 2],
        np.fmin.reduce(low, axis=2),
        np.fmax.reduce(high, axis=2),
    )


@kept(64)
def _loss_layout(
    language: str,
    layout: WindowLayout,
    names: tuple[str, ...],
    floors: tuple[Floor, ...],
    variance: float | None,
    with_log: bool,
) -> tuple[Spec, bytes]:
    x = step_axis(_("step (updates done)"), _LEAST_STEP)
    y = loss_axis("median", floors, layout.symbols, standardised=layout.standardised)
    band = (
        layer("curves")
        .mark_area()
        .encode(
            x=same(x),
            # Both layers set the axis, which would otherwise fit the lines alone.
            y=alt.Y("low:Q", title=y["title"], scale=y["scale"]),
            y2="high:Q",
            color=contender_colour(names, legend=True),
            fillOpacity=_strength(alt.FillOpacity, 0.22),
        )
    )
    line = (
        layer("curves")
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=y,
            color=contender_colour(names, legend=True),
            strokeOpacity=_strength(alt.StrokeOpacity, 1.0),
        )
    )
    held_out = (
        layer("held_out")
        .mark_line(
            strokeWidth=1.2,
            strokeDash=[2, 3],
            point=alt.OverlayMarkDef(shape="diamond", size=40, filled=True),
        )
        .encode(
            x=same(x),
            y=alt.Y("loss:Q", title=y["title"]),
            color=contender_colour(names, legend=True),
            opacity=_strength(alt.Opacity, 1.0),
        )
    )
    rules, rule_labels = _floor_layers(y)
    log_band, *log_line = _log_layers(x, y) if with_log else [None]
    below = [rules] if log_band is None else [rules, log_band]
    chart = alt.layer(*below, band, line, held_out, *log_line, rule_labels).properties(
        title=_("Loss"), height=_HEIGHT, usermeta=CANVAS
    )
    return specification(chart), floor_rows(floors, variance)


def _log_layers(x: alt.X, y: alt.Y) -> list[alt.Chart]:
    """Bands, lines and names of logs, in colours that no contender has."""
    colours = alt.Scale(domain=_LOG_COLOURS, range=palette.CONTENDERS)
    # Not `color`, whose scale is that of the contenders.
    stroke = alt.Stroke("log:N", scale=colours, legend=None)
    fill = alt.Fill("log:N", scale=colours, legend=None)
    dashes = alt.StrokeDash(
        "log:N", scale=alt.Scale(domain=list(_SLOTS), range=_LOG_DASHES), legend=None
    )
    band = (
        layer("log")
        .mark_area()
        .encode(
            # Each layer sets the axes, which would otherwise fit the contenders' alone.
            x=x,
            y=alt.Y("low:Q", title=y["title"], scale=y["scale"]),
            y2="high:Q",
            fill=fill,
            fillOpacity=alt.value(0.16),
        )
    )
    line = (
        layer("log")
        .mark_line(strokeWidth=2)
        .encode(x=same(x), y=y, stroke=stroke, strokeDash=dashes)
    )
    name = (
        layer("log_end")
        .mark_text(
            # Towards the middle of the plot, where there is room.
            align=alt.ExprRef("scale('x', datum.step) > width / 2 ? 'right' : 'left'"),
            baseline="bottom",
            dy=-5,
            fontSize=12,
            fontWeight="bold",
            limit=220,
        )
        .encode(
            x=same(x),
            y=alt.Y("loss:Q", title=y["title"]),
            text="label:N",
            fill=fill,
        )
    )
    return [band, line, name]


def _floor_layers(y: alt.Y) -> tuple[alt.Chart, alt.Chart]:
    """The floors, with their values alone in a margin at the right, where no curve crosses them."""
    rules, _labels = floor_layers(y)
    values = (
        layer("floors")
        .transform_filter("datum.label !== ''")
        .mark_text(align="left", baseline="middle", dx=4, fontSize=11)
        .encode(
            x=alt.value("width"),
            y=alt.Y("loss:Q", title=y["title"]),
            text=alt.Text("loss:Q", format=".3~g"),
            color=GUIDE,
            tooltip=alt.Tooltip("detail:N", title=_("floor")),
        )
    )
    return rules, values


def spread(frame: ComparisonFrame, hidden: frozenset[str], highlight: str | None) -> Chart:
    """Every network: a stroke at its held-out loss, and a dot at its online loss."""
    names = [contender.name for contender in frame.contenders]
    in_view = np.array([[name not in hidden] for name in names])

    def rows(losses: _Floats) -> bytes:
        shown = np.isfinite(losses) & in_view
        who, seed = np.nonzero(shown)
        return _SEEDS.rows(
            _by_number(tuple(names), who),
            seed,
            _in_range(frame, losses[shown]),
            _weights(names, highlight)[who],
        )

    spec, floors = _spread_layout(
        current_language(),
        frame.layout,
        tuple(names),
        frame.floors,
        frame.target_variance,
        frame.validates,
    )
    return Chart(
        spec,
        {
            "held_out": _SEEDS.empty if frame.held_out is None else rows(frame.held_out.losses),
            "online": rows(frame.online),
            "floors": floors,
        },
        _("A stroke for the {loss} of each network, a dot for its online loss.").format(
            loss=held_out_name(validates=frame.validates)
        ),
    )


@kept(64)
def _spread_layout(
    language: str,
    layout: WindowLayout,
    names: tuple[str, ...],
    floors: tuple[Floor, ...],
    variance: float | None,
    validates: bool,
) -> tuple[Spec, bytes]:
    y = loss_axis("loss", floors, layout.symbols, standardised=layout.standardised)
    x = alt.X(
        "contender:N",
        title=None,
        scale=alt.Scale(domain=list(names)),
        axis=contender_axis(names),
    )

    def marks(data: alt.Chart, loss_name: str, strongest: float) -> alt.Chart:
        return data.encode(
            x=x,
            y=y,
            color=contender_colour(names, legend=False),
            opacity=_strength(alt.Opacity, strongest),
            tooltip=[
                alt.Tooltip("contender:N", title=_("contender")),
                alt.Tooltip("seed:Q", title=_("seed")),
                alt.Tooltip("loss:Q", title=loss_name, format=".4g"),
            ],
        )

    strokes = marks(
        layer("held_out").mark_tick(thickness=2, size=26),
        held_out_name(validates=validates),
        strongest=0.9,
    )
    dots = marks(layer("online").mark_circle(size=18, xOffset=22), _("online loss"), strongest=0.6)
    rules, rule_labels = _floor_layers(y)
    chart = alt.layer(rules, strokes, dots, rule_labels).properties(
        title=_("Every seed"), height=_HEIGHT, usermeta=CANVAS
    )
    return specification(chart), floor_rows(floors, variance)


def predictions(frame: ComparisonFrame, number: int, highlight: str | None = None) -> Chart:
    """Predictions of one contender and the target: numbers as a band, symbols as shares."""
    faint = highlight not in (None, frame.contenders[number].name)
    draw = _symbols if frame.layout.symbols else _numbers
    return Chart(
        _predictions_spec(
            current_language(),
            tuple(contender.name for contender in frame.contenders),
            number,
            frame.layout,
            faint,
        ),
        draw(frame, number),
        _("Target and prediction of one contender over the last few windows."),
    )


def _answers(
    frame: ComparisonFrame, number: int
) -> Iterator[tuple[_Floats, int, _Floats, _Floats]]:
    """For each window in view: places, step, targets ``(n, K)``, predictions ``(alive, n, K)``."""
    layout, seeds = frame.layout, frame.seeds
    networks = number * seeds + np.flatnonzero(frame.alive[number])
    for step in frame.windows:
        answered = layout.answered(step.loss_mask)
        place = step.index % layout.windows * layout.span + layout.points[answered]
        said = step.prediction[networks, 0][:, answered]
        yield place, step.index, step.targets[0, answered], said


def _numbers(frame: ComparisonFrame, number: int) -> dict[str, bytes]:
    layout = frame.layout
    lanes = np.arange(layout.outputs)
    parts = []
    for place, step, wanted, said in _answers(frame, number):
        if not len(said):
            continue
        columns = (wanted, *_quantiles(said))
        heights = [(values - lanes * layout.lane_height).ravel() for values in columns]
        line = step * layout.outputs + np.tile(lanes, len(place))
        parts.append((np.repeat(place, layout.outputs), line, *heights))
    if not parts:
        return {"wave": _WAVE.empty}
    return {"wave": _WAVE.rows(*(np.concatenate(column) for column in zip(*parts, strict=True)))}


def _symbols(frame: ComparisonFrame, number: int) -> dict[str, bytes]:
    wanted_parts, said_parts = [], []
    for place, _step, wanted, said in _answers(frame, number):
        wanted_parts.append((place, wanted.argmax(axis=1)))
        # Share of the networks that predict each symbol, (n, K).
        votes = np.eye(frame.layout.outputs)[said.argmax(axis=2)].sum(axis=0)
        point, symbol = np.nonzero(votes)
        said_parts.append((place[point], symbol, votes[point, symbol] / max(len(said), 1)))
    return {
        "wanted": _WANTED.rows(*(np.concatenate(c) for c in zip(*wanted_parts, strict=True))),
        "said": _SAID.rows(*(np.concatenate(c) for c in zip(*said_parts, strict=True))),
    }


@kept(256)
def _predictions_spec(
    language: str, names: tuple[str, ...], number: int, layout: WindowLayout, faint: bool
) -> Spec:
    edges = [n * layout.span for n in range(layout.windows + 1)]
    x = alt.X(
        "place:Q",
        title=None,
        scale=alt.Scale(domain=[0, edges[-1]], nice=False),
        axis=alt.Axis(values=edges, labels=False, ticks=False),
    )
    colour = GUIDE if faint else contender_colour(names, legend=False)
    if layout.symbols:
        y = alt.Y(
            "symbol:Q",
            title=None,
            scale=alt.Scale(domain=[-0.5, layout.outputs - 0.5], nice=False),
            axis=alt.Axis(values=list(range(layout.outputs)), labelOverlap=True, grid=False),
        )
        rings = layer("wanted").mark_point(size=70, strokeWidth=1.5).encode(x=x, y=y, color=_TARGET)
        dots = (
            contender_layer("said", names[number])
            .mark_point(filled=True, size=26)
            .encode(
                x=same(x),
                y=same(y),
                color=colour,
                opacity=alt.Opacity("share:Q", scale=alt.Scale(domain=[0, 1]), legend=None),
            )
        )
        layers = [rings, dots]
    else:
        lowest = layout.low - layout.lane_height * (layout.outputs - 1)
        scale = alt.Scale(domain=alt.DomainUnionWith(unionWith=[lowest, layout.high]))
        y = alt.Y(
            "target:Q",
            title=None,
            scale=scale,
            axis=alt.Axis(format=".2~g", tickCount=3, labels=layout.outputs == 1),
        )
        wave = contender_layer("wave", names[number])
        # A target at a single time step has no line, only a point.
        point = alt.OverlayMarkDef(size=16) if layout.sparse else False
        target = wave.mark_line(strokeWidth=1.5, strokeDash=[4, 3], point=point).encode(
            x=x, y=y, detail="line:N", color=_TARGET
        )
        band = wave.mark_area(opacity=0.25).encode(
            x=same(x),
            y=alt.Y("low:Q", title=None, scale=scale),
            y2="high:Q",
            detail="line:N",
            color=colour,
        )
        line = wave.mark_line(strokeWidth=2, point=point).encode(
            x=same(x), y=alt.Y("median:Q", title=None), detail="line:N", color=colour
        )
        layers = [band, target, line]
    chart = alt.layer(*layers).properties(
        title=names[number],
        height=_SMALL_HEIGHT,
        usermeta=CANVAS,
    )
    return specification(chart)


def _strength(channel: Any, strongest: float) -> Any:
    """Opacity by weight, up to ``strongest``."""
    return channel("weight:Q", scale=alt.Scale(domain=[0, 1], range=[0, strongest]), legend=None)


def _weights(names: list[str], highlight: str | None) -> NDArray[np.float64]:
    """Relative opacity of each contender."""
    return np.array([1.0 if highlight in (None, name) else _FAINT for name in names])


def _by_number(names: tuple[str, ...], who: NDArray[np.intp]) -> pa.Array:
    return words(names, 1).take(who)


def _quantiles(values: NDArray[np.floating]) -> tuple[NDArray[np.floating], ...]:
    """10 %, 50 % and 90 % over the first axis, interpolated like the curves of the losses."""
    ordered = np.sort(values, axis=0)
    found = []
    for share in (0.1, 0.5, 0.9):
        place = share * (len(values) - 1)
        below = int(place)
        above = min(below + 1, len(values) - 1)
        found.append(ordered[below] + (place - below) * (ordered[above] - ordered[below]))
    return tuple(found)
