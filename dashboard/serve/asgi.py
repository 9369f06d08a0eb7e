"""A replica: the app, and what its supervisor and Prometheus ask it. Started by `streamlit run`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard.app.light_torch import import_light_torch
from dashboard.app.metrics import REGISTRY

_SCRIPT = Path(__file__).parents[2] / "streamlit_app.py"
#: What the first page imports; seconds that the first visitor of a replica need not wait.
FIRST_PAGE = "dashboard.train.page"


@asynccontextmanager
async def warm(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Import before the first visitor comes: a replica that has started is ready at once."""
    import_light_torch()
    import_module(FIRST_PAGE)
    yield {}


async def health(_request: Request) -> Response:
    """Say that the event loop runs."""
    return PlainTextResponse("ok")


async def metrics(_request: Request) -> Response:
    """What the server counts, as Prometheus reads it."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


app = st.App(_SCRIPT, lifespan=warm, routes=[Route("/healthz", health), Route("/metrics", metrics)])
