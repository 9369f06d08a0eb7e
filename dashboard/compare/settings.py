"""The settings of the Compare page."""

from __future__ import annotations

from dataclasses import replace

from dashboard.app.settings import PACE as ANY_PACE
from dashboard.app.settings import PageSetting
from dashboard.compare.contenders import PRESETS, from_text, to_text
from rnn_core.rules import Choice, Flag, FloatRange, IntRange, Nullable

_PAGE = "compare"

#: A comparison takes 300 steps and more before it is decided: at five a redraw some six seconds.
PACE = replace(ANY_PACE, beginning="5")

#: ``"own"`` stands for the contenders of `CONTENDERS`.
PRESET = PageSetting("preset", Choice((*PRESETS, "own")), "cells", live=False, page=_PAGE)
#: Of the view "How far can they remember?", where the forget bias decides how far an LSTM gets.
#: Where none was chosen, but one for the other view was, it begins with that one.
SPAN_PRESET = PageSetting(
    "span_preset", Choice((*PRESETS, "own")), "with_forget_bias", live=False, page=_PAGE, named=True
)
CONTENDERS = PageSetting("vs", None, None, live=False, page=_PAGE, parse=from_text, write=to_text)
SEEDS = PageSetting("seeds", IntRange(1, 32), 8, live=False, page=_PAGE)
MATCH = PageSetting(
    "equal", Choice(("hidden_size", "parameters")), "hidden_size", live=False, page=_PAGE
)
VIEW = PageSetting("view", Choice(("learning", "span")), "learning", page=_PAGE)
SPAN_SEEDS = PageSetting("span_seeds", IntRange(1, 8), 3, live=False, page=_PAGE)
THRESHOLD = PageSetting(
    "threshold",
    Nullable(FloatRange(0.0, 1e6, open_low=True), "the lowest floor"),
    None,
    page=_PAGE,
)
#: Whether each contender is given the best learning rate of a grid first.
TUNE = PageSetting("tune_lr", Flag(), False, live=False, page=_PAGE)
TUNE_STEPS = PageSetting("tune_steps", IntRange(20, 20_000), 500, live=False, page=_PAGE)

SETTINGS = (
    PRESET,
    SPAN_PRESET,
    CONTENDERS,
    SEEDS,
    MATCH,
    VIEW,
    SPAN_SEEDS,
    THRESHOLD,
    TUNE,
    TUNE_STEPS,
)
