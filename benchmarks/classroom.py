"""A class on one server: N sessions that speak Streamlit's websocket protocol, without browsers.

Run with ``python -m benchmarks.classroom``; ``make bench-classroom`` does. Each number of sessions
gets a fresh server. Every session plays, requests redraws as a browser's timer does, and at random
times clicks Pause and, once that is answered, Run. ``--workers 2`` measures two processes behind
HAProxy, as ``make serve`` runs them; their processor time and memory, and HAProxy's, are added.
Redraws per second are counted over the whole time, pauses included; the server's milliseconds per
redraw include its answers to clicks. The clients run on the same machine as the server, and their
share of it is printed too. The exit status is 1 if a session died.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import psutil
from websockets.exceptions import WebSocketException

from benchmarks.websocket_session import Session
from dashboard.serve.__main__ import MOST_WORKERS, number
from dashboard.serve.haproxy import MISSING, program
from tests.e2e.app import Server, serve, serve_replicas

#: Seconds until a session has the page and has begun to play; later ones count as dead.
ENTRY = 30.0
#: Seconds without a redraw or an answer after which a session counts as dead.
PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """How many sessions, and how long each part takes, in seconds.

    Args:
        sessions: a line of the table for each of these numbers.
        seconds: how long is measured.
        first_visit: how long one visitor plays before the server's memory is read.
        arrivals: the time over which the sessions arrive.
        warm_up: how long all play before anything is measured.
        play: bounds of the random time between an answered Run and the next Pause. Both clicks
            together make about one click in three seconds.
    """

    sessions: tuple[int, ...] = (1, 10, 30, 60)
    seconds: float = 15.0
    first_visit: float = 5.0
    arrivals: float = 2.0
    warm_up: float = 3.0
    play: tuple[float, float] = (2.0, 10.0)


FULL = Schedule()
#: Enough to see that it runs; its figures mean nothing.
QUICK = Schedule((2,), 2.0, first_visit=1.0, arrivals=0.2, warm_up=0.5, play=(0.3, 0.6))

HEADER = """\
             redraws/s    slowest click-to-frame  server ms   cores busy       MB per
sessions   mean  slowest  of mean p50, ms p95, ms per redraw server clients   session  steps/s  died
"""


def busy(*processes: psutil.Process) -> float:
    """The processor's time that processes have taken, in seconds."""
    times = [process.cpu_times() for process in processes]
    return float(sum(each.user + each.system for each in times))


def percentile(values: list[float], share: float) -> float:
    """The value below which a share of them lies, one of those that occurred; nan of none."""
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else math.nan


async def enter(session: Session) -> None:
    """Open the page and play; a session that cannot is dead."""
    try:
        async with asyncio.timeout(ENTRY):
            await session.open()
            if not session.died:
                await session.click()
    except TimeoutError:
        session.died = session.died or f"no page in {ENTRY:.0f} s"
    except (OSError, WebSocketException):
        session.died = session.died or "no connection"


async def visit(session: Session, seed: int, play: tuple[float, float]) -> None:
    """Play, and click at random times, until cancelled."""
    generator = random.Random(seed)
    while not session.died:
        await asyncio.sleep(generator.uniform(*play))
        await session.click()
        await session.click()


async def first_visit(url: str, query: str, process: psutil.Process, seconds: float) -> None:
    """Warm the server up, so that imports are done and the compiled engine is ready."""
    session = Session(url, query)
    await enter(session)
    if session.died:
        return
    await asyncio.sleep(seconds)
    await session.click()
    for _ in range(60):
        before = busy(process)
        await asyncio.sleep(1)
        if busy(process) - before < 0.1:
            break
    await session.close()
    await asyncio.sleep(1)


