"""A sweep for a computer of one's own: the file of its space, and the command that trains it.

Knows nothing of Streamlit.
"""

from __future__ import annotations

import shlex

from dashboard.app.own_series import OwnSeries, bundled
from rnn_core.series import BUNDLED, SeriesPlan

# Where the bundled series are, from the repository's root.
_BUNDLED = "rnn_core/series/bundled"


def file_name(name: str, ending: str) -> str:
    """Of a sweep's file.

    Args:
        name: of the sweep.
        ending: without its dot.
    """
    return f"sweep_{name}.{ending}"


def command(name: str, own: OwnSeries | None = None) -> str:
    """The line that trains the sweep in `file_name`, on all cores.

    Args:
        name: of the sweep.
        own: the series that it reads, and how; None for none. The line has names, no numbers of it.
    """
    words = ["python", "-m", "rnn_core", "sweep", file_name(name, "toml")]
    if own is not None:
        words += _series(own)
    return shlex.join([*words, "--out", file_name(name, "csv")])


def _series(own: OwnSeries) -> list[str]:
    """The options that read a series as the page does."""
    if own.missing is not None:
        path = own.missing.name
    else:
        digest = own.series.digest
        ours = (key for key in BUNDLED if bundled(key).digest == digest)
        path = next((f"{_BUNDLED}/{key}.csv" for key in ours), own.series.name)
    plan, usual = own.plan, SeriesPlan(inputs=own.plan.inputs, targets=own.plan.targets)
    words = ["--data", path]
    for column in plan.inputs:
        words += ["--inputs", column]
    for column in plan.targets:
        words += ["--target", column]
    if plan.validation != usual.validation:
        words += ["--validation", f"{plan.validation:g}"]
    if plan.test != usual.test:
        words += ["--test", f"{plan.test:g}"]
    return words if plan.standardise else [*words, "--no-standardise"]
