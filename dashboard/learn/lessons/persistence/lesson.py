"""A forecast that looks good and is worse than the present input."""

from __future__ import annotations

import numpy as np

from dashboard.app.source import Source
from dashboard.learn.experiment import Runs, Trained
from dashboard.learn.lesson import Lesson, NumberExercise, Outcome, Variant
from rnn_core import TASKS
from rnn_core.messages import N_, Message

_CONFIG = TASKS["mackey_glass"].config(delay=1, batch_size=1, window_length=20, lr=0.005)
_STEPS, _LONGER = 100, 1000
# Windows on which the lag is measured, and the longest lag.
_WINDOWS, _LONGEST = 30, 4


def lag(run: Trained) -> int:
    """By how many samples the forecast is late: where it correlates best with the target."""
    trainer = run.trainer
    first = trainer.index or 0
    windows = [trainer.task.batch(first + n, np.float32) for n in range(_WINDOWS)]
    inputs = np.concatenate([window.inputs for window in windows], axis=1)
    target = np.concatenate([window.targets[0, :, 0] for window in windows])
    forecast = trainer.predict(inputs, trainer.state)[0][0, :, 0]
    count = len(target)
    match = [
        np.corrcoef(forecast[late:], target[: count - late])[0, 1] for late in range(_LONGEST + 1)
    ]
    return int(np.argmax(match))


def _measure(runs: Runs) -> Outcome:
    short, long = (runs.train(_CONFIG, steps) for steps in (_STEPS, _LONGER))
    floor = short.floors["persistence"]
    loss = short.held_out
    option = 2 if loss > floor.value + floor.error else 0 if loss < floor.value / 2 else 1
    explained = 1 - loss / short.floors["constant"].value
    return Outcome(
        option,
        Message(
            N_(
                "Held-out loss {loss:.2g}: {explained:.0%} of the variance explained. Persistence "
                "has {floor:.2g}."
            ),
            {"loss": loss, "explained": explained, "floor": floor.value},
        ),
        (
            (Message(N_("the forecast is late by, in samples")), str(lag(short))),
            (
                Message(N_("held-out loss after {steps} updates"), {"steps": _LONGER}),
                format(long.held_out, ".2g"),
            ),
            (
                Message(N_("late by, after {steps} updates"), {"steps": _LONGER}),
                str(lag(long)),
            ),
        ),
    )


LESSON = Lesson(
    number=10,
    key="persistence",
    title=N_("“My forecast is the input one step late”"),
    question=N_(
        "A network forecasts a smooth chaotic series one sample ahead. After 100 updates its "
        "forecast lies close to the target. Is it better than *persistence*, which repeats the "
        "present value?"
    ),
    options=(
        N_("Yes, clearly"),
        N_("About as good"),
        N_("No, repeating the input is better"),
    ),
    right=2,
    measure=_measure,
    variants=(Variant("forecast", N_("one sample ahead"), _CONFIG),),
    steps=_STEPS,
    pace=1,
    view="free",
    exercise=NumberExercise(
        N_(
            "A sine of amplitude 1 has 36 samples per period. What is the mean squared error of "
            "persistence, one sample ahead? (It is 1 − cos of the angle between two samples.)"
        ),
        1 - float(np.cos(np.radians(10))),
        0.0005,
        N_(
            "1 − cos 10° = 0.015, against a variance of 0.5: 97 % is explained by a forecast that "
            "forecasts nothing."
        ),
    ),
    sources=(
        Source(
            "keras #2856: LSTM for time series prediction",
            "https://github.com/keras-team/keras/issues/2856",
        ),
        Source(
            "darts #1142: shifted / delayed / lagged prediction results",
            "https://github.com/unit8co/darts/issues/1142",
        ),
        Source(
            "Hyndman and Koehler, Another look at measures of forecast accuracy, International "
            "Journal of Forecasting 22 (2006)",
            "https://doi.org/10.1016/j.ijforecast.2006.03.001",
        ),
    ),
    code=(
        "rnn_core.tasks.chaos:Forecast.floors",
        "dashboard.learn.lessons.persistence.lesson:lag",
    ),
)
