"""Parallel coordinates of a sweep: a line for each point, from its settings to its value."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.app.text import setting_name
from dashboard.charts import palette
from dashboard.charts.arrow import Table
from dashboard.charts.base import CANVAS, GUIDE, Chart, Spec, layer, quoted, same, specification
from dashboard.charts.kept import kept
from dashboard.sweeps.table import value_name
from dashboard.sweeps.text import value_name_of, value_title
from rnn_core.experiments.sweep import Choices, Space, SweptPoint, ranked
from rnn_core.experiments.sweep.axes import Axis

#: Lines that are drawn at most: the best points, and as many without a value as there is room for.
MOST_LINES = 350
#: Where points without a value end, above the axis of values, and the sign that stands there.
NOWHERE = {"diverged": (1.1, "×"), "pruned": (1.18, "–"), "failed": (1.26, "!")}
# A logarithmic scale cannot show zero.
_LEAST = 1e-12
# Of the vertical scale; labels of an axis at most; pixels of the plot.
_TOP, _MOST_LABELS, _HEIGHT = 1.3, 7, 320
# Room for the lines of the lowest value.
_LOW = 0.06
# Room beside the first and the last axis, in distances of two axes.
_PAD = 0.35
# Half the width of the band around an axis in which it is brushed, in pixels.
_REACH = 17
# Letters in a line of an axis's name, and its height in pixels.
_LETTERS, _LINE = 11, 14
# Vega would keep a page from scrolling wherever a finger touches the chart, and not on axes alone.
_EVENTS = {"defaults": {"allow": ["wheel", "touchstart", "touchmove", "touchend"]}}
_TICKS = Table(axis=float, level=float, label=str)
_AXES = Table(axis=float, level=float, top=float)
_RANGE = Table(median=float)
# At a value that many points share their lines stand side by side, the best lowest, within so much
# of the axis and of the distance of two values.
_BUNDLE, _APART = 0.1, 0.5


@dataclass(frozen=True, slots=True)
class Ruler:
    """One axis: where its values stand, from 0 to 1.

    Args:
        name: of the setting.
        values: of a setting with a few values, from the bottom up; empty for an interval.
        low: of an interval.
        high: of an interval.
        log: whether its equal ratios are equal distances.
    """

    name: str
    values: tuple[Any, ...]
    low: float = 0.0
    high: float = 1.0
    log: bool = False

    @classmethod
    def of(cls, name: str, axis: Axis, grid: bool) -> Ruler:
        """The axis of a setting that varies."""
        if not isinstance(axis, Choices) and not grid:
            return cls(name, (), axis.low, axis.high, axis.log)
        values = axis.grid()
        if all(isinstance(value, int | float) and value is not True for value in values):
            values = tuple(sorted(values))
        return cls(name, tuple(values))

    def level(self, value: Any) -> float:
        """Where a value stands."""
        if self.values:
            last = len(self.values) - 1
            return self.values.index(value) / last if last else 0.5
        if self.low == self.high:
            return 0.5
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return float((value - self.low) / (self.high - self.low))

    @property
    def bundle(self) -> float:
        """Height within which lines with the same value stand side by side."""
        return min(_BUNDLE, _APART / len(self.values)) if self.values else 0.0

    def ticks(self) -> list[tuple[float, str]]:
        """Heights and names of some values."""
        if self.values:
            every = math.ceil(len(self.values) / _MOST_LABELS)
            return [
                (self.level(value), value_name(self.name, value)) for value in self.values[::every]
            ]
        middle = math.sqrt(self.low * self.high) if self.log else (self.low + self.high) / 2
        return [
            (self.level(value), format(value, ".2g")) for value in (self.low, middle, self.high)
        ]


def value_ruler(values: Sequence[float]) -> Ruler:
    """The axis of what came of the points: logarithmic, from the lowest finite value up."""
    finite = [max(value, _LEAST) for value in values if math.isfinite(value)]
    return Ruler("", (), min(finite, default=1.0), max(finite, default=1.0), True)


def value_ticks(ruler: Ruler) -> list[tuple[float, str]]:
    """Powers of ten on the axis of values; its two ends where there are less than two."""
    first = math.ceil(math.log10(ruler.low) - 1e-9)
    last = math.floor(math.log10(ruler.high) + 1e-9)
    if last - first < 1:
        ends = dict.fromkeys((ruler.low, ruler.high))
        return [(ruler.level(value), format(value, ".2g")) for value in ends]
    every = math.ceil((last - first + 1) / _MOST_LABELS)
    return [
        (
            ruler.level(10.0**exponent),
            f"1e{exponent}" if exponent < -2 else format(10.0**exponent, "g"),
        )
        for exponent in range(first, last + 1, every)
    ]


@lru_cache
def _lines(axes: int) -> Table:
    """Rows of lines over so many axes: a corner each, with the whole point beside it."""
    levels = {f"v{number}": float for number in range(axes)}
    return Table(axis=float, level=float, median=float, point=str, said=str, sign=str, **levels)


def parallel(space: Space, points: Sequence[SweptPoint]) -> Chart:
    """A line for each point over all settings that vary and the median over its seeds.

    Args:
        space: of the sweep.
        points: of the sweep.
    """
    rulers = [Ruler.of(name, axis, space.sampler == "grid") for name, axis in space.axes.items()]
    shown = [*ranked(points), *(each for each in points if each.state in ("pruned", "failed"))]
    shown = shown[:MOST_LINES]
    medians = [each.outcome.value for each in shown if each.outcome is not None]
    values = value_ruler(medians)
    last = len(rulers)
    rows: dict[str, list[tuple[Any, ...]]] = {"lines": [], "lost": []}
    for place, each in enumerate(shown):
        if set(each.point) != set(space.axes):
            continue  # given up before it had all its values
        median = math.inf if each.outcome is None else each.outcome.value
        there = math.isfinite(median)
        state = "diverged" if each.outcome is not None and not there else each.state
        height, sign = (values.level(max(median, _LEAST)), "") if there else NOWHERE[state]
        aside = place / len(shown) - 0.5
        at = [*(ruler.level(each.point[ruler.name]) for ruler in rulers), height]
        levels = [
            *(level + aside * ruler.bundle for level, ruler in zip(at[:-1], rulers, strict=True)),
            height,
        ]
        said = ", ".join(f"{name} {value_name(name, each.point[name])}" for name in space.axes)
        rows["lines" if there else "lost"] += [
            (
                float(number),
                level,
                max(median, _LEAST) if there else 1.0,
                said,
                format(median, ".4g") if there else state_name(state),
                sign,
                *at,
            )
            for number, level in enumerate(levels)
        ]
    table = _lines(last + 1)
    ticks = [
        (float(number), level, label)
        for number, marks in enumerate([*(each.ticks() for each in rulers), value_ticks(values)])
        for level, label in marks
    ]
    # The worst lines are to be seen on the page's ground, too.
    top = values.high * (values.high / values.low) ** 0.4
    return Chart(
        _spec(
            current_language(),
            (*map(setting_name, space.axes), value_name_of(space.objective)),
            space.objective,
            (*(ruler.bundle / 2 for ruler in rulers), 0.0),
        ),
        {
            name: table.rows(*zip(*some, strict=True)) if some else table.empty
            for name, some in rows.items()
        }
        | {
            "ends": _of_axis(table, rows["lost"], last),
            "dots": _of_axis(table, rows["lines"], last),
            "ticks": _TICKS.rows(*zip(*ticks, strict=True)),
            "axes": _AXES.rows(
                [float(number) for number in range(last + 1)],
                [-_LOW] * (last + 1),
                [1.0 + _LOW] * last + [_TOP],
            ),
            "range": _RANGE.rows([values.low, top] if medians and top > values.low else []),
        },
        _(
            "Parallel coordinates: an axis for each setting and one for the median; a line for "
            "each point of the sweep."
        ),
    )


def _of_axis(table: Table, rows: list[tuple[Any, ...]], axis: int) -> bytes:
    """The corners on one axis."""
    some = [row for row in rows if row[0] == axis]
    return table.rows(*zip(*some, strict=True)) if some else table.empty


def state_name(state: str) -> str:
    """Why a point has no value, in the reader's language."""
    names = {
        "diverged": _("infinite"),
        "pruned": _("given up early"),
        "failed": _("failed"),
    }
    return names.get(state, state)


