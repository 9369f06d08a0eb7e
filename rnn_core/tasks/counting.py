"""Counting: n letters a, then n letters b, and n letters c where there is a third."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnn_core.config import RunConfig
from rnn_core.messages import N_
from rnn_core.tasks.base import Batch, Criterion, Floor, TaskEntry
from rnn_core.tasks.snippets import source
from rnn_core.tasks.windows import Windows, generator, require_window

# The first input symbols; the other letters follow.
_S, _A, _B = range(3)

_SCRIPT = '''
def batches():
    """Predict the next symbol of S a … a b … b T, with as many of each letter."""
    t = np.arange(TIME_STEP)
    one_hot = np.eye(LETTERS + 1)
    for step in count():
        rng = np.random.default_rng((DATA_SEED, step))
        n = rng.integers(1, MOST, BATCH_SIZE, endpoint=True)[:, np.newaxis]
        inputs = np.where(t == 0, 0, 1 + np.minimum((t - 1) // n, LETTERS - 1))  # S, then letters
        targets = np.minimum(t // n, LETTERS)  # letters, then T
        mask = t <= LETTERS * n  # the time steps that are part of the string
        x, y = one_hot[inputs] * mask[:, :, np.newaxis], one_hot[targets] * mask[:, :, np.newaxis]
        yield x, y, mask
'''


class Counting(Windows):
    """Strings S a … a b … b T, with n of each letter: predict the next symbol.

    n is uniform from 1 to N, the most that fits a window: window_length is at least N times the
    number of letters, plus 1. Inputs, S and the letters, and targets, the letters and T, are
    one-hot. After the last letter the inputs are 0 and the loss is masked. The number of a is
    unpredictable; from the first b on, counting determines the rest.

    The symbols, their order and one unit for each are those of the source. It trains on the set of
    all symbols that are possible next, with an error for each; here the target is the next symbol.

    Args:
        config: window_length, batch_size and data_seed are read.
        entry: of the task, for error messages.
        letters: how many different ones.

    Raises:
        ValueError: when window_length is too short for N = 2.

    Source: Gers and Schmidhuber, "LSTM recurrent networks learn simple context-free and
    context-sensitive languages", IEEE Transactions on Neural Networks 12 (2001), where n is up to
    10 in training.
    """

    criterion: Criterion = "cross_entropy"

    def __init__(self, config: RunConfig, entry: TaskEntry, letters: int) -> None:
        require_window(config, 2 * letters + 1, entry)
        super().__init__(config)
        self.input_size = self.output_size = letters + 1
        self._letters = letters
        self._most = (config.window_length - 1) // letters

    def batch(self, index: int, dtype: type[np.floating] = np.float64) -> Batch:
        """B strings of step ``index``; the loss is that of the steps from S to the last letter."""
        rows = self._config.batch_size
        n = generator(self._config, index).integers(1, self._most, rows, endpoint=True)
        inputs, targets, loss_mask = strings(n, self._length, self._letters)
        one_hot = np.eye(self._letters + 1, dtype=dtype)
        return Batch(
            self._time(index),
            one_hot[inputs] * loss_mask[:, :, None],
            one_hot[targets] * loss_mask[:, :, None],
            loss_mask,
        )

    def script(self) -> str:
        """Python source of ``batches()``; see `Task.script`."""
        return source(
            _SCRIPT,
            LETTERS=(self._letters, "how many different ones"),
            MOST=(self._most, "of each letter"),
            DATA_SEED=(self._config.data_seed, "of the strings"),
        )

    def accuracy(self, batch: Batch, prediction: NDArray[np.floating]) -> float:
        """Share of the strings with every predictable symbol right.

        These are the a after S, and all that follows the first b.
        """
        known = batch.inputs[:, :, _S] + batch.inputs[:, :, _B:].sum(axis=2) > 0
        right = prediction.argmax(axis=2) == batch.targets.argmax(axis=2)
        return float(np.mean((right | ~known).all(axis=1)))

    def floors(self) -> tuple[Floor, ...]:
        """Constant, memoryless and window memory: cross-entropies, exactly.

        The loss of a step is the mean over all unmasked time steps of a batch. A batch with long
        strings has more of them, so that each weighs less, and the floors depend a little on
        batch_size. With these weights each floor is the entropy of the next symbol given what the
        predictor knows. With counting, only whether another a follows is unknown.

        Source: own derivation.
        """
        n = np.arange(1, self._most + 1)
        inputs, targets, loss_mask = strings(n, self._length, self._letters)
        weights = (self._weights()[:, None] * loss_mask)[loss_mask]
        # The time step determines what has been seen of a string, with n from the first b on.
        steps = np.broadcast_to(np.arange(self._length), inputs.shape)
        seen = np.where(inputs >= _B, n[:, None] * self._length + steps, steps)
        nothing = np.zeros_like(inputs)
        constant, memoryless, window_memory = (
            _conditional_entropy(weights, known[loss_mask], targets[loss_mask])
            for known in (nothing, inputs, seen)
        )
        return (
            Floor("constant", constant, "exact"),
            Floor("memoryless", memoryless, "exact"),
            Floor("window_memory", window_memory, "exact"),
        )

    def _weights(self) -> NDArray[np.float64]:
        """Weight in the mean over a run of a time step of a string with n = 1 … N, shape ``(N,)``.

        A batch of B strings with n_1 … n_B and two letters has 2 (n_1 + … + n_B) + B unmasked time
        steps.
        """
        rows = self._config.batch_size
        total = np.ones(1)  # distribution of the sum of the other strings' n
        for _ in range(rows - 1):
            total = np.convolve(total, np.full(self._most, 1 / self._most))
        others = np.arange(len(total)) + rows - 1
        n = np.arange(1, self._most + 1)[:, None]
        per_string = (total / (self._letters * (n + others) + rows)).sum(axis=1)
        return np.asarray(per_string * rows / self._most)


def strings(
    n: NDArray[np.int64], length: int, letters: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """The strings with n of each letter.

    Args:
        n: shape ``(B,)``, from 1.
        length: time steps.
        letters: how many different ones.

    Returns:
        Input symbols (S, then the letters), next symbols (the letters, then T), and which time
        steps are part of the string, each of shape ``(B, length)``.
    """
    step, n = np.arange(length), n[:, None]
    inputs = np.where(step == 0, _S, _A + np.minimum((step - 1) // n, letters - 1))
    return inputs, np.minimum(step // n, letters), step <= letters * n


def _conditional_entropy(
    weights: NDArray[np.float64], known: NDArray[np.int64], symbols: NDArray[np.int64]
) -> float:
    """Entropy of the symbols given what is known, in nats; the weights add up to 1."""
    groups, kinds = np.unique(known, return_inverse=True)[1], symbols.max() + 1
    size = kinds * (groups.max() + 1)
    joint = np.bincount(groups * kinds + symbols, weights=weights, minlength=size)
    joint = joint.reshape(-1, kinds)
    given = np.broadcast_to(joint.sum(axis=1, keepdims=True), joint.shape)
    some = joint > 0
    return float(-np.sum(joint[some] * np.log(joint[some] / given[some])))


ANBN: TaskEntry = TaskEntry(
    name="anbn",
    title=N_("aⁿbⁿ"),
    description=N_(
        "Input: n letters a, then n letters b. Target: the next symbol. The network must count the "
        "a to know when the b end (Gers and Schmidhuber 2001)."
    ),
    build=lambda config: Counting(config, ANBN, 2),
    settings=("data_seed",),
    # n up to 10, as in the source.
    defaults={
        "window_length": 21,
        "batch_size": 8,
        "hidden_size": 8,
        "lr": 0.01,
        "clip_norm": 1.0,
    },
    source="Gers and Schmidhuber, LSTM recurrent networks learn simple context-free and "
    "context-sensitive languages, IEEE Transactions on Neural Networks 12 (2001)",
)
ANBNCN: TaskEntry = TaskEntry(
    name="anbncn",
    title=N_("aⁿbⁿcⁿ"),
    description=N_(
        "Input: n letters a, n letters b, then n letters c. Target: the next symbol. The count is "
        "needed twice, so a stack does not suffice (Gers and Schmidhuber 2001)."
    ),
    build=lambda config: Counting(config, ANBNCN, 3),
    settings=("data_seed",),
    # n up to 10, as for aⁿbⁿ.
    defaults={**ANBN.defaults, "window_length": 31},
    source=ANBN.source,
)
