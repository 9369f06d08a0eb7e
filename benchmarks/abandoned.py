"""Sessions that are abandoned: what they cost afterwards, and whether their memory comes back.

Run with ``python -m benchmarks.abandoned``; ``make bench-classroom`` does. Visitors without
browsers open the page of a server on which one visitor has been before, play for some seconds and,
still playing, close the connection. Printed are the resident set of the server before, at most and
some time after, with no further visitor, and the processor's time that it took from 5 to 10 seconds
after the last had left.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import psutil

from benchmarks.classroom import busy, enter, first_visit
from benchmarks.websocket_session import Session
from tests.e2e.app import Server, serve


@dataclass(frozen=True, slots=True)
class Schedule:
    """How many visitors, and how long each part takes, in seconds.

    Args:
        sessions: visitors in all.
        at_once: how many of them are there at the same time.
        first_visit: how long one visitor plays before the memory is read for the first time.
        play: how long each plays.
        rest: from the last visitor's leaving to the span over which the processor is measured.
        measured: length of that span.
        wait: from a visitor's leaving until the memory is read, before and after. The server keeps
            a session for 120 s, and needs up to a minute to free what it held.
    """

    sessions: int = 100
    at_once: int = 10
    first_visit: float = 5.0
    play: float = 5.0
    rest: float = 5.0
    measured: float = 5.0
    wait: float = 180.0


FULL = Schedule()
#: Enough to see that it runs; its figures mean nothing.
QUICK = Schedule(sessions=3, at_once=2, first_visit=0.5, play=0.5, rest=0.5, measured=0.5, wait=1.5)


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured: resident sets in MB, and the cores that were busy, in seconds a second."""

    before: float
    most: float
    after: float
    cores: float
    died: int


def megabytes(process: psutil.Process) -> float:
    """The resident set of a process."""
    return float(process.memory_info().rss) / 1e6


async def measure(server: Server, schedule: Schedule, query: str) -> Figures:
    """Let visitors come, play and leave."""
    process = psutil.Process(server.pid)
    await first_visit(server.url, query, process, schedule.first_visit)
    await asyncio.sleep(schedule.wait)
    before = most = megabytes(process)
    died = 0
    places = asyncio.Semaphore(schedule.at_once)

    async def visit() -> None:
        nonlocal most, died
        async with places:
            session = Session(server.url, query)
            await enter(session)
            await asyncio.sleep(schedule.play)
            most = max(most, megabytes(process))
            died += bool(session.died)
            await session.close()

    await asyncio.gather(*(visit() for _visitor in range(schedule.sessions)))
    await asyncio.sleep(schedule.rest)
    began = busy(process)
    await asyncio.sleep(schedule.measured)
    cores = (busy(process) - began) / schedule.measured
    most = max(most, megabytes(process))
    await asyncio.sleep(schedule.wait - schedule.rest - schedule.measured)
    return Figures(before, most, megabytes(process), cores, died)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures.

    Raises:
        SystemExit: if a session died before it was abandoned.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, metavar="N", help="how many come and go; 100")
    parser.add_argument("--query", default="", help="the link's part after the question mark")
    parser.add_argument(
        "--quick", action="store_true", help="three sessions, briefly; the figures mean nothing"
    )
    chosen = parser.parse_args(arguments)
    schedule = QUICK if chosen.quick else FULL
    schedule = replace(schedule, sessions=chosen.sessions or schedule.sessions)
    with serve() as server:
        figures = asyncio.run(measure(server, schedule, chosen.query))
    print(f"{'sessions abandoned':26} {schedule.sessions:8}")
    print(f"{'server before':26} {figures.before:8.0f} MB")
    print(f"{'server at most':26} {figures.most:8.0f} MB")
    print(f"{f'server after {schedule.wait:.0f} s':26} {figures.after:8.0f} MB")
    print(f"{f'cores busy after {schedule.rest:.0f} s':26} {figures.cores:8.2f}")
    print(f"{'died':26} {figures.died:8}")
    if figures.died:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
