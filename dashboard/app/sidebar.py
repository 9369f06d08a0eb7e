"""The sidebar: the widgets of every setting, bound to the URL."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.app import link as address
from dashboard.app.language import LANGUAGES, language_of, use_language
from dashboard.app.language import gettext as _
from dashboard.app.link import PACES
from dashboard.app.task_text import task_name, task_story
from rnn_core import CELLS, RULES, TASKS, RunConfig
from rnn_core.rules import Choice, FloatRange, IntRange, Nullable, Rule
from rnn_core.tasks import DEFAULTS, SETTINGS, build_task

# Choices that the reader sees under other names than a link has for them.
_CHOSEN_BY_NAME = ("task", "cell", "optimizer", "preset", "equal", "view", "look", "lang")


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
    assert isinstance(rule, FloatRange)
    decades = range(-5, math.ceil(math.log10(rule.high)) + 1)
    grid = [float(f"{digit}e{decade}") for decade in decades for digit in (1, 2, 5)]
    return [lr for lr in grid if lr <= rule.high]


def choose_language() -> None:
    """Speak the language chosen before, in the link, or by the browser."""
    chosen = st.session_state.get("lang") or st.query_params.get("lang")
    use_language(chosen if chosen in LANGUAGES else language_of(st.context.locale))


def open_link() -> list[str]:
    """On the first visit take over what the link asks for; give what it cannot have."""
    if "opened" in st.session_state:
        return []
    st.session_state["opened"] = True
    values, refusals = address.read_link(st.query_params.to_dict())
    beginning = address.defaults(values.get("task", RunConfig().task))
    # Boxes that may be empty are empty by default: what a task sets there has to be put in.
    boxes = {name: beginning[name] for name, rule in RULES.items() if isinstance(rule, Nullable)}
    for name, value in {**boxes, **values}.items():
        if value is not None:
            st.session_state[name] = value
    return refusals


def new_seed() -> None:
    """Choose another seed, short enough to be read out to a class."""
    st.session_state["seed"] = random.randrange(1, 10_000)


def sidebar() -> Settings:
    """Show every setting and give what is chosen."""
    with st.sidebar:
        task: str = st.selectbox(
            _("Task"),
            options=list(TASKS),
            format_func=task_name,
            key="task",
            persist_state="session",
            on_change=_begin_task,
        )
        st.session_state["task_before"] = task
        st.caption(task_story(task))
        st.caption(_(":material/bolt: **Takes effect at once**"))
        lr = st.select_slider(
            _("Learning rate"),
            options=_learning_rates_on_offer(),
            value=default("lr"),
            format_func=lambda value: format(value, "g"),
            key="lr",
            bind="query-params",
            help=_("Length of every update, `lr`. Move it while the network learns."),
        )
        step_limit = whole_number(
            "step_limit", _("Step limit"), _("Playing stops by itself at this step."), step=10_000
        )
        st.caption(_(":material/restart_alt: **Starts the run again**"))
        chosen: dict[str, Any] = {"task": task, "lr": lr}
        with st.expander(_("Network"), expanded=True):
            chosen |= _network(task)
        with st.expander(_("Training"), expanded=True):
            chosen |= _training()
        with st.expander(_("Data")):
            chosen |= _data(task)
        _language()
    config = RunConfig(**chosen)
    try:
        build_task(config)
    except ValueError as problem:
        # The sidebar stands, so that it can be put right; what was trained is kept.
        st.error(str(problem), icon=":material/block:")
        st.stop()
    return Settings(
        config=config,
        most_steps=PACES[st.session_state.get("pace") or default("pace")],
        step_limit=step_limit,
    )


def _begin_task() -> None:
    """Set what the new task begins with, and what the old one had set, anew."""
    new = st.session_state["task"]
    old = st.session_state.get("task_before", RunConfig().task)
    for name in {**DEFAULTS[old], **DEFAULTS[new]}:
        st.session_state[name] = address.defaults(new)[name]


def default(name: str) -> Any:
    """What a parameter is when nobody has chosen anything for the present task."""
    return address.defaults(st.session_state["task"])[name]


def header(title: str) -> None:
    """A page's title, and beside it how many steps a redraw takes."""
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"
    ):
        st.subheader(title, anchor=False, width="content")
        _pace()


def _pace() -> None:
    with st.container(horizontal=True, vertical_alignment="center", width="content"):
        st.caption(
            _("steps per redraw"),
            help=_("Updates between two pictures; max takes as many as fit."),
            width="content",
        )
        st.segmented_control(
            _("Steps per redraw"),
            options=list(PACES),
            default=default("pace"),
            key="pace",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )


