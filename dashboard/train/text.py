"""The sentences that numbers turn into."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.app.task_text import task_story
from dashboard.train.live_run import Frame
from dashboard.train.scene import STEPS_TO_JUDGE
from rnn_core.rules import Choice, Flag, FloatRange, IntRange, Nullable, Rule

#: Redraws a second that a run which has the server for itself reaches with ease.
FULL_SPEED = 9.0
#: As many digits as tell two losses apart, and no more.
LOSS_FORMAT = ".4g"


def verdict(frame: Frame) -> str:
    """How the loss stands to the floors, and what that shows.

    Floors are means over many windows; a few lucky ones prove nothing, so the verdict waits.
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
                "at {floor:.3g}, all that memory inside a window can do: the state is reset "
                "between windows"
            )
            if streaming
            else _("at {floor:.3g}, as low as anybody can come: the rest is chance")
        )
        return best.format(floor=window)
    passed = [floor for floor in frame.floors if loss < floor.value]
    # Some forecasts of "as now" are worse than a constant: to be better than these is nothing.
    if not passed or passed[-1].key == "persistence":
        return _("not below {floor:.3g}: a constant would do as well").format(
            floor=floors["constant"]
        )
    proofs = {
        "persistence": _("below {floor:.3g}: better than to say that all stays as it is"),
        "constant": _(
            "below {floor:.3g}: better than any constant; a function of the present input alone "
            "could do as well"
        )
        if "memoryless" in floors
        else _("below {floor:.3g}: better than any constant"),
        "memoryless": _("below {floor:.3g}: it uses memory inside the window")
        if streaming
        else _("below {floor:.3g}: it uses memory"),
        "time_only": _("below {floor:.3g}: it remembers what it heard, not only how long ago"),
        "last_marker": _("below {floor:.3g}: it remembers the first marker as well as the last"),
        "window_memory": _("below {floor:.3g}: it carries memory across windows"),
    }
    return proofs[passed[-1].key].format(floor=passed[-1].value)


def details(frame: Frame) -> str:
    """Gradient norm, size of the network, speed, in one small line."""
    line = _(":small[gradient norm {norm:.3g} · {parameters} parameters]").format(
        norm=frame.step.grad_norm, parameters=frame.parameter_count
    )
    if frame.step.accuracy is not None:
        line += _(":small[ · {share:.0%} of the newest answers right]").format(
            share=frame.step.accuracy
        )
    return line + speed(frame)


class Speed(Protocol):
    """Of any frame: how fast what it shows goes on."""

    @property
    def steps_per_second(self) -> float | None:
        """Measured while playing, else None."""

    @property
    def redraws_per_second(self) -> float | None:
        """Likewise."""

    @property
    def active_runs(self) -> int:
        """Runs that played on this server at the last redraw, this one included."""


def speed(frame: Speed) -> str:
    """How fast it goes, and why it is slower if it is; empty while it stands."""
    if frame.steps_per_second is None:
        return ""
    line = _(":small[ · {rate:.0f} steps per second]").format(rate=frame.steps_per_second)
    return line + _slower(frame.active_runs, frame.redraws_per_second)


def _slower(active_runs: int, redraws_per_second: float | None) -> str:
    """That a run goes slower than it would alone, and why; empty while it does not."""
    if active_runs == 1 or (redraws_per_second or FULL_SPEED) >= FULL_SPEED:
        return ""
    return _(
        ":small[ · slower: {runs} runs share this server, yours is redrawn {rate:.1f} times a "
        "second]"
    ).format(runs=active_runs, rate=redraws_per_second)


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
        + task_story(frame.config.task),
        Status.PLAYING: _("Training."),
        Status.PAUSED: _("Paused at step {step}. Nothing is being trained."),
        Status.AT_LIMIT: _(
            "Stopped at the step limit, {limit}. Raise the limit in the sidebar to go on."
        ),
        Status.IDLE: _("Paused at step {step}: nobody touched the page for a while."),
        Status.DIVERGED: _("Stopped at step {diverged}: the loss is no longer a finite number."),
    }
    return sentences[frame.status].format(step=index, limit=step_limit, diverged=frame.diverged_at)


def divergence(frame: Frame) -> str:
    """What a run that blew up means, and two things to try."""
    config = frame.config
    if config.clip_norm is None:
        second = _("set **gradient clipping** to 1, which shortens every gradient that is too long")
    elif config.optimizer != "adam":
        second = _("choose the **optimizer** adam, which scales every update by itself")
    else:
        second = _("take a **new seed**: other initial weights may fare better")
    return _(
        "**The loss stopped being a finite number at step {step}.** The updates overshot, each "
        "further than the one before, until the numbers overflowed. The pictures show the last "
        "finite step, {last}.\n\nTwo things to try: lower the **learning rate** (it is {lr:g}; the "
        "page begins with 0.02) and press **Reset**, or {second}."
    ).format(step=frame.diverged_at, last=frame.step.index, lr=frame.lr, second=second)


def restarted(changes: Mapping[str, tuple[object, object]]) -> str:
    """Why the run began again."""
    listed = ", ".join(
        f"{name} {shown(name, old)} → {shown(name, new)}" for name, (old, new) in changes.items()
    )
    return _("Started again from step 0: {changes}").format(changes=listed)


def refused_link(name: str, text: str, rule: Rule, default: object) -> str:
    """A link asked for what cannot be."""
    # In a link a switch is true or false.
    used = str(default).lower() if isinstance(default, bool) else shown(name, default)
    return _("The link asks for {name}={text}. It must be {rule}; {default} is used.").format(
        name=name, text=text, rule=rule_words(rule), default=used
    )


def unknown_link(name: str, meant: str | None) -> str:
    """A link names a setting that does not exist."""
    if meant is None:
        return _("The link sets {name}, which this page does not know.").format(name=name)
    return _("The link sets {name}, which this page does not know. Perhaps {meant}?").format(
        name=name, meant=meant
    )


def rule_words(rule: Rule) -> str:
    """A rule in the reader's language."""
    if isinstance(rule, Choice):
        return _("one of {options}").format(options=", ".join(rule.options))
    if isinstance(rule, Flag):
        return _("true or false")
    if isinstance(rule, Nullable):
        return _("empty, or {rule}").format(rule=rule_words(rule.rule))
    low, high = format(rule.low, ".4g"), format(rule.high, ".10g")
    if isinstance(rule, FloatRange) and rule.open_low:
        return _("above {low}, up to {high}").format(low=low, high=high)
    if isinstance(rule, IntRange):
        return _("a whole number from {low} to {high}").format(low=low, high=high)
    return _("from {low} to {high}").format(low=low, high=high)


def shown(name: str, value: object) -> str:
    """A setting's value as the sidebar would show it."""
    if value is None:
        return _("PyTorch's default") if name == "forget_bias" else _("off")
    if isinstance(value, bool):
        return _("on") if value else _("off")
    return format(value, "g") if isinstance(value, float) else str(value)
