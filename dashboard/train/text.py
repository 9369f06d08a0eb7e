"""What the numbers of a run mean, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.app.settings import RUN_SETTINGS
from dashboard.app.task_text import task_description
from dashboard.app.text import LOSS_FORMAT, engines, shown, speed
from dashboard.train.live_run import Frame
from dashboard.train.scene import STEPS_TO_JUDGE


def verdict(frame: Frame) -> str:
    """How the loss compares with the floors, and what that shows.

    Floors are means over many windows; a few easy ones prove nothing, so the verdict waits.
    """
    if frame.recent_steps < STEPS_TO_JUDGE:
        return _("The verdict comes with step {step}: floors are compared with a mean.").format(
            step=STEPS_TO_JUDGE - 1
        )
    loss = frame.recent_loss
    return _("Mean of the last {steps} steps {loss}: {meaning}.").format(
        steps=frame.recent_steps, loss=format(loss, LOSS_FORMAT), meaning=_meaning(frame)
    )


def _meaning(frame: Frame) -> str:
    """What the loss shows of the network's memory."""
    loss, floors = frame.recent_loss, {floor.key: floor.value for floor in frame.floors}
    window, streaming = floors.get("window_memory", 0.0), frame.streaming
    if not (streaming and frame.config.carry_state) and window > 0 and loss < 1.1 * window:
        best = (
            _(
                "at {floor:.3g}, the best that memory inside a window can do: the state is reset "
                "between windows"
            )
            if streaming
            else _("at {floor:.3g}, the lowest loss possible: the rest is chance")
        )
        return best.format(floor=window)
    passed = [floor for floor in frame.floors if loss < floor.value]
    # On some tasks persistence is worse than a constant, so that beating it shows nothing.
    if not passed or passed[-1].key == "persistence":
        return _("not below {floor:.3g}: a constant would do as well").format(
            floor=floors["constant"]
        )
    proofs = {
        "persistence": _(
            "below {floor:.3g}: better than persistence, which repeats the present value"
        ),
        "constant": _(
            "below {floor:.3g}: better than any constant; a function of the present input alone "
            "could do as well"
        )
        if "memoryless" in floors
        else _("below {floor:.3g}: better than any constant"),
        "memoryless": _("below {floor:.3g}: it uses memory inside the window")
        if streaming
        else _("below {floor:.3g}: it uses memory"),
        "time_only": _("below {floor:.3g}: it remembers the input, not only the time elapsed"),
        "last_marker": _(
            "below {floor:.3g}: it remembers the first marked number as well as the second"
        ),
        "linear": _("below {floor:.3g}: better than any linear function of the last inputs"),
        "window_memory": _("below {floor:.3g}: it carries memory across windows"),
    }
    return proofs[passed[-1].key].format(floor=passed[-1].value)


def details(frame: Frame) -> str:
    """Gradient norm, number of parameters, accuracy and speed, in one small line."""
    line = _(":small[gradient norm {norm:.3g} · {parameters} parameters]").format(
        norm=frame.step.grad_norm, parameters=frame.parameter_count
    )
    if frame.step.accuracy is not None:
        line += _(":small[ · accuracy {share:.0%} at this step]").format(share=frame.step.accuracy)
    return line + engines([frame.engine], frame.engine_reason) + speed(frame)


def status(frame: Frame, step_limit: int) -> str:
    """What the player is doing, in one sentence."""
    index = frame.step.index
    if frame.newest > index:
        return _(
            "Looking back at step {step} of {newest}. **Run** and **Step** go on from the newest."
        ).format(step=index, newest=frame.newest)
    sentences = {
        Status.READY: _("This is the untrained network. Press **Run** and watch it learn.")
        + " "
        + task_description(frame.config.task),
        Status.PLAYING: _("Training."),
        Status.PAUSED: _("Paused at step {step}. Nothing is being trained."),
        Status.AT_LIMIT: _(
            "Stopped at the step limit, {limit}. Raise the limit in the sidebar to go on."
        ),
        Status.IDLE: _("Paused at step {step}: the page was not used for a while."),
        Status.DIVERGED: _("Stopped at step {diverged}: the loss is no longer a finite number."),
    }
    return sentences[frame.status].format(step=index, limit=step_limit, diverged=frame.diverged_at)


def divergence(frame: Frame) -> str:
    """What divergence means, and two things to try."""
    config = frame.config
    if config.clip_norm is None:
        second = _("set **gradient clipping** to 1, which scales down every longer gradient")
    elif config.optimizer != "adam":
        second = _("choose the **optimizer** adam, which adapts the size of every update")
    else:
        second = _("try a **new seed**: other initial weights may do better")
    return _(
        "**The loss stopped being a finite number at step {step}.** The updates overshot, each "
        "further than the one before, until the numbers overflowed. The charts show the last "
        "finite step, {last}.\n\nTwo things to try: lower the **learning rate** (it is {lr:g}; the "
        "task's default is {default:g}) and press **Reset**, or {second}."
    ).format(
        step=frame.diverged_at,
        last=frame.step.index,
        lr=frame.lr,
        default=RUN_SETTINGS["lr"].default(config.task),
        second=second,
    )


def restarted(changes: Mapping[str, tuple[object, object]]) -> str:
    """Why the run started again."""
    listed = ", ".join(
        f"{name} {shown(name, old)} → {shown(name, new)}" for name, (old, new) in changes.items()
    )
    return _("Started again from step 0: {changes}").format(changes=listed)
