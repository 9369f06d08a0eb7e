"""The sidebar: the widgets of every setting of the run; and the page's address, kept up to date."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.app import text as words
from dashboard.app import widgets
from dashboard.app.language import gettext as _
from dashboard.app.language import language_of, use_language
from dashboard.app.limits import Work, refusal
from dashboard.app.link import read_link, write_link
from dashboard.app.own_series_panel import task_for
from dashboard.app.restrictions import HIDE, LOCK, SETTINGS
from dashboard.app.settings import (
    LANGUAGE,
    PACE,
    PACES,
    RUN_SETTINGS,
    STEP_LIMIT,
    PageSetting,
    Setting,
    set_by_task,
)
from dashboard.app.task_text import task_description, task_rows, task_title
from rnn_core import CELLS, OPTIMIZERS, RunConfig, Task
from rnn_core.config import is_read
from rnn_core.rules import FloatRange, Rule
from rnn_core.tasks import TASKS
from rnn_core.training.early_stopping import EVALUATE_EVERY

# Refused parameters of a link that are told one by one.
_MOST_REFUSALS = 6
_LAST_CONFIG = "last possible config"


@dataclass(frozen=True, slots=True)
class Settings:
    """What is chosen in the sidebar.

    Args:
        config: the run; the last possible one, if what is chosen now is impossible. None if there
            has been none.
        most_steps: steps per redraw; None for as many as fit.
        step_limit: playing stops at this step.
        problem: why what is chosen now is impossible; empty if it is possible.
        too_much: what the server does not train, if that is why.
        refusals: what the link asked for and could not have, a sentence each.
        pace: the page's setting of the steps per redraw.
        task: what a run is trained on in place of the task that ``config`` names: the session's
            series; None for that task.
        patience: evaluations without an improvement after which a run stops early; None for never.
    """

    config: RunConfig | None
    most_steps: int | None
    step_limit: int
    problem: str = ""
    too_much: Work | None = None
    refusals: tuple[str, ...] = ()
    pace: PageSetting = PACE
    task: Task | None = None
    patience: int | None = None


def learning_rates(rule: Rule) -> list[float]:
    """1, 2, 5, 10 … per decade, from 0.00001 to the rule's upper limit."""
    assert isinstance(rule, FloatRange)
    decades = range(-5, math.ceil(math.log10(rule.high)) + 1)
    grid = [float(f"{digit}e{decade}") for decade in decades for digit in (1, 2, 5)]
    return [lr for lr in grid if lr <= rule.high]


def open_link(table: Mapping[str, Setting]) -> tuple[str, ...]:
    """Choose the language and what the link asks for; return what was refused.

    On the first visit, and when the reader goes back or forward in the browser's history.

    Args:
        table: every setting by name.
    """
    state = st.session_state
    refusals: tuple[str, ...] = ()
    if _is_back() or "opened" not in state:
        state["opened"] = True
        parameters = st.query_params.to_dict()
        # The language first: refusals are sentences.
        _use_chosen_language(read_link(parameters, {LANGUAGE.name: LANGUAGE}).values)
        link = read_link(parameters, table)
        widgets.replace_choices(link.values)
        refusals = link.refusals[:_MOST_REFUSALS]
        if len(link.refusals) > len(refusals):
            refusals += (words.more_refusals(len(link.refusals) - len(refusals)),)
    _use_chosen_language(widgets.choices())
    return refusals


def keep_link(table: Mapping[str, Setting]) -> None:
    """Write what is chosen into the page's address, except settings that the run does not read.

    Args:
        table: every setting by name.
    """
    config = RunConfig(**{name: widgets.chosen(row) for name, row in RUN_SETTINGS.items()})
    unread = [name for name in RUN_SETTINGS if not is_read(name, config)]
    parameters = write_link(widgets.choices(), table, unread)
    # An address that a click before has made may reach the browser after it has gone back.
    if _is_back() or st.query_params.to_dict() != parameters:
        st.query_params.from_dict(parameters)


def _use_chosen_language(values: Mapping[str, Any]) -> None:
    use_language(values.get(LANGUAGE.name) or language_of(st.context.locale))


