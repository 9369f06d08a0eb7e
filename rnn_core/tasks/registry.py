"""The tasks, one line each, in the order in which interfaces list them."""

from rnn_core.registry import TASKS
from rnn_core.tasks.chaos import LORENZ, MACKEY_GLASS
from rnn_core.tasks.counting import ANBN, ANBNCN
from rnn_core.tasks.narma import NARMA10
from rnn_core.tasks.parity import PARITY
from rnn_core.tasks.recall import DELAYED_RECALL, FLIP_FLOP
from rnn_core.tasks.sequences import ADDING, COPY, TEMPORAL_ORDER
from rnn_core.tasks.series import SERIES
from rnn_core.tasks.sin_to_cos import SIN_TO_COS
from rnn_core.tasks.waves import CHIRP, NOISY_SINE, SQUARE_WAVE, SUM_OF_SINES

for _entry in (
    SIN_TO_COS,
    SUM_OF_SINES,
    SQUARE_WAVE,
    CHIRP,
    NOISY_SINE,
    MACKEY_GLASS,
    NARMA10,
    LORENZ,
    DELAYED_RECALL,
    FLIP_FLOP,
    ADDING,
    TEMPORAL_ORDER,
    COPY,
    ANBN,
    ANBNCN,
    PARITY,
    SERIES,
):
    TASKS.register(_entry)
