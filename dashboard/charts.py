"""The charts: a constant Altair specification each, and the Arrow table that moves.

A specification depends on the layout alone (settings and language), is built once and kept. What
changes from frame to frame travels as data, because a changed specification, title or domain
makes the browser build the chart anew, which flickers.

Exact values on hover come from a layer of their own whose dataset, ``hover``, is empty while the
run is playing: tooltips are the dearest part of a redraw, and nobody can point at a moving line.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np
import pyarrow as pa

from dashboard import palette
from dashboard.language import current_language
from dashboard.language import gettext as _
from dashboard.live_run import Curve, Frame, Status
from rnn_core import Floor

#: A chart's Vega-Lite specification, without data.
Spec = dict[str, Any]

_HEIGHT = 330
#: Cells of the heat map at most: enough to see a pattern, few enough to redraw ten times a second.
_MOST_CELLS = 2_000
_MOST_POINTS = 50


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart ready to send.

    Args:
        spec: Vega-Lite specification that names its datasets; the same object while the layout
            stays the same.
        tables: the datasets.
        alt: what the chart shows, for those who cannot see it; constant like the specification.
    """

    spec: Spec
    tables: dict[str, pa.Table]
    alt: str


# --- signals -------------------------------------------------------------------------------------


def signals(frame: Frame) -> Chart:
    """The last windows: input, target and prediction, swept over a fixed stretch of time."""
    span, views, config = frame.span, frame.windows_in_view, frame.config
    left = np.array([(step.index % views) * span for step in frame.windows])
    rows = [
        _first_row(step.time, step.inputs, step.targets, step.prediction) for step in frame.windows
    ]
    time, inputs, targets, prediction = (
        np.concatenate(column) for column in zip(*rows, strict=True)
    )
    place = (left[:, None] + np.linspace(0, span, config.window_length)).ravel()
    step = np.repeat([step.index for step in frame.windows], config.window_length)
    samples = pa.table(
        {
            "place": np.tile(place, 3),
            "step": np.tile(step, 3),
            "value": np.concatenate([inputs, targets, prediction]),
            "signal": np.repeat(["input", "target", "prediction"], len(place)),
        }
    )
    windows = pa.table(
        {
            "left": left,
            "label": [_("step {n}").format(n=step.index) for step in frame.windows],
        }
    )
    newest = pa.table({"left": left[-1:], "right": left[-1:] + span})
    hover = pa.table(
        {
            "place": place,
            "step": step,
            "time": time,
            "input": inputs,
            "target": targets,
            "prediction": prediction,
        }
    )
    return Chart(
        _signals_spec(current_language(), span, views, config.window_length, config.amplitude),
        {
            "samples": samples,
            "windows": windows,
            "newest": newest,
            "hover": _when_still(frame, hover),
        },
        _("Lines of input, target and prediction over the last few windows."),
    )


@lru_cache(maxsize=64)
def _signals_spec(
    language: str, span: float, views: int, window_length: int, amplitude: float
) -> Spec:
    names = {"input": _("input"), "target": _("target"), "prediction": _("prediction")}
    x = alt.X(
        "place:Q",
        title=_("time in the picture (radians)"),
        scale=alt.Scale(domain=[0, views * span], nice=False),
        axis=alt.Axis(
            values=[n * span for n in range(views + 1)],
            labelExpr="datum.value == 0 ? '0' : format(datum.value / PI, '.3~') + 'π'",
            grid=False,
        ),
    )
    y = alt.Y(
        "value:Q",
        title=_("value"),
        scale=alt.Scale(domain=alt.DomainUnionWith(unionWith=[-1.2 * amplitude, 1.6 * amplitude])),
        axis=alt.Axis(format=".3~g"),
    )
    newest = _layer("newest").mark_rect(opacity=0.12).encode(x="left:Q", x2="right:Q", color=_GUIDE)
    windows = _layer("windows")
    borders = windows.mark_rule(opacity=0.45, strokeDash=[2, 3]).encode(x="left:Q", color=_GUIDE)
    labels = windows.mark_text(align="left", baseline="top", dx=4, dy=3, fontSize=11).encode(
        x="left:Q", y=alt.value(0), text="label:N", color=_GUIDE
    )
    lines = (
        _layer("samples")
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=y,
            detail="step:N",
            color=alt.Color(
                "signal:N",
                title=None,
                scale=alt.Scale(
                    domain=list(names),
                    range=[palette.INPUT, palette.TARGET, palette.PREDICTION],
                ),
                legend=alt.Legend(orient="top", labelExpr=_label_expression(names)),
            ),
        )
    )
    # The tutorial's ten points can be seen; two hundred would only thicken the line.
    dots = lines.mark_point(filled=True, opacity=1, size=18).encode(x=_same(x), y=_same(y))
    hover = (
        _layer("hover")
        .mark_rule(opacity=0.001, strokeWidth=9)
        .encode(
            x="place:Q",
            tooltip=[
                alt.Tooltip("step:Q", title=_("step")),
                alt.Tooltip("time:Q", title=_("time (radians)"), format=".3f"),
                *(alt.Tooltip(f"{key}:Q", title=name, format=".4f") for key, name in names.items()),
            ],
        )
    )
    layers = [newest, borders, lines, *([dots] if window_length <= 20 else []), labels, hover]
    return _spec(alt.layer(*layers).properties(title=_("Signals"), height=_HEIGHT))


