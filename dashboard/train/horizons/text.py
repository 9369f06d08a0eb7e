"""What the forecasts of the test part say, in sentences and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dashboard.app.language import gettext as _
from dashboard.app.text import two_digits
from rnn_core.experiments.rolling_origin import RollingOrigin, mean_mae


def forecast_names() -> dict[str, str]:
    """What makes a forecast, in the order in which it is listed."""
    return {
        "network": _("network"),
        "persistence": _("persistence"),
        "seasonal": _("seasonal persistence"),
        "drift": _("drift"),
    }


def verdict(found: RollingOrigin) -> str:
    """At which horizons the network errs less than every naive forecast, in Markdown."""
    best = _best(found)
    if not any(best):
        return _("**At no horizon does the network have the lowest MAE.**")
    if len(best) == 1:
        return _("**The network has the lowest MAE.**")
    if all(best):
        return _("**The network has the lowest MAE at every horizon, 1 to {last}.**").format(
            last=found.horizons[-1]
        )
    return _("**The network has the lowest MAE at {wins} of {all} horizons** ({which}).").format(
        wins=sum(best), all=len(best), which=_ranges(found, best)
    )


def over_all(found: Sequence[RollingOrigin]) -> str:
    """The mean over all targets at the shortest and the longest horizon; empty without a mean."""
    means = mean_mae(found)
    if means is None:
        return ""
    names, horizons = forecast_names(), found[0].horizons.tolist()
    said = []
    for place in sorted({0, len(horizons) - 1}):
        errors = {key: float(each[place]) for key, each in means.items()}
        best = min((key for key in errors if key != "network"), key=lambda key: errors[key])
        said.append(
            _("at horizon {horizon} network {network}, {best} {error}").format(
                horizon=horizons[place],
                network=two_digits(errors["network"]),
                best=names[best],
                error=two_digits(errors[best]),
            )
        )
    return _(
        "Mean MAE over {count} targets, each in its standard deviation, network and best naive "
        "forecast: {errors}."
    ).format(
        count=len(found),
        errors=_("{shortest}; {longest}").format(shortest=said[0], longest=said[1])
        if len(said) > 1
        else said[0],
    )


def how(found: RollingOrigin, step: int) -> str:
    """What was forecast, and how the network comes to forecasts of other horizons than its own."""
    said = [
        _(
            "{count} origins in the test part, which is never trained on; the weights are those of "
            "step {step} throughout."
        ).format(count=len(found.origins), step=step)
    ]
    if len(found.horizons) == 1:
        said.append(
            _(
                "The targets are not its inputs, so the network cannot be iterated: horizon "
                "{horizon} is the only one."
            ).format(horizon=found.trained)
        )
    elif found.is_iterated:
        said.append(
            _(
                "Trained for horizon {horizon}. **Beyond it the forecast is iterated**: the "
                "network reads its own forecasts."
            ).format(horizon=found.trained)
        )
    else:
        said.append(_("Trained for horizon {horizon}.").format(horizon=found.trained))
    if found.trained > 1 and len(found.horizons) > 1:
        said.append(_("At shorter horizons stands the forecast that it made before the origin."))
    return " ".join(said)


def rows(found: RollingOrigin) -> list[dict[str, Any]]:
    """The errors as a table: a row for each horizon and each forecast.

    Returns:
        ``horizon``; ``forecast``, its name; ``mae`` and ``rmse`` in the unit of the column;
        ``mase``.
    """
    names = forecast_names()
    return [
        {
            "horizon": int(horizon),
            "forecast": names[key],
            "mae": scores[number].mae,
            "rmse": scores[number].rmse,
            "mase": scores[number].mase,
        }
        for number, horizon in enumerate(found.horizons)
        for key, scores in found.scores.items()
    ]


def _best(found: RollingOrigin) -> list[bool]:
    """Of each horizon, whether the network has the lowest MAE."""
    errors = {key: np.array([each.mae for each in own]) for key, own in found.scores.items()}
    network = errors.pop("network")
    beaten: list[bool] = (network < np.min(list(errors.values()), axis=0)).tolist()
    return beaten


def _ranges(found: RollingOrigin, best: list[bool]) -> str:
    """Horizons as ranges: 1-3, 7."""
    parts: list[list[int]] = []
    for horizon, wins in zip(found.horizons.tolist(), best, strict=True):
        if wins and parts and parts[-1][-1] == horizon - 1:
            parts[-1].append(horizon)
        elif wins:
            parts.append([horizon])
    return ", ".join(f"{p[0]}–{p[-1]}" if len(p) > 1 else str(p[0]) for p in parts)
