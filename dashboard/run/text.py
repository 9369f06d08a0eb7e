"""What the numbers of a run mean, in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dashboard.app.language import gettext as _
from dashboard.app.playback import Status
from dashboard.app.settings import RUN_SETTINGS
from dashboard.app.task_text import task_description
from dashboard.app.text import LOSS_FORMAT, apart, engines, harmless, shown, slower, two_digits
from dashboard.charts.loss_axes import floor_lines, floor_name
from dashboard.run.frame import Frame, StoppedEarly
from rnn_core import Event, Verdict

#: A forecast is better than another one where its loss is lower by this factor.
NAIVE_MARGIN = 0.98
# Changes that are listed one by one; more would not fit into a line.
_MOST_CHANGES = 3


def verdict(frame: Frame) -> str:
    """What the held-out loss shows of the network's memory: a line of Markdown."""
    if frame.status is Status.DIVERGED and frame.step.index == frame.newest:
        return _("**Diverged**: the updates overshot, each further than the one before.")
    if frame.verdict is None:
        return ""
    if frame.validates and frame.floors:
        said = [_beside_naive_forecasts(frame)]
    elif frame.verdict.follows_signal:
        said = [_following(frame.verdict)]
    else:
        more = _more(frame)
        said = [_claim(frame), f":small[{more}]" if more else ""]
    age = frame.step.index - frame.judged_at
    if age:
        said.append(_(":small[({age} steps ago)]").format(age=age))
    return " ".join(filter(None, said))


def held_out(frame: Frame) -> str:
    """The held-out loss as a readout."""
    return format(frame.verdict.loss.mean, LOSS_FORMAT) if frame.verdict else "–"


def _following(verdict: Verdict) -> str:
    """That the online loss is low for another reason than learning."""
    return _(
        "**The weights follow the signal** (online loss {online}, held-out loss {loss}): frozen, "
        "they lose it."
    ).format(online=two_digits(verdict.online or 0.0), loss=two_digits(verdict.loss.mean))


def _beside_naive_forecasts(frame: Frame) -> str:
    """Whether the frozen network forecasts the validation part better than naive forecasts do.

    All of them are judged on the same rows, so that their mean losses compare; differences below
    2 % are none that a reader would call better.
    """
    assert frame.verdict is not None
    found = frame.verdict.loss.mean
    best = min(frame.floors, key=lambda floor: floor.value)
    simple = next((floor for floor in frame.floors if floor.key == "persistence"), best)
    loss = two_digits(found)
    if not found < NAIVE_MARGIN * simple.value:
        claim, named = _("Does not beat {floor}"), [simple]
    elif not found < NAIVE_MARGIN * best.value:
        claim, named = _("Beats persistence, but not {floor}"), [simple, best]
    else:
        claim, named = _("Beats every naive forecast, {floor} included"), [best]
    if len(named) == 1:
        loss, value = apart(found, named[0].value)
        values = [value]
    else:
        values = [two_digits(floor.value) for floor in named]
    numbers = [_("validation loss {loss}").format(loss=loss)]
    numbers += [f"{floor_name(floor)} {value}" for floor, value in zip(named, values, strict=True)]
    return _("**{claim}** ({numbers})").format(
        claim=claim.format(floor=floor_name(named[-1])), numbers=", ".join(numbers)
    )


def _claim(frame: Frame) -> str:
    """What the frozen weights show, and the floor that it rests on."""
    verdict, streaming = frame.verdict, frame.streaming
    assert verdict is not None
    above = _("held-out loss {loss}, floor {floor}")
    below = _("held-out loss {loss} < {floor}")
    claims = {
        "nothing": (_("No better than a constant so far"), above),
        "constant": (_("Better than any constant"), below),
        "persistence": (_("Better than persistence"), below),
        "drift": (_("Better than a drift"), below),
        "seasonal": (_("Better than the value one season before"), below),
        "smoothing": (_("Better than exponential smoothing"), below),
        "time_only": (_("Remembers the input, not only the time elapsed"), below),
        "memoryless": (
            _("Uses memory inside the window")
            if streaming and not verdict.uses_carried_state
            else _("Uses memory"),
            below,
        ),
        "last_marker": (_("Remembers the first marked number as well as the second"), below),
        "window_memory": (
            _("The best that memory inside a window can do")
            if streaming
            else _("The lowest loss possible: the rest is chance"),
            above,
        ),
        "carried_memory": (_("Carries memory across windows"), below),
    }
    if verdict.floor is None:
        loss = two_digits(verdict.loss.mean)
        return _("Held-out loss {loss}; the task has no floors.").format(loss=loss)
    claim, numbers = claims[verdict.claim]
    value = verdict.loss.mean, verdict.floor.value
    loss, floor = apart(*value) if numbers == below else map(two_digits, value)
    return _("**{claim}** ({numbers})").format(
        claim=claim, numbers=numbers.format(loss=loss, floor=floor)
    )


