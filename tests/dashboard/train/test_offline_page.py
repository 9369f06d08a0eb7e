from __future__ import annotations

from dashboard.run.live_run import LiveRun
from dashboard.train import offline_page
from rnn_core import RunConfig


def test_it_says_which_settings_it_takes_to_train_the_network_again() -> None:
    run = LiveRun(RunConfig(cell="gru", lr=0.01), clock=lambda: 0.0, engine="torch")
    run.step_once()
    run.configure(RunConfig(cell="gru", lr=0.5))
    run.step_once()
    settings = offline_page.settings(run).replace("\u00a0", " ").split(" · ")
    assert {"cell gru", "seed 13", "lr 0.01 → 0.5", "carry_state on", "frequency 1"} <= set(
        settings
    )
    read_by_others = ("delay", "momentum", "forget_bias")
    assert not [each for each in settings if each.startswith(read_by_others)]
