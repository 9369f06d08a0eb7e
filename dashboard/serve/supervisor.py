"""Keeps replicas running, and exchanges them for those of another version."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from dashboard.app.home_core import CORE
from dashboard.serve.haproxy import HEALTH, ProxyError, Seen
from dashboard.serve.processes import Child, free_port


class Proxy(Protocol):
    """What is asked of HAProxy."""

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""

    def start(self, places: Mapping[str, int | None]) -> None:
        """Start, with the replicas as they are."""

    def serve(self, place: str, port: int) -> None:
        """Send visitors to a replica."""

    def drain(self, place: str) -> None:
        """Send only those to it who are there already."""

    def close(self, place: str) -> None:
        """Send nobody there."""

    def seen(self) -> Mapping[str, Seen]:
        """What it sees of each place now."""

    def stop(self) -> None:
        """End its process."""


class State(Enum):
    """What a replica is doing."""

    STARTING = auto()
    SERVING = auto()
    DRAINING = auto()
    ENDING = auto()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things may take, in seconds.

    Args:
        start: until a new replica is well.
        end: until a replica that was asked to end has ended; then it is killed.
        again: until a replica that died is started again, doubled at each further death up to
            ``most_again``.
        most_again: see there.
        stable: a replica that has lived so long has not died of its start.
        drain: until a replica of the version before is ended though visitors are there.
        gone: without any connection after which its visitors have gone. The app keeps the session
            of a visitor who may come back for two minutes.
        hung: after the proxy has found that a replica does not answer and has cut off its visitors,
            until it is killed.
    """

    start: float = 120.0
    end: float = 10.0
    again: float = 0.5
    most_again: float = 30.0
    stable: float = 30.0
    drain: float = 3600.0
    gone: float = 120.0
    hung: float = 30.0


class Replica:
    """A process of the app at its place.

    Args:
        child: the process.
        now: when it was started, in seconds.
    """

    def __init__(self, child: Child, now: float) -> None:
        self.child = child
        self.state = State.STARTING
        self.since = now  # of the state
        self.began = now
        self.empty_since: float | None = None
        self.down_since: float | None = None

    def become(self, state: State, now: float) -> None:
        """Go on to another state."""
        self.state, self.since = state, now


