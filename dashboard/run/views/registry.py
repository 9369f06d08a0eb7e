"""Which views there are: one line each, in the order on screen.

A view's module is imported when the view is first asked for, so that reading a link imports none
of them, and with them none of the diagnostics.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dashboard.run.views.base import View

#: The module of each view, by its key in links. The module names its view ``VIEW``.
VIEWS: Mapping[str, str] = MappingProxyType(
    {
        # To begin with.
        "state": "dashboard.run.views.state",
        "unrolled": "dashboard.run.views.unrolled.view",
        "slow": "dashboard.run.views.update.view",
        "gates": "dashboard.run.views.gates",
        "memory": "dashboard.run.views.state_ablation",
        "lag": "dashboard.run.views.lag",
        # For the advanced.
        "saturation": "dashboard.run.views.saturation",
        "gradient": "dashboard.run.views.gradient",
        "phase": "dashboard.run.views.phase_portrait",
        "spectrum": "dashboard.run.views.spectrum",
        "weights": "dashboard.run.views.weights",
        "free": "dashboard.run.views.free_run",
    }
)


@cache
def view(key: str) -> View[Any, Any]:
    """The view with this key."""
    found: View[Any, Any] = import_module(VIEWS[key]).VIEW
    return found
