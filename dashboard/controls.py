"""The sidebar: the widgets of every setting, bound to the URL."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import streamlit as st

from dashboard import links, words
from dashboard.language import LANGUAGES, language_of, use_language
from dashboard.language import gettext as _
from rnn_core import RULES, RunConfig
from rnn_core.rules import Choice, Optional, Real, Rule, Whole

_DEFAULTS: Mapping[str, Any] = RunConfig().to_dict()
#: Steps per redraw that the player offers; the last stands for as many as fit.
PACES: Mapping[str, int | None] = {"1": 1, "5": 5, "20": 20, "max": None}

_STEP_LIMITS = Whole(1, 1_000_000)
#: What the page keeps in the link beside the run's settings.
_PAGE_RULES: Mapping[str, Rule] = {
    "pace": Choice(tuple(PACES)),
    "step_limit": _STEP_LIMITS,
    "lang": Choice(tuple(LANGUAGES)),
}
_PAGE_DEFAULTS: Mapping[str, Any] = {"pace": "5", "step_limit": 100_000, "lang": "en"}
# Streamlit's own parameters.
_NOT_OURS = ("embed", "embed_options")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the person at the page has chosen.

    Args:
        config: the run.
        most_steps: steps per redraw; None for as many as fit.
        step_limit: playing stops at this step.
    """

    config: RunConfig
    most_steps: int | None
    step_limit: int


def learning_rates(rule: Rule) -> list[float]:
    """1, 2, 5, 10 … per decade, from 0.00001 to the rule's upper limit."""
    assert isinstance(rule, Real)
    decades = range(-5, math.ceil(math.log10(rule.high)) + 1)
    grid = [float(f"{digit}e{decade}") for decade in decades for digit in (1, 2, 5)]
    return [lr for lr in grid if lr <= rule.high]


def choose_language() -> None:
    """Speak the language chosen before, in the link, or by the browser."""
    chosen = st.session_state.get("lang") or st.query_params.get("lang")
    use_language(chosen if chosen in LANGUAGES else language_of(st.context.locale))