class Supervisor:
    """Starts replicas, starts again what dies, drains, and ends all.

    There are twice as many places as replicas: those of a new version are started beside the ones
    that it replaces. All in one thread, by calls of `look`.

    Args:
        count: of replicas.
        proxy: sends visitors to them.
        command: that starts a replica, given its port.
        patience: how long things may take.
        say: prints a line.
        environment: variables of the replicas that are different from this process's.
        clock: seconds.
        cores: each replica is told one of them; none for no core of its own.
    """

    def __init__(
        self,
        count: int,
        proxy: Proxy,
        command: Callable[[int], Sequence[str]],
        patience: Patience | None = None,
        say: Callable[[str], None] = print,
        environment: Mapping[str, str] | None = None,
        clock: Callable[[], float] = time.monotonic,
        cores: Sequence[int] = (),
    ) -> None:
        self._proxy, self._command, self._say, self._clock = proxy, command, say, clock
        self._patience = patience or Patience()
        self._environment = {**os.environ, **(environment or {})}
        names = [f"replica{number}" for number in range(1, 2 * count + 1)]
        self._current, self._spare = names[:count], names[count:]
        # A replica has the core of the one that it will take the place of.
        self._core = {
            name: {CORE: str(cores[number % count % len(cores)])} if cores else {}
            for number, name in enumerate(names)
        }
        self._replicas: dict[str, Replica] = {}
        self._deaths = dict.fromkeys(names, 0)
        self._due = dict.fromkeys(names, 0.0)  # when the next start at a place may be
        self._rolls = False  # whether the replicas of a new version are starting
        self._wanted = False  # whether another rollout was asked for
        self._told: dict[str, tuple[State, int]] = {}  # what the proxy knows of each place

    def start(self) -> None:
        """Start HAProxy and the replicas.

        Raises:
            ProxyError: if HAProxy does not start.
        """
        self._start_proxy()
        for name in self._current:
            self._start(name)

    def roll_out(self) -> None:
        """Replace all replicas by new ones, as soon as no earlier rollout is under way."""
        self._wanted = True
        if self._rolls or any(name in self._replicas for name in self._spare):
            self._say("A rollout is under way; another one follows when it has drained.")

    @property
    def states(self) -> dict[str, tuple[State, int]]:
        """State and process number of the replica at each place that has one."""
        return {name: (each.state, each.child.pid) for name, each in self._replicas.items()}

    @property
    def is_ready(self) -> bool:
        """Whether all replicas serve."""
        return all(
            name in self._replicas and self._replicas[name].state is State.SERVING
            for name in self._current
        )

    def look(self) -> None:
        """Look once at everything, and do what is due."""
        if not self._proxy.is_alive:
            self._say("HAProxy has ended; it is started again.")
            self._start_proxy()
        for name in list(self._replicas):
            self._look_at(name)
        for name in self._current:
            if name not in self._replicas and self._clock() >= self._due[name]:
                self._start(name)
        if self._rolls:
            self._exchange()
        elif self._wanted and not any(name in self._replicas for name in self._spare):
            self._begin_rollout()
        try:
            self._tell()
            seen = self._proxy.seen()
            self._kill_hung(seen)
            self._end_drained(seen)
        except (OSError, ProxyError) as problem:  # it is told at the next look
            self._say(f"HAProxy does not obey: {problem}")

    def stop(self) -> None:
        """End all replicas, and HAProxy."""
        for each in self._replicas.values():
            each.child.end()
        deadline = self._clock() + self._patience.end
        for each in self._replicas.values():
            if not each.child.wait(max(0.0, deadline - self._clock())):
                each.child.kill()
                each.child.wait(self._patience.end)
        self._replicas.clear()
        self._proxy.stop()

    def _start_proxy(self) -> None:
        known = self._known()
        self._proxy.start({name: known[name][1] if name in known else None for name in self._due})
        self._told = {name: (State.SERVING, port) for name, (_state, port) in known.items()}

    def _known(self) -> dict[str, tuple[State, int]]:
        """What the proxy should know: the replicas that visitors are sent to, or may go back to."""
        return {
            name: (each.state, each.child.port)
            for name, each in self._replicas.items()
            if each.state is State.DRAINING
            or (each.state is State.SERVING and name in self._current)
        }

    def _tell(self) -> None:
        """Tell the proxy what has changed; of replicas that serve first."""
        known = self._known()
        for name, (state, port) in sorted(known.items(), key=lambda item: item[1][0].value):
            if self._told.get(name) != (state, port):
                if state is State.DRAINING:
                    self._proxy.drain(name)
                else:
                    self._proxy.serve(name, port)
                self._told[name] = state, port
        for name in set(self._told) - set(known):
            self._proxy.close(name)
            del self._told[name]

    def _start(self, name: str) -> None:
        port = free_port()
        child = Child(self._command(port), port, {**self._environment, **self._core[name]})
        self._replicas[name] = Replica(child, self._clock())

    def _look_at(self, name: str) -> None:
        each, now = self._replicas[name], self._clock()
        if each.child.ended:
            self._bury(name)
        elif each.state is State.STARTING:
            if each.child.is_well(HEALTH):
                each.become(State.SERVING, now)
            elif now - each.since > self._patience.start:
                self._say(f"{name} does not answer after {self._patience.start:.0f} s.")
                each.child.kill()
        elif each.state is State.ENDING and now - each.since > self._patience.end:
            each.child.kill()

    def _bury(self, name: str) -> None:
        each, now = self._replicas.pop(name), self._clock()
        if each.state is State.ENDING:
            return
        if each.state is State.DRAINING:
            self._say(f"{name} ended ({each.child.ended}) before its visitors had gone.")
            return
        if name in self._spare:  # of a new version
            self._say(f"{name} of the new version ended ({each.child.ended}); the old one goes on.")
            self._rolls = False
            for other in self._spare:
                self._end(other)
            return
        if now - each.began >= self._patience.stable:
            self._deaths[name] = 0
        wait = min(
            self._patience.again * 2 ** min(self._deaths[name], 10), self._patience.most_again
        )
        self._deaths[name] += 1
        self._due[name] = now + wait
        self._say(
            f"{name} (process {each.child.pid}) ended: {each.child.ended}. "
            f"It is started again in {wait:g} s."
        )

    def _end(self, name: str) -> None:
        each = self._replicas.get(name)
        if each is not None:
            each.become(State.ENDING, self._clock())
            each.child.end()

    def _begin_rollout(self) -> None:
        self._wanted, self._rolls = False, True
        self._say("Rolling out: new replicas are starting.")
        for name in self._spare:
            self._start(name)

    def _exchange(self) -> None:
        """Once all replicas of the new version are well, send new visitors there."""
        new = [self._replicas.get(name) for name in self._spare]
        if not all(each is not None and each.state is State.SERVING for each in new):
            return
        self._current, self._spare, self._rolls = self._spare, self._current, False
        for name in self._current:
            self._deaths[name] = 0
        for name in self._spare:
            each = self._replicas.get(name)
            if each is not None and each.state is State.SERVING:
                each.become(State.DRAINING, self._clock())
            else:
                self._end(name)
        self._say("The new replicas serve; the old ones drain.")

    def _kill_hung(self, seen: Mapping[str, Seen]) -> None:
        """Kill who does not answer: its process would be there for nobody, with all its memory."""
        now = self._clock()
        for name in self._known():
            each = self._replicas[name]
            if not seen.get(name, Seen()).is_down:
                each.down_since = None
            elif each.down_since is None:
                each.down_since = now
                self._say(f"{name} does not answer; its visitors go on in another process.")
            elif now - each.down_since >= self._patience.hung:
                each.child.kill()

    def _end_drained(self, seen: Mapping[str, Seen]) -> None:
        now = self._clock()
        for name, each in self._replicas.items():
            if each.state is not State.DRAINING:
                continue
            count = seen.get(name, Seen()).connections
            if count:
                each.empty_since = None
            elif each.empty_since is None:
                each.empty_since = now
            gone = each.empty_since is not None and now - each.empty_since >= self._patience.gone
            if gone or now - each.since >= self._patience.drain:
                left = "" if gone else f" though {count} connections were left"
                self._say(f"{name} has drained and is ended{left}.")
                self._end(name)
