"""The kernels, compiled once for all processes of the tests.

``python -m tests.first_compilation`` compiles them into `FOLDER`, as the first run on a machine
does, and keeps beside them what that run computed. Where they are up to date it only loads them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Of all kernels that were compiled by one process.
FOLDER = ROOT / ".pytest_cache" / "numba"
_FIRST = FOLDER / "first"
_COMPUTED = _FIRST / f"digests-{sys.implementation.cache_tag}.txt"


def start() -> subprocess.Popen[bytes]:
    """A process that compiles the kernels, or finds them up to date."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.first_compilation"],
        cwd=ROOT,
        env={**os.environ, "NUMBA_CACHE_DIR": str(_FIRST), "OMP_NUM_THREADS": "1"},
    )


def copy_to(folder: Path) -> None:
    """Give a process kernels of its own.

    Numba's cache is not made for two processes that compile at once: one may find another kernel's
    code under the name that it has chosen for its own.
    """
    shutil.rmtree(folder, ignore_errors=True)
    if _FIRST.exists():
        shutil.copytree(_FIRST, folder)


def computed() -> str:
    """What the process computed that compiled the kernels: `digests`."""
    return _COMPUTED.read_text(encoding="utf-8")


def digests() -> str:
    """A digest of the losses of 20 steps, a line for each precision and cell with a kernel."""
    import hashlib

    import torch

    from rnn_core import CELLS, RunConfig, Trainer

    torch.set_num_threads(1)
    lines = []
    for dtype in (torch.float32, torch.float64):
        for name, cell in CELLS.items():
            if cell.kernel is not None:
                trainer = Trainer(RunConfig(cell=name), dtype=dtype, engine="compiled")
                losses = trainer.advance(20).losses
                trainer.predict(trainer.task.batch(0).inputs)
                lines.append(f"{dtype} {name} {hashlib.sha256(losses.tobytes()).hexdigest()}\n")
    return "".join(lines)


def compiled_anew() -> bool:
    """Whether this process has compiled a kernel that it did not find."""
    from rnn_core.engines import kernels

    return any(
        sum(kernel.stats.cache_misses.values()) for kernel in (kernels.train, kernels.predict)
    )


if __name__ == "__main__":
    found = digests()
    if compiled_anew() or not _COMPUTED.exists():
        _COMPUTED.write_text(found, encoding="utf-8")
