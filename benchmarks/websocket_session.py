"""One visitor of the page without a browser: Streamlit's own websocket protocol, as its page speaks
it.
"""

from __future__ import annotations

import asyncio
import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed


class Session:
    """One visitor: what a browser does and remembers, and what is measured of it.

    Args:
        url: where the server is.
        query: what stands in the link after its question mark.

    Attributes:
        step: the step last shown.
        redraws: how often another step was shown.
        delays: seconds from each click to the button that answers it, the last thing on the page.
        longest_silence: most seconds between two redraws or answers.
        died: why it cannot go on, if it cannot.
    """

    def __init__(self, url: str, query: str = "") -> None:
        # A browser offers compression too; Streamlit declines it. It sends no pings, and it reads
        # as fast as it can.
        self._connect = connect(
            url.replace("http", "ws", 1) + "/_stcore/stream",
            origin=url,
            subprotocols=["streamlit"],
            ping_interval=None,
            close_timeout=1,
            max_size=None,
            max_queue=None,
        )
        self._query = query.removeprefix("?")
        self._page = ""
        self._button = ("", "")  # id and key of the one that plays or pauses
        self._clicked: tuple[float, str] | None = None  # when, and which key
        self._answered = asyncio.Event()
        self._timers: dict[str, tuple[float, asyncio.Task[None]]] = {}
        self.step = 0
        self.died = ""
        self.forget()

    def forget(self) -> None:
        """Measure from now on."""
        self.redraws, self.first_step = 0, self.step
        self.delays: list[float] = []
        self.longest_silence, self._heard = 0.0, time.perf_counter()

    async def open(self) -> None:
        """Connect, and wait for the whole page."""
        self._socket = await self._connect
        self._reader = asyncio.create_task(self._read())
        await self._rerun()
        await self._answered.wait()

    async def click(self) -> None:
        """Press Run or Pause, and wait until the page shows the other button."""
        self._answered.clear()
        self._clicked = time.perf_counter(), self._button[1]
        await self._rerun(button=self._button[0])
        await self._answered.wait()

    def stop(self) -> None:
        """Ask for nothing more; a click without an answer counts with the time waited for one."""
        now = time.perf_counter()
        self.longest_silence = max(self.longest_silence, now - self._heard)
        if self._clicked:
            self.delays.append(now - self._clicked[0])
        self._disarm(*self._timers)

    async def close(self) -> None:
        """Leave."""
        self._disarm(*self._timers)
        self._reader.cancel()
        await self._socket.close()

    async def _rerun(self, *, fragment: str = "", button: str = "") -> None:
        """Ask for a run of the page, after a click on a button, or of a fragment, at its time."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash = self._query, self._page
        state.context_info.locale = "en-US"
        if fragment:
            state.fragment_id, state.is_auto_rerun = fragment, True
        if button:
            state.widget_states.widgets.add(id=button, trigger_value=True)
        # A browser sends the values of some twenty other widgets along each time, and the hashes of
        # large messages it has, which then come as mere references. Here all widgets keep their
        # defaults, and everything comes in full; while playing, nothing is large enough anyway.
        try:
            await self._socket.send(message.SerializeToString())
        except ConnectionClosed:
            self.died = self.died or "socket closed"

    async def _read(self) -> None:
        try:
            async for data in self._socket:
                assert isinstance(data, bytes)
                self._take(ForwardMsg.FromString(data))
        except ConnectionClosed:
            pass
        self.died = self.died or "socket closed"

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta":
            if message.delta.WhichOneof("type") == "new_element":
                self._show(message.delta.new_element)
        elif kind == "new_session":
            self._page = message.new_session.page_script_hash
            if not message.metadata.run.fragment_ids:
                self._disarm(*self._timers)  # a run of the whole page sets its timers anew
        elif kind == "auto_rerun":
            self._arm(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            self._disarm(*message.stop_auto_rerun.fragment_ids)
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif (
            kind == "script_finished"
            and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        ):
            self._hear()
            if not self._clicked:
                self._answered.set()

    def _show(self, element: object) -> None:
        kind = element.WhichOneof("type")  # type: ignore[attr-defined]
        if kind == "button":
            identity = element.button.id  # type: ignore[attr-defined]
            # Behind the name stands how often it has played.
            key = identity.rpartition("-")[2].partition("_")[0]
            if key in ("play", "pause"):
                self._button = identity, key
                self._answer()
        elif kind == "metric":
            metric = element.metric  # type: ignore[attr-defined]
            if metric.label == "At step" and int(metric.body) != self.step:
                self.step = int(metric.body)
                self.redraws += 1
                self._hear()
        elif kind == "exception":
            self.died = self.died or "exception shown"

    def _answer(self) -> None:
        """If this is the button that a click was to bring, the answer is there: it comes last."""
        if self._clicked and self._button[1] != self._clicked[1]:
            self.delays.append(time.perf_counter() - self._clicked[0])
            self._clicked = None
            self._hear()
            self._answered.set()

    def _hear(self) -> None:
        now = time.perf_counter()
        self.longest_silence = max(self.longest_silence, now - self._heard)
        self._heard = now

    def _arm(self, fragment: str, interval: float) -> None:
        if fragment in self._timers and self._timers[fragment][0] == interval:
            return
        self._disarm(fragment)
        beat = asyncio.create_task(self._beat(fragment, interval))
        self._timers[fragment] = interval, beat

    def _disarm(self, *fragments: str) -> None:
        for fragment in fragments:
            if fragment in self._timers:
                self._timers.pop(fragment)[1].cancel()

    async def _beat(self, fragment: str, interval: float) -> None:
        """A browser's timer: asks at every beat, answered or not; missed beats are lost."""
        due = time.perf_counter()
        while not self.died:
            due = max(due + interval, time.perf_counter())
            await asyncio.sleep(due - time.perf_counter())
            await self._rerun(fragment=fragment)
