"""The real app, whose charts tell the agent API what they draw.

The API leaves out charts of more than one table. Here each says in a few numbers what must agree
with the rest of the page, and not its specification, which is long and does not change.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from streamlit.elements import vega_charts
from streamlit.proto.VegaLiteChart_pb2 import VegaLiteChart

from tests.faults.drawn import drawn


def _data(proto: VegaLiteChart, *, coordinates: str) -> dict[str, Any]:
    return {"complete": True, "drawn": drawn(proto)}


vega_charts._vega_data = _data
runpy.run_path(str(Path(__file__).parents[2] / "streamlit_app.py"))