def read_link(parameters: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What a link asks for, and a sentence for each thing that cannot be had.

    Args:
        parameters: names and texts of the URL's query.

    Returns:
        The allowed values by name, and the sentences.
    """
    rules = {**RULES, **_PAGE_RULES}
    defaults = {**_DEFAULTS, **_PAGE_DEFAULTS}
    values: dict[str, Any] = {}
    refusals: list[str] = []
    for name, text in parameters.items():
        if name in _NOT_OURS:
            continue
        if name not in rules:
            close = get_close_matches(name, rules, n=1)
            refusals.append(words.unknown_link(name, close[0] if close else None))
            continue
        try:
            values[name] = rules[name].check(name, links.parse(text, rules[name]), defaults[name])
        except (TypeError, ValueError):
            refusals.append(words.refused_link(name, text, rules[name], defaults[name]))
    return values, refusals


def new_seed() -> None:
    """Choose another seed, short enough to be read out to a class."""
    st.session_state["seed"] = random.randrange(1, 10_000)


def sidebar() -> Settings:
    """Show every setting and give what is chosen."""
    with st.sidebar:
        st.caption(_(":material/bolt: **Takes effect at once**"))
        lr = st.select_slider(
            _("Learning rate"),
            options=_learning_rates_on_offer(),
            value=_DEFAULTS["lr"],
            format_func=lambda value: format(value, "g"),
            key="lr",
            bind="query-params",
            help=_("Length of every update, `lr`. Move it while the network learns."),
        )
        step_limit = st.number_input(
            _("Step limit"),
            min_value=_STEP_LIMITS.low,
            max_value=_STEP_LIMITS.high,
            value=_PAGE_DEFAULTS["step_limit"],
            step=10_000,
            key="step_limit",
            bind="query-params",
            help=_("Playing stops by itself at this step."),
        )
        st.caption(_(":material/restart_alt: **Starts the run again**"))
        chosen: dict[str, Any] = {"lr": lr}
        with st.expander(_("Network"), expanded=True):
            chosen |= _network()
        with st.expander(_("Training"), expanded=True):
            chosen |= _training()
        with st.expander(_("Task: sin → cos")):
            chosen |= _task()
        _language()
    return Settings(
        config=RunConfig(**chosen),
        most_steps=PACES[st.session_state.get("pace") or _PAGE_DEFAULTS["pace"]],
        step_limit=step_limit,
    )


def pace() -> None:
    """How many steps a redraw takes; stands above the charts."""
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        st.caption(
            _("steps per redraw"),
            help=_("Updates between two pictures; max takes as many as fit."),
            width="content",
        )
        st.segmented_control(
            _("Steps per redraw"),
            options=list(PACES),
            default=_PAGE_DEFAULTS["pace"],
            key="pace",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )


def _network() -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    chosen["cell"] = _choice(
        "cell",
        _("Cell"),
        _("A plain tanh RNN, or a cell with gates: LSTM or GRU."),
        str.upper,
    )
    chosen["hidden_size"] = _slider(
        "hidden_size",
        _("Hidden units"),
        _("Numbers that the network can remember per layer, `hidden_size`."),
    )
    chosen["num_layers"] = _slider(
        "num_layers", _("Layers"), _("Recurrent layers on top of one another, `num_layers`.")
    )
    chosen["carry_state"] = st.toggle(
        _("Carry the state across windows"),
        value=_DEFAULTS["carry_state"],
        key="carry_state",
        bind="query-params",
        help=_(
            "On: each window starts from the state the last one ended with, detached, so that "
            "information crosses the border and gradients do not. Off: every window starts from "
            "zeros."
        ),
    )
    if chosen["cell"] == "lstm":
        chosen["forget_bias"] = _optional(
            "forget_bias",
            _("Forget-gate bias"),
            _(
                "What the two biases of the LSTM's forget gates add up to at the start. 1 lets it "
                "remember before it has learnt anything. Empty: as PyTorch draws them, near 0."
            ),
            _("PyTorch's default"),
        )
    return chosen


def _training() -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    chosen["optimizer"] = _choice(
        "optimizer", _("Optimizer"), _("How a gradient becomes an update."), str
    )
    if chosen["optimizer"] == "sgd":
        chosen["momentum"] = _slider(
            "momentum", _("Momentum"), _("Share of the last update that goes on in the next one.")
        )
    chosen["clip_norm"] = _optional(
        "clip_norm",
        _("Gradient clipping"),
        _(
            "Largest allowed norm of the gradient, `clip_norm`; a longer one is shortened to it. "
            "Empty: off."
        ),
        _("off"),
    )
    chosen["batch_size"] = _slider(
        "batch_size",
        _("Windows per batch"),
        _("Each row reads the stream one window ahead of the row before, with a state of its own."),
    )
    chosen["seed"] = _whole_number("seed", _("Seed"), _("Decides the initial weights."))
    return chosen


def _task() -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    chosen["window_length"] = _slider(
        "window_length",
        _("Points per window"),
        _("Time steps that gradients flow back through, both ends of the window included."),
    )
    chosen["points_per_period"] = _slider(
        "points_per_period",
        _("Points per period"),
        _("Samples in one period of a wave of frequency 1."),
    )
    chosen["frequency"] = _slider(
        "frequency", _("Frequency"), _("Cycles in 2π units of time."), step=0.1
    )
    chosen["amplitude"] = _slider(
        "amplitude", _("Amplitude"), _("Height of input and target."), step=0.1
    )
    chosen["phase"] = _slider(
        "phase", _("Phase offset (radians)"), _("Where in the wave time 0 lies.")
    )
    chosen["noise_std"] = _slider(
        "noise_std",
        _("Noise on the input"),
        _("Standard deviation of the Gaussian noise; the target stays clean."),
    )
    if chosen["noise_std"] > 0:
        chosen["data_seed"] = _whole_number(
            "data_seed", _("Seed of the noise"), _("Decides the noise, apart from the weights.")
        )
    return chosen


def _language() -> None:
    st.selectbox(
        "Language · 语言",
        options=list(LANGUAGES),
        index=list(LANGUAGES).index(language_of(st.context.locale)),
        format_func=LANGUAGES.__getitem__,
        key="lang",
        on_change=_put_language_into_link,
    )


def _put_language_into_link() -> None:
    # By hand: a binding would write the language's name where a link is better off with its code.
    st.query_params["lang"] = st.session_state["lang"]


def _choice(name: str, label: str, help_text: str, shown_as: Any) -> str:
    rule = RULES[name]
    assert isinstance(rule, Choice)
    picked = st.segmented_control(
        label,
        options=rule.options,
        default=_DEFAULTS[name],
        format_func=shown_as,
        key=name,
        bind="query-params",
        required=True,
        help=help_text,
    )
    return str(picked or _DEFAULTS[name])


def _slider(name: str, label: str, help_text: str, step: float = 0.01) -> int | float:
    rule = RULES[name]
    common: dict[str, Any] = {
        "value": _DEFAULTS[name],
        "key": name,
        "bind": "query-params",
        "help": help_text,
    }
    if isinstance(rule, Whole):
        return int(st.slider(label, min_value=rule.low, max_value=rule.high, **common))
    assert isinstance(rule, Real)
    # Towards zero, so that no rounded end lies outside the rule: π becomes 3.14.
    low, high = (math.trunc(end * 100) / 100 for end in (rule.low, rule.high))
    return float(st.slider(label, min_value=low, max_value=high, step=step, **common))


def _whole_number(name: str, label: str, help_text: str) -> int:
    rule = RULES[name]
    assert isinstance(rule, Whole)
    return int(
        st.number_input(
            label,
            min_value=rule.low,
            max_value=rule.high,
            value=_DEFAULTS[name],
            key=name,
            bind="query-params",
            help=help_text,
        )
    )


def _optional(name: str, label: str, help_text: str, when_empty: str) -> float | None:
    rule = RULES[name]
    assert isinstance(rule, Optional)
    # A number box cannot exclude its own lower end, so it begins a little above.
    low = 0.01 if rule.rule.open_low else rule.rule.low
    return st.number_input(
        label,
        min_value=low,
        max_value=rule.rule.high,
        value=None,
        step=0.5,
        format="%g",
        placeholder=when_empty,
        key=name,
        bind="query-params",
        help=help_text,
    )


def _learning_rates_on_offer() -> list[float]:
    """The grid, and the learning rate a link brought, if it lies between."""
    grid = learning_rates(RULES["lr"])
    return sorted({*grid, st.session_state.get("lr", _DEFAULTS["lr"])})
