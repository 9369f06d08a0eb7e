"""The settings of the Train page."""

from __future__ import annotations

from dashboard.app.settings import PageSetting
from dashboard.run.views.registry import VIEWS
from rnn_core.rules import Choice

#: The view inside the network.
LOOK = PageSetting("look", Choice(VIEWS), next(iter(VIEWS)), page="train")

SETTINGS = (LOOK,)
