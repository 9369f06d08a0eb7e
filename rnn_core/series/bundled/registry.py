"""The bundled data sets: what they are, where they come from, and under which licence."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from rnn_core.messages import N_, Message
from rnn_core.registry import Registry
from rnn_core.series.series import Series

_PUBLIC_DOMAIN = N_("public domain")


@dataclass(frozen=True, slots=True)
class BundledSeries:
    """A data set that comes with the package.

    Args:
        name: identifies it; the name of its file, without the ending.
        title: what it is, for people; a message.
        source: who measured and who published the numbers.
        url: where they were published.
        licence: a message.
        columns: names of the columns, with units.
        step: time from one row to the next; a message.
        rows: how many there are.
        period: rows of its most visible period; 0 where the length of the period varies.
    """

    name: str
    title: Message
    source: str
    url: str
    licence: Message
    columns: tuple[str, ...]
    step: Message
    rows: int
    period: int


#: Every bundled data set by name.
BUNDLED: Registry[BundledSeries] = Registry("bundled series")

BUNDLED.register(
    BundledSeries(
        name="sunspots",
        title=Message(N_("Monthly mean sunspot numbers, 1749–2008")),
        # As distributed with statsmodels, which states that the numbers are in the public domain.
        # The revised numbers of SILSO are not: their licence forbids commercial use.
        source="National Geophysical Data Center (NOAA), after Wolf and the Zurich observatory",
        url="http://www.ngdc.noaa.gov/stp/solar/solarda3.html",
        licence=Message(_PUBLIC_DOMAIN),
        columns=("sunspots",),
        step=Message(N_("1 month")),
        rows=3120,
        period=0,  # nine to fourteen years
    )
)
BUNDLED.register(
    BundledSeries(
        name="co2",
        title=Message(N_("Atmospheric CO₂ at Mauna Loa, monthly means, 1958–2025")),
        source="NOAA Global Monitoring Laboratory and Scripps Institution of Oceanography",
        url="https://gml.noaa.gov/ccgg/trends/",
        licence=Message(N_("public domain; the data package: ODC-PDDL-1.0")),
        columns=("co2 (ppm)",),
        step=Message(N_("1 month")),
        rows=814,
        period=12,
    )
)
BUNDLED.register(
    BundledSeries(
        name="airline",
        title=Message(N_("International airline passengers, monthly totals, 1949–1960")),
        # Printed by Brown, "Smoothing, Forecasting and Prediction" (1963), and as series G by Box
        # and Jenkins (1970); numbers of a federal office of the United States.
        source="Federal Aviation Agency, Statistical Handbook of Civil Aviation",
        url="https://stat.ethz.ch/R-manual/R-devel/library/datasets/html/AirPassengers.html",
        licence=Message(_PUBLIC_DOMAIN),
        columns=("passengers (thousands)",),
        step=Message(N_("1 month")),
        rows=144,
        period=12,
    )
)
BUNDLED.register(
    BundledSeries(
        name="tetouan",
        title=Message(N_("Electric power and temperature in Tétouan, hourly, January–July 2017")),
        # Means over the six values of each hour, power in MW in place of kW.
        source=(
            "Salam and El Hibaoui, Power Consumption of Tetouan City, zone 1 (UCI Machine Learning "
            "Repository, 2023), hourly means"
        ),
        url="https://doi.org/10.24432/C5B034",
        licence=Message(N_("CC BY 4.0")),
        columns=("power (MW)", "temperature (°C)"),
        step=Message(N_("1 hour")),
        rows=4368,
        period=24,
    )
)


def bundled_series(name: str) -> Series:
    """Load a bundled data set.

    Args:
        name: a key of `BUNDLED`.

    Raises:
        ValueError: when there is no such data set.

    Example:
        >>> series = bundled_series("airline")
        >>> series.columns, len(series), str(series.times[-1])
        (('passengers (thousands)',), 144, '1960-12')
    """
    entry = BUNDLED[name]
    text = (files(__package__) / f"{entry.name}.csv").read_text(encoding="utf-8")
    head, *rows = csv.reader(text.splitlines())
    return Series(
        values=np.array([row[1:] for row in rows], np.float64),
        columns=tuple(head[1:]),
        name=entry.name,
        times=np.array([row[0] for row in rows], "datetime64"),
        source=f"{entry.source}. {entry.url}. {entry.licence}",
    )
