from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import rnn_core


def test_the_module_is_a_command_whose_refusals_are_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "rnn_core"]
    root = Path(rnn_core.__file__).parents[1]
    done = subprocess.run(
        [*command, "train", "--lr", "-1", "-o", str(tmp_path / "run.safetensors")],
        cwd=root,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "Error: lr must be a positive number, got -1.0. Try 0.02.\n"


def test_without_click_it_says_what_to_install() -> None:
    code = (
        "import sys, runpy; sys.modules['click'] = None; "
        "runpy.run_module('rnn_core', run_name='__main__')"
    )
    root = Path(rnn_core.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == ("The command line needs Click. Try: pip install 'rnn-playground[cli]'\n")
