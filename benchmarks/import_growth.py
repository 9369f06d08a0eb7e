"""By how many MB a process grows in each package that it imports.

Run with ``python -m benchmarks.import_growth MODULE…``; prints a line of JSON. A package's share is
what its own modules add, without those that they import in turn, so that the shares add up.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.machinery import ExtensionFileLoader, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

_STATM = Path("/proc/self/statm")


def memory() -> tuple[float, float]:
    """The resident set of this process and what of it is no file's, in MB; Linux only."""
    _size, resident, shared, *_ = map(int, _STATM.read_text(encoding="ascii").split())
    page = os.sysconf("SC_PAGE_SIZE") / 1e6
    return resident * page, (resident - shared) * page


class Growth:
    """Counts what imports add from now on, by the first part of their names."""

    def __init__(self) -> None:
        #: MB of each package, in the order in which they were met: resident, and of no file.
        self.packages: dict[str, tuple[float, float]] = {}
        self._inner = [(0.0, 0.0)]  # of the imports within each import that is going on
        # An extension is loaded before it is executed, and takes most then.
        for loader, method in (
            (SourceFileLoader, "exec_module"),
            (ExtensionFileLoader, "create_module"),
            (ExtensionFileLoader, "exec_module"),
        ):
            setattr(loader, method, self._counted(getattr(loader, method)))

    def _counted(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def counted(loader: object, subject: Any) -> object:
            name = getattr(subject, "__spec__", subject).name.partition(".")[0]
            self.packages.setdefault(name, (0.0, 0.0))
            before = memory()
            self._inner.append((0.0, 0.0))
            try:
                return method(loader, subject)
            finally:
                grown = _less(memory(), before)
                own = _less(grown, self._inner.pop())
                self._inner[-1] = _more(self._inner[-1], grown)
                self.packages[name] = _more(self.packages[name], own)

        return counted


def _more(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return one[0] + other[0], one[1] + other[1]


def _less(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return one[0] - other[0], one[1] - other[1]


def main(arguments: Sequence[str] | None = None) -> None:
    """Import modules in this order, call what stands behind a colon, and print what they added."""
    python = memory()
    growth = Growth()
    for name in sys.argv[1:] if arguments is None else arguments:
        module, _, called = name.partition(":")
        found: ModuleType = import_module(module)
        if called:
            getattr(found, called)()
    print(json.dumps({"python": python, "packages": growth.packages, "total": memory()}))


if __name__ == "__main__":
    main()