async def measure(
    server: Server, count: int, schedule: Schedule, query: str
) -> tuple[str, Counter[str]]:
    """One line of the table, and why sessions died."""
    main, client = psutil.Process(server.pid), psutil.Process()
    processes = [main, *main.children(recursive=True)]
    # One visit for each process of the app; HAProxy sends each visitor where the fewest are.
    served = [each for each in processes if "streamlit" in each.cmdline()] or [main]
    await asyncio.gather(
        *(first_visit(server.url, query, each, schedule.first_visit) for each in served)
    )
    memory = sum(each.memory_info().rss for each in processes)

    async def arrive(number: int) -> Session:
        await asyncio.sleep(schedule.arrivals * number / count)
        session = Session(server.url, query)
        await enter(session)
        return session

    sessions = await asyncio.gather(*map(arrive, range(count)))
    alive = [session for session in sessions if not session.died]
    visits = [
        asyncio.create_task(visit(session, seed, schedule.play))
        for seed, session in enumerate(alive)
    ]
    await asyncio.sleep(schedule.warm_up)
    for session in sessions:
        session.forget()
    began, before, own_before = time.perf_counter(), busy(*processes), busy(client)
    await asyncio.sleep(schedule.seconds)
    took = time.perf_counter() - began
    used, own = busy(*processes) - before, busy(client) - own_before
    grown = (sum(each.memory_info().rss for each in processes) - memory) / count / 1e6
    for task in visits:
        task.cancel()
    for session in sessions:
        session.stop()
        if session.longest_silence > PATIENCE:
            session.died = session.died or f"no redraw for {PATIENCE:.0f} s"
    rates = [session.redraws / took for session in sessions]
    steps = statistics.mean((session.step - session.first_step) / took for session in sessions)
    delays = [1000 * delay for session in sessions for delay in session.delays]
    deaths = Counter(session.died for session in sessions if session.died)
    await asyncio.gather(*(session.close() for session in alive), return_exceptions=True)
    mean = statistics.mean(rates)
    redraws = sum(session.redraws for session in sessions)
    line = (
        f"{count:8d} {mean:6.1f} {min(rates):8.1f} {min(rates) / mean if mean else math.nan:8.2f} "
        f"{percentile(delays, 0.5):7.0f} {percentile(delays, 0.95):7.0f} "
        f"{1000 * used / redraws if redraws else math.nan:10.1f} {used / took:6.2f} "
        f"{own / took:7.2f} {grown:9.1f} {steps:8.0f} {sum(deaths.values()):5d}"
    )
    return line, deaths


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table.

    Raises:
        SystemExit: if a session died, or HAProxy is needed and missing.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", metavar="N", help="1 10 30 60")
    parser.add_argument("--seconds", type=float, help="how long to measure; 15")
    parser.add_argument(
        "--workers",
        type=partial(number, "workers", 1, MOST_WORKERS),
        metavar="N",
        help="so many processes behind HAProxy; else one alone",
    )
    parser.add_argument("--query", default="", help="the link's part after the question mark")
    parser.add_argument(
        "--quick", action="store_true", help="two sessions, briefly; the figures mean nothing"
    )
    chosen = parser.parse_args(arguments)
    if chosen.workers and program() is None:
        raise SystemExit(MISSING)
    schedule = QUICK if chosen.quick else FULL
    counts = chosen.sessions or schedule.sessions
    schedule = replace(schedule, seconds=chosen.seconds or schedule.seconds)
    print(
        f"{psutil.cpu_count()} cores; "
        + (f"{chosen.workers} processes behind HAProxy; " if chosen.workers else "")
        + f"{schedule.seconds:.0f} s each; rates and memory per session"
    )
    print(HEADER, end="", flush=True)
    died = 0
    for count in counts:
        with serve_replicas(chosen.workers) if chosen.workers else serve() as server:
            try:
                line, deaths = asyncio.run(measure(server, count, schedule, chosen.query))
            except psutil.Error:
                line, deaths = f"{count:8d}", Counter({"the server died": count})
        print(line, flush=True)
        for reason, dead in deaths.items():
            print(f"{'':10}{dead} died: {reason}", flush=True)
        died += sum(deaths.values())
    if died:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
