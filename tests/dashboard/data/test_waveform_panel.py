from __future__ import annotations

import numpy as np
from streamlit.testing.v1 import AppTest

from rnn_core.series.waveform import Harmonic, waveform
from tests.dashboard.data_page import page
from tests.dashboard.train_page import healthy


def opened(app: AppTest) -> AppTest:
    """The page with the expander open; `AppTest` forgets after a run that it is."""
    app.session_state["waveform_en"] = True
    return healthy(app.run())


def test_a_waveform_is_drawn_and_becomes_the_series_bit_for_bit() -> None:
    app = page()
    charts = len(app.get("vega_lite_chart"))
    app = opened(app)
    assert len(app.get("vega_lite_chart")) == charts + 1
    app.number_input(key="waveform_rows").set_value(500)
    app.number_input(key="waveform_noise").set_value(0.25)
    app = opened(app)
    (use,) = [button for button in app.button if button.label == "Use this waveform"]
    app = healthy(use.click().run())
    assert app.query_params["file"].startswith("waveform:")
    assert "500 rows" in " ".join(shown.value for shown in app.markdown)
    draft = app.session_state["draft"]
    expected = waveform([Harmonic(40), Harmonic(13, 0.4, 90)], 500, 0.25)
    np.testing.assert_array_equal(draft.series.column("value"), expected)
