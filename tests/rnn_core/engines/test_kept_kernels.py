"""Kernels that are kept are loaded without the compiler, and made by another process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_core.engines import kept_kernels
from tests import first_compilation

ROOT = Path(__file__).parents[3]


def run(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A fresh interpreter whose kernels are kept in this folder."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=240,
    )


WITHOUT_COMPILER = """
import sys
from rnn_core import RunConfig, Trainer
from rnn_core.engines import kernels, prepare_compiled
prepare_compiled().join()
assert dict(kernels.train.stats.cache_misses) == {}
assert "scipy.linalg" not in sys.modules
from numba.core.runtime.nrt import rtsys
assert not rtsys._init  # nothing of the compiler was made ready
import numba, numpy as np
@numba.njit
def product(a, b):
    return np.dot(a, b)[0, 0] + np.kron(a, b).sum()
assert product(np.ones((2, 2)), np.ones((2, 2))) == 18  # it is when it is needed
assert rtsys._init and "scipy.linalg" in sys.modules
"""


def test_kept_kernels_are_loaded_without_the_compiler_which_is_ready_when_needed(
    tmp_path: Path,
) -> None:
    assert first_compilation.start().wait() == 0
    first_compilation.copy_to(tmp_path / "kernels")
    done = run(WITHOUT_COMPILER, tmp_path / "kernels")
    assert done.returncode == 0, done.stderr


# One small kernel stands for all, which take half a minute.
ADD = """
import numpy as np
from rnn_core.engines import kept_kernels, kernels
kept_kernels.compile_elsewhere()
total = np.ones(3, np.float32)
kernels._add(total, np.arange(3, dtype=np.float32))
assert total.tolist() == [1, 2, 3]
print(sum(kernels._add.stats.cache_hits.values()))
"""


def test_a_kernel_that_is_not_kept_is_compiled_by_another_process(tmp_path: Path) -> None:
    done = run(ADD, tmp_path)
    assert (done.stdout, done.stderr) == ("1\n", "")
    assert len(list(tmp_path.rglob("kernels._add-*.nbc"))) == 1


def test_where_another_process_cannot_it_is_compiled_here_and_the_log_says_why(
    tmp_path: Path,
) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho no memory >&2\nexit 3\n")
    program.chmod(0o755)
    for executable, reason in ((program, "no memory"), ("missing", "No such file or directory")):
        folder = tmp_path / reason
        done = run(f"import sys; sys.executable = {str(executable)!r}\n{ADD}", folder)
        assert done.stdout == "0\n"
        assert f"_add is compiled here; another process could not: {reason}." in done.stderr
        assert len(list(folder.rglob("kernels._add-*.nbc"))) == 1


def test_the_process_that_compiles_imports_no_pytorch(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    absent.mkdir()
    (absent / "torch.py").write_text("raise RuntimeError('PyTorch was imported')")
    command = """
import pickle, runpy, sys, io
import numpy as np, numba
signature = (numba.typeof(np.ones(3, np.float32)),) * 2
class Input: buffer = io.BytesIO(pickle.dumps(("_add", signature)))
sys.stdin = Input
runpy.run_path(sys.argv[1], run_name="__main__")
print("torch" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", command, str(Path(kept_kernels.__file__))],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(absent)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "False\n", done.stderr
    assert len(list(tmp_path.rglob("kernels._add-*.nbc"))) == 1


def test_with_a_numba_that_was_not_tried_kernels_are_loaded_its_own_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Cache:
        def _load_overload(self, signature: str, target: str) -> str:
            return f"plainly {signature} {target}"

        def load_overload(self, signature: str, target: str) -> str:
            return f"its own way {signature} {target}"

        def save_overload(self, signature: str, compiled: str) -> None:
            raise AssertionError

    class Kernel:
        _cache = Cache()
        __name__ = "kernel"

    ready: list[str] = []
    monkeypatch.setattr(kept_kernels, "_make_ready_without_compiler", lambda: ready.append("yes"))
    for tried, expected in (((), "its own way f8 cpu"), (kept_kernels.TRIED, "plainly f8 cpu")):
        monkeypatch.setattr(kept_kernels, "TRIED", tried)
        kernel = Kernel()
        kernel._cache = Cache()
        kept_kernels.keep(kernel)
        assert kernel._cache.load_overload("f8", "cpu") == expected
    assert ready == ["yes"]
    nothing = object()
    kept_kernels.keep(nothing)  # a Numba without these names works as it always does
