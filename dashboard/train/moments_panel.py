"""Going to a remarkable moment of a run, and to any step with a click on the loss chart."""

from __future__ import annotations

import streamlit as st

from dashboard.app import widgets
from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.app.text import two_digits
from dashboard.run import text
from dashboard.run.bulletin import gravest
from dashboard.run.charts import SCRUBBED
from dashboard.run.frame import Frame, StepNumbers
from dashboard.run.live_run import LiveRun
from dashboard.run.views.registry import view
from dashboard.train.moments import EXPLAINED_BY, step_of, why
from dashboard.train.settings import LOOK
from rnn_core import Event

#: Key of the loss chart, whose clicks `scrub` takes.
LOSS_CHART = "loss_chart"
_MOMENT, _CLICKED = "moment on screen", "steps clicked on"


def offer(run: LiveRun, frame: Frame) -> None:
    """A button that goes to the gravest moment that is told; none where there is none.

    After an early stop it goes to the step with the lowest validation loss.
    """
    early = frame.stopped_early
    if early is not None and early.best_step is not None and run.can_look_back:
        # In a file the best step may be one that was before the run went on here.
        if frame.step.index != early.best_step and early.best_step >= run.oldest:
            st.button(
                _("Go to the best step, {step}").format(step=early.best_step),
                icon=":material/history:",
                type="tertiary",
                key=f"go_best_{early.best_step}",
                on_click=run.look_back,
                args=(early.best_step,),
            )
        return
    event = gravest(frame.told)
    if event is None:
        return
    st.button(
        _("Go to step {step}").format(step=step_of(event, run.index)),
        icon=":material/history:",
        type="tertiary",
        key=f"go_{event.kind}_{event.step}",
        on_click=go_to,
        args=(run, event),
    )


def go_to(run: LiveRun, event: Event) -> None:
    """Pause, show the step of a moment, and the view that explains it."""
    run.pause()
    run.look_back(step_of(event, run.index))
    st.session_state[_MOMENT] = event
    if event.kind in EXPLAINED_BY:
        widgets.set_value(LOOK, EXPLAINED_BY[event.kind])


def scrub(run: LiveRun) -> None:
    """Show the step that was clicked on in the loss chart; on a flag, its moment."""
    selected = st.session_state[LOSS_CHART]["selection"].get(SCRUBBED, [])
    steps = [int(row["step"]) for row in selected if row.get("step") is not None]
    before: list[int] = st.session_state.get(_CLICKED, [])
    st.session_state[_CLICKED] = steps
    # A step that is clicked on once more leaves the selection.
    changed = [step for step in steps if step not in before] or [
        step for step in before if step not in steps
    ]
    if run.status is Status.PLAYING or len(changed) != 1:
        return
    (step,) = changed
    event = gravest([each for each in run.frame().events if step_of(each, run.index) == step])
    if event is not None:
        go_to(run, event)
    else:
        run.look_back(step)


def show(run: LiveRun) -> None:
    """The moment that one went to: the steps around it in numbers, and what explains them."""
    event = st.session_state.get(_MOMENT)
    if not isinstance(event, Event):
        return
    frame = run.frame()
    shown = step_of(event, run.index) == frame.step.index and event in frame.events
    if run.status is Status.PLAYING or not shown:
        del st.session_state[_MOMENT]
        return
    around = run.around()
    if not around:
        return
    with st.container(border=True, key="moment"):
        numbers, words = st.columns([3, 2], vertical_alignment="center")
        numbers.markdown(table(around, frame.step.index))
        said = f"**{text.event(event)}**  \n{why(event)}"
        if event.kind in EXPLAINED_BY:
            said += "  \n" + _("Below: the view **{view}** at this step.").format(
                view=view(EXPLAINED_BY[event.kind]).title
            )
        words.markdown(said)


def table(around: tuple[StepNumbers, ...], step: int) -> str:
    """Steps in numbers as a Markdown table, a column each.

    Args:
        around: the steps.
        step: the one that is emphasised.
    """

    def row(name: str, cells: list[str]) -> str:
        marked = [
            f"**{cell}**" if each.step == step else cell
            for each, cell in zip(around, cells, strict=True)
        ]
        return f"| {name} | " + " | ".join(marked) + " |"

    clipped = [_("yes") if each.clipped else _("no") for each in around]
    return "\n".join(
        [
            row(_("step"), [str(each.step) for each in around]),
            "|:--|" + "--:|" * len(around),
            row(_("online loss"), [two_digits(each.loss) for each in around]),
            row(_("gradient norm"), [two_digits(each.grad_norm) for each in around]),
            row(_("clipped"), clipped),
            row(_("update ‖Δw‖ / ‖w‖"), [two_digits(each.update) for each in around]),
        ]
    )
