from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageSequence

from dashboard.charts.film import gif
from dashboard.run.live_run import LiveRun
from dashboard.train.replay.spec import replay
from rnn_core import RunConfig
from tests.dashboard.runs import run_after


def test_a_film_has_a_picture_of_every_frame_and_its_last_is_the_run_as_it_stands() -> None:
    run: LiveRun = run_after(3, RunConfig(hidden_size=2, lr=0.1))
    chart = replay(run)
    film = Image.open(io.BytesIO(gif(chart, "en")))
    (frame,) = (each for each in chart.spec["params"] if each["name"] == "frame")
    assert film.n_frames == frame["bind"]["max"] + 1 == 4  # type: ignore[attr-defined]
    assert film.info["duration"] == 250
    assert film.info["loop"] == 0
    pictures = [np.asarray(each.convert("RGB"), dtype=int) for each in ImageSequence.Iterator(film)]
    assert len({each.tobytes() for each in pictures}) == len(pictures)
    # White paper, and the orange of the prediction in every frame.
    orange = np.array([0xD5, 0x5E, 0x00])
    for each in pictures:
        assert each[0, 0].min() >= 250
        assert (np.abs(each - orange).sum(axis=-1) < 40).sum() > 20
