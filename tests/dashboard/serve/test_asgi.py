"""A replica answers its supervisor and Prometheus."""

from __future__ import annotations

import asyncio
import sys

from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import Request

from dashboard.serve import asgi
from dashboard.serve.asgi import health, metrics, warm

REQUEST = Request({"type": "http"})


def test_its_health_is_an_answer() -> None:
    answer = asyncio.run(health(REQUEST))
    assert (answer.status_code, answer.body) == (200, b"ok")


def test_its_metrics_are_read_by_prometheus() -> None:
    answer = asyncio.run(metrics(REQUEST))
    assert answer.media_type is not None
    assert answer.media_type.startswith("text/plain")
    found = {
        each.name: each for each in text_string_to_metric_families(bytes(answer.body).decode())
    }
    names = [name for name in found if not name.endswith("_created")]
    assert names == [
        "rnn_playground_sessions",
        "rnn_playground_redraws",
        "rnn_playground_training_steps",
        "rnn_playground_queue_wait_seconds",
        "rnn_playground_resident_memory_bytes",
    ]
    (memory,) = found["rnn_playground_resident_memory_bytes"].samples
    assert memory.value > 1e7 or sys.platform != "linux"
    labels = {
        label for each in found.values() for sample in each.samples for label in sample.labels
    }
    assert labels <= {"le"}  # nobody is named


def test_what_the_first_page_imports_is_there_before_anybody_comes() -> None:
    async def come() -> None:
        async with warm(None) as state:
            assert state == {}
            assert asgi.FIRST_PAGE in sys.modules

    asyncio.run(come())
