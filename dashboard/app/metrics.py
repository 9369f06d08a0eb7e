"""What the server counts: of all its visitors together, nothing of any one of them.

A server that runs as a replica gives the numbers to Prometheus at `/metrics`. Knows nothing of
Streamlit.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from dashboard.app.memory import resident

#: All of them, and nothing of the interpreter's.
REGISTRY = CollectorRegistry()
SESSIONS = Gauge(
    "rnn_playground_sessions",
    "Sessions in memory: of visitors who are there, or left a few minutes ago.",
    registry=REGISTRY,
)
REDRAWS = Counter("rnn_playground_redraws", "Redraws of a page's moving part.", registry=REGISTRY)
STEPS = Counter(
    "rnn_playground_training_steps",
    "Steps taken while playing; contenders in lockstep count as one.",
    registry=REGISTRY,
)
QUEUE_WAIT = Histogram(
    "rnn_playground_queue_wait_seconds",
    "Time that a redraw has waited for its turn.",
    registry=REGISTRY,
    buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
)


class _Memory(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The memory at the time of asking."""
        yield GaugeMetricFamily(
            "rnn_playground_resident_memory_bytes",
            "Memory that the process takes; 0 outside Linux.",
            value=resident(),
        )


REGISTRY.register(_Memory())
