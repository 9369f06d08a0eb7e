"""The online loss is below every floor, and the network has no memory: its weights follow."""

from __future__ import annotations

from dashboard.app.source import Source
from dashboard.learn.experiment import Runs
from dashboard.learn.lesson import ChoiceExercise, Lesson, Outcome, Variant
from rnn_core import TASKS
from rnn_core.messages import N_, Message

_CONFIG = TASKS["sin_to_cos"].config(
    window_length=2, points_per_period=200, noise_std=0.5, hidden_size=1, carry_state=False
)
_STEPS = 2000


def _measure(runs: Runs) -> Outcome:
    run = runs.train(_CONFIG, _STEPS)
    verdict = run.verdict
    assert verdict.online is not None
    inside = run.floors["window_memory"].value
    loss = run.held_out
    option = 0 if loss < inside else 1 if verdict.follows_signal else 2
    return Outcome(
        option,
        Message(
            N_(
                "Online loss {online:.2g}, floor {inside:.2g}, held-out loss {loss:.2g}: frozen, "
                "the same weights are no better than a constant."
            )
            if verdict.claim == "nothing"
            else N_("Online loss {online:.2g}, floor {inside:.2g}, held-out loss {loss:.2g}."),
            {"online": verdict.online, "inside": inside, "loss": loss},
        ),
        (
            (
                Message(N_("held-out loss on the next windows")),
                format(run.evaluation.near, ".2g"),
            ),
            (
                Message(N_("held-out loss of always predicting 0")),
                format(run.floors["constant"].value, ".2g"),
            ),
        ),
    )


LESSON = Lesson(
    number=11,
    key="following",
    title=N_("Weights are memory too"),
    question=N_(
        "One hidden unit, a state that is reset after every two samples, noise on a slow wave. "
        "Still the online loss falls far below the floor of any network without carried memory. "
        "What does the network remember with?"
    ),
    options=(
        N_("With its hidden state: the loss proves it"),
        N_("With its weights: frozen, it has learnt nothing"),
        N_("With both"),
    ),
    right=1,
    measure=_measure,
    variants=(Variant("slow", N_("a slow wave"), _CONFIG),),
    steps=_STEPS,
    pace=20,
    view="weights",
    exercise=ChoiceExercise(
        N_(
            "A colleague shows a training loss below the floor of reset states. What would prove "
            "that the network carries memory in its state?"
        ),
        (
            N_("a longer training run whose loss stays below the floor"),
            N_("the loss of frozen weights on new windows, and what a reset of the state costs"),
            N_("a lower learning rate, with which the loss is still below the floor"),
        ),
        1,
        N_(
            "Only frozen weights are a fixed predictor, which a floor bounds; and a reset takes "
            "away the state and nothing else."
        ),
    ),
    sources=(
        Source(
            "Krause, Kahembwe, Murray and Renals, Dynamic evaluation of neural sequence models, "
            "ICML 2018, arXiv:1709.07432",
            "https://arxiv.org/abs/1709.07432",
        ),
    ),
    code=("rnn_core.training.evaluation:evaluate", "rnn_core.training.verdict:judge"),
)