@kept(64)
def _spec(
    language: str, names: tuple[str, ...], objective: str, reaches: tuple[float, ...]
) -> Spec:
    count = len(names)
    ends = [-_PAD, count - 1 + _PAD]
    wrapped = [textwrap.wrap(name, _LETTERS) or [name] for name in names]
    labels = ", ".join(f"[{', '.join(map(quoted, lines))}]" for lines in wrapped)
    x = alt.X(
        "axis:Q",
        title=None,
        scale=alt.Scale(domain=ends, nice=False),
        axis=alt.Axis(
            orient="top",
            values=list(range(count)),
            labelExpr=f"[{labels}][datum.value]",
            labelOverlap=False,
            labelFlush=False,
            labelBound=False,
            # Further lines hang below the first.
            labelPadding=6 + _LINE * (max(map(len, wrapped)) - 1),
            grid=False,
        ),
    )
    y = alt.Y(
        "level:Q",
        title=None,
        scale=alt.Scale(domain=[-_LOW, _TOP], nice=False),
        axis=None,
    )
    # Weak where a brush leaves the point out. A brush that is not there leaves none out, and one
    # that touches the bundle of a value keeps all of it.
    chosen = " && ".join(
        f"(!brush{number}.level || inrange(datum.v{number}, "
        f"[min(brush{number}.level[0], brush{number}.level[1]) - {reach}, "
        f"max(brush{number}.level[0], brush{number}.level[1]) + {reach}]))"
        for number, reach in enumerate(reaches)
    )

    def strength(here: float) -> Any:
        return alt.condition(chosen, alt.value(here), alt.value(0.05))

    colour = alt.Color(
        "median:Q",
        scale=alt.Scale(type="log", range=palette.AMOUNT, nice=False, reverse=True),
        legend=None,
    )
    tooltip = [
        alt.Tooltip("point:N", title=_("point")),
        alt.Tooltip("said:N", title=value_title(objective)),
    ]
    place = {"x": same(x), "y": same(y)}
    lines = layer("lines").mark_line(strokeWidth=1.5)
    lost = layer("lost").mark_line(strokeWidth=1, strokeDash=[3, 3])
    ends_of = layer("ends").mark_text(fontSize=13, fontWeight="bold")
    dots = layer("dots").mark_point(filled=True, size=45)
    rules = layer("axes").mark_rule(opacity=0.8)
    brushed = (
        layer("axes")
        .transform_calculate(
            low=_brushed(count, 0),
            high=_brushed(count, 1),
        )
        .transform_filter("isValid(datum.low)")
        .mark_rule(strokeWidth=9, opacity=0.45)
    )
    chart = alt.layer(
        rules.encode(x=x, y=y, y2="top:Q", color=GUIDE),
        lost.encode(**place, color=GUIDE, detail="point:N", opacity=strength(0.5), tooltip=tooltip),
        lines.encode(
            **place, color=colour, detail="point:N", opacity=strength(0.8), tooltip=tooltip
        ),
        # All lines together span the scale.
        layer("range").mark_square(opacity=0, size=1).encode(color=same(colour)),
        *_labels(count, place),
        brushed.encode(
            x=same(x),
            y=alt.Y("low:Q", title=None),
            y2="high:Q",
            color=alt.value(palette.PREDICTION),
        ),
        _hits(count).encode(**place, y2="top:Q", color=GUIDE, tooltip=alt.value(None)),
        # Above all else, so that they can be pointed at.
        dots.encode(**place, color=same(colour), opacity=strength(0.9), tooltip=tooltip),
        ends_of.encode(**place, text="sign:N", color=GUIDE, opacity=strength(1.0), tooltip=tooltip),
    )
    title = _("From settings to values")
    spec = specification(chart.properties(title=title, height=_HEIGHT, usermeta=CANVAS))
    return {**spec, "config": {**spec["config"], "events": _EVENTS}}


