from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from rnn_core.cli.interrupt import ends_on_ctrl_c, ends_when_input_closes


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C interrupts, as it does unless a shell has put the tests into the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_the_first_ctrl_c_is_a_wish_and_the_second_one_interrupts() -> None:
    before = signal.getsignal(signal.SIGINT)
    with ends_on_ctrl_c() as stop:
        assert not stop.is_set()
        signal.raise_signal(signal.SIGINT)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_it_can_be_used_in_any_thread() -> None:
    found = []

    def work() -> None:
        with ends_on_ctrl_c() as stop:
            found.append(stop.is_set())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [False]


def test_the_end_of_the_input_is_a_wish_to_end_and_what_comes_before_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read, write = os.pipe()
    before = os.read
    monkeypatch.setattr(os, "read", lambda end, most: before(read if end == 0 else end, most))
    stop = threading.Event()
    ends_when_input_closes(stop)
    os.write(write, b"not yet")
    assert not stop.wait(0.05)
    os.close(write)
    assert stop.wait(60)
    os.close(read)
