"""Tables of a comparison, for the page and for files. Knows nothing of Streamlit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dashboard.app.text import shown
from dashboard.compare.contenders import SETTINGS
from dashboard.compare.live_comparison import ComparisonFrame

if TYPE_CHECKING:
    import pandas as pd


def summary_table(frame: ComparisonFrame, reached: NDArray[np.float64]) -> pd.DataFrame:
    """A row per contender: size, losses over the seeds, and steps to the threshold.

    Args:
        frame: the comparison at one step.
        reached: step at which each network reached the threshold, ``(C, S)``, else nan.
    """
    import pandas as pd  # late: half a second that other pages need not wait

    rows = []
    sizes_differ = len({contender.config.hidden_size for contender in frame.contenders}) > 1
    one_each = len({contender.config.lr for contender in frame.contenders}) > 1
    for number, contender in enumerate(frame.contenders):
        low, median, high = _quantiles(_held_out(frame)[number])
        steps = reached[number][np.isfinite(reached[number])]
        row: dict[str, Any] = {
            "contender": contender.name,
            **({"hidden_size": contender.config.hidden_size} if sizes_differ else {}),
            "parameters": frame.parameter_counts[number],
            **({"lr": shown("lr", contender.config.lr)} if one_each else {}),
            "held_out": median,
            "range": f"{low:.2g}–{high:.2g}" if np.isfinite(high) else "",
        }
        if frame.target_variance:
            row["nrmse"] = np.sqrt(median / frame.target_variance)
        row["online"] = _quantiles(frame.online[number])[1]
        if (2 * frame.follows_signal.sum(axis=1) > frame.seeds).any():
            row["follows"] = f"{np.sum(frame.follows_signal[number])} / {frame.seeds}"
        if frame.accuracy is not None:
            row["accuracy"] = pd.Series(frame.accuracy[number]).median()
        if not frame.alive.all():
            row["diverged"] = f"{np.sum(~frame.alive[number])} / {frame.seeds}"
        row |= {
            "steps": np.median(steps) if len(steps) else np.nan,
            "reached": f"{len(steps)} / {frame.seeds}",
            "milliseconds": frame.milliseconds[number],
        }
        rows.append(row)
    return pd.DataFrame(rows)


def seeds_table(frame: ComparisonFrame, reached: NDArray[np.float64]) -> pd.DataFrame:
    """A row per network: settings and results.

    Args:
        frame: the comparison at one step.
        reached: as for `summary_table`.
    """
    import pandas as pd  # late: half a second that other pages need not wait

    rows = []
    for number, contender in enumerate(frame.contenders):
        settings = contender.config.to_dict()
        for seed in range(frame.seeds):
            rows.append(
                {
                    "contender": contender.name,
                    "task": settings["task"],
                    **{name: settings[name] for name in SETTINGS},
                    "seed": frame.first_seed + seed,
                    "step": frame.index,
                    "mean_loss_of_last_steps": frame.online[number, seed],
                    "held_out_loss": _held_out(frame)[number, seed],
                    "held_out_step": None if frame.held_out is None else frame.held_out.step,
                    "weights_follow_signal": frame.follows_signal[number, seed],
                    "steps_to_threshold": reached[number, seed],
                }
            )
    return pd.DataFrame(rows)


def curves_table(frame: ComparisonFrame) -> pd.DataFrame:
    """A row per contender and recorded step: median, 10th and 90th percentile of the loss."""
    import pandas as pd  # late: half a second that other pages need not wait

    curves = frame.curves
    tables = [
        pd.DataFrame(
            {
                "contender": contender.name,
                "step": curves.steps,
                "median": curves.median[number],
                "low": curves.low[number],
                "high": curves.high[number],
            }
        )
        for number, contender in enumerate(frame.contenders)
    ]
    return pd.concat(tables, ignore_index=True)


def _held_out(frame: ComparisonFrame) -> NDArray[np.float64]:
    """Held-out loss of each network, ``(C, S)``; nan before the first evaluation."""
    if frame.held_out is None:
        return np.full(frame.online.shape, np.nan)
    return frame.held_out.losses


def _quantiles(losses: NDArray[np.float64]) -> tuple[float, float, float]:
    """10 %, 50 % and 90 % of the losses that are finite."""
    import pandas as pd

    finite = np.where(np.isfinite(losses), losses, np.nan)
    low, median, high = pd.Series(finite).quantile([0.1, 0.5, 0.9])
    return low, median, high
