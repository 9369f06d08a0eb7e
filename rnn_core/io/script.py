"""A run as a Python script that needs PyTorch and NumPy alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from rnn_core.arguments import require, whole
from rnn_core.cells.base import Cell, LayerScript
from rnn_core.config import SETTINGS, RunConfig
from rnn_core.messages import N_, InvalidValue, Message
from rnn_core.registry import CELLS, OPTIMIZERS, TASKS
from rnn_core.rules import IntRange
from rnn_core.tasks import Task, task_for
from rnn_core.tasks.snippets import source
from rnn_core.version import __version__

_STEPS = IntRange(1, 10_000_000)
_NO_RATES: Mapping[int, float] = MappingProxyType({})
_NO_CLIPS: Mapping[int, float | None] = MappingProxyType({})
# Losses that a script prints, about.
_PRINTED = 20


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a script.

    Args:
        title: a few words.
        text: one or two sentences on it, in Markdown.
        code: Python source.
    """

    title: str
    text: str
    code: str


def python_script(
    config: RunConfig,
    steps: int,
    *,
    task: Task | None = None,
    rates: Mapping[int, float] = _NO_RATES,
    clips: Mapping[int, float | None] = _NO_CLIPS,
) -> str:
    """A script that takes the first steps of a run and prints losses.

    Nothing of this package is imported. Weights, data, losses and updates are those of
    ``Trainer(config, engine="torch")``, up to rounding. All losses are in its list ``losses``.

    Args:
        config: the settings of the run.
        steps: how many, from 1 to 10,000,000.
        task: as in `Trainer`. The script of a series reads a CSV file of the series' name.
        rates: learning rates that were set during the run, each by the first step whose update
            has it; the config's before the first of them.
        clips: norms that gradients were clipped at, likewise; None for no clipping.

    Raises:
        TypeError, ValueError: when ``steps``, a rate or a norm is no such number, and as `Trainer`
            does.
        ValueError: when the task, the cell or the optimizer is one that has no script.

    Example:
        >>> "torch.optim.Adam" in python_script(RunConfig(), steps=100)
        True
    """
    found = parts(config, steps, task=task, rates=rates, clips=clips)
    imports = sorted(
        {line for part in found for line in part.code.splitlines() if _is_import(line)},
        key=lambda line: (line.startswith("from"), line),
    )
    standard = [line for line in imports if not _third_party(line)]
    others = [line for line in imports if _third_party(line)]
    blocks = [
        f'"""{title(config, task)}: a run of RNN Playground, with PyTorch and NumPy alone.\n\n'
        f'Written by version {__version__}.\n"""',
        "\n".join(standard),
        "\n".join(others),
    ]
    for part in found:
        rest = "\n".join(line for line in part.code.splitlines() if not _is_import(line))
        blocks.append(rest.strip("\n"))
    text = "\n\n".join(block for block in blocks if block)
    # Two blank lines around functions and classes, one elsewhere.
    text = re.sub(r"\n{2,}(?=(@|def |class )\w)", "\n\n\n", text)
    text = re.sub(r"(\n    [^\n]*|\n +\)[^\n]*)\n{2,}(?=\w|#)", r"\1\n\n\n", text)
    return f"{text}\n"


def title(config: RunConfig, task: Task | None = None) -> str:
    """Cell and task of a run in a few words."""
    # Never the name of a file: it comes from elsewhere and could contain anything.
    what = "a series" if task is not None else TASKS[config.task].title
    return f"{CELLS[config.cell].title}, {what}"


def parts(
    config: RunConfig,
    steps: int,
    *,
    task: Task | None = None,
    rates: Mapping[int, float] = _NO_RATES,
    clips: Mapping[int, float | None] = _NO_CLIPS,
) -> tuple[Part, ...]:
    """The parts of `python_script`, each of which reads those before it. Arguments as there."""
    steps = _STEPS.check("steps", steps, 1000)
    require("config", config, RunConfig, "a RunConfig", "trainer.config")
    for name, given in (("rates", rates), ("clips", clips)):
        require(name, given, Mapping, "a mapping of steps", "{}")
        for step in given:
            whole(f"each step of {name}", step, 0, high=2**62)
    config = replace(config, lr=rates.get(0, config.lr), clip_norm=clips.get(0, config.clip_norm))
    later = _Later(
        *(
            {
                step: SETTINGS[name].check(each)
                for step, each in sorted(values.items())
                if 0 < step < steps
            }
            for name, values in (("lr", rates), ("clip_norm", clips))
        )
    )
    task = task_for(config, task)
    data, layer, optimizer = _data(task), _layer(config), _optimizer(config)
    state = _State(config, task)
    return (
        Part(
            "Settings",
            "All numbers that decide the run, together with the seeds of the data.",
            _settings(config, task, steps, later),
        ),
        Part("Data", "`batches()` gives the windows of one step after the other.", data),
        Part(
            "Network",
            "A recurrent layer, and a linear readout of its output at every time step.",
            _network(layer),
        ),
        Part(
            "Training",
            f"{state.text} The loss of a step is measured before its update.",
            _training(config, task, optimizer, state, later),
        ),
    )


def _is_import(line: str) -> bool:
    return line.startswith(("import ", "from "))


def _third_party(line: str) -> bool:
    return line.split()[1].partition(".")[0] in ("numpy", "torch")


def _no_script(title: str) -> InvalidValue:
    return InvalidValue(
        N_("There is no script for {title}. Save the run as a file instead."), title=Message(title)
    )


