from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result
from safetensors.torch import load, save

from rnn_core import TASKS, RunConfig, Trainer
from rnn_core.cli import train as module
from rnn_core.cli.main import cli
from rnn_core.experiments.early_stopped import advance_validated
from rnn_core.experiments.run import advance
from rnn_core.io import load_checkpoint, save_checkpoint
from rnn_core.training.early_stopping import EVALUATE_EVERY, StoppingMemory


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner(catch_exceptions=False).invoke(cli, ["train", "--engine", "torch", *arguments])


def losses(path: str) -> list[float]:
    found = load_checkpoint(Path(path).read_bytes()).history
    assert found is not None
    return list(found.loss.tolist())


def test_a_run_is_saved_with_its_history_and_told(folder: Path) -> None:
    done = run("--cell", "gru", "--steps", "40", "--hidden-size", "6", "--no-carry-state")
    assert done.exit_code == 0, done.output
    config = RunConfig(cell="gru", hidden_size=6, carry_state=False)
    ours = Trainer(config).advance(40)
    found = load_checkpoint(Path("run.safetensors").read_bytes())
    assert found.config == config
    assert found.history is not None
    assert found.history.loss.tolist() == ours.losses.tolist()
    assert found.history.grad_norm.tolist() == ours.grad_norms.tolist()
    assert "gru, 6 units" in done.stdout
    assert re.search(r"held-out loss +0\.\d+  \[", done.stdout)
    assert "40 steps, saved in run.safetensors" in done.stdout
    assert done.stderr == ""


def test_settings_come_from_the_file_the_flags_and_the_task(folder: Path) -> None:
    Path("a.toml").write_text('task = "adding"\nhidden_size = 5\nforget_bias = "none"\nlr = 1\n')
    done = run("a.toml", "--steps", "2", "--lr", "0.5", "--clip-norm", "none", "-q", "-o", "x.st")
    assert (done.exit_code, done.output) == (0, "")
    config = TASKS["adding"].config(hidden_size=5, forget_bias=None, lr=0.5, clip_norm=None)
    assert load_checkpoint(Path("x.st").read_bytes()).config == config


def test_a_run_goes_on_bit_for_bit(folder: Path) -> None:
    flags = ("--cell", "lstm", "--clip-norm", "0.5", "--hidden-size", "5")
    assert run(*flags, "--steps", "70", "-o", "whole").exit_code == 0
    assert run(*flags, "--steps", "30", "-o", "part").exit_code == 0
    done = run("--resume", "part", "--steps", "70")
    assert done.exit_code == 0, done.output
    assert "70 steps, saved in part" in done.stdout
    assert losses("part") == losses("whole")
    part, whole = (load(Path(name).read_bytes()) for name in ("part", "whole"))
    assert part.keys() == whole.keys()
    assert all(torch.equal(part[name], whole[name]) for name in whole)


def test_ctrl_c_saves_what_was_done_and_says_how_to_go_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def advance_and_press(trainer: Trainer, steps: int, **more: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return advance(trainer, steps, **more)

    with monkeypatch.context() as patch:
        patch.setattr(module, "advance", advance_and_press)
        done = run("--steps", "5000", "--hidden-size", "4")
    assert done.exit_code == 130, done.output
    stopped = re.search(r"Stopped after (\d+) steps, saved in run.safetensors", done.stderr)
    assert stopped
    count = int(stopped[1])
    assert "Go on with --resume run.safetensors --steps 5000." in done.stderr
    assert len(losses("run.safetensors")) == count < 5000
    assert run("--resume", "run.safetensors", "--steps", str(count + 20)).exit_code == 0
    ours = Trainer(RunConfig(hidden_size=4)).advance(count + 20).losses
    assert losses("run.safetensors") == ours.tolist()


def test_a_run_saved_elsewhere_goes_on_without_the_history_that_it_lacks(folder: Path) -> None:
    trainer = Trainer(RunConfig(hidden_size=4))
    trainer.advance(10)
    Path("page").write_bytes(save_checkpoint(trainer))
    assert run("--resume", "page", "--steps", "15").exit_code == 0
    found = losses("page")
    assert found == Trainer(RunConfig(hidden_size=4)).advance(15).losses[9:].tolist()


def test_a_diverged_run_is_told_and_saves_nothing(folder: Path) -> None:
    done = run("--cell", "rnn_relu", "--optimizer", "sgd", "--lr", "10", "--steps", "500")
    assert done.exit_code == 2
    assert "The loss is no longer finite at step" in done.stderr
    assert not Path("run.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--steps", "10"), "run has 10 steps. Ask for more with --steps."),
        (("--steps", "20", "--lr", "0.1"), "--resume goes on with the run's own settings"),
        (("--steps", "20", "a.toml"), "--resume goes on with the run's own settings"),
    ],
)
def test_what_cannot_be_resumed_is_said(
    folder: Path, arguments: tuple[str, ...], words: str
) -> None:
    trainer = Trainer(RunConfig(hidden_size=4))
    trainer.advance(10)
    Path("run").write_bytes(save_checkpoint(trainer))
    done = run("--resume", "run", *arguments)
    assert done.exit_code == 2
    assert words in done.stderr


def test_weights_alone_cannot_be_resumed(folder: Path) -> None:
    trainer = Trainer(RunConfig(hidden_size=4))
    Path("weights").write_bytes(save(trainer.model.state_dict()))
    done = run("--resume", "weights")
    assert done.exit_code == 2
    assert "The file has weights alone, no run" in done.stderr


