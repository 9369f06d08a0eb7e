"""The fixtures of the browser tests."""

from __future__ import annotations

from tests.e2e.conftest import browser_type_launch_args, open_page, open_window, server

__all__ = ["browser_type_launch_args", "open_page", "open_window", "server"]