# --- loss ----------------------------------------------------------------------------------------


def loss(frame: Frame) -> Chart:
    """Loss against step on a logarithmic axis, with the floors as labelled lines."""
    spec, floors = _loss_layout(current_language(), frame.floors)
    now = _curve_table(frame.curve)
    return Chart(
        spec,
        {
            "now": now,
            "head": now.slice(len(now) - 1),
            "before": _curve_table(frame.previous),
            "floors": floors,
            "hover": _when_still(frame, now),
        },
        _("Line of the loss at every step, on a logarithmic axis, with the floors."),
    )


@lru_cache(maxsize=64)
def _loss_layout(language: str, floors: tuple[Floor, ...]) -> tuple[Spec, pa.Table]:
    """The specification, and the floors as a table: both stay while the settings do."""
    lines = floor_lines(floors)
    values, texts = [value for value, _label in lines], [label for _value, label in lines]
    table = pa.table(
        {"loss": pa.array(values, pa.float64()), "label": pa.array(texts, pa.string())}
    )
    lowest, highest = min(values, default=0.1), max(values, default=1.0)
    x = alt.X(
        "step:Q",
        title=_("step (updates done)"),
        scale=alt.Scale(domain=alt.DomainUnionWith(unionWith=[0, 20]), nice=False),
        axis=alt.Axis(grid=False, tickMinStep=1, tickCount=6, format="d"),
    )
    y = alt.Y(
        "loss:Q",
        title=_("loss (mean squared error)"),
        scale=alt.Scale(
            type="log",
            nice=False,
            domain=alt.DomainUnionWith(unionWith=[lowest / 3, highest * 2]),
        ),
        axis=alt.Axis(format=".2~g", tickCount=5, grid=False),
    )
    further: dict[str, Any] = {"x": _same(x), "y": _same(y)}
    line = _layer("now").mark_line(strokeWidth=1.3, opacity=0.85).encode(x=x, y=y, color=_LOSS)
    before = _layer("before").mark_line(strokeWidth=1, opacity=0.6).encode(color=_GUIDE, **further)
    head = _layer("head").mark_point(filled=True, opacity=1, size=55).encode(color=_LOSS, **further)
    floor_data = _layer("floors")
    rules = floor_data.mark_rule(strokeDash=[5, 4]).encode(y=_same(y), color=_GUIDE)
    rule_labels = floor_data.mark_text(
        align="right", baseline="bottom", dx=-4, dy=-3, fontSize=12, fontWeight="bold"
    ).encode(x=alt.value("width"), y=_same(y), text="label:N", color=_GUIDE)
    hover = (
        _layer("hover")
        .mark_point(opacity=0.001, filled=True, size=60)
        .encode(
            tooltip=[
                alt.Tooltip("step:Q", title=_("step")),
                alt.Tooltip("loss:Q", title=_("loss"), format=".4g"),
            ],
            **further,
        )
    )
    chart = alt.layer(rules, before, line, head, rule_labels, hover)
    return _spec(chart.properties(title=_("Loss"), height=_HEIGHT)), table


def _curve_table(curve: Curve | None) -> pa.Table:
    """Steps and losses as a table; a loss of exactly zero has no place on a logarithmic axis."""
    steps, losses = curve if curve is not None else (np.empty(0, np.int64), np.empty(0))
    return pa.table({"step": steps[losses > 0], "loss": losses[losses > 0]})


def floor_lines(floors: tuple[Floor, ...]) -> list[tuple[float, str]]:
    """Value and label of each line that a logarithmic axis can show; equal floors share one."""
    names = {
        "constant": _("constant"),
        "memoryless": _("no memory"),
        "window_memory": _("memory inside a window"),
        "carried_memory": _("carried memory"),
    }
    shared: dict[str, list[Floor]] = {}
    for floor in floors:
        if floor.value > 0:
            shared.setdefault(f"{floor.value:.3g}", []).append(floor)
    lines = []
    for shown, group in shared.items():
        kinds = _(" or ").join(names[floor.key] for floor in group)
        at_least = "≥ " if all(floor.bound == "lower" for floor in group) else ""
        lines.append((group[0].value, f"{kinds}: {at_least}{shown}"))
    return lines


