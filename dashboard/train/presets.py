"""Ready-made experiments: settings that show one thing. Knows nothing of Streamlit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from dashboard.app.link import write_link
from dashboard.app.settings import table_of
from dashboard.train.settings import LOOK
from dashboard.train.settings import SETTINGS as PAGE_SETTINGS
from rnn_core import TASKS, RunConfig
from rnn_core.messages import N_


@dataclass(frozen=True, slots=True)
class Preset:
    """One experiment.

    Args:
        key: its name in code.
        title: for people; a gettext message id.
        sentence: what to look at; a gettext message id.
        task: name of the task.
        settings: of the run, other than the task's defaults.
        look: the view inside the network that shows it; None leaves the one that is shown.
    """

    key: str
    title: str
    sentence: str
    task: str
    settings: Mapping[str, float | str | bool | None]
    look: str | None = None

    @property
    def config(self) -> RunConfig:
        """The run."""
        return TASKS[self.task].config(**self.settings)

    @property
    def choices(self) -> Mapping[str, Any]:
        """What it chooses, by setting."""
        look = {LOOK.name: self.look} if self.look else {}
        return MappingProxyType({**look, "task": self.task, **self.settings})

    @property
    def parameters(self) -> Mapping[str, str]:
        """Of the link to it."""
        return write_link(self.choices, table_of(PAGE_SETTINGS))


#: The presets by key, in the order of the menu.
PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        preset.key: preset
        for preset in (
            Preset(
                "tutorial",
                N_("The tutorial's run"),
                N_("Ten points of sin t in, cos t out, and the state carried across windows."),
                "sin_to_cos",
                {},
            ),
            Preset(
                "reset",
                N_("Reset the state"),
                N_(
                    "Every window starts from zeros, so its first point stays unknowable: the loss "
                    "stops at 0.10."
                ),
                "sin_to_cos",
                {"carry_state": False, "lr": 0.005},
            ),
            Preset(
                "collapse",
                N_("The collapse"),
                N_(
                    "The learning rate is high. The network learns, and at about step 180 the loss "
                    "jumps up and stays there."
                ),
                "sin_to_cos",
                # Rounding differs between the engines; with this seed it collapses with both.
                {"lr": 0.04, "seed": 88},
            ),
            Preset(
                "divergence",
                N_("Divergence"),
                N_(
                    "Plain gradient descent with a learning rate of 1: every update overshoots the "
                    "one before, until the numbers overflow."
                ),
                "sin_to_cos",
                {"optimizer": "sgd", "lr": 1.0},
            ),
            Preset(
                "vanishing",
                N_("The vanishing gradient"),
                N_(
                    "An RNN is to recall bits from 24 steps ago, at a learning rate of 0.001. The "
                    "gradient about halves with every lag: next to nothing reaches back that far, "
                    "and the loss does not fall."
                ),
                "delayed_recall",
                # At the task's 0.01 the weights grow, and after 500 steps the gradient with them.
                {"delay": 24, "window_length": 96, "cell": "rnn", "lr": 0.001},
                look="gradient",
            ),
            Preset(
                "remembers",
                N_("An LSTM remembers"),
                N_(
                    "The same task for an LSTM whose forget gates begin open (forget bias 1): "
                    "within a thousand steps it recalls some of the bits."
                ),
                "delayed_recall",
                {"delay": 24, "window_length": 96, "cell": "lstm", "forget_bias": 1.0},
                look="gates",
            ),
            Preset(
                "following",
                N_("The weights follow the signal"),
                N_(
                    "One hidden unit, no carried state, two noisy samples a window. Every update "
                    "tracks the slow wave, so the online loss falls below every floor; the "
                    "held-out loss shows that nothing was learnt."
                ),
                "sin_to_cos",
                {
                    "window_length": 2,
                    "points_per_period": 200,
                    "noise_std": 0.5,
                    "hidden_size": 1,
                    "carry_state": False,
                },
            ),
            Preset(
                "no_forecast",
                N_("A forecast that is none"),
                N_(
                    "A noisy sine is to be forecast a quarter of a period ahead. The online loss "
                    "promises a forecast; frozen, the network has none."
                ),
                "noisy_sine",
                {
                    "window_length": 5,
                    "points_per_period": 200,
                    "delay": 50,
                    "noise_std": 0.3,
                    "lr": 0.02,
                },
            ),
        )
    }
)
