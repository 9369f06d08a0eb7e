"""Settings of sin → cos that tests share."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from rnn_core import RunConfig

# Its period is no small multiple of any window: one cycle has millions of samples.
NEVER_REPEATS = 1.2345678

# Frequencies in tenths and phases in twelfths of π: every sample stands at an exact fraction of a
# turn, and a cycle is short enough to go through.
waves = st.builds(
    RunConfig,
    window_length=st.integers(2, 15),
    points_per_period=st.integers(10, 30),
    frequency=st.integers(1, 40).map(lambda tenths: tenths / 10),
    amplitude=st.sampled_from([0.5, 1.0, 3.0]),
    phase=st.integers(-12, 12).map(lambda twelfths: math.pi * twelfths / 12),
)
any_waves = st.builds(
    RunConfig,
    window_length=st.integers(2, 200),
    points_per_period=st.integers(10, 200),
    frequency=st.floats(0.1, 4.0),
    amplitude=st.floats(0.1, 10.0),
    phase=st.floats(-math.pi, math.pi),
    batch_size=st.integers(1, 4),
)
