from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.app.playback import Status
from tests.dashboard.runs import run_after


@pytest.mark.parametrize("status", Status)
def test_a_frame_is_about_to_be_replaced_only_while_its_run_plays(status: Status) -> None:
    frame = replace(run_after(2).frame(), status=status)
    assert frame.moving == (status is Status.PLAYING)


def test_all_of_a_frame_is_of_one_step() -> None:
    run = run_after(9)
    frame = run.frame()
    assert frame.windows[-1] is frame.step
    assert len(frame.windows) == len(frame.hidden) == frame.layout.windows
    assert frame.curve[0][-1] == frame.step.index == frame.newest == 9
    run.look_back(4)
    frame = run.frame()
    assert (frame.step.index, frame.newest) == (4, 9)
    assert frame.windows[-1] is frame.step
