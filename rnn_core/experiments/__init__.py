"""Experiments built from training runs: comparisons, rankings, memory span."""
