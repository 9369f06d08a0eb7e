from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner
from safetensors.torch import save

from rnn_core import RunConfig, Trainer, evaluate
from rnn_core.cli.main import cli
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
