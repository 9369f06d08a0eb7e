"""A class on one server: N sessions that speak Streamlit's websocket protocol, without browsers.

Run with ``python -m benchmarks.classroom``; ``make bench-classroom`` does. For each count of
sessions a fresh server is started. Every session plays, asks for redraws as a browser's timer does,
and now and then clicks Pause and at once Run again. The clients share the machine with the server;
their own use of it is printed too.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import statistics
import time
from dataclasses import dataclass, field

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.e2e.app import Server, serve

#: Seconds that sessions play before anything is measured.
WARM_UP = 4.0
#: Each session clicks about every so many seconds.
BETWEEN_CLICKS = 3.0
#: A session without a redraw for so many seconds is dead.
PATIENCE = 5.0
#: So long a new visitor waits for the page.
ENTRY = 10.0


@dataclass
class Session:
    """One visitor: what the browser's side of the protocol would do and remember."""

    socket: ClientConnection
    query: str
    redraws: int = 0
    first_step: int = 0
    step: int = 0
    last_redraw: float = field(default_factory=time.perf_counter)
    longest_wait: float = 0.0
    failed: bool = False
    delays: list[float] = field(default_factory=list)
    _page: str = ""
    _button: tuple[str, str] = ("", "")  # id and key of the one that plays or pauses
    _timer: tuple[str, float] | None = None
    _coming_timer: tuple[str, float] | None = None
    _finished: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        """Take in whatever the server sends, until the socket closes."""
        try:
            async for data in self.socket:
                assert isinstance(data, bytes)
                self._take(ForwardMsg.FromString(data))
        except ConnectionClosed:
            self.failed = True

    async def tick(self) -> None:
        """The browser's timer: ask for a redraw at every beat, answered or not."""
        due = time.perf_counter()
        while True:
            if self._timer is None:
                await asyncio.sleep(0.01)
                due = time.perf_counter()
                continue
            fragment, interval = self._timer
            due = max(due + interval, time.perf_counter())  # missed beats are not made up for
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if self._timer is not None:
                await self._rerun(fragment=fragment)

    async def open(self) -> None:
        """The first run of the page."""
        self._finished.clear()
        await self._rerun()
        await self._finished.wait()

    async def click(self) -> float:
        """Press Run or Pause; seconds until the whole page has answered with the other button."""
        before = self._button
        began = time.perf_counter()
        self._finished.clear()
        await self._rerun(button=before[0])
        while self._button == before:
            await self._finished.wait()
            self._finished.clear()
        return time.perf_counter() - began

    async def visit(self, seed: int) -> None:
        """Play, and click at random times, for ever."""
        moments = random.Random(seed)
        await self.click()
        while True:
            await asyncio.sleep(moments.uniform(0.5, 2 * BETWEEN_CLICKS - 0.5))
            self.delays.append(await self.click())  # pause
            self.delays.append(await self.click())  # run
            self.last_redraw = time.perf_counter()

    def start_measuring(self) -> None:
        """Forget the warm-up."""
        self.redraws, self.longest_wait, self.delays = 0, 0.0, []
        self.first_step = self.step

    async def _rerun(self, *, fragment: str = "", button: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash = self.query, self._page
        state.context_info.locale = "en-US"
        if fragment:
            state.fragment_id, state.is_auto_rerun = fragment, True
        if button:
            # A widget that is not named keeps its value, so no others are.
            widget = state.widget_states.widgets.add()
            widget.id, widget.trigger_value = button, True
        await self.socket.send(message.SerializeToString())

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            what = element.WhichOneof("type")
            if what == "button":
                key = element.button.id.rsplit("-", 1)[-1]
                if key in ("play", "pause"):
                    self._button = element.button.id, key
            elif what == "metric" and element.metric.label == "At step":
                self._redrawn(int(element.metric.body))
            elif what == "exception":
                self.failed = True
        elif kind == "new_session":
            self._page = message.new_session.page_script_hash
        elif kind == "auto_rerun":
            self._coming_timer = (message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "script_finished" and message.script_finished == 0:
            # The whole page was run: a browser then keeps the timers that this run has set.
            self._timer, self._coming_timer = self._coming_timer, None
            self._finished.set()

    def _redrawn(self, step: int) -> None:
        if step != self.step:
            now = time.perf_counter()
            self.longest_wait = max(self.longest_wait, now - self.last_redraw)
            self.last_redraw, self.step = now, step
            self.redraws += 1


def _busy(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def measure(server: Server, sessions: int, seconds: float, query: str) -> str:
    """One line of the table."""
    process, client = psutil.Process(server.pid), psutil.Process()
    address = server.url.replace("http", "ws") + "/_stcore/stream"
    tasks: list[asyncio.Task[None]] = []

    async def enter(seed: int) -> Session:
        # Streamlit does not compress by default.
        session = Session(await connect(address, compression=None, max_size=None), query)
        tasks.append(asyncio.create_task(session.read()))
        await asyncio.wait_for(session.open(), ENTRY)
        tasks.append(asyncio.create_task(session.tick()))
        tasks.append(asyncio.create_task(session.visit(seed)))
        return session

    def leave() -> None:
        while tasks:
            tasks.pop().cancel()

    # Somebody was there before: imports are done and the compiled engine is ready.
    first = await enter(0)
    await asyncio.sleep(2 * WARM_UP)
    leave()
    await first.socket.close()
    await asyncio.sleep(1)
    memory = process.memory_info().rss

    everybody = []
    for seed in range(sessions):
        try:
            everybody.append(await enter(seed))
        except TimeoutError:
            print(f"session {seed} got no page within {ENTRY:.0f} s", flush=True)
    await asyncio.sleep(WARM_UP)
    for session in everybody:
        session.start_measuring()
    began, busy, own = time.perf_counter(), _busy(process), _busy(client)
    await asyncio.sleep(seconds)
    took = time.perf_counter() - began
    busy, own = _busy(process) - busy, _busy(client) - own
    grown = (process.memory_info().rss - memory) / sessions / 1e6
    leave()
    dead = sessions - len(everybody)
    dead += sum(
        session.failed or session.longest_wait > PATIENCE or not session.redraws
        for session in everybody
    )
    rates = [session.redraws / took for session in everybody]
    steps = statistics.mean((session.step - session.first_step) / took for session in everybody)
    delays = sorted(1000 * delay for session in everybody for delay in session.delays)
    for session in everybody:
        await session.socket.close()
    p50, p95 = (
        delays[int(share * (len(delays) - 1))] if delays else math.nan for share in (0.5, 0.95)
    )
    mean = statistics.mean(rates)
    return (
        f"{sessions:8d} {mean:10.1f} {min(rates):8.1f} {min(rates) / mean:8.2f} {p50:8.0f} "
        f"{p95:6.0f} {1000 * busy / (mean * took * sessions):9.1f} {busy / took:8.2f} "
        f"{own / took:8.2f} {grown:6.1f} {steps:8.0f} {dead:5d}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 10, 30, 60])
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--query", default="")
    chosen = parser.parse_args()
    print(f"{psutil.cpu_count()} cores; {chosen.seconds:.0f} s each; per session where it says /s")
    print(
        "          redraws/s          slowest   click-to-frame   server ms   cores busy"
        "       MB per"
    )
    print(
        "sessions       mean  slowest  of mean  p50, ms p95, ms   a redraw   server  clients"
        " session  steps/s  dead"
    )
    for sessions in chosen.sessions:
        with serve() as server:
            line = asyncio.run(measure(server, sessions, chosen.seconds, chosen.query))
            print(line, flush=True)


if __name__ == "__main__":
    main()
