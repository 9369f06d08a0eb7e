"""A run as a Jupyter notebook that needs PyTorch and NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rnn_core.arguments import require
from rnn_core.config import RunConfig
from rnn_core.io.script import Part, parts, title
from rnn_core.tasks import Task
from rnn_core.version import __version__

_PLOT = Part(
    "Loss",
    "The loss of every step, on a logarithmic axis where Matplotlib is installed.",
    """try:
    import matplotlib.pyplot as plt
except ModuleNotFoundError:
    print(f"first loss {losses[0]:.6f}, last loss {losses[-1]:.6f}")
else:
    plt.semilogy(losses)
    plt.xlabel("step")
    plt.ylabel("loss")
    plt.show()
""",
)


def jupyter_notebook(
    config: RunConfig,
    steps: int,
    *,
    task: Task | None = None,
    rates: Mapping[int, float] = MappingProxyType({}),
    clips: Mapping[int, float | None] = MappingProxyType({}),
) -> str:
    """The notebook whose cells take the first steps of a run, as `python_script` does.

    Args:
        config: the settings of the run.
        steps: how many, from 1 to 10,000,000.
        task: as in `Trainer`.
        rates, clips: as in `python_script`.

    Returns:
        The text of an ``.ipynb`` file, the same for the same arguments. Needs nbformat.

    Raises:
        TypeError, ValueError: as `python_script` does.
    """
    require("config", config, RunConfig, "a RunConfig", "trainer.config")
    from nbformat import v4, validate, writes

    head = (
        f"# {title(config, task)}\n\nA run of RNN Playground {__version__}, with PyTorch and NumPy "
        "alone. Weights, data and losses are those of the run."
    )
    cells = [v4.new_markdown_cell(head, id="title")]
    for part in (*parts(config, steps, task=task, rates=rates, clips=clips), _PLOT):
        name = part.title.lower()
        cells += [
            v4.new_markdown_cell(f"## {part.title}\n\n{part.text}", id=f"{name}-text"),
            v4.new_code_cell(part.code.strip("\n"), id=name),
        ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    notebook = v4.new_notebook(cells=cells, metadata=metadata)
    validate(notebook)
    return str(writes(notebook))
