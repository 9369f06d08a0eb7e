"""A series of one's own: regularly sampled columns, how they are used, and naive forecasts."""

from rnn_core.series.bundled import BUNDLED, BundledSeries, bundled_series
from rnn_core.series.parts import Parts, Scaling
from rnn_core.series.plan import SeriesPlan
from rnn_core.series.series import Series
from rnn_core.series.units import Units
from rnn_core.series.waveform import Harmonic, waveform

__all__ = [
    "BUNDLED",
    "BundledSeries",
    "Harmonic",
    "Parts",
    "Scaling",
    "Series",
    "SeriesPlan",
    "Units",
    "bundled_series",
    "waveform",
]
