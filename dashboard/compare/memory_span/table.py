"""The table of a memory span test. Knows nothing of Streamlit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.compare.memory_span.live_span import SpanFrame

if TYPE_CHECKING:
    import pandas as pd


def capacity_table(frame: SpanFrame) -> pd.DataFrame:
    """A row per contender: the sum of its memory capacity over all lags, trained and untrained.

    Numbers are nan until they are measured; ``delay`` is that of the trained networks.
    """
    import pandas as pd  # late: half a second that other pages need not wait

    rows = []
    for contender, trained, untrained in zip(
        frame.contenders, frame.trained, frame.untrained, strict=True
    ):
        rows.append(
            {
                "contender": contender.name,
                "delay": trained.delay if trained else float("nan"),
                "trained": trained.total if trained else float("nan"),
                "untrained": untrained.total if untrained else float("nan"),
                "bound": contender.config.hidden_size,
            }
        )
    return pd.DataFrame(rows)
