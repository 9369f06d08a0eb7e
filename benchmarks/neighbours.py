"""What one visitor gets while another plays the largest runs that the server allows.

Run with ``python -m benchmarks.neighbours``; ``make bench-classroom`` does. The visitor plays the
page's own run and clicks Pause and Run, as in `benchmarks.classroom`. The neighbour plays a run of
just below the limit of `dashboard.app.limits`; the last columns are the neighbour's own. At the end
the neighbour's tab is closed in the middle of a step: "after" is the processor's time that the
server spends in the second second after that, in percent of a core, with nobody left.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from benchmarks.classroom import busy, enter, percentile, visit
from benchmarks.websocket_session import Session
from dashboard.app.limits import Work, alternatives
from dashboard.app.link import write_link
from dashboard.app.settings import RUN_SETTINGS
from rnn_core import RunConfig
from tests.e2e.app import Server, serve


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A run of just below the limit.

    Args:
        name: in the table.
        page: its path.
        config: of the sidebar, with the highest window that is allowed.
        query: further settings of the page.
        networks: of each cell of `compared`, which are trained side by side.
        compared: the cells of a comparison.
    """

    name: str
    page: str
    config: RunConfig
    query: str = ""
    networks: int = 1
    compared: tuple[str, ...] = ()

    @property
    def link(self) -> str:
        """The part of its link after the question mark."""
        config = self.config.to_dict()
        cells = self.compared or (self.config.cell,)
        work = Work(
            tuple(RunConfig.from_dict({**config, "cell": cell}) for cell in cells), self.networks
        )
        highest = alternatives(work).get("window_length", self.config.window_length)
        chosen = RunConfig.from_dict({**config, "window_length": highest}).to_dict()
        parameters = write_link(chosen, RUN_SETTINGS)
        return "&".join([*(f"{name}={value}" for name, value in parameters.items()), self.query])


# The longest window that the page offers.
_LONGEST = RUN_SETTINGS["window_length"].rule("sin_to_cos").high
_CELLS = ("rnn", "lstm", "gru")


def _run(cell: str, hidden_size: int, num_layers: int, batch_size: int = 1) -> RunConfig:
    return RunConfig(
        cell=cell,
        hidden_size=hidden_size,
        num_layers=num_layers,
        batch_size=batch_size,
        window_length=_LONGEST,
    )


NEIGHBOURS = (
    Neighbour("GRU 256 x 4, batch 64", "", _run("gru", 256, 4, 64)),
    Neighbour("GRU 256 x 4, batch 16", "", _run("gru", 256, 4, 16)),
    Neighbour("minGRU 256 x 4, batch 64", "", _run("min_gru", 256, 4, 64)),
    Neighbour(
        "3 x 16 of 128 x 2, batch 4", "compare", _run("rnn", 128, 2, 4), "seeds=16", 16, _CELLS
    ),
    Neighbour("3 x 2 of 256 x 4", "compare", _run("rnn", 256, 4), "seeds=2", 2, _CELLS),
)

HEADER = """\
                              visitor             silence,  neighbour        server
beside                        redraws/s  p95, ms  s         redraws/s  MB    after, %
"""


async def measure(server: Server, neighbour: Neighbour | None, seconds: float) -> str:
    """A line of the table."""
    process = psutil.Process(server.pid)
    visitor, other = Session(server.url), None
    await enter(visitor)
    await asyncio.sleep(seconds / 3)
    memory = process.memory_info().rss
    if neighbour is not None:
        other = Session(server.url, neighbour.link, page=neighbour.page)
        await enter(other)
        await asyncio.sleep(seconds / 3)
    clicks = asyncio.create_task(visit(visitor, 0, (0.5, 2.0)))
    visitor.forget()
    if other is not None:
        other.forget()
    await asyncio.sleep(seconds)
    clicks.cancel()
    visitor.stop()
    died = visitor.died or (other.died if other is not None else "")
    name = neighbour.name if neighbour is not None else "nobody"
    line = (
        f"{name:29} {visitor.redraws / seconds:9.1f} "
        f"{1000 * percentile(visitor.delays, 0.95):8.0f} {visitor.longest_silence:8.1f} "
    )
    grown = (process.memory_info().rss - memory) / 1e6
    await visitor.close()
    if other is None:
        return line
    await other.close()
    await asyncio.sleep(1)
    before = busy(process)
    await asyncio.sleep(1)
    after = 100 * (busy(process) - before)
    return f"{line} {other.redraws / seconds:9.1f} {grown:5.0f} {after:8.0f}  {died}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="how long to measure; 15")
    parser.add_argument(
        "--quick", action="store_true", help="one neighbour, briefly; the figures mean nothing"
    )
    chosen = parser.parse_args(arguments)
    seconds = 1.5 if chosen.quick else chosen.seconds
    neighbours = NEIGHBOURS[-1:] if chosen.quick else NEIGHBOURS
    print(f"{psutil.cpu_count()} cores; {seconds:g} s each")
    print(HEADER, end="", flush=True)
    with serve() as server:
        for neighbour in (None, *neighbours):
            print(asyncio.run(measure(server, neighbour, seconds)), flush=True)


if __name__ == "__main__":
    main()
