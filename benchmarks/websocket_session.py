"""A visitor without a browser, who speaks the websocket protocol of Streamlit's own page."""

from __future__ import annotations

import asyncio
import time

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from benchmarks.widget_values import widget_value

# Seconds after a click on Run in which redraws may come before the page has its new button.
_OUTDATED = 2.0


class Session:
    """One visitor: the state that a browser keeps, and measurements.

    Args:
        url: address of the server.
        query: the part of the link after its question mark.
        page: the link's path; empty for the first page.

    Attributes:
        step: the step last shown.
        redraws: how often another step was shown.
        delays: seconds from each click to the button that answers it, the last element of the page.
        longest_silence: longest time in seconds without a redraw or an answer.
        died: why the session ended early; empty while it is alive.
        repaired: how often the page had to be asked for again, since it had steps beside a button
            that said Run.
    """

    def __init__(self, url: str, query: str = "", page: str = "") -> None:
        # Browsers offer compression, which Streamlit declines; they send no pings and read as fast
        # as they can.
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
        self._path, self._page = page, ""  # of the first request, and its hash from then on
        self._widgets: dict[str, tuple[str, WidgetState]] = {}  # by id: its fragment, its value
        self._fragments: frozenset[str] = frozenset()  # of the present run; empty: the whole page
        self._seen: set[str] = set()  # ids of the widgets that the present run has drawn
        self._button = ("", "", "")  # id, key and fragment of the Run or Pause button
        self._clicked: tuple[float, str] | None = None  # time, and the key that was pressed
        self._answered = asyncio.Event()
        self._timers: dict[str, tuple[float, asyncio.Task[None]]] = {}
        self.step = 0
        self.died = ""
        self.repaired = 0
        self._asked = 0.0  # when the page was asked for anew
        self.forget()

    def forget(self) -> None:
        """Start measuring anew."""
        self.redraws, self.first_step = 0, self.step
        self.delays: list[float] = []
        self.longest_silence, self._heard = 0.0, time.perf_counter()

    async def open(self) -> None:
        """Connect and wait for the complete page."""
        self._socket = await self._connect
        self._reader = asyncio.create_task(self._read())
        await self._rerun()
        await self._answered.wait()

    async def click(self) -> None:
        """Press Run or Pause and wait until the page shows the other button."""
        self._answered.clear()
        self._clicked = time.perf_counter(), self._button[1]
        await self._rerun(button=self._button[0], fragment=self._button[2])
        await self._answered.wait()

    @property
    def is_playing(self) -> bool:
        """Whether the page shows Pause."""
        return self._button[1] == "pause"

    async def drag(self, name: str, value: float) -> None:
        """Move the slider with this key and wait until the page has followed.

        Raises:
            LookupError: if the page has no such slider.
        """
        for identity, (_fragment, state) in self._widgets.items():
            if identity.endswith(f"-{name}"):
                state.double_array_value.data[:] = [value]
                break
        else:
            raise LookupError(f"The page has no slider {name!r}.")
        self._answered.clear()
        await self._rerun()
        await self._answered.wait()

    def stop(self) -> None:
        """Request nothing more; an unanswered click counts with the time waited so far."""
        now = time.perf_counter()
        self.longest_silence = max(self.longest_silence, now - self._heard)
        if self._clicked:
            self.delays.append(now - self._clicked[0])
        self._disarm(*self._timers)

    async def close(self) -> None:
        """Disconnect."""
        self._disarm(*self._timers)
        self._reader.cancel()
        await self._socket.close()

    async def _rerun(self, *, fragment: str = "", button: str = "") -> None:
        """Request a run of the page or of a fragment, by its timer or after a click."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash = self._query, self._page
        if not self._page:
            state.page_name = self._path
        state.context_info.locale = "en-US"
        if fragment:
            state.fragment_id, state.is_auto_rerun = fragment, not button
        state.widget_states.widgets.extend(value for _, value in self._widgets.values())
        if button:
            state.widget_states.widgets.add(id=button, trigger_value=True)
        # A browser also names the large messages that it has cached, and gets references to them.
        # Here all messages come in full; while playing, none is large enough to be cached.
        try:
            await self._socket.send(message.SerializeToString())
        except ConnectionClosed:
            self.died = self.died or "socket closed"

    async def _read(self) -> None:
        try:
            async for data in self._socket:
                assert isinstance(data, bytes)
                self._receive(ForwardMsg.FromString(data))
        except ConnectionClosed:
            pass
        self.died = self.died or "socket closed"

    def _receive(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta":
            if message.delta.WhichOneof("type") == "new_element":
                self._keep(message.delta.new_element, message.delta.fragment_id)
                self._show(message.delta.new_element, message.delta.fragment_id)
        elif kind == "new_session":
            self._fragments = frozenset(message.metadata.run.fragment_ids)
            self._seen.clear()
            if not self._fragments:
                self._disarm(*self._timers)  # a run of the whole page sets its timers anew
        elif kind == "navigation":
            # `new_session` has a hash too, but on the first run it is the entry point's.
            self._page = message.navigation.page_script_hash
        elif kind == "auto_rerun":
            self._arm(message.auto_rerun.fragment_id, message.auto_rerun.interval)
        elif kind == "stop_auto_rerun":
            self._disarm(*message.stop_auto_rerun.fragment_ids)
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "script_finished":
            self._finish(message.script_finished)

    def _finish(self, status: ForwardMsg.ScriptFinishedStatus.ValueType) -> None:
        """End of a run: forget the widgets it no longer drew."""
        whole_page = status == ForwardMsg.FINISHED_SUCCESSFULLY
        if whole_page or status == ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY:
            self._widgets = {
                identity: (fragment, value)
                for identity, (fragment, value) in self._widgets.items()
                if identity in self._seen or not (whole_page or fragment in self._fragments)
            }
        if whole_page:
            self._hear()
            if not self._clicked:
                self._answered.set()

    def _keep(self, element: Element, fragment: str) -> None:
        """Remember a widget's value, which a browser reports with every rerun."""
        value = widget_value(element)
        if value is None:
            return
        self._seen.add(value.id)
        overwritten = getattr(element, str(element.WhichOneof("type"))).set_value
        known = self._widgets.get(value.id)
        self._widgets[value.id] = fragment, value if known is None or overwritten else known[1]

    def _show(self, element: Element, fragment: str) -> None:
        kind = element.WhichOneof("type")
        if kind == "button":
            identity = element.button.id
            # The key ends in the number of times that the run has been started.
            key = identity.rpartition("-")[2].partition("_")[0]
            if key in ("play", "pause"):
                self._button = identity, key, fragment
                self._answer()
        elif kind == "metric":
            metric = element.metric
            if metric.label == "At step" and int(metric.body) != self.step:
                self.step = int(metric.body)
                self.redraws += 1
                self._hear()
                self._repair()
        elif kind == "exception":
            shown = element.exception
            self.died = self.died or f"exception shown: {shown.type}: {shown.message}"
            self._answered.set()

    def _answer(self) -> None:
        """If this button answers a click, the answer is complete: the button comes last."""
        if self._clicked and self._button[1] != self._clicked[1]:
            self.delays.append(time.perf_counter() - self._clicked[0])
            self._clicked = None
            self._hear()
            self._answered.set()

    def _repair(self) -> None:
        """Ask for the page anew where it plays beside a button that says Run, as a browser does."""
        now = time.perf_counter()
        if self._clicked is None or self._clicked[1] != "play" or self._button[1] != "play":
            return
        if now - max(self._clicked[0], self._asked) > _OUTDATED:
            self._asked = now
            self.repaired += 1
            self._request = asyncio.create_task(self._rerun())

    def _hear(self) -> None:
        now = time.perf_counter()
        self.longest_silence = max(self.longest_silence, now - self._heard)
        self._heard = now

    def _arm(self, fragment: str, interval: float) -> None:
        if fragment in self._timers and self._timers[fragment][0] == interval:
            return
        self._disarm(fragment)
        timer = asyncio.create_task(self._repeat(fragment, interval))
        self._timers[fragment] = interval, timer

    def _disarm(self, *fragments: str) -> None:
        for fragment in fragments:
            if fragment in self._timers:
                self._timers.pop(fragment)[1].cancel()

    async def _repeat(self, fragment: str, interval: float) -> None:
        """A browser's timer: requests a run at every interval, answered or not."""
        due = time.perf_counter()
        while not self.died:
            due = max(due + interval, time.perf_counter())
            await asyncio.sleep(due - time.perf_counter())
            await self._rerun(fragment=fragment)
