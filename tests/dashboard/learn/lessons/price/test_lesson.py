from __future__ import annotations

from dashboard.learn.registry import lesson
from rnn_core import parameter_count


def test_the_contenders_have_almost_the_same_number_of_parameters() -> None:
    counts = [parameter_count(one.config, input_size=2) for one in lesson("price").variants]
    assert sorted(counts) == [361, 375, 393]
    assert max(counts) / min(counts) < 1.1


def test_they_differ_in_nothing_else() -> None:
    first, *others = (one.config.to_dict() for one in lesson("price").variants)
    for other in others:
        changed = {name for name in first if first[name] != other[name]}
        assert changed == {"cell", "hidden_size"}
