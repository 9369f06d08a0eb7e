"""The Class page: everyone's runs in one room."""

from __future__ import annotations

from dashboard.app.page import Companion, Page
from dashboard.app.sidebar import Settings
from dashboard.board import member_panel
from dashboard.board.settings import SETTINGS
from rnn_core import RunConfig
from rnn_core.messages import N_


def page(config: RunConfig, settings: Settings) -> None:
    """The whole page, top to bottom.

    Args:
        config: is not read.
        settings: what is chosen.
    """
    from dashboard.board import panel  # only teachers need it

    panel.show(config, settings)


BOARD = Page(
    "board",
    N_("Class"),
    ":material/groups:",
    N_("See the runs of a whole class"),
    page,
    SETTINGS,
    shows_run=False,
    companion=Companion(member_panel.menu, member_panel.above),
)