# --- hidden state --------------------------------------------------------------------------------


def hidden_state(frame: Frame) -> Chart:
    """Every hidden unit at every point of the newest window, as a heat map."""
    length, size = frame.hidden.shape
    points, units = shown_cells(length, size)
    values = frame.hidden[np.ix_(points, units)]  # (points, units)
    table = pa.table(
        {
            "point": np.repeat(points + 1, len(units)),
            "unit": np.tile(units + 1, len(points)),
            "h": values.ravel().astype(np.float32),
        }
    )
    spec = _state_spec(current_language(), tuple((points + 1).tolist()), len(units))
    return Chart(
        spec,
        {"state": table, "hover": _when_still(frame, table)},
        _("Heat map of the hidden state: one row per unit, one column per time step."),
    )


def shown_cells(length: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Which time steps and which units fit into the heat map: every n-th, and the first ones."""
    points = np.arange(0, length, math.ceil(length / _MOST_POINTS))
    return points, np.arange(min(size, _MOST_CELLS // len(points)))


@lru_cache(maxsize=64)
def _state_spec(language: str, points: tuple[int, ...], units: int) -> Spec:
    rows = list(range(1, units + 1))
    # Explicit domains spare the browser looking for the distinct values at every redraw.
    x = alt.X(
        "point:O",
        title=_("time step in the window"),
        scale=alt.Scale(domain=list(points)),
        axis=alt.Axis(labelAngle=0, values=list(points[:: math.ceil(len(points) / 12)])),
    )
    y = alt.Y(
        "unit:O",
        title=_("hidden unit"),
        scale=alt.Scale(domain=rows),
        axis=alt.Axis(values=rows[:: math.ceil(units / 8)]),
    )
    cells = (
        _layer("state")
        .mark_rect()
        .encode(
            x=x,
            y=y,
            color=alt.Color(
                "h:Q", title="h", scale=alt.Scale(domain=[-1, 1], clamp=True, range="diverging")
            ),
        )
    )
    hover = (
        _layer("hover")
        .mark_rect(opacity=0.001)
        .encode(
            x=_same(x),
            y=_same(y),
            tooltip=[
                alt.Tooltip("unit:O", title=_("hidden unit")),
                alt.Tooltip("point:O", title=_("time step in the window")),
                alt.Tooltip("h:Q", title="h", format=".4f"),
            ],
        )
    )
    chart = alt.layer(cells, hover).properties(
        title=_("Hidden state"),
        height=min(420, max(120, 9 * units)),
        # Hundreds of cells are cheaper as pixels than as elements of the page.
        usermeta={"embedOptions": {"renderer": "canvas"}},
    )
    return _spec(chart)


# --- shared --------------------------------------------------------------------------------------

# As encodings, not as properties of a mark: there alone Streamlit reads a name as a theme colour.
_GUIDE = alt.value(palette.GUIDE)
_LOSS = alt.value(palette.LOSS)


def _layer(dataset: str) -> alt.Chart:
    """A layer that draws the rows of one dataset, without filtering or computing in the browser."""
    return alt.Chart(alt.NamedData(dataset))


def _spec(chart: alt.LayerChart | alt.FacetChart) -> Spec:
    """The finished specification."""
    # The tables hold finite numbers only; looking for others in every row is work at every redraw.
    spec: Spec = chart.configure_mark(invalid=None).to_dict()
    return spec


def _same(channel: Any) -> Any:
    """The channel for a further layer: layers share a scale, which one of them describes."""
    return type(channel)(channel["shorthand"], title=channel["title"])


def _when_still(frame: Frame, table: pa.Table) -> pa.Table:
    """The rows that answer to the pointer: none while playing."""
    return table.slice(0, 0) if frame.status is Status.PLAYING else table


def _first_row(*signals: np.ndarray) -> list[np.ndarray]:
    """The first window of a batch, or the only one."""
    return [signal[0] if signal.ndim > 1 else signal for signal in signals]


def _quoted(text: str) -> str:
    """``text`` as a string of Vega's expression language."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _label_expression(names: dict[str, str]) -> str:
    """A Vega expression that gives each key its name."""
    pairs = ", ".join(f"{_quoted(key)}: {_quoted(name)}" for key, name in names.items())
    return f"{{{pairs}}}[datum.label]"
