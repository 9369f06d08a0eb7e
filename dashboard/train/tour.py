"""What the tour of the Train page points at."""

from __future__ import annotations

from dashboard.app.language import gettext as _
from dashboard.app.tour_panel import Stop

_CHART = '[data-testid="stMain"] [data-testid="stVegaLiteChart"]'


def stops() -> list[Stop]:
    """The five stops, in the language in use."""
    return [
        Stop(
            # On a phone the sidebar is behind a button.
            '[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"]',
            _("Settings"),
            _(
                "Choose the task, the cell and how it is trained. The learning rate takes effect "
                "at once; everything else starts the run again."
            ),
        ),
        Stop(
            ".st-key-bar",
            _("Player"),
            _(
                "Run trains the network, one window a step. Step takes a single update, and Reset "
                "repeats the same run. Beside them is how far the network has come."
            ),
        ),
        Stop(
            ".st-key-picture [data-testid=stColumn]",
            _("Signals and hidden state"),
            _(
                "Above: what the network reads, what it should say, and what it says. Below, at "
                "the same time steps: its hidden state, which is all that it remembers."
            ),
        ),
        Stop(
            ".st-key-loss_chart",
            _("Loss and floors"),
            _(
                "How wrong the network is; lower is better. A dashed line is a floor, the best "
                "that a predictor can do without memory, or with memory inside a window only. To "
                "get below it the network has to remember more."
            ),
        ),
        Stop(
            ".st-key-next",
            _("What next?"),
            _(
                "One suggestion at a time, from the state of the run. Further down are views "
                "inside the network: its gates, its gradients, the window unrolled."
            ),
        ),
    ]
