"""PyTorch without what only `torch.compile` and `torch.export` use.

`import torch` ends with the shapes of all operations written in Python, for tensors without data
that a compiler traces, with the decompositions and reference operations that these build on: 12 MB
and a quarter of the time of the import. Nothing here is compiled by PyTorch. Its optimizers are
kept from the compiler by `rnn_core.training.optimizers.do_without_compiler`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from types import ModuleType

#: Versions of PyTorch, up to the second point, that were tried without.
TRIED = ("2.13",)
_SHAPES = "torch._meta_registrations"


def import_light_torch() -> None:
    """Import PyTorch, unless somebody already has.

    The empty module stays in the place of the shapes. Whatever imports them for what they register
    goes on. Without it, parts of PyTorch that import each other could be imported in one order
    only.
    """
    if "torch" in sys.modules or ".".join(version("torch").split(".")[:2]) not in TRIED:
        return
    sys.modules[_SHAPES] = ModuleType(_SHAPES)
    import_module("torch")
    # The shapes bring this along, and without it there are no random numbers.
    import_module("torch._prims.rng_prims")
