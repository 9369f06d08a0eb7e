"""Waiting times at the start: for the import, and for the server's first page.

Run with ``python -m benchmarks.start_up``; ``make bench`` does. Files are in the machine's cache
and the kernels are compiled; the first start after an installation takes longer.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
from collections.abc import Sequence
from time import perf_counter

from benchmarks.timing import is_quick
from benchmarks.websocket_session import Session
from tests.e2e.app import ROOT, serve

#: Interpreters that import, starts of the server, and how many of each only fill the caches.
FULL, QUICK = (9, 5, 1), (1, 1, 0)


def seconds_to_import(module: str) -> float:
    """In a fresh interpreter, without the start of the interpreter itself."""
    code = f"from time import perf_counter as now; b = now(); import {module}; print(now() - b)"
    command = [sys.executable, "-c", code]
    return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout)


async def _open(url: str) -> None:
    session = Session(url)
    await session.open()
    await session.close()


def seconds_to_first_page() -> tuple[float, float]:
    """From the start of the server's process until it answers, and until the page is complete."""
    began = perf_counter()
    with serve() as server:
        answered = perf_counter()
        asyncio.run(asyncio.wait_for(_open(server.url), timeout=60))
        return answered - began, perf_counter() - began


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    imports, starts, warm_up = QUICK if is_quick(arguments, __doc__) else FULL
    times: dict[str, list[float]] = {"rnn_core": [], "torch": []}
    for number in range(warm_up + imports):
        for module, found in times.items():
            seconds = seconds_to_import(module)
            if number >= warm_up:
                found.append(seconds)
    ours, theirs = map(statistics.median, times.values())
    print(f"\nImport, median of {imports} interpreters each")
    print(
        f"import rnn_core takes {ours / theirs:.2f} times as long as import torch "
        f"({ours:.2f} / {theirs:.2f} s; fastest {min(times['rnn_core']):.2f} / "
        f"{min(times['torch']):.2f} s)",
        flush=True,
    )
    for _ in range(warm_up):
        seconds_to_first_page()
    answered, page = zip(*(seconds_to_first_page() for _ in range(starts)), strict=True)
    print(f"Server, warm, median of {starts} starts (fastest): seconds from the process's start")
    print(f"until it answers {statistics.median(answered):.1f} ({min(answered):.1f})")
    print(f"until the whole first page {statistics.median(page):.1f} ({min(page):.1f})")


if __name__ == "__main__":
    main()
