"""Machines where compiled kernels cannot be kept, or cannot be made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import rnn_core
from rnn_core import RunConfig, Trainer
from rnn_core.engines import compiled_engine, kernels
from tests import first_compilation

TRAIN_AT_ONCE = """
from itertools import islice
from rnn_core import RunConfig, Trainer
trainer = Trainer(RunConfig(), engine="auto")
losses = [step.loss for step in islice(trainer.steps(), 20)]
assert trainer.engine == "torch"
assert losses[-1] < losses[0]
"""

# One small kernel stands for all, which take half a minute: each is kept, or not, in the same way.
COMPILE_WITHOUT_A_CACHE = """
import numpy as np
from rnn_core.engines import kernels
for kernel in (kernels.train, kernels.predict, kernels._add):
    assert kernel.stats.cache_path is None
total = np.ones(3, np.float32)
kernels._add(total, np.arange(3, dtype=np.float32))
assert total.tolist() == [1, 2, 3]
"""

# As on a machine that has no Numba, or one where its compiler does not work.
TRAIN_WITHOUT_NUMBA = """
import sys
sys.modules["numba"] = None
from rnn_core.engines import prepare_compiled
prepare_compiled().join()
"""


@pytest.fixture
def nowhere(tmp_path: Path) -> dict[str, str]:
    """A copy of the package and an environment that leave Numba no folder to write to.

    Below a regular file even an administrator cannot make one.
    """
    package = tmp_path / "rnn_core"
    shutil.copytree(
        Path(rnn_core.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )
    blocked = package / "engines" / "__pycache__"
    blocked.touch()
    below = str(blocked / "x")
    return os.environ | {
        "NUMBA_CACHE_DIR": below,
        "HOME": below,
        "XDG_CACHE_HOME": below,
        "LOCALAPPDATA": below,
        "PYTHONPATH": str(tmp_path),
    }


def run(code: str, folder: Path, environment: dict[str, str]) -> str:
    """What a fresh interpreter logs."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_where_kernels_cannot_be_kept_they_are_compiled_and_nobody_waits(
    tmp_path: Path, nowhere: dict[str, str]
) -> None:
    assert run(COMPILE_WITHOUT_A_CACHE + TRAIN_AT_ONCE, tmp_path, nowhere) == ""


def test_where_kernels_cannot_be_made_torch_trains_alone_and_the_log_says_so(
    tmp_path: Path,
) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(rnn_core.__file__).parents[1])}
    logged = run(TRAIN_WITHOUT_NUMBA + TRAIN_AT_ONCE, tmp_path, environment)
    assert "The compiled engine is not available; PyTorch trains alone." in logged


# Again a small kernel, called as the engine calls its own.
RUN_A_KERNEL = """
import numpy as np
from rnn_core.engines import compiled_engine, kernels
from tests import first_compilation
total = np.ones(3, np.float32)
compiled_engine._run_kernel(kernels._add, total, np.arange(3, dtype=np.float32))
assert total.tolist() == [1, 2, 3]
"""


# A limit for the length of files: the kernel refuses what is longer as it does on a full disk.
ON_A_FULL_DISK = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
"""


def test_on_a_full_disk_a_kernel_is_compiled_and_used(tmp_path: Path) -> None:
    environment = cached_in(tmp_path)
    logged = run(ON_A_FULL_DISK + RUN_A_KERNEL, tmp_path, environment)
    assert "The compiled kernel _add cannot be kept: File too large." in logged
    assert "Traceback" not in logged
    # Once there is room again, it is kept.
    assert run(RUN_A_KERNEL, tmp_path, environment) == ""
    assert list(tmp_path.rglob("kernels._add-*.nbc"))


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the cache of a small kernel."""
    folder = tmp_path_factory.mktemp("filled")
    assert run(RUN_A_KERNEL, folder, cached_in(folder)) == ""
    return folder


def cached_in(folder: Path) -> dict[str, str]:
    """The environment in which kernels are kept there."""
    package = str(Path(rnn_core.__file__).parents[1])
    return os.environ | {"PYTHONPATH": package, "NUMBA_CACHE_DIR": str(folder)}


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        ("nbi", lambda content: b""),
        ("nbi", lambda content: b"garbled" + content[7:]),
        ("nbc", lambda content: content[: len(content) // 2]),
    ],
    ids=["empty index", "garbled index", "truncated code"],
)
def test_a_damaged_cache_is_rebuilt(
    tmp_path: Path, filled: Path, suffix: str, damage: Callable[[bytes], bytes]
) -> None:
    shutil.copytree(filled, tmp_path, dirs_exist_ok=True)
    environment = cached_in(tmp_path)
    files = [*tmp_path.rglob(f"kernels._add-*.{suffix}")]
    assert files
    for file in files:
        file.write_bytes(damage(file.read_bytes()))
    assert "is damaged; the kernels are compiled anew" in run(RUN_A_KERNEL, tmp_path, environment)
    assert run(RUN_A_KERNEL, tmp_path, environment) == ""


def test_the_engine_runs_its_kernels_with_that_safeguard(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[object] = []
    run_kernel = compiled_engine._run_kernel

    def spy(kernel: object, *arguments: object) -> None:
        ran.append(kernel)
        run_kernel(kernel, *arguments)

    monkeypatch.setattr(compiled_engine, "_run_kernel", spy)
    trainer = Trainer(RunConfig(), engine="compiled")
    next(trainer.steps())
    trainer.predict(trainer.task.batch(0).inputs)
    trainer.advance(2)
    assert ran
    assert set(ran) == {kernels.train, kernels.predict}


#: Says what it computed and, in a last line, whether it compiled a kernel.
COMPUTE = """
import sys
from tests.first_compilation import compiled_anew, digests
print(digests(), compiled_anew(), sep="", file=sys.stderr)
"""


def test_the_first_run_and_later_ones_agree_to_the_last_bit(tmp_path: Path) -> None:
    assert first_compilation.start().wait() == 0
    folder = tmp_path / "kernels"
    first_compilation.copy_to(folder)
    *again, anew = run(COMPUTE, tmp_path, cached_in(folder)).splitlines()
    assert anew == "False"  # loaded from the cache
    assert again == first_compilation.computed().splitlines()
    assert len(again) == 2 * 5
