"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]

# One of several processes, each with a core: `make test`. Set before NumPy and Numba are imported,
# and inherited by the programs and servers that tests start.
WORKER = os.environ.get("PYTEST_XDIST_WORKER")
if WORKER:
    os.environ["OMP_NUM_THREADS"] = "1"
    # Numba's cache is not made for two processes that compile at once: one may find another
    # kernel's code under the name that it has chosen for its own.
    os.environ["NUMBA_CACHE_DIR"] = str(ROOT / ".pytest_cache" / "numba" / WORKER)

import torch  # noqa: E402
from hypothesis import settings  # noqa: E402

# One thread, as on the server: small tensors gain nothing from two.
torch.set_num_threads(1)

# A busy machine is no reason to fail, and the same examples everywhere make a failure repeatable.
settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")))
# As many examples as there is time for; what failed is tried first the next time.
settings.register_profile("long", deadline=None, max_examples=3000)
settings.load_profile("project")

#: Tests that one process runs while the others run the rest: their folder or file. The other files
#: are each run by one process, too. These come first, so that nobody waits for them at the end.
TOGETHER = {
    # All that compile the kernels in double precision, which takes half a minute.
    "tests/rnn_core/engines/test_compiled_engine.py": "double precision",
    "tests/rnn_core/engines/test_criteria.py": "double precision",
    # Two browsers at once would wait for each other.
    "tests/e2e/": "browser",
}


def group(test: str) -> str:
    """The tests of one group are run by the same process.

    Args:
        test: its file, which more may follow.
    """
    names = (name for place, name in TOGETHER.items() if test.startswith(place))
    return next(names, test.partition("::")[0])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the work, begin with the groups that take longest."""
    if WORKER:
        first = list(TOGETHER.values())
        groups = [group(item.nodeid) for item in items]
        order = [first.index(name) if name in first else len(first) for name in groups]
        items[:] = [items[n] for n in sorted(range(len(items)), key=order.__getitem__)]


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, which may be absent or switched off
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Distribute the groups, in the order in which the tests were collected."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    config.option.loadscopereorder = False
    return ByGroup(config, log)