def _labels(count: int, place: dict[str, Any]) -> list[alt.Chart]:
    """The names of values: left of their axis, but right of the last one, where no line is."""
    found = []
    looks: tuple[tuple[str, dict[str, Any]], ...] = (
        (f"datum.axis < {count - 1}", {"align": "right", "dx": -7}),
        (f"datum.axis == {count - 1}", {"align": "left", "dx": 9}),
    )
    for where, look in looks:
        labels = layer("ticks").transform_filter(where)
        # Lines stay away from the letters that they cross.
        ground = alt.ExprRef("background")
        halo = labels.mark_text(fontSize=11, fillOpacity=0, stroke=ground, strokeWidth=4, **look)
        text = labels.mark_text(fontSize=11, **look)
        found += [
            halo.encode(**place, text="label:N"),
            text.encode(**place, text="label:N", color=GUIDE),
        ]
    return found


def _hits(count: int) -> alt.Chart:
    """Bands around the axes, in which a vertical drag brushes the axis.

    One plot has a brush for each axis here: which one a drag moves is decided by where it begins.
    A finger that begins on an axis does not scroll the page; one that begins between two does.
    """
    brushes = []
    for number in range(count):
        # Only the event is known where it is decided whether a drag begins.
        place = (number + _PAD) / (count - 1 + 2 * _PAD)
        near = f"[event.item && abs(x() - group().width * {place:.6f}) < {_REACH}]"
        brushes.append(
            alt.selection_interval(
                name=f"brush{number}",
                encodings=["y"],
                on=f"[pointerdown{near}, window:pointerup] > window:pointermove!, "
                f"[touchstart{near}, window:touchend] > touchmove!",
                translate=False,
                zoom=False,
                # Drawn by the layer of brushes: on its axis alone.
                mark=alt.BrushConfig(fillOpacity=0, strokeOpacity=0, cursor="ns-resize"),
            )
        )
    bands = layer("axes").mark_bar(width=2 * _REACH, opacity=0.001, cursor="ns-resize")
    brushed: alt.Chart = bands.add_params(*brushes)
    return brushed


def _brushed(count: int, end: int) -> str:
    """One end of the brush on the axis of a row, as an expression; null where there is none."""
    found = "null"
    for number in range(count):
        level = f"brush{number}.level"
        found = f"datum.axis == {number} ? ({level} ? {level}[{end}] : null) : {found}"
    return found
