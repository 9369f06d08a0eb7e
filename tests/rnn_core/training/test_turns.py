from __future__ import annotations

import copy
import pickle
import threading

import pytest

from rnn_core.training.turns import TakesTurns


class Counter(TakesTurns):
    def __init__(self) -> None:
        super().__init__()
        self.counts = [0]


@pytest.mark.parametrize(
    "made",
    [copy.copy, copy.deepcopy, lambda counter: pickle.loads(pickle.dumps(counter))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_shares_nothing_and_takes_turns_of_its_own(made: object) -> None:
    counter = Counter()
    other = made(counter)  # type: ignore[operator]
    other.counts[0] += 1
    assert (counter.counts, other.counts) == ([0], [1])
    with counter._turn:  # one thread holds both: the turns are not the same
        held = threading.Thread(target=lambda: other.counts.append(other._turn.acquire(timeout=5)))
        held.start()
        held.join()
    assert other.counts == [1, True]
