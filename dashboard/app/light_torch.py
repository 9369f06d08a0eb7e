"""PyTorch without what only `torch.compile` and `torch.export` use.

`import torch` ends with the shapes of all operations written in Python, for tensors without data
that a compiler traces, with the decompositions and reference operations that these build on: 12 MB
and a quarter of the time of the import. And the first step of an optimizer imports the compiler,
60 MB, to tell it where to stop. Nothing here is compiled by PyTorch.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from types import ModuleType
from typing import Any

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


def do_without_compiler() -> None:
    """Keep PyTorch's optimizers from importing `torch._dynamo` when made, and at their first step.

    They exclude some of their methods from compilation by `torch.compile`. The import takes longer
    than all else between a visitor's first request and the first chart.
    """
    import torch

    for method in vars(torch.optim.Optimizer).values():
        plain = getattr(method, "__wrapped__", None)
        if plain is not None:
            # Where `torch._compile` keeps the excluded method once it has made it.
            setattr(plain, "__dynamo_disable", plain)
    for kind in vars(torch.optim).values():
        step: Any = vars(kind).get("step") if isinstance(kind, type) else None
        # Of an optimizer whose step can itself be differentiated, which ours are not.
        if getattr(getattr(step, "__code__", None), "co_name", "") == "_use_grad":
            kind.step = torch.no_grad()(step.__wrapped__)
