"""What all tests share."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from typing import Any

import pytest

from tests import durations, first_compilation

# One of several processes, each with a core: `make test`. Set before NumPy and Numba are imported,
# and inherited by the programs and servers that tests start.
WORKER = os.environ.get("PYTEST_XDIST_WORKER")
if WORKER:
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["NUMBA_CACHE_DIR"] = str(first_compilation.FOLDER / WORKER)

# The process of the tests is no server: what it has come to take is no reason to refuse a run.
os.environ["RNN_PLAYGROUND_SERVER_MB"] = "inf"

# Rooms that tests open are not those of whoever runs them; each process has its own.
os.environ["RNN_PLAYGROUND_BOARD"] = tempfile.mkdtemp(prefix="rnn_playground_rooms_")

import torch  # noqa: E402
from hypothesis import settings  # noqa: E402

# One thread, as on the server: small tensors gain nothing from two.
torch.set_num_threads(1)

# A busy machine is no reason to fail, and the same examples everywhere make a failure repeatable.
settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")))
# As many examples as there is time for; what failed is tried first the next time.
settings.register_profile("long", deadline=None, max_examples=3000)
settings.load_profile("project")

#: Tests that take longest: they begin, so that nobody waits for them at the end. Each may run
#: beside any other; the tests of another file are run by one process, one after another.
LONG = ("tests/benchmarks/", "tests/docs/", "tests/e2e/", "tests/faults/")


def group(test: str) -> str:
    """The tests of one group are run by the same process.

    Args:
        test: its file, which more may follow.
    """
    return test if test.startswith(LONG) else test.partition("::")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark fast tests and those that run once more; several processes begin with the longest."""
    fast = durations.fast([item.nodeid for item in items])
    for item in items:
        if item.nodeid in fast:
            item.add_marker(pytest.mark.fast)
        if item.nodeid.startswith("tests/e2e/"):  # a busy machine makes a page late
            item.add_marker(pytest.mark.flaky(reruns=1))
    if WORKER:
        items.sort(key=lambda item: not item.nodeid.startswith(LONG))


_took: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note how long each test takes, with its fixtures."""
    _took[report.nodeid] += report.duration  # type: ignore[assignment]


def pytest_sessionfinish() -> None:
    """Keep what was noted; where several processes shared the work, the first has heard it all."""
    if not WORKER:
        durations.keep(_took)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which may be absent or switched off
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Distribute the groups, in the order in which the tests were collected."""
    from xdist.scheduler import LoadScopeScheduling

    compilation = first_compilation.start()  # while the processes collect their tests

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

        def schedule(self) -> None:
            """Begin: all have collected their tests and wait."""
            if self.collection is None:
                compilation.wait()
                for node in self.nodes:
                    first_compilation.copy_to(first_compilation.FOLDER / node.gateway.id)
            super().schedule()

    config.option.loadscopereorder = False
    return ByGroup(config, log)
