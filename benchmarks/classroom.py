"""A class on one server: N sessions that speak Streamlit's websocket protocol, without browsers.

Run with ``python -m benchmarks.classroom``; ``make bench-classroom`` does. For each count of
sessions a fresh server is started. Every session plays, asks for redraws as a browser's timer does,
and now and then clicks Pause and, once answered, Run again. Redraws a second are counted over the
whole time, short pauses included; the server's milliseconds a redraw include its answers to clicks.
The clients share the machine with the server; their own use of it is printed too.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import statistics
import time
from collections import Counter

import psutil
from websockets.exceptions import WebSocketException

from benchmarks.websocket_session import Session
from tests.e2e.app import Server, serve

#: Seconds over which the sessions arrive.
ARRIVALS = 2.0
#: Seconds until the last of them has the page and has begun to play; later ones count as dead.
ENTRY = 30.0
#: Seconds that the first visitor plays, before the server's memory is taken.
FIRST_VISIT = 5.0
#: Seconds that all play before anything is measured.
WARM_UP = 3.0
#: Seconds between an answered Run and the next Pause: with both, about a click in three seconds.
PLAY = (2.0, 10.0)
#: A session that shows nothing new for so many seconds is dead.
PATIENCE = 5.0

HEADER = """\
             redraws/s    slowest click-to-frame   server ms   cores busy      MB per
sessions   mean  slowest  of mean p50, ms p95, ms   a redraw server clients   session  steps/s  died
"""


def _busy(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1] if values else math.nan


async def _enter(session: Session) -> None:
    """Open the page and play, or be dead."""
    try:
        async with asyncio.timeout(ENTRY):
            await session.open()
            await session.click()
    except TimeoutError:
        session.died = session.died or f"no page in {ENTRY:.0f} s"
    except (OSError, WebSocketException):
        session.died = session.died or "no connection"


async def _visit(session: Session, seed: int) -> None:
    """Play on, and click at random times, for ever."""
    moments = random.Random(seed)
    while True:
        await asyncio.sleep(moments.uniform(*PLAY))
        await session.click()
        await session.click()


async def _first_visit(url: str, query: str, process: psutil.Process) -> None:
    """Have somebody been there before: imports are done and the compiled engine is ready."""
    session = Session(url, query)
    await _enter(session)
    await asyncio.sleep(FIRST_VISIT)
    await session.click()
    for _ in range(60):
        before = _busy(process)
        await asyncio.sleep(1)
        if _busy(process) - before < 0.1:
            break
    await session.close()
    await asyncio.sleep(1)


async def measure(server: Server, count: int, seconds: float, query: str) -> str:
    """One line of the table."""
    process, client = psutil.Process(server.pid), psutil.Process()
    await _first_visit(server.url, query, process)
    memory = process.memory_info().rss

    async def arrive(number: int) -> Session:
        await asyncio.sleep(ARRIVALS * number / count)
        session = Session(server.url, query)
        await _enter(session)
        return session

    sessions = await asyncio.gather(*map(arrive, range(count)))
    alive = [session for session in sessions if not session.died]
    visits = [asyncio.create_task(_visit(session, seed)) for seed, session in enumerate(alive)]
    await asyncio.sleep(WARM_UP)
    for session in sessions:
        session.forget()
    began, busy, own = time.perf_counter(), _busy(process), _busy(client)
    await asyncio.sleep(seconds)
    took = time.perf_counter() - began
    busy, own = _busy(process) - busy, _busy(client) - own
    grown = (process.memory_info().rss - memory) / count / 1e6
    for visit in visits:
        visit.cancel()
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
    return (
        f"{count:8d} {mean:6.1f} {min(rates):8.1f} {min(rates) / mean if mean else math.nan:8.2f} "
        f"{_percentile(delays, 0.5):7.0f} {_percentile(delays, 0.95):7.0f} "
        f"{1000 * busy / redraws if redraws else math.nan:10.1f} {busy / took:6.2f} "
        f"{own / took:7.2f} {grown:9.1f} {steps:8.0f} {sum(deaths.values()):5d}"
        + "".join(f"\n{'':10}{number} died: {reason}" for reason, number in deaths.items())
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 10, 30, 60])
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--query", default="")
    chosen = parser.parse_args()
    print(f"{psutil.cpu_count()} cores; {chosen.seconds:.0f} s each; per session where it says /s")
    print(HEADER, end="", flush=True)
    for count in chosen.sessions:
        with serve() as server:
            try:
                line = asyncio.run(measure(server, count, chosen.seconds, chosen.query))
            except psutil.Error:
                line = f"{count:8d} the server died"
        print(line, flush=True)


if __name__ == "__main__":
    main()
