"""A series to order: a sum of sines, drawn while it is set up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.app import text as words
from dashboard.app.language import current_language
from dashboard.app.language import gettext as _
from dashboard.charts.draw import draw
from dashboard.data import charts
from rnn_core.series.waveform import WAVEFORM_ROWS, Harmonic, waveform

# What the table begins with: a wave and a faster one on it, forecast in a minute.
_FIRST = (
    {"period": 40.0, "amplitude": 1.0, "phase": 0.0},
    {"period": 13.0, "amplitude": 0.4, "phase": 90.0},
)
_DRAWN = 240  # rows of the preview
_ROWS = 2_000


def make(read: Callable[[str, bytes], None]) -> None:
    """Ask for harmonics.

    Args:
        read: takes the name and the bytes of a file, as if it had been uploaded.
    """
    language = current_language()
    opened = st.expander(
        _("Make a waveform"), key=f"waveform_{language}", on_change="rerun", expanded=False
    )
    if not opened.open:
        return  # the table alone takes longer than the rest of the page
    with opened:
        rows = st.data_editor(
            list(_FIRST),
            num_rows="dynamic",
            hide_index=True,
            key=f"harmonics_{language}",
            column_config={
                "period": st.column_config.NumberColumn(
                    _("Period (rows)"), min_value=2.0, max_value=100_000.0, required=True
                ),
                "amplitude": st.column_config.NumberColumn(
                    _("Amplitude"), min_value=0.0, max_value=1e6, default=1.0, required=True
                ),
                "phase": st.column_config.NumberColumn(
                    _("Phase (°)"), min_value=-360.0, max_value=360.0, default=0.0, required=True
                ),
            },
        )
        left, right = st.columns(2)
        length = left.number_input(
            _("Rows"), WAVEFORM_ROWS.low, WAVEFORM_ROWS.high, _ROWS, step=500, key="waveform_rows"
        )
        noise = right.number_input(
            _("Noise (standard deviation)"), 0.0, 1e6, 0.1, step=0.05, key="waveform_noise"
        )
        try:
            values = waveform([_harmonic(row) for row in rows], int(length), float(noise))
        except (TypeError, ValueError) as error:
            st.error(words.problem(error), icon=":material/block:")
            return
        draw(charts.preview(values[:_DRAWN]))
        st.button(
            _("Use this waveform"),
            icon=":material/check:",
            on_click=lambda name: read(name, _csv(values)),  # written only when it is wanted
            args=(_("waveform"),),
        )


def _harmonic(row: Mapping[str, Any]) -> Harmonic:
    """A row of the table; an empty cell counts as nothing."""
    period, amplitude, phase = (row.get(name) for name in ("period", "amplitude", "phase"))
    return Harmonic(float(period or 0.0), float(amplitude or 0.0), float(phase or 0.0))


def _csv(values: NDArray[np.float64]) -> bytes:
    """A column, to the last bit."""
    return ("value\n" + "\n".join(map(repr, values.tolist())) + "\n").encode()
