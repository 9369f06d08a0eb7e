from __future__ import annotations

from typing import get_args

import pytest

from dashboard.run.views.registry import VIEWS
from dashboard.train.moments import EXPLAINED_BY, step_of, why
from rnn_core import Event
from rnn_core.training.events import Kind


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_moment_has_its_reason_and_most_a_view(kind: Kind) -> None:
    assert why(Event(kind, 7, 9))
    assert EXPLAINED_BY.get(kind) in VIEWS or kind == "branch"


def test_a_divergence_is_seen_at_the_last_finite_step() -> None:
    assert step_of(Event("divergence", 17, 17), newest=16) == 16
    assert step_of(Event("spike", 9, 12), newest=16) == 9