def _data(task: Task) -> str:
    code = task.script()
    if code is None:
        raise _no_script(type(task).__name__)
    return f"from itertools import count\n\nimport numpy as np\n\n{code}"


def _layer(config: RunConfig) -> LayerScript:
    cell: Cell = CELLS[config.cell]
    layer = cell.script(config)
    if layer is None:
        raise _no_script(cell.title)
    return layer


def _optimizer(config: RunConfig) -> str:
    optimizer = OPTIMIZERS[config.optimizer]
    if optimizer.script is None:
        raise _no_script(optimizer.title)
    return optimizer.script(config)


@dataclass(frozen=True, slots=True)
class _Later:
    """Settings that were changed during the run, each by the first step whose update has it."""

    rates: Mapping[int, float]
    clips: Mapping[int, float | None]


def _settings(config: RunConfig, task: Task, steps: int, later: _Later) -> str:
    constants: dict[str, tuple[object, str]] = {
        "SEED": (config.seed, "of the initial weights"),
        "STEPS": (steps, "updates of the weights"),
        "BATCH_SIZE": (config.batch_size, "windows in a step"),
        "TIME_STEP": (config.window_length, "time steps of a window"),
        "INPUT_SIZE": (task.input_size, "numbers that go in at each time step"),
        "OUTPUT_SIZE": (task.output_size, "numbers that come out at each time step"),
        "HIDDEN_SIZE": (config.hidden_size, "hidden units of a layer"),
        "NUM_LAYERS": (config.num_layers, "recurrent layers"),
        "LR": (config.lr, "learning rate"),
    }
    if config.clip_norm is not None or later.clips:
        constants["CLIP_NORM"] = config.clip_norm, "largest norm of the gradient"
    return source("", **constants)


def _network(layer: LayerScript) -> str:
    initialise = "".join(f"        {line}\n" for line in layer.initialise.splitlines())
    classes = f"{layer.classes.strip()}\n\n\n" if layer.classes else ""
    return f"""import torch
from torch import nn


{classes}class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = {layer.layer}
{initialise}        self.out = nn.Linear(HIDDEN_SIZE, OUTPUT_SIZE)

    def forward(self, x, state):
        # x: (batch, time_step, input_size), r_out: (batch, time_step, hidden_size)
        r_out, state = self.rnn(x, state)
        return self.out(r_out), state


torch.manual_seed(SEED)  # reproducible
net = Net()
print(net)
"""


class _State:
    """What becomes of the hidden state between two windows."""

    def __init__(self, config: RunConfig, task: Task) -> None:
        cell: Cell = CELLS[config.cell]
        several = len(cell.state_parts) > 1
        if config.carry_state and task.streaming:
            self.text = "The state is carried from window to window, the gradient is not."
            detach = "tuple(part.detach() for part in state)" if several else "state.detach()"
            self.before = "state = None  # the first window starts from zeros\n"
            self.forward = f"""prediction, state = net(x, state)
    state = {detach}  # break the connection to the windows before"""
        else:
            self.text = "Every window starts from a state of zeros."
            self.before = ""
            self.forward = "prediction, _ = net(x, None)  # every window starts from zeros"


def _training(config: RunConfig, task: Task, optimizer: str, state: _State, later: _Later) -> str:
    masked = task.batch(0, np.float32).loss_mask is not None
    classes = task.criterion == "cross_entropy"
    loss = "loss = loss_func(prediction, y)"
    if masked:
        loss = "loss = loss_func(prediction[mask], y[mask])  # where an answer is due"
    elif classes:
        loss = "loss = loss_func(prediction.flatten(0, 1), y.flatten(0, 1))"
    changed = clip = rate = ""
    if later.clips:
        changed += _table("later_clips", "norms to clip at, set during the run", later.clips)
        changed += "clip_norm = CLIP_NORM\n\n"
        clip = """
    clip_norm = later_clips.get(step, clip_norm)
    if clip_norm is not None:
        nn.utils.clip_grad_norm_(parameters, clip_norm)"""
    elif config.clip_norm is not None:
        clip = "\n    nn.utils.clip_grad_norm_(parameters, CLIP_NORM)"
    if later.rates:
        changed += _table("later_rates", "learning rates set during the run", later.rates)
        changed += "\n"
        rate = """
    for group in optimizer.param_groups:
        group["lr"] = later_rates.get(step, group["lr"])"""
    mask = "\n    mask = torch.from_numpy(mask)" if masked else ""
    return f"""parameters = [each for each in net.parameters() if each.requires_grad]
optimizer = {optimizer}
loss_func = nn.{"CrossEntropyLoss" if classes else "MSELoss"}()

{changed}losses = []
{state.before}for step, (x, y{", mask" if masked else ""}) in zip(range(STEPS), batches()):
    x = torch.tensor(x, dtype=torch.float32).contiguous()
    y = torch.tensor(y, dtype=torch.float32).contiguous(){mask}

    {state.forward}

    {loss}
    optimizer.zero_grad()  # clear the gradients of the step before
    loss.backward()  # backpropagation through the time steps of the window{clip}{rate}
    optimizer.step()

    losses.append(loss.item())
    if step % max(1, STEPS // {_PRINTED}) == 0 or step == STEPS - 1:
        print(f"step {{step:6d}}   loss {{losses[-1]:.6f}}")
"""


def _table(name: str, what: str, values: Mapping[int, object]) -> str:
    """Source of what was set at some steps."""
    rows = "".join(f"    {step}: {each!r},\n" for step, each in values.items())
    return f"{name} = {{  # {what}, by step\n{rows}}}\n"