def _is_back() -> bool:
    """Whether this run of the page was asked for by going back or forward in the history."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation


def new_seed() -> None:
    """Choose another seed, short enough to be read out to a class."""
    seed = RUN_SETTINGS["seed"]
    drawn = random.randrange(1, 9_999)
    widgets.set_value(seed, drawn + (drawn >= widgets.chosen(seed)))


def sidebar(
    refusals: tuple[str, ...] = (),
    unasked: widgets.Unasked | None = None,
    pace: PageSetting = PACE,
    early_stopping: PageSetting | None = None,
) -> Settings:
    """Show every setting of the run and return what is chosen.

    Args:
        refusals: what the link asked for and could not have.
        unasked: settings that the page's experiment decides by itself; None for none.
        pace: of the page.
        early_stopping: likewise; None where no run of it stops early.
    """
    if not TASKS[widgets.current_task()].validates:
        early_stopping = None
    if SETTINGS in widgets.chosen(HIDE):
        chosen = {name: widgets.chosen(row) for name, row in RUN_SETTINGS.items()}
    else:
        chosen = _ask(unasked or widgets.Unasked(), early_stopping)
    config, problem, too_much = RunConfig(**chosen), "", None
    before, task_before = st.session_state.get(_LAST_CONFIG, (None, None))
    try:
        task = task_for(config)
        held = 0 if before is None else Work((before,), task=task_before).cost.bytes
        work = Work((config,), task=task, held=held)
        problem = refusal(work, listed=False)
        too_much = work if problem else None
    except ValueError as error:
        problem = words.problem(error)
    if not problem:
        st.session_state[_LAST_CONFIG] = config, task
    possible, series_task = st.session_state.get(_LAST_CONFIG, (None, None))
    return Settings(
        config=possible,
        task=series_task,
        most_steps=PACES[widgets.chosen(pace)],
        step_limit=widgets.chosen(STEP_LIMIT),
        problem=problem,
        too_much=too_much,
        refusals=refusals,
        pace=pace,
        patience=None if early_stopping is None else widgets.chosen(early_stopping),
    )


def _ask(unasked: widgets.Unasked, early_stopping: PageSetting | None) -> dict[str, Any]:
    """Draw the widgets; return the settings of the run that it reads.

    Args:
        unasked: as in `sidebar`.
        early_stopping: likewise; None where the task does not validate, either.
    """
    before = widgets.current_task()
    with st.sidebar, widgets.unasked(unasked):
        task = widgets.select(
            RUN_SETTINGS["task"],
            _("Task"),
            task_title,
            then=lambda: widgets.forget(set_by_task(before) | set_by_task(widgets.current_task())),
        )
        st.caption(unasked.reason or task_description(task))
        chosen: dict[str, Any] = {"task": task, **_network(), **_training(task)}
        with st.expander(_("More settings")):
            chosen |= _details(chosen["cell"])
            widgets.whole_number(
                STEP_LIMIT, _("Step limit"), _("Playing stops by itself at this step."), step=10_000
            )
        # An experiment may leave nothing of the task's data to choose.
        asked = set(TASKS[task].settings) - unasked.left_out - {"batch_size"}
        with st.expander(_("Data")) if asked else nullcontext():
            chosen |= _data(task, is_noise_asked="noise_std" in asked)
            if early_stopping is not None:
                _patience(early_stopping)
        if widgets.chosen(LOCK):
            st.caption(_(":material/lock: The link that was opened sets what is gray."))
        if unasked.restarts:
            st.caption(
                _(":material/bolt: takes effect at once. Every other setting starts the run again.")
            )
    return chosen


def without_run(refusals: tuple[str, ...] = (), pace: PageSetting = PACE) -> Settings:
    """What a page reads whose sidebar does not set the run: the seed, and the player's settings.

    Args:
        refusals: as in `sidebar`.
        pace: as in `sidebar`.
    """
    return Settings(
        config=RunConfig(seed=widgets.chosen(RUN_SETTINGS["seed"])),
        most_steps=PACES[widgets.chosen(pace)],
        step_limit=widgets.chosen(STEP_LIMIT),
        refusals=refusals,
        pace=pace,
    )


def _network() -> dict[str, Any]:
    """What decides the network, as far as everyone needs it."""
    chosen: dict[str, Any] = {}
    left, right = st.columns([3, 2])
    with left:
        # A list: titles of this length break into uneven rows side by side.
        chosen["cell"] = widgets.select(
            RUN_SETTINGS["cell"],
            _("Cell"),
            lambda name: str(CELLS[name].title),
            help="\n".join(f"- {cell.title}: {_(cell.summary)}" for cell in CELLS.values()),
        )
    with right:
        chosen["num_layers"] = widgets.slider(
            RUN_SETTINGS["num_layers"],
            _("Layers"),
            _("Stacked recurrent layers, `num_layers`."),
        )
    chosen["hidden_size"] = widgets.slider(
        RUN_SETTINGS["hidden_size"],
        _("Hidden units"),
        _("Size of the hidden state of each layer, `hidden_size`."),
    )
    chosen["carry_state"] = widgets.toggle(
        RUN_SETTINGS["carry_state"],
        _("Carry the state"),
        _(
            "On: each window starts from the final state of the one before, detached, so that "
            "information crosses the border and gradients do not. Off: every window starts from "
            "zeros. Tasks whose windows are separate sequences always start from zeros."
        ),
    )
    return chosen


def _training(task: str) -> dict[str, Any]:
    """How it is trained."""
    chosen: dict[str, Any] = {}
    chosen["lr"] = widgets.pick(
        RUN_SETTINGS["lr"],
        _("Learning rate"),
        _("Length of every update, `lr`. Takes effect at once: move it while the network learns."),
        learning_rates(RUN_SETTINGS["lr"].rule(task)),
    )
    left, right = st.columns(2)
    with left:
        chosen["optimizer"] = widgets.select(
            RUN_SETTINGS["optimizer"],
            _("Optimizer"),
            lambda name: str(OPTIMIZERS[name].title),
            help=_("How a gradient becomes an update."),
        )
    with right:
        chosen["clip_norm"] = widgets.optional_number(
            RUN_SETTINGS["clip_norm"],
            _("Clipping"),
            _(
                "Gradient clipping: the largest allowed norm of the gradient, `clip_norm`; a "
                "longer one is scaled down to it. Empty: off."
            ),
            _("off"),
            step=0.5,
        )
    if "momentum" in OPTIMIZERS[chosen["optimizer"]].settings:
        chosen["momentum"] = widgets.slider(
            RUN_SETTINGS["momentum"],
            _("Momentum"),
            _("Share of the last update that is added to the next one."),
        )
    left, right = st.columns(2)
    with left:
        chosen["seed"] = widgets.whole_number(
            RUN_SETTINGS["seed"], _("Seed"), _("Decides the initial weights.")
        )
    with right:
        chosen["batch_size"] = widgets.slider(
            RUN_SETTINGS["batch_size"], _("Batch size"), task_rows(task)
        )
    return chosen


def _patience(setting: PageSetting) -> None:
    """When a run on a task that validates stops by itself."""
    widgets.optional_number(
        setting,
        _("Early stopping: patience"),
        _(
            "Evaluations in a row without a lower validation loss after which the run stops by "
            "itself, one every {every} steps: 20 are {steps} steps. Equal settings on the same "
            "engine stop at the same step, however fast the machine is. Empty: off."
        ).format(every=EVALUATE_EVERY, steps=20 * EVALUATE_EVERY),
        _("off"),
        step=5,
    )


def _details(cell: str) -> dict[str, Any]:
    """Settings of the network that few need."""
    chosen: dict[str, Any] = {}
    if "forget_bias" in CELLS[cell].settings:
        chosen["forget_bias"] = widgets.optional_number(
            RUN_SETTINGS["forget_bias"],
            _("Forget-gate bias"),
            _(
                "Sum of the two biases of the LSTM's forget gates at the start. With 1 the cell "
                "keeps its state before it has learnt anything. Empty: PyTorch's initialisation, "
                "near 0."
            ),
            _("PyTorch's default"),
            step=0.5,
        )
    if "initialisation" in CELLS[cell].settings:
        chosen["initialisation"] = widgets.select(
            RUN_SETTINGS["initialisation"],
            _("Initialisation"),
            words.initialisation_name,
            help=_(
                "Initial weights of the recurrent layers. Orthogonal: recurrent matrices that keep "
                "the length of the state. Identity: recurrent matrices that keep the state, zero "
                "biases, input weights near 0; meant for the ReLU RNN (Le et al. 2015)."
            ),
        )
    if "single_bias" in CELLS[cell].settings:
        chosen["single_bias"] = widgets.toggle(
            RUN_SETTINGS["single_bias"],
            _("One bias vector"),
            _(
                "On: one bias vector per layer, as in published recipes. Off: PyTorch's two, "
                "`bias_ih` and `bias_hh`, which are added; Adam moves their sum twice as far."
            ),
        )
    return chosen


def _data(task: str, *, is_noise_asked: bool) -> dict[str, Any]:
    """The settings that the task reads.

    Args:
        task: its name.
        is_noise_asked: whether the page's experiment reads the noise; without noise, a task that
            has the setting is not random.
    """
    sliders = {
        "window_length": (
            _("Points per window"),
            _("Time steps that gradients flow back through, both ends of the window included."),
        ),
        "delay": (_("Delay"), _("Time steps that a forecast looks ahead, or a recall back.")),
        "points_per_period": (
            _("Points per period"),
            _("Samples in one period of a wave of frequency 1."),
        ),
        "frequency": (_("Frequency"), _("Cycles in 2π units of time.")),
        "amplitude": (_("Amplitude"), _("Amplitude of input and target.")),
        "phase": (_("Phase offset (radians)"), _("Phase of the wave at time 0.")),
        "noise_std": (
            _("Noise on the input"),
            _("Standard deviation of Gaussian noise on the input; the target stays clean."),
        ),
    }
    steps = {"frequency": 0.1, "amplitude": 0.1}
    chosen: dict[str, Any] = {
        name: widgets.slider(RUN_SETTINGS[name], *texts, step=steps.get(name, 0.01))
        for name, texts in sliders.items()
        if name in TASKS[task].settings
    }
    noiseless = is_noise_asked and chosen.get("noise_std") == 0
    if "data_seed" in TASKS[task].settings and not noiseless:
        chosen["data_seed"] = widgets.whole_number(
            RUN_SETTINGS["data_seed"],
            _("Data seed"),
            _("Decides everything random in the data, apart from the weights."),
        )
    return chosen
