from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from safetensors.torch import save

from rnn_core import TASKS, RunConfig, Trainer, evaluate
from rnn_core.cli.main import cli
from rnn_core.experiments.rolling_origin import rolling_origin
from rnn_core.io import save_checkpoint


def test_the_held_out_loss_of_a_file_is_that_of_its_run(tmp_path: Path) -> None:
    trainer = Trainer(RunConfig(cell="lstm", hidden_size=5))
    trainer.advance(60)
    path = tmp_path / "run"
    path.write_bytes(save_checkpoint(trainer))
    done = CliRunner().invoke(cli, ["evaluate", str(path)])
    assert done.exit_code == 0, done.output
    assert f"{evaluate(trainer).loss.mean:.6f}" in done.stdout
    assert done.stdout.splitlines()[1].split() == ["steps", "60"]


def test_weights_alone_have_nothing_to_be_evaluated_on(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(save(Trainer(RunConfig(hidden_size=3)).model.state_dict()))
    done = CliRunner().invoke(cli, ["evaluate", str(path)])
    assert done.exit_code == 2
    assert "nothing says what they were trained on" in done.stderr


def test_forecasts_by_horizon_are_those_of_the_run(tmp_path: Path) -> None:
    trainer = Trainer(TASKS["series"].config(hidden_size=5))
    trainer.advance(60)
    path = tmp_path / "run"
    path.write_bytes(save_checkpoint(trainer))
    done = CliRunner().invoke(cli, ["evaluate", str(path), "--horizons", "2"])
    assert done.exit_code == 0, done.output
    table = [line.split() for line in done.stdout.splitlines()[-8:]]
    found = rolling_origin(trainer, 2)
    assert [line[:2] for line in table] == [
        [str(h), key] for h in (1, 2) for key in ("network", "persistence", "seasonal", "drift")
    ]
    for line in table:
        score = found.scores[line[1]][int(line[0]) - 1]
        assert line[2:] == [f"{score.mae:.5g}", f"{score.rmse:.5g}", f"{score.mase:.3f}"]
    assert "trained for horizon 1, iterated beyond it" in done.stdout


def test_a_task_without_a_test_part_has_no_horizons(tmp_path: Path) -> None:
    trainer = Trainer(RunConfig(hidden_size=3))
    trainer.advance(5)
    path = tmp_path / "run"
    path.write_bytes(save_checkpoint(trainer))
    done = CliRunner().invoke(cli, ["evaluate", str(path), "--horizons", "2"])
    assert done.exit_code == 2
    assert "A rolling origin needs a series with a test part." in done.stderr
