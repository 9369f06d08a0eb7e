"""The table of a search for learning rates. Knows nothing of Streamlit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.app.text import shown
from dashboard.compare.lr_search.live_search import SearchFrame

if TYPE_CHECKING:
    import pandas as pd


def rates_table(frame: SearchFrame) -> pd.DataFrame:
    """A row per contender: the rate chosen, and the median loss at each rate of the grid.

    The loss is nan where most networks have diverged.
    """
    import pandas as pd  # late: half a second that other pages need not wait

    rows = []
    for contender, choice in zip(frame.contenders, frame.choices, strict=True):
        row: dict[str, Any] = {"contender": contender.name, "lr": shown("lr", choice.lr)}
        finite = np.where(np.isfinite(choice.medians), choice.medians, np.nan)
        rows.append(
            row
            | dict(zip((shown("lr", rate) for rate in choice.grid), finite.tolist(), strict=True))
        )
    return pd.DataFrame(rows)
