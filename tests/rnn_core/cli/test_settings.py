from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from rnn_core import SETTINGS, TASKS, RunConfig
from rnn_core.cli.settings import config_of, given, parsed, settings_options

OTHERS: dict[str, Any] = {
    "task": "chirp", "window_length": 12, "points_per_period": 20, "frequency": 1.5,
    "amplitude": 2.0, "phase": -0.5, "noise_std": 0.1, "delay": 4, "data_seed": 9, "batch_size": 2,
    "cell": "gru", "hidden_size": 7, "num_layers": 2, "forget_bias": -1.0,
    "initialisation": "identity", "single_bias": True, "carry_state": False, "optimizer": "sgd",
    "lr": 0.3, "momentum": 0.1, "clip_norm": 2.0, "seed": 77,
}  # fmt: skip


def of_flags(*arguments: str) -> RunConfig:
    found: list[RunConfig] = []

    @click.command()
    @settings_options
    @click.pass_context
    def command(ctx: click.Context, /, config: Path | None, **_settings: Any) -> None:
        found.append(config_of(config, given(ctx)))

    done = CliRunner(catch_exceptions=False).invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return found[0]


def flags(settings: dict[str, Any]) -> list[str]:
    words = []
    for name, value in settings.items():
        flag = name.replace("_", "-")
        words += [f"--{flag}" if value else f"--no-{flag}"] if isinstance(value, bool) else [
            f"--{flag}", "none" if value is None else str(value)
        ]  # fmt: skip
    return words


def test_every_setting_has_a_flag() -> None:
    assert set(OTHERS) == set(SETTINGS)
    assert of_flags(*flags(OTHERS)) == RunConfig(**OTHERS)
    assert of_flags() == RunConfig()
    assert of_flags("--task", "adding", "--forget-bias", "none", "--clip-norm", "None") == replace(
        TASKS["adding"].config(), forget_bias=None, clip_norm=None
    )


def test_a_file_has_settings_by_name_and_flags_win(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(
        '\ufeffcell = "lstm"\nlr = 1\ncarry_state = false\nclip_norm = "none"\nseed = 4\n',
        encoding="utf-8",
    )
    expected = RunConfig(cell="gru", lr=1.0, carry_state=False, seed=4)
    assert config_of(path, {"cell": "gru"}) == expected
    assert of_flags(str(path), "--cell", "gru") == expected


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("cell", " gru ", "gru"),
        ("hidden-size", "4", 4),
        ("clip_norm", "none", None),
        ("clip_norm", "1", 1.0),
        ("single_bias", "true", True),
    ],
)
def test_the_value_of_a_setting_is_read_from_text(name: str, text: str, value: Any) -> None:
    assert parsed(name, text) == value


def test_text_that_is_no_value_is_said() -> None:
    with pytest.raises(click.UsageError, match="hidden_size: 'four' is not a valid integer"):
        parsed("hidden_size", "four")
    with pytest.raises(ValueError, match="Unknown setting 'hidden'"):
        parsed("hidden", "4")
