"""Small public data sets to try at once, each with its source and licence."""

from rnn_core.series.bundled.registry import BUNDLED, BundledSeries, bundled_series

__all__ = ["BUNDLED", "BundledSeries", "bundled_series"]
