from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import rnn_core
from rnn_core.cli.main import cli


def test_the_commands_are_listed() -> None:
    done = CliRunner(catch_exceptions=False).invoke(cli, ["--help"])
    assert done.exit_code == 0
    for name in ("train", "compare", "evaluate", "export", "sweep"):
        assert f"  {name} " in done.stdout


def test_the_version_is_that_of_the_package() -> None:
    assert (
        CliRunner(catch_exceptions=False).invoke(cli, ["--version"]).stdout.split()[-1]
        == rnn_core.__version__
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "--cell", "lstn"], "'lstn' is not one of"),
        (["train", "--steps", "0"], "0 is not in the range"),
        (["train", "--hidden-size", "0"], "hidden_size must be a whole number from 1 to 256"),
        (["train", "missing.toml"], "missing.toml: No such file or directory"),
        (["train", "bad.toml"], "The file with the settings is no TOML"),
        (["train", "binary.toml"], "no text in UTF-8"),
        (["train", "unknown.toml"], "Unknown setting 'cel'"),
        (["train", "wrong.toml"], "lr must be a positive number, got 'fast'"),
        (["train", "-o", "no/such/place"], "no/such/place: No such file or directory"),
        (["train", "-o", "."], "Is a directory"),
        (["train", "--task", "copy", "--window-length", "5"], "window_length must be at least 21"),
        (["evaluate", "missing"], "missing: No such file or directory"),
        (["evaluate", "bad.toml"], "The file is no safetensors file"),
        (["export", "bad.toml", "--to", "csv"], "The file is no safetensors file"),
        (["export", "bad.toml", "--to", "pickle"], "'pickle' is not one of"),
        (["compare"], "A comparison needs 2 to 12 contenders, got 1"),
    ],
)
def test_a_refusal_is_a_sentence_on_stderr_and_status_2(
    arguments: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, data in {
        "bad.toml": b"cell = \n",
        "binary.toml": b"\xff\xfe\x00",
        "unknown.toml": b'cel = "lstm"\n',
        "wrong.toml": b'lr = "fast"\n',
    }.items():
        Path(name).write_bytes(data)
    done = CliRunner(catch_exceptions=False).invoke(cli, arguments)
    assert done.exit_code == 2, done.output
    assert words in done.stderr
    assert "Traceback" not in done.output
    assert done.stdout == ""


def test_sweep_without_optuna_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    for name in [name for name in sys.modules if ".sweep" in name and name.startswith("rnn_core")]:
        monkeypatch.delitem(sys.modules, name)
    done = CliRunner(catch_exceptions=False).invoke(cli, ["sweep", "space.toml", "--workers", "2"])
    assert done.exit_code == 2
    assert "sweep needs Optuna: pip install 'rnn-playground[sweeps]'." in done.stderr


def test_other_commands_do_not_load_optuna() -> None:
    program = "import rnn_core.cli.main, sys; print('optuna' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n"
