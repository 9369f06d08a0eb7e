"""Diagnostics of one's own LSTM: the output depends most on the input that is to be repeated."""

from __future__ import annotations

import re

import pytest

from examples import own_lstm


def test_the_output_depends_most_on_the_input_five_steps_ago(
    capsys: pytest.CaptureFixture[str],
) -> None:
    own_lstm.main()
    said = capsys.readouterr().out
    assert float(re.findall(r"loss ([\d.]+)", said)[0]) < 0.05
    dependence = [float(value) for value in re.findall(r"steps ago: ([\d.]+)", said)]
    assert len(dependence) == own_lstm.DELAY + 3
    assert dependence.index(max(dependence)) == own_lstm.DELAY
    low, high = re.findall(r"half-lives of the units: ([\d.]+) to ([\d.]+)", said)[0]
    assert 0 <= float(low) < float(high)
