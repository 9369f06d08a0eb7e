"""The held-out loss of each cell over the delay, from a sweep of 270 networks.

``results.csv`` is what ``python -m docs.draw_delays`` has written, which trains them again.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import altair as alt

from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts.arrow import Table
from dashboard.charts.base import CANVAS, GUIDE, Chart, Spec, contender_colour, layer, same
from dashboard.charts.base import specification as finished
from dashboard.charts.kept import kept
from dashboard.charts.loss_axes import LOSS_LABELS
from rnn_core import CELLS

#: Where the results are, and their columns.
RESULTS = Path(__file__).with_name("results.csv")
COLUMNS = ("cell", "delay", "lr", "seed", "held_out_loss")
#: The loss of guessing, which is that of a constant prediction.
GUESSING = 1.0
# Samples by which the marks of two cells stand apart, and pixels of the plot.
_APART, _HEIGHT = 0.22, 300
_POINTS = Table(
    at=float, median=float, low=float, high=float, contender=str, delay=int, lr=float, spread=str
)
_SEEDS = Table(at=float, loss=float, contender=str)
_GUESS = Table(loss=float, label=str)


@dataclass(frozen=True, slots=True)
class Best:
    """A cell at one delay, with the learning rate whose median is the lowest.

    Args:
        cell: its name.
        delay: in samples.
        lr: the learning rate.
        losses: held-out losses, one for each seed.
    """

    cell: str
    delay: int
    lr: float
    losses: tuple[float, ...]

    @property
    def median(self) -> float:
        """Over the seeds."""
        return median(self.losses)


@cache
def results() -> tuple[Best, ...]:
    """What the sweep has found, cell by cell, delays ascending."""
    with RESULTS.open(encoding="utf-8", newline="") as file:
        return best(csv.DictReader(file))


def best(rows: Iterable[Mapping[str, str]]) -> tuple[Best, ...]:
    """The best learning rate of each cell and delay.

    Args:
        rows: of one network each, with at least `COLUMNS`.
    """
    losses: dict[tuple[str, int], dict[float, list[float]]] = {}
    for row in rows:
        rates = losses.setdefault((row["cell"], int(row["delay"])), {})
        rates.setdefault(float(row["lr"]), []).append(float(row["held_out_loss"]))
    found = []
    for (cell, delay), rates in losses.items():
        lr = min(rates, key=lambda rate: median(rates[rate]))
        found.append(Best(cell, delay, lr, tuple(rates[lr])))
    return tuple(found)


def chart(found: tuple[Best, ...]) -> Chart:
    """Medians over the delay, a line for each cell, and the spread of the seeds.

    Args:
        found: what a sweep has found.
    """
    cells = tuple(dict.fromkeys(each.cell for each in found))
    names = tuple(str(CELLS[cell].title) for cell in cells)
    delays = tuple(sorted({each.delay for each in found}))
    middle = (len(cells) - 1) / 2

    def at(each: Best) -> float:
        return each.delay + _APART * (cells.index(each.cell) - middle)

    return Chart(
        _spec(current_language(), names, delays),
        {
            "points": _POINTS.rows(
                *zip(
                    *(
                        (
                            at(each),
                            each.median,
                            min(each.losses),
                            max(each.losses),
                            str(CELLS[each.cell].title),
                            each.delay,
                            each.lr,
                            f"{min(each.losses):.2g} – {max(each.losses):.2g}",
                        )
                        for each in found
                    ),
                    strict=True,
                )
            ),
            "seeds": _SEEDS.rows(
                *zip(
                    *(
                        (at(each), loss, str(CELLS[each.cell].title))
                        for each in found
                        for loss in each.losses
                    ),
                    strict=True,
                )
            ),
            "guess": _GUESS.rows([GUESSING], [_("guessing: 1")]),
        },
        _("Held-out loss over the delay: a line for each cell, and its lowest and highest seed."),
    )


@kept(8)
def _spec(language: str, names: tuple[str, ...], delays: tuple[int, ...]) -> Spec:
    x = alt.X(
        "at:Q",
        title=_("delay (samples)"),
        scale=alt.Scale(domain=[delays[0] - 1, delays[-1] + 1], nice=False),
        axis=alt.Axis(values=list(delays), grid=False, format="d"),
    )
    y = alt.Y(
        "median:Q",
        title=_("held-out loss"),
        scale=alt.Scale(type="log", nice=False),
        axis=LOSS_LABELS,
    )
    colour = contender_colour(names, legend=True)
    lines = layer("points").mark_line(strokeWidth=2)
    spreads = layer("points").mark_rule(strokeWidth=1, opacity=0.6)
    seeds = layer("seeds").mark_point(filled=True, size=16, opacity=0.6)
    dots = layer("points").mark_point(filled=True, size=70, opacity=1)
    floor = alt.Y("loss:Q", title=y["title"])
    guess = layer("guess")
    label = guess.mark_text(align="left", baseline="bottom", dx=4, dy=-3, fontSize=12)
    place = {"x": same(x), "color": same(colour)}
    drawn = alt.layer(
        lines.encode(x=x, y=y, color=colour),
        guess.mark_rule(strokeDash=[5, 4]).encode(y=floor, color=GUIDE),
        label.encode(x=alt.value(0), y=floor, text="label:N", color=GUIDE),
        spreads.encode(**place, y=alt.Y("low:Q", title=y["title"]), y2="high:Q"),
        seeds.encode(**place, y=floor),
        dots.encode(
            **place,
            y=same(y),
            tooltip=[
                alt.Tooltip("contender:N", title=_("cell")),
                alt.Tooltip("delay:Q", title=_("delay (samples)")),
                alt.Tooltip("median:Q", title=_("median"), format=".2g"),
                alt.Tooltip("spread:N", title=_("lowest to highest")),
                alt.Tooltip("lr:Q", title=_("learning rate"), format="g"),
            ],
        ),
    )
    title = _("Recall of a bit, at most 1,500 parameters, five seeds")
    return finished(drawn.properties(title=title, height=_HEIGHT, usermeta=CANVAS))
