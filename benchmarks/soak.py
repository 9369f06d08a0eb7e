"""Hours of a class on one server: visitors come, play, change settings and leave, over and over.

Run with ``python -m benchmarks.soak --sessions 30 --minutes 60``. The visitors have no browser;
they speak its protocol. Each opens the page with one of some links, plays for some seconds, pauses,
sets the size of the network and plays on, a few times, and closes the connection; then the next one
takes the place. Printed are the server's memory before they come, at each quarter and after all
have left, the redraws per second, and what went wrong: sessions that died, and lines of the
server's log that tell of an error. The exit status is 1 if anything did.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import psutil
from websockets.exceptions import WebSocketException

from benchmarks.abandoned import megabytes
from benchmarks.classroom import enter, first_visit
from benchmarks.websocket_session import Session
from tests.e2e.app import Server, serve

# Links that visitors open, each as often as the others: what a class may try.
LINKS = (
    "",
    "cell=lstm&hidden_size=64",
    "cell=gru&task=flip_flop",
    "pace=20&lr=0.005",
    "task=mackey_glass&cell=lstm",
    "batch_size=16&window_length=40",
    "task=series",
    "num_layers=2&clip_norm=1",
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """How many sessions, and how long each part takes, in seconds.

    Args:
        sessions: there at the same time.
        seconds: how long visitors come.
        first_visit: how long one visitor plays at each link before the others come, so that the
            libraries that it takes are there when the memory is first read.
        links: their queries; each visitor has a random one.
        visit: bounds of the random time that one stays.
        play: bounds of the random time from one click or change to the next.
        settle: from the last visitor's leaving until the memory is read for the last time.
    """

    sessions: int = 30
    seconds: float = 3600.0
    first_visit: float = 5.0
    links: tuple[str, ...] = LINKS
    visit: tuple[float, float] = (20.0, 120.0)
    play: tuple[float, float] = (2.0, 10.0)
    settle: float = 190.0


FULL = Schedule()
#: Enough to see that it runs; its figures mean nothing.
QUICK = Schedule(
    sessions=2,
    seconds=4.0,
    first_visit=0.5,
    links=LINKS[:2],
    visit=(0.5, 1.5),
    play=(0.2, 0.5),
    settle=0.5,
)
#: Seconds without an answer after which a session counts as dead.
PATIENCE = 30.0
# In the server's log.
_ERROR = re.compile(r"Traceback|\bERROR\b|\bCRITICAL\b|Exception in ")


@dataclass(slots=True)
class Tally:
    """What all visits had together: their number, redraws, changes of settings, repairs, deaths."""

    visits: int = 0
    redraws: int = 0
    changes: int = 0
    repaired: int = 0
    deaths: Counter[str] = field(default_factory=Counter)


async def _stay(session: Session, chance: random.Random, schedule: Schedule, tally: Tally) -> None:
    """Play, change the network, pause and play on."""
    until = time.monotonic() + chance.uniform(*schedule.visit)
    while time.monotonic() < until and not session.died:
        async with asyncio.timeout(PATIENCE):
            await asyncio.sleep(chance.uniform(*schedule.play))
            await session.click()
            if chance.random() < 0.5:
                await session.drag("hidden_size", chance.randint(4, 64))
                tally.changes += 1
            if not session.is_playing:
                await session.click()


async def _come_and_go(
    server: Server, seed: int, schedule: Schedule, until: float, tally: Tally
) -> None:
    """One place in the class: visitors come and go until the time is over."""
    chance = random.Random(seed)
    while time.monotonic() < until:
        session = Session(server.url, chance.choice(schedule.links))
        await enter(session)
        try:
            if not session.died:
                await _stay(session, chance, schedule, tally)
        except TimeoutError:
            session.died = session.died or f"no answer in {PATIENCE:.0f} s"
        tally.visits += 1
        tally.redraws += session.redraws
        tally.repaired += session.repaired
        if session.died:
            tally.deaths[session.died] += 1
            await asyncio.sleep(chance.uniform(*schedule.play))
        with suppress(OSError, WebSocketException, AttributeError):
            await session.close()


async def soak(server: Server, schedule: Schedule) -> Tally:
    """Let visitors come and go, and print the server's memory meanwhile."""
    process = psutil.Process(server.pid)

    def report(when: str) -> None:
        print(f"{when:26} {megabytes(process):8.0f} MB", flush=True)

    for link in schedule.links:
        await first_visit(server.url, link, process, schedule.first_visit)
    report("server before")
    tally = Tally()
    until = time.monotonic() + schedule.seconds
    places = [
        asyncio.create_task(_come_and_go(server, seed, schedule, until, tally))
        for seed in range(schedule.sessions)
    ]
    for quarter in range(1, 5):
        await asyncio.sleep(schedule.seconds / 4)
        report(f"after {quarter * schedule.seconds / 240:.1f} minutes")
    await asyncio.gather(*places)
    await asyncio.sleep(schedule.settle)
    report("after all have left")
    return tally


def errors(log: str) -> list[str]:
    """The lines of a server's log that tell of an error."""
    return [line for line in log.splitlines() if _ERROR.search(line)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures.

    Raises:
        SystemExit: if a session died or the server's log has an error.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, metavar="N", help="at the same time; 30")
    parser.add_argument("--minutes", type=float, help="how long visitors come; 60")
    parser.add_argument(
        "--query", help="one link for all of them, its part after the question mark"
    )
    parser.add_argument(
        "--quick", action="store_true", help="two places, briefly; the figures mean nothing"
    )
    chosen = parser.parse_args(arguments)
    schedule = QUICK if chosen.quick else FULL
    schedule = replace(
        schedule,
        sessions=chosen.sessions or schedule.sessions,
        seconds=60 * chosen.minutes if chosen.minutes else schedule.seconds,
        links=schedule.links if chosen.query is None else (chosen.query,),
    )
    with serve() as server:
        tally = asyncio.run(soak(server, schedule))
        wrong = errors(server.log.read_text(encoding="utf-8"))
    print(f"{'sessions at a time':26} {schedule.sessions:8}")
    print(f"{'sessions in all':26} {tally.visits:8}")
    print(f"{'changes of settings':26} {tally.changes:8}")
    rate = tally.redraws / schedule.seconds
    print(f"{'redraws per second, all':26} {rate:8.1f}")
    print(f"{'buttons that were lost':26} {tally.repaired:8}")
    print(f"{'sessions that died':26} {sum(tally.deaths.values()):8}")
    print(f"{'errors in the log':26} {len(wrong):8}")
    for reason, number in tally.deaths.items():
        print(f"{'':10}{number} died: {reason}")
    for line in wrong:
        print(f"{'':10}{line}")
    if tally.deaths or wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
