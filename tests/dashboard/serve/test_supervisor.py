"""The supervisor with processes that serve nothing but the answer that they are well."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from dashboard.app.home_core import CORE
from dashboard.serve.haproxy import ProxyError, Seen
from dashboard.serve.supervisor import Patience, State, Supervisor

S, D, E = State.SERVING, State.DRAINING, State.ENDING
#: Dies at once.
FAULTY = [sys.executable, "-c", "raise SystemExit(3)"]


class NotedProxy:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []
        self.is_alive = False
        self.visitors: dict[str, int] = {}
        self.down: set[str] = set()
        self.obeys = True

    def note(self, *what: object) -> None:
        if not self.obeys:
            raise ProxyError("not now")
        self.told.append(what)

    def start(self, places: Mapping[str, int | None]) -> None:
        self.is_alive = True
        self.note("start", dict(places))

    def serve(self, place: str, port: int) -> None:
        self.note("serve", place, port)

    def drain(self, place: str) -> None:
        self.note("drain", place)

    def close(self, place: str) -> None:
        self.note("close", place)

    def seen(self) -> dict[str, Seen]:
        names = {*self.visitors, *self.down}
        return {name: Seen(self.visitors.get(name, 0), name in self.down) for name in names}

    def stop(self) -> None:
        self.is_alive = False


class House:
    """A supervisor with all that it needs, and a clock that is set by hand."""

    def __init__(self, folder: Path) -> None:
        (folder / "_stcore").mkdir()
        (folder / "_stcore" / "health").write_text("ok")
        self.folder, self.faulty, self.now = folder, False, 0.0
        self.proxy, self.said = NotedProxy(), list[str]()
        self.supervisor = Supervisor(
            2, self.proxy, self.command, Patience(), self.said.append, clock=lambda: self.now
        )

    def command(self, port: int) -> list[str]:
        if self.faulty:
            return FAULTY
        serve = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
        return [*serve, "--directory", str(self.folder)]

    def look_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline, (self.said, self.supervisor.states)
            self.supervisor.look()
            time.sleep(0.01)

    def start(self) -> None:
        self.supervisor.start()
        self.look_until(lambda: self.supervisor.is_ready)

    def states(self) -> dict[str, State]:
        return {name: state for name, (state, _pid) in sorted(self.supervisor.states.items())}

    def ports(self) -> dict[object, object]:
        return {what[1]: what[2] for what in self.proxy.told if what[0] == "serve"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.supervisor.stop()


def test_visitors_are_sent_to_replicas_that_are_well(house: House) -> None:
    house.start()
    start, *served = house.proxy.told
    assert start == ("start", dict.fromkeys(["replica1", "replica2", "replica3", "replica4"]))
    assert sorted(what[:2] for what in served) == [("serve", "replica1"), ("serve", "replica2")]
    assert len(set(house.ports().values())) == 2
    assert house.states() == {"replica1": S, "replica2": S}


@pytest.mark.parametrize(
    ("count", "cores", "expected"),
    [
        (2, [0, 1], ["0", "1"] * 2),
        (2, [3, 5, 6], ["3", "5"] * 2),
        (3, [0, 1], ["0", "1", "0"] * 2),
        (2, [], [None] * 4),
    ],
)
def test_each_replica_has_a_core_and_so_has_the_one_that_takes_its_place(
    count: int, cores: list[int], expected: list[str | None]
) -> None:
    supervisor = Supervisor(count, NotedProxy(), lambda port: [], cores=cores)
    told = [supervisor._core[f"replica{number + 1}"].get(CORE) for number in range(2 * count)]
    assert told == expected


def test_a_replica_is_told_its_core(tmp_path: Path) -> None:
    said = tmp_path / "said"
    program = f"import os; open({str(said)!r}, 'a').write(os.environ[{CORE!r}])"
    supervisor = Supervisor(
        1, NotedProxy(), lambda port: [sys.executable, "-c", program], cores=[7]
    )
    try:
        supervisor.start()
        supervisor.look()
        deadline = time.monotonic() + 60
        while not (said.exists() and said.read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        supervisor.stop()
    assert said.read_text().startswith("7")


def test_a_replica_that_was_killed_is_closed_and_started_again(house: House) -> None:
    house.start()
    house.proxy.told.clear()
    _state, pid = house.supervisor.states["replica1"]
    os.kill(pid, signal.SIGKILL)
    house.look_until(lambda: "replica1" not in house.supervisor.states)
    assert house.proxy.told == [("close", "replica1")]
    assert house.said == [
        f"replica1 (process {pid}) ended: signal SIGKILL. It is started again in 0.5 s."
    ]
    house.supervisor.look()
    assert house.states() == {"replica2": S}  # not yet
    house.now = 0.5
    house.look_until(lambda: house.supervisor.is_ready)
    assert house.supervisor.states["replica1"][1] != pid
    assert house.proxy.told[1:] == [("serve", "replica1", house.ports()["replica1"])]


def test_one_that_keeps_dying_is_started_ever_later(house: House) -> None:
    house.faulty = True
    house.supervisor.start()
    waits = []
    for _ in range(8):
        house.now += 31
        house.supervisor.look()
        house.look_until(lambda: not house.supervisor.states)
        waits.append(house.said[-1].rpartition("again in ")[2])
    wanted = ["0.5 s.", "1 s.", "2 s.", "4 s.", "8 s.", "16 s.", "30 s.", "30 s."]
    assert waits == wanted
    house.faulty = False
    house.now += 31
    house.look_until(lambda: house.supervisor.is_ready)
    house.now += 30  # it lives, so the next death is a first one
    os.kill(house.supervisor.states["replica1"][1], signal.SIGKILL)
    house.look_until(lambda: "replica1" not in house.supervisor.states)
    assert house.said[-1].endswith("again in 0.5 s.")


def test_one_that_never_answers_is_killed(house: House) -> None:
    house.folder.joinpath("_stcore", "health").unlink()
    house.supervisor.start()
    house.now = 121
    house.look_until(lambda: not house.supervisor.states)
    assert "replica1 does not answer after 120 s." in house.said


def test_one_that_hangs_is_killed_after_its_visitors_have_gone_elsewhere(house: House) -> None:
    house.start()
    _state, pid = house.supervisor.states["replica1"]
    house.proxy.down = {"replica1"}
    house.supervisor.look()
    assert house.said == ["replica1 does not answer; its visitors go on in another process."]
    house.now += 29
    house.supervisor.look()
    house.proxy.down.clear()  # it answers again: counted from the beginning
    house.supervisor.look()
    house.proxy.down = {"replica1"}
    house.supervisor.look()
    house.now += 29
    house.supervisor.look()
    assert house.supervisor.states["replica1"] == (S, pid)
    house.now += 1
    house.look_until(lambda: "replica1" not in house.supervisor.states)
    assert "signal SIGKILL" in house.said[-1]
    assert house.states() == {"replica2": S}
    house.proxy.down.clear()
    house.now += 30
    house.look_until(lambda: house.supervisor.is_ready)


def test_a_new_version_serves_before_the_old_one_drains(house: House) -> None:
    house.start()
    house.proxy.told.clear()
    house.proxy.visitors = {"replica1": 3, "replica2": 0}
    house.supervisor.roll_out()
    house.look_until(lambda: ("drain", "replica2") in house.proxy.told)
    assert [what[0] for what in house.proxy.told] == ["serve", "serve", "drain", "drain"]
    assert house.states() == {"replica1": D, "replica2": D, "replica3": S, "replica4": S}
    house.now += 119
    house.supervisor.look()
    assert house.states()["replica2"] is D  # a visitor may come back
    house.now += 1
    house.look_until(lambda: "replica2" not in house.supervisor.states)
    assert house.said[-1] == "replica2 has drained and is ended."
    assert house.states()["replica1"] is D
    house.proxy.visitors = {"replica1": 0}
    house.supervisor.look()
    house.proxy.visitors = {"replica1": 1}  # came back: counted from the beginning
    house.supervisor.look()
    house.now += 200
    house.supervisor.look()
    assert house.states()["replica1"] is D
    house.now = 3600
    house.look_until(lambda: "replica1" not in house.supervisor.states)
    assert house.said[-1] == "replica1 has drained and is ended though 1 connections were left."
    assert sorted(house.proxy.told[4:]) == [("close", "replica1"), ("close", "replica2")]
    house.supervisor.roll_out()  # into the places that are free again
    house.look_until(lambda: house.states().get("replica1") is S)


def test_a_second_rollout_waits_for_the_first(house: House) -> None:
    house.start()
    house.supervisor.roll_out()
    house.look_until(lambda: house.states().get("replica1") is D)
    house.proxy.told.clear()
    house.supervisor.roll_out()
    assert house.said[-1].startswith("A rollout is under way")
    house.supervisor.look()
    house.now = 120
    house.look_until(lambda: house.states().get("replica3") is D)
    serves = [what[1] for what in house.proxy.told if what[0] == "serve"]
    assert sorted(serves) == ["replica1", "replica2"]


def test_a_new_version_that_does_not_start_leaves_the_old_one(house: House) -> None:
    house.start()
    house.proxy.told.clear()
    house.faulty = True
    house.supervisor.roll_out()
    house.look_until(lambda: len(house.said) == 2 and len(house.supervisor.states) == 2)
    assert house.said[1] in [
        f"replica{n} of the new version ended (exit status 3); the old one goes on." for n in (3, 4)
    ]
    assert house.states() == {"replica1": S, "replica2": S}
    assert house.proxy.told == []


def test_an_haproxy_that_ended_is_started_with_what_is_there(house: House) -> None:
    house.start()
    ports = house.ports()
    house.supervisor.roll_out()
    house.look_until(lambda: ("drain", "replica2") in house.proxy.told)
    house.proxy.told.clear()
    house.proxy.is_alive = False
    house.supervisor.look()
    start, *rest = house.proxy.told
    places = start[1]
    assert isinstance(places, dict)
    assert places["replica1"] == ports["replica1"]
    assert None not in places.values()
    assert sorted(rest) == [("drain", "replica1"), ("drain", "replica2")]


def test_an_order_that_fails_is_given_again(house: House) -> None:
    house.start()
    house.proxy.told.clear()
    house.proxy.obeys = False
    os.kill(house.supervisor.states["replica1"][1], signal.SIGKILL)
    house.look_until(lambda: "HAProxy does not obey: not now" in house.said)
    house.proxy.obeys = True
    house.look_until(lambda: bool(house.proxy.told))
    assert house.proxy.told[0] == ("close", "replica1")


def test_stopping_ends_all_of_them(house: House) -> None:
    house.start()
    pids = [pid for _state, pid in house.supervisor.states.values()]
    house.supervisor.stop()
    assert not house.proxy.is_alive
    assert house.supervisor.states == {}
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