def _network(task: str) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    chosen["cell"] = choose(
        "cell",
        _("Cell"),
        lambda name: str(CELLS[name].title),
        "\n".join(f"- {cell.title}: {_(cell.summary)}" for cell in CELLS.values()),
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
        value=default("carry_state"),
        key="carry_state",
        bind="query-params",
        help=_(
            "On: each window starts from the state the last one ended with, detached, so that "
            "information crosses the border and gradients do not. Off: every window starts from "
            "zeros. Tasks whose windows are sequences of their own always start from zeros."
        ),
    )
    if "forget_bias" in CELLS[chosen["cell"]].settings:
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
    chosen["optimizer"] = choose(
        "optimizer", _("Optimizer"), str, _("How a gradient becomes an update.")
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
    chosen["seed"] = whole_number("seed", _("Seed"), _("Decides the initial weights."))
    return chosen


def _data(task: str) -> dict[str, Any]:
    """The settings that the task reads."""
    sliders = {
        "window_length": (
            _("Points per window"),
            _("Time steps that gradients flow back through, both ends of the window included."),
        ),
        "delay": (_("Delay"), _("Samples that a forecast looks ahead, or a recall back.")),
        "points_per_period": (
            _("Points per period"),
            _("Samples in one period of a wave of frequency 1."),
        ),
        "frequency": (_("Frequency"), _("Cycles in 2π units of time.")),
        "amplitude": (_("Amplitude"), _("Height of input and target.")),
        "phase": (_("Phase offset (radians)"), _("Where in the wave time 0 lies.")),
        "noise_std": (
            _("Noise on the input"),
            _("Standard deviation of the Gaussian noise; the target stays clean."),
        ),
    }
    steps = {"frequency": 0.1, "amplitude": 0.1}
    chosen: dict[str, Any] = {
        name: _slider(name, *texts, step=steps.get(name, 0.01))
        for name, texts in sliders.items()
        if name in SETTINGS[task]
    }
    if "data_seed" in SETTINGS[task] and chosen.get("noise_std") != 0:
        chosen["data_seed"] = whole_number(
            "data_seed",
            _("Seed of the data"),
            _("Decides all that is random in the data, apart from the weights."),
        )
    return chosen


def _language() -> None:
    st.selectbox(
        "Language · 语言",
        options=list(LANGUAGES),
        index=list(LANGUAGES).index(language_of(st.context.locale)),
        format_func=LANGUAGES.__getitem__,
        key="lang",
        persist_state="session",
    )


def keep_in_link() -> None:
    """Write what is chosen by name into the page's address.

    By hand: a binding would write what the reader sees, in their language, where a link has to
    hold the name itself.
    """
    for name in _CHOSEN_BY_NAME:
        value = st.session_state.get(name)
        if name == "lang" and name not in st.query_params:
            usual = language_of(st.context.locale)
        elif name == "lang":
            usual = None
        else:
            usual = default(name)
        if value in (None, usual):
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def choose(
    name: str,
    label: str,
    shown_as: Callable[[str], str],
    help_text: str | None = None,
    *,
    hide_label: bool = False,
) -> str:
    """One of a rule's few options, side by side, under the names that the reader knows."""
    rule = address.LINK_RULES[name]
    assert isinstance(rule, Choice)
    picked = st.segmented_control(
        label,
        options=rule.options,
        default=default(name),
        format_func=shown_as,
        key=name,
        persist_state="session",
        required=True,
        label_visibility="collapsed" if hide_label else "visible",
        help=help_text,
    )
    return str(picked or default(name))


def _slider(name: str, label: str, help_text: str, step: float = 0.01) -> int | float:
    rule = address.rule_of(name, st.session_state["task"])
    common: dict[str, Any] = {
        "value": default(name),
        "key": name,
        "bind": "query-params",
        "help": help_text,
    }
    if isinstance(rule, IntRange):
        return int(st.slider(label, min_value=rule.low, max_value=rule.high, **common))
    assert isinstance(rule, FloatRange)
    # Towards zero, so that no rounded end lies outside the rule: π becomes 3.14.
    low, high = (math.trunc(end * 100) / 100 for end in (rule.low, rule.high))
    return float(st.slider(label, min_value=low, max_value=high, step=step, **common))


def whole_number(name: str, label: str, help_text: str, **more: Any) -> int:
    """A box for a number, within its rule."""
    rule = address.LINK_RULES[name]
    assert isinstance(rule, IntRange)
    return int(
        st.number_input(
            label,
            min_value=rule.low,
            max_value=rule.high,
            value=default(name),
            key=name,
            bind="query-params",
            help=help_text,
            **more,
        )
    )


def _optional(name: str, label: str, help_text: str, when_empty: str) -> float | None:
    rule = RULES[name]
    assert isinstance(rule, Nullable)
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
    return sorted({*grid, st.session_state.get("lr", default("lr"))})