SERIES = ("--task", "series", "--hidden-size", "6", "--lr", "0.05")


def test_early_stopping_saves_the_best_step(folder: Path) -> None:
    done = run(*SERIES, "--steps", "2000", "--early-stopping", "4", "-o", "best")
    assert done.exit_code == 0, done.output
    told = re.search(r"Stopped early at step (\d+): no lower .* for 4 evaluations", done.stdout)
    assert told
    best = int(told[1]) - 4 * EVALUATE_EVERY
    assert f"the step with the lowest validation loss, {best}." in done.stdout
    assert f"{best + 1} steps, saved in best" in done.stdout
    found = load_checkpoint(Path("best").read_bytes())
    assert found.snapshot is not None
    assert found.snapshot.index == best
    assert found.history is not None
    assert found.history.held_out_step.tolist() == list(range(0, best + 1, EVALUATE_EVERY))
    assert found.history.held_out[:, 0].argmin() == best / EVALUATE_EVERY
    plain = Trainer(found.config)
    assert losses("best") == plain.advance(best + 1).losses.tolist()
    assert all(
        torch.equal(found.weights[name], value) for name, value in plain.model.state_dict().items()
    )
    # What is saved goes on as the run did, and stops there again.
    again = run("--resume", "best", "--steps", "2000", "--early-stopping", "4")
    assert f"Stopped early at step {told[1]}" in again.stdout


def test_without_an_early_stop_the_best_step_is_saved_too(folder: Path) -> None:
    done = run(*SERIES, "--steps", "45", "--early-stopping", "99")
    assert "45 steps taken, without an early stop." in done.stdout
    assert re.search(r"\d+ steps, saved in run.safetensors", done.stdout)


def test_ctrl_c_saves_the_last_step_for_a_run_that_may_stop_early(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def advance_and_press(trainer: Trainer, steps: int, *more: Any, **named: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        return advance_validated(trainer, steps, *more, **named)

    monkeypatch.setattr(module, "advance_validated", advance_and_press)
    done = run(*SERIES, "--steps", "5000", "--early-stopping", "99")
    assert done.exit_code == 130, done.output
    stopped = re.search(r"Stopped after (\d+) steps", done.stderr)
    assert stopped
    assert len(losses("run.safetensors")) == int(stopped[1])


class AtStep:
    """Ctrl-C at a step of a run."""

    def __init__(self, step: int) -> None:
        self.step = step

    def __call__(self, trainer: Trainer, *more: Any, **named: Any) -> Any:
        self.trainer = trainer
        return advance_validated(trainer, *more, **named | {"cancel": self})

    def is_set(self) -> bool:
        return (self.trainer.index or 0) >= self.step


@pytest.mark.parametrize("presses", [(30,), (140,), (195,), (1, 100, 145, 160, 199)])
def test_a_resumed_run_stops_early_as_one_that_was_not_interrupted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, presses: tuple[int, ...]
) -> None:
    flags = ("--steps", "2000", "--early-stopping", "4")
    whole = run(*SERIES, *flags, "-o", "whole")
    told = re.search(r"Stopped early at step \d+:.*\n.*lowest validation loss, \d+", whole.stdout)
    assert told
    with monkeypatch.context() as patched:
        for number, step in enumerate(presses):
            patched.setattr(module, "advance_validated", AtStep(step))
            resumed = ("--resume", "part") if number else SERIES
            done = run(*resumed, *flags, "-o", "part")
            assert done.exit_code == 130, done.output
            assert "--early-stopping 4" in done.stderr
    done = run("--resume", "part", *flags)
    assert done.exit_code == 0, done.output
    assert told[0] in done.stdout
    assert losses("part") == losses("whole")
    tensors, expected = (load(Path(name).read_bytes()) for name in ("part", "whole"))
    assert tensors.keys() == expected.keys()
    assert all(torch.equal(tensors[name], each) for name, each in expected.items())
    ours, theirs = (load_checkpoint(Path(name).read_bytes()) for name in ("part", "whole"))
    assert ours.stopping == theirs.stopping
    assert ours.best is None


def test_a_best_step_that_the_file_does_not_hold_is_told(folder: Path) -> None:
    task = TASKS["series"].config(hidden_size=6, lr=0.05)
    trainer = Trainer(task)
    trainer.advance(50)
    memory = StoppingMemory(2, 20, 1e-9, 1, 40)
    Path("page").write_bytes(save_checkpoint(trainer, stopping=memory))
    done = run("--resume", "page", "--steps", "2000", "--early-stopping", "2")
    assert done.exit_code == 0, done.output
    assert "The lowest validation loss was that of step 20, which the resumed" in done.stdout
    found = load_checkpoint(Path("page").read_bytes())
    assert found.snapshot is not None
    assert found.snapshot.index == 60


def test_early_stopping_needs_a_validation_part(folder: Path) -> None:
    done = run("--steps", "5", "--early-stopping", "3")
    assert done.exit_code == 2
    assert "--early-stopping needs a task with a validation part." in done.stderr


def test_the_help_states_how_many_steps_are_taken_unless_told() -> None:
    words = " ".join(run("--help").output.split())
    assert "steps in all, those of a resumed run included [default: 1000;" in words
