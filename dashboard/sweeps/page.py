"""The Sweeps page: many settings and seeds, trained by the server."""

from __future__ import annotations

from dashboard.app import widgets
from dashboard.app.language import gettext as _
from dashboard.app.page import Page
from dashboard.app.sidebar import Settings
from dashboard.sweeps.settings import PARAMETERS, SETTINGS, SWEEP, VARY
from rnn_core import RunConfig
from rnn_core.messages import N_


def page(config: RunConfig, settings: Settings) -> None:
    """The whole page, top to bottom.

    Args:
        config: the run of the sidebar, of which a new sweep varies some; a sweep that is shown has
            settings of its own.
        settings: what else is chosen in the sidebar.
    """
    # Optuna takes a second to import and tens of megabytes, which other pages do without.
    from dashboard.sweeps import panel

    panel.show(config, settings)


def unasked() -> widgets.Unasked:
    """Which of the sidebar's settings vary, or follow from the number of parameters."""
    varies = {name: _("varies") for name, _values in widgets.chosen(VARY)}
    if widgets.chosen(PARAMETERS) is not None:
        varies.setdefault("hidden_size", _("by parameters"))
    return widgets.Unasked(shown=varies, restarts=False)


def _is_new() -> bool:
    """Whether the page asks for a new sweep: one that is shown has settings of its own."""
    return widgets.chosen(SWEEP) is None


SWEEPS = Page(
    "sweeps",
    N_("Sweeps"),
    ":material/grid_on:",
    N_("Try many settings and seeds"),
    page,
    SETTINGS,
    shows_run=_is_new,
    unasked=unasked,
)
