"""Compiled kernels on disk: keeping them, loading them without the compiler, making them elsewhere.

Numba keeps what it has compiled. Before it loads that again it makes its whole compiler ready, with
SciPy's linear algebra, which costs 30 MB and a third of a second for nothing. A process that
compiles the kernels holds 170 MB of the compiler's until it ends; another one can do it instead.
Both need names of Numba that are not public. Where one is missing, Numba does as it always does.

Run as a program it compiles one kernel. It then imports neither PyTorch nor the rest of the core.
"""

from __future__ import annotations

import ctypes
import logging
import pickle
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

_log = logging.getLogger(__name__)
#: Versions of Numba, up to the second point, whose kernels were loaded without its compiler. A name
#: that another version needs would end the process.
TRIED = ("0.68",)
_elsewhere = threading.Event()
# In prctl.h: the signal that a process gets when its parent ends.
_PR_SET_PDEATHSIG = 1


def keep(kernel: Any) -> None:
    """Arrange how a kernel that Numba caches is saved and loaded.

    Args:
        kernel: what `numba.njit` has made with a cache.
    """
    cache: Any = getattr(kernel, "_cache", None)  # no public name leads to it
    save, load = (getattr(cache, f"{verb}_overload", None) for verb in ("save", "load"))
    if save is None or load is None:
        return
    cache.save_overload = _saving(save, kernel.__name__)
    cache.load_overload = _loading(cache, load, kernel.__name__)


def compile_elsewhere() -> None:
    """From now on, have another process compile the kernels that are not kept yet."""
    _elsewhere.set()


def _saving(save: Callable[..., None], name: str) -> Callable[..., None]:
    """Have a kernel be of use where the disk is full or cannot be written to."""

    def save_if_possible(signature: object, compiled: object) -> None:
        try:
            save(signature, compiled)
        except OSError as error:
            _log.warning("The compiled kernel %s cannot be kept: %s.", name, error.strerror)

    return save_if_possible


def _loading(cache: Any, load: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Load a kernel without the compiler, and where it is not kept, have it compiled first."""
    import numba

    plainly = getattr(cache, "_load_overload", None)
    if plainly is None or ".".join(numba.__version__.split(".")[:2]) not in TRIED:
        plainly = load

    def load_or_compile(signature: object, target: Any) -> Any:
        if plainly is not load:
            _make_ready_without_compiler()
        found = plainly(signature, target)
        if found is None and _elsewhere.is_set() and _compiled_elsewhere(name, signature):
            found = plainly(signature, target)
        return found

    return load_or_compile


def _make_ready_without_compiler() -> None:
    """Tell LLVM where the functions are that count references, and keep SciPy out.

    Numba imports SciPy's linear algebra to see whether it is there. It looks again where a kernel
    uses it, which none of ours does.
    """
    runtime: Any = import_module("numba.core.runtime.nrt")
    linalg: Any = import_module("numba.np.linalg")
    for name, address in runtime._nrt.c_helpers.items():
        runtime.ll.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)
    if "numba.np.arraymath" not in sys.modules:
        look = linalg.ensure_blas
        linalg.ensure_blas = lambda: None
        try:
            arraymath: Any = import_module("numba.np.arraymath")
            arraymath.ensure_blas = look
        finally:
            linalg.ensure_blas = look


def _compiled_elsewhere(name: str, signature: object) -> bool:
    """Compile a kernel in another process, which keeps it; whether that went well."""
    command = [sys.executable, "-P", str(Path(__file__).absolute())]
    try:
        done = subprocess.run(command, input=pickle.dumps((name, signature)), capture_output=True)
    except OSError as error:
        reason = str(error.strerror)
    else:
        reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        if done.returncode == 0:
            return True
    _log.warning("The kernel %s is compiled here; another process could not: %s.", name, reason)
    return False


def _main() -> None:
    """Compile the kernel and the signature that the standard input names."""
    if sys.platform == "linux":
        # Whoever starts the program again must not meet this process at work on the same files.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    folder = Path(__file__).absolute().parent  # links unresolved: Numba knows files by path
    # Packages without their __init__, which would import PyTorch.
    for package, place in (("rnn_core", folder.parent), ("rnn_core.engines", folder)):
        module = ModuleType(package)
        module.__path__ = [str(place)]
        sys.modules[package] = module
    name, signature = pickle.load(sys.stdin.buffer)
    getattr(import_module("rnn_core.engines.kernels"), name).compile(signature)


if __name__ == "__main__":
    _main()