def _more(frame: Frame) -> str:
    """What else the held-out losses show, in a sentence or two; often empty."""
    verdict = frame.verdict
    assert verdict is not None
    said = []
    if verdict.claim == "constant" and any(floor.key == "memoryless" for floor in frame.floors):
        said.append(_("A function of the present input alone could do as well."))
    gain = verdict.memory_gain
    if gain is not None and verdict.claim != "nothing" and verdict.uses_carried_state:
        said.append(
            _("Resetting the state raises it by {gain}.").format(gain=two_digits(gain.mean))
        )
    if verdict.linear is not None:
        said.append(
            _("Also below {floor}, the best linear function of the last {lags} inputs.").format(
                floor=two_digits(verdict.linear.value), lags=verdict.linear.lags
            )
        )
    return " ".join(said)


def event(event: Event) -> str:
    """One remarkable moment of a run, in a sentence."""
    before, after = _level(event.before), _level(event.after)
    sentences = {
        "floor": _("below a floor ({floor})"),
        "spike": _("spike to {after}, from {before}"),
        "collapse": _("collapse, from {before} to {after}"),
        "recovery": _("recovery, from {before} to {after}"),
        "plateau": _("plateau at {after}"),
        "divergence": _("divergence: the loss is no longer a finite number"),
        "learning_rate": _("learning rate {old:g} → {new:g}"),
        "branch": _("branch"),
    }
    old, new = event.rates or (0.0, 0.0)
    floors = floor_lines((event.floor,) if event.floor else ())
    said = sentences[event.kind].format(
        before=before,
        after=after,
        floor=" ".join(label for _value, label in floors),
        old=old,
        new=new,
    )
    return _("step {step}: {said}").format(step=event.step, said=said)


def told_events(frame: Frame) -> str:
    """The moments that are told now, in Markdown; before there are any, what there is to see."""
    if frame.told:
        return ":small[:material/flag: " + " · ".join(map(event, frame.told)) + "]"
    if frame.step.index == 0:
        return f":small[{task_description(frame.config.task)}]"
    return ":small[:material/flag: " + _("Remarkable moments of the run appear here.") + "]"


def _level(loss: float | None) -> str:
    return "–" if loss is None else format(loss, ".2g")


def details(frame: Frame) -> str:
    """Gradient norm, number of parameters, NRMSE, accuracy and engine, in one small line."""
    line = _(":small[gradient norm {norm:.3g} · {parameters} parameters]").format(
        norm=frame.step.grad_norm, parameters=frame.parameter_count
    )
    if frame.target_variance and frame.verdict:
        nrmse = math.sqrt(max(0.0, frame.verdict.loss.mean) / frame.target_variance)
        said = (
            _(":small[ · validation NRMSE {nrmse:.3f}]")
            if frame.validates
            else _(":small[ · held-out NRMSE {nrmse:.3f}]")
        )
        line += said.format(nrmse=nrmse)
    if frame.step.accuracy is not None:
        line += _(":small[ · accuracy {share:.0%} at this step]").format(share=frame.step.accuracy)
    return line + engines([frame.engine], frame.engine_reason) + slower(frame)


def status(frame: Frame, step_limit: int) -> str:
    """What the player is doing, in one sentence."""
    index = frame.step.index
    if frame.newest > index:
        return _(
            "Looking back at step {step} of {newest}. **Run** and **Step** go on from the newest."
        ).format(step=index, newest=frame.newest)
    sentences = {
        Status.READY: (
            _("These are the weights of the file. Press **Run** to train them.")
            if frame.given
            else _("This is the untrained network. Press **Run** and watch it learn.")
        ),
        Status.PLAYING: _("Training."),
        Status.PAUSED: _("Paused at step {step}. Nothing is being trained."),
        Status.AT_LIMIT: _(
            "Stopped at the step limit, {limit}. Raise the limit in the sidebar to go on."
        ),
        Status.STOPPED_EARLY: stopped_early(frame.stopped_early),
        Status.IDLE: _("Paused at step {step}: the page was not used for a while."),
        Status.DIVERGED: _("Stopped at step {diverged}: the loss is no longer a finite number."),
    }
    return sentences[frame.status].format(step=index, limit=step_limit, diverged=frame.diverged_at)


def stopped_early(why: StoppedEarly | None) -> str:
    """Why a run stopped early, and what to do next; empty if it did not."""
    if why is None:
        return ""
    if why.best_step is None:
        return _("Stopped early at step {step}: no validation loss was a finite number.").format(
            step=why.step
        )
    said = _(
        "Stopped early at step {step}: no lower validation loss for {waited} evaluations; lowest "
        "{loss} at step {best}. **Run** goes on and waits as long again."
    )
    return said.format(
        step=why.step, waited=why.waited, loss=two_digits(why.best_loss), best=why.best_step
    )


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


def branched(step: int) -> str:
    """Where a branch goes on from."""
    return _("Continues from step {step}. The thin line is the run before.").format(step=step)


def restarted(changes: Mapping[str, tuple[object, object]]) -> str:
    """Why the run started again; of many changes the first ones."""
    listed = [
        # A series is told by the names of its file and columns.
        f"{name} {harmless(shown(name, old))} → {harmless(shown(name, new))}"
        for name, (old, new) in changes.items()
    ]
    if len(listed) > _MOST_CHANGES:
        listed[_MOST_CHANGES:] = [_("{count} more").format(count=len(listed) - _MOST_CHANGES)]
    return _("Started again from step 0: {changes}.").format(changes=", ".join(listed))
