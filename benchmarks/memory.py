"""What takes the memory of one server: a figure per import, and per visitor.

Run with ``python -m benchmarks.memory``, on Linux; ``make bench-classroom`` does. First one process
imports what the server does, in its order, then what only some pages need. Then a server runs on
which nothing was compiled before, as after every deployment, and with it the process that compiles;
and last one that is empty, has one visitor and 30, who play, and has none again.

*Resident* is what of a process is in memory (RSS); *anonymous* is what of it is in no file. The
rest are pages of libraries, which the system takes back when memory is short, so that a limit for a
container is reached by the anonymous part.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks.classroom import enter, first_visit
from benchmarks.websocket_session import Session
from tests.e2e.app import ROOT, Server, serve

#: What the server imports, in its order.
SERVER = (
    "streamlit.web.cli",
    "streamlit.web.bootstrap",
    "dashboard.app.light_torch:import_light_torch",
    "dashboard.app.page",
    "dashboard.board.page",
    "dashboard.compare.page",
    "dashboard.data.page",
    "dashboard.learn.page",
    "dashboard.sweeps.page",
    "dashboard.train.page",
    "rnn_core.training.optimizers:do_without_compiler",
)
#: What it loads in the background once the first page is there.
KERNELS = "rnn_core.engines.choice:_take_one_step"
#: What only some pages need, and for what.
LATER = {
    "pandas": "tables to edit",
    "scipy.stats": "verdicts of Compare",
    "statsmodels.tsa.holtwinters": "naive forecasts of a series",
    "pyarrow.csv": "files on the Data page",
    "rnn_core.experiments.sweep.storage": "sweeps",
    "vl_convert": "saved replays",
    "PIL.Image": "replays as films",
}
#: Packages that add less than so many MB are added up.
_SMALL = 2.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """How many visitors, and how long each part takes, in seconds.

    Args:
        visitors: how many play at the same time at last.
        later: whether what only some pages need is imported, too.
        play: how long they play before the memory is read.
        first_visit: how long the first visitor plays.
        settle: from the last one's leaving until the memory is read.
        compile: time that the kernels may take.
    """

    visitors: int = 30
    later: bool = True
    play: float = 20.0
    first_visit: float = 5.0
    settle: float = 190.0
    compile: float = 300.0


FULL = Schedule()
#: Enough to see that it runs; its figures mean nothing.
QUICK = Schedule(2, later=False, play=0.5, first_visit=0.5, settle=0.5, compile=0.0)


@dataclass(frozen=True, slots=True)
class Taken:
    """Memory of some processes, in MB.

    Args:
        resident: what is in memory; pages that they share count once for each.
        anonymous: what of it is in no file.
    """

    resident: float
    anonymous: float

    def __str__(self) -> str:
        return f"{self.resident:9.0f} {self.anonymous:9.0f}"


def taken(processes: Iterable[int]) -> Taken:
    """What processes take now; those that have ended take nothing."""
    sums = {"Rss": 0, "Anonymous": 0}
    for pid in processes:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        except (FileNotFoundError, ProcessLookupError):
            continue
        for line in text.splitlines()[1:]:
            name, kilobytes, *_ = line.split()
            name = name.removesuffix(":")
            if name in sums:
                sums[name] += int(kilobytes)
    return Taken(sums["Rss"] * 1024 / 1e6, sums["Anonymous"] * 1024 / 1e6)


def growth(*modules: str) -> dict[str, dict[str, list[float]]]:
    """What a fresh process grows by when it imports these; see `benchmarks.import_growth`."""
    command = [sys.executable, "-m", "benchmarks.import_growth", *modules]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, dict[str, list[float]]] = json.loads(done.stdout.splitlines()[-1])
    return found


def print_imports(schedule: Schedule) -> None:
    """MB per import, in the order of the server; then of what comes later, one after the other."""

    def row(name: str, resident: float, anonymous: float, note: str = "") -> None:
        print(f"{name:34} {Taken(resident, anonymous)}  {note}".rstrip(), flush=True)

    found = growth(*SERVER)
    print(f"{'MB per import, in order':34} {'resident':>9} {'anonymous':>9}")
    row("python", *found["python"])
    rest = [0.0, 0.0]
    for name, (resident, anonymous) in found["packages"].items():
        if resident >= _SMALL:
            row(name, resident, anonymous)
        else:
            rest = [rest[0] + resident, rest[1] + anonymous]
    row("others, each less than 2 MB", *rest)
    row("the pages, imported", *found["total"])
    before = found["total"]
    growth(KERNELS)  # where they are not kept yet, this process compiles them
    loaded = growth(*SERVER, KERNELS)["total"]
    row("kernels and Numba, loaded", *_less(loaded, before))
    names: list[str] = []
    for name, use in LATER.items() if schedule.later else ():
        names.append(name)
        now = growth(*SERVER, KERNELS, *names)["total"]
        row(name, *_less(now, loaded), use)
        loaded = now


def _less(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    return one[0] - other[0], one[1] - other[1]


def _report(when: str, now: Taken) -> None:
    print(f"{when:34} {now}", flush=True)


async def _first_start(server: Server, schedule: Schedule) -> None:
    """Follow a server that has no kernels, and its children, until they are compiled."""
    main = psutil.Process(server.pid)
    session = Session(server.url)
    await session.open()
    most = taken([server.pid])
    until = time.monotonic() + schedule.compile
    compiling = False
    while time.monotonic() < until:
        children = [child.pid for child in main.children(recursive=True)]
        now = taken([server.pid, *children])
        most = max(most, now, key=lambda each: each.resident)
        if compiling and not children:
            break
        compiling = compiling or bool(children)
        await asyncio.sleep(0.2)
    await asyncio.sleep(schedule.play / 2)
    _report("first start, both processes", most)
    _report("first start, kernels compiled", taken([server.pid]))
    await session.close()


async def _visits(server: Server, schedule: Schedule) -> int:
    """Read the memory of a server with none, one and many visitors, and with none again."""
    process = psutil.Process(server.pid)
    _report("server that nobody has visited", taken([server.pid]))
    await first_visit(server.url, "", process, schedule.first_visit)
    empty = taken([server.pid])
    _report("one visitor was there", empty)
    sessions: list[Session] = []
    for number in (1, schedule.visitors):
        while len(sessions) < number:
            sessions.append(Session(server.url))
            await enter(sessions[-1])
        await asyncio.sleep(schedule.play)
        now = taken([server.pid])
        _report(f"{number} playing", now)
    each = (now.resident - empty.resident) / schedule.visitors
    died = sum(bool(session.died) for session in sessions)
    await asyncio.gather(*(session.close() for session in sessions), return_exceptions=True)
    await asyncio.sleep(schedule.settle)
    after = taken([server.pid])
    _report(f"{schedule.settle:.0f} s after all have left", after)
    print(f"{'MB per visitor':34} {each:9.1f}")
    print(f"{'left of the visitors':34} {after.resident / empty.resident - 1:9.1%}")
    print(f"{'died':34} {died:9}")
    return died


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures.

    Raises:
        SystemExit: outside Linux, or if a session died.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, metavar="N", help="at the same time; 30")
    parser.add_argument(
        "--quick", action="store_true", help="two visitors, briefly; the figures mean nothing"
    )
    chosen = parser.parse_args(arguments)
    if not Path("/proc/self/smaps_rollup").exists():
        raise SystemExit(
            "The memory of a process is read as Linux tells it, which is missing here."
        )
    schedule = QUICK if chosen.quick else FULL
    schedule = replace(schedule, visitors=chosen.visitors or schedule.visitors)
    print_imports(schedule)
    print(f"\n{'MB of one server':34} {'resident':>9} {'anonymous':>9}", flush=True)
    with TemporaryDirectory() as folder, serve(environment={"NUMBA_CACHE_DIR": folder}) as server:
        asyncio.run(_first_start(server, schedule))
    with serve(environment=dict(os.environ)) as server:
        died = asyncio.run(_visits(server, schedule))
    if died:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
