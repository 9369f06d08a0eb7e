"""The settings of the Train page."""

from __future__ import annotations

from dashboard.app.settings import PageSetting
from dashboard.run.views.registry import VIEWS
from rnn_core.experiments.rolling_origin import HORIZONS as LIMITS
from rnn_core.messages import N_
from rnn_core.rules import Choice, Nullable
from rnn_core.training.early_stopping import PATIENCE

#: The view inside the network.
LOOK = PageSetting("look", Choice(VIEWS), next(iter(VIEWS)), page="train")

#: Evaluations without an improvement after which a run on a task that validates stops by itself.
EARLY_STOPPING = PageSetting(
    "early_stopping", Nullable(PATIENCE, N_("no early stopping")), None, page="train"
)

#: The longest horizon at which the test part is forecast.
HORIZONS = PageSetting("horizons", LIMITS, 12, page="train")

SETTINGS = (LOOK, EARLY_STOPPING, HORIZONS)
