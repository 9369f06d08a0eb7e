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
    from dashboard.train.views.base import View

#: The module of each view, by its key in links. The module names its view ``VIEW``.
VIEWS: Mapping[str, str] = MappingProxyType(
    {
        "state": "dashboard.train.views.state",
        "unrolled": "dashboard.train.views.unrolled.view",
        "slow": "dashboard.train.views.update.view",
        "gates": "dashboard.train.views.gates",
        "saturation": "dashboard.train.views.saturation",
        "gradient": "dashboard.train.views.gradient",
        "phase": "dashboard.train.views.phase_portrait",
        "spectrum": "dashboard.train.views.spectrum",
        "weights": "dashboard.train.views.weights",
        "memory": "dashboard.train.views.state_ablation",
        "free": "dashboard.train.views.free_run",
    }
)


@cache
def view(key: str) -> View[Any, Any]:
    """The view with this key."""
    found: View[Any, Any] = import_module(VIEWS[key]).VIEW
    return found
