"""The comparison of seeds: carrying the state lowers the loss significantly."""

from __future__ import annotations

import re

import pytest

from examples import compare_seeds


def test_a_carried_state_is_significantly_better(capsys: pytest.CaptureFixture[str]) -> None:
    compare_seeds.main()
    said = capsys.readouterr().out
    medians = [float(loss) for loss in re.findall(r"median loss ([\d.]+)", said)]
    carried, reset = medians
    assert carried < 0.05
    assert reset == pytest.approx(0.1, abs=0.01)  # the floor of a memory within the window
    # All of eight seeds: a two-sided signed-rank test gives 2 / 2**8.
    assert "carried has the lower loss on 8 of 8 seeds; p = 0.008, significant" in said
    assert "fewer than 6 seeds cannot give a significant difference" in said
