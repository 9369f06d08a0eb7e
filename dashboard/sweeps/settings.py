"""The settings of the Sweeps page."""

from __future__ import annotations

import re

from dashboard.app.language import gettext as _
from dashboard.app.settings import PageSetting
from dashboard.sweeps.axes_text import BEGINNING, from_text, to_text
from rnn_core.rules import Choice, FloatRange, IntRange, Nullable

_PAGE = "sweeps"
_NAME = re.compile(r"[0-9a-f]{10}")


def _read_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(_("The name of a sweep has ten digits and letters."))
    return text


#: What varies.
VARY = PageSetting("vary", None, BEGINNING, page=_PAGE, parse=from_text, write=to_text)
#: Name of the sweep that is shown; None before one was begun.
SWEEP = PageSetting("sweep", None, None, page=_PAGE, parse=_read_name)
SEEDS = PageSetting("sweep_seeds", IntRange(1, 16), 3, page=_PAGE)
STEPS = PageSetting("sweep_steps", IntRange(20, 20_000), 500, page=_PAGE)
OBJECTIVE = PageSetting(
    "objective",
    # The registry's names; to read them there would import Optuna with every page.
    Choice(("held_out_loss", "online_loss", "steps_to_threshold")),
    "held_out_loss",
    page=_PAGE,
)
THRESHOLD = PageSetting(
    "sweep_threshold",
    Nullable(FloatRange(0.0, 1e6, open_low=True), "no threshold"),
    0.1,
    page=_PAGE,
)
PARAMETERS = PageSetting(
    "sweep_parameters",
    Nullable(IntRange(1, 10_000_000), "the hidden size as it is"),
    None,
    page=_PAGE,
)
SAMPLER = PageSetting("sampler", Choice(("grid", "random", "tpe")), "grid", page=_PAGE)
TRIALS = PageSetting("trials", IntRange(2, 1000), 30, page=_PAGE)
PRUNER = PageSetting("pruner", Choice(("none", "median", "hyperband")), "none", page=_PAGE)

SETTINGS = (
    VARY,
    SWEEP,
    SEEDS,
    STEPS,
    OBJECTIVE,
    THRESHOLD,
    PARAMETERS,
    SAMPLER,
    TRIALS,
    PRUNER,
)
