"""Sentences that all pages share: refused links, rules, values, speed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from dashboard.app.language import gettext as _
from rnn_core.messages import Brief, Message, translate
from rnn_core.rules import Choice, Flag, FloatRange, IntRange, Nullable, Rule

#: Redraws per second that a run alone on the server easily reaches.
FULL_SPEED = 9.0
#: Enough digits to tell two losses apart, and no more.
LOSS_FORMAT = ".4g"
#: Longest text from a link that is shown, in characters.
LONGEST = 80


_CODE = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
# Letters, digits and signs that mean nothing, and an underscore inside a word.
_WITHOUT_MARKUP = re.compile(r"(?:[^\W_]|(?<=[^\W_])_(?=[^\W_])|[ .,;?!'\"+=/%()…–×·-])*")


def two_digits(number: float) -> str:
    """A number with two significant digits, the zeros among them included: 0.10, 1.2, 12."""
    return format(number, "#.2g").rstrip(".").replace(".e", "e")


def apart(number: float, other: float) -> tuple[str, str]:
    """Two numbers with two significant digits, or with as many more as tell them apart."""
    for digits in range(2, 6):
        pair = [format(each, f"#.{digits}g").rstrip(".") for each in (number, other)]
        if pair[0] != pair[1]:
            break
    return pair[0].replace(".e", "e"), pair[1].replace(".e", "e")


def capital(text: str) -> str:
    """With a capital letter at its beginning."""
    return text[:1].upper() + text[1:]


def plain(text: str) -> str:
    """Foreign text as a Markdown code span: shown as it is, one line, cut at `LONGEST` characters.

    Nothing inside a code span is interpreted: no image, link, formula, directive or HTML.
    """
    shown = "".join(sign if sign.isprintable() else " " for sign in text[: LONGEST + 1])
    if len(shown) > LONGEST:
        shown = shown[: LONGEST - 1] + "…"
    # A fence that is longer than any run of backticks inside closes nowhere else.
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    if not shown.strip():
        return f"{fence}''{fence}"
    pad = " " if shown[0] in " `" or shown[-1] in " `" else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def refused_link(name: str, text: str, rule: Rule, default: object) -> str:
    """A link asks for a value that its setting cannot have."""
    sentence = _("The link asks for {name}={text}. It must be {rule}.").format(
        name=plain(name), text=plain(text), rule=rule_words(rule)
    )
    if default is None and not isinstance(rule, Nullable):
        return sentence
    # In a link a switch is true or false.
    used = str(default).lower() if isinstance(default, bool) else shown(name, default)
    return sentence + " " + _("{default} is used instead.").format(default=used)


def refused_text(name: str, text: str, problem: str) -> str:
    """A link has a text that cannot be read.

    Args:
        name: of the parameter.
        text: its text.
        problem: why, as Markdown.
    """
    return _("The link asks for {name}={text}. {problem}").format(
        name=plain(name), text=plain(text), problem=problem
    )


def unknown_link(name: str, meant: str | None) -> str:
    """A link names a setting that does not exist."""
    if meant is None:
        return _("The link sets {name}, which does not exist.").format(name=plain(name))
    return _("The link sets {name}, which does not exist. Did you mean {meant}?").format(
        name=plain(name), meant=meant
    )


def more_refusals(number: int) -> str:
    """Further parameters of a link were refused."""
    return _("The link asks for {number} more things that are not possible.").format(number=number)


def problem(error: BaseException | Message) -> str:
    """An error or a message of `rnn_core` in the reader's language, as Markdown.

    Its values may come from a file or a link: none of them is markup.
    """
    if isinstance(getattr(error, "message", error), Message):
        return translate(error, _, _Harmless)
    return harmless(str(error))


def harmless(text: str) -> str:
    """Text as Markdown that shows it; `plain` where something in it might be interpreted.

    Code spans stay as they are.
    """
    outside = _CODE.sub("", text)
    return text if _WITHOUT_MARKUP.fullmatch(outside) and "www." not in outside else plain(text)


class _Harmless(Brief):
    """A value in a message, without markup."""

    def __repr__(self) -> str:
        return harmless(super().__repr__())

    def __format__(self, spec: str) -> str:
        return harmless(super().__format__(spec))


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


def setting_name(name: str) -> str:
    """A setting in the reader's language, as axes and tables name it; an unknown one by its key."""
    names = {
        "cell": _("cell"),
        "hidden_size": _("hidden units"),
        "num_layers": _("layers"),
        "lr": _("learning rate"),
        "delay": _("delay"),
        "window_length": _("points per window"),
        "batch_size": _("batch size"),
        "optimizer": _("optimizer"),
        "clip_norm": _("clipping"),
        "momentum": _("momentum"),
        "forget_bias": _("forget-gate bias"),
        "initialisation": _("initialisation"),
        "carry_state": _("state carried"),
        "noise_std": _("noise on the input"),
        "seed": _("seed"),
        "data_seed": _("data seed"),
        "points_per_period": _("points per period"),
        "frequency": _("frequency"),
        "amplitude": _("amplitude"),
        "phase": _("phase offset"),
        "single_bias": _("one bias vector"),
        "task": _("task"),
    }
    return names.get(name, name)


def shown(name: str, value: object) -> str:
    """A setting's value as the sidebar shows it."""
    if value is None:
        return _("PyTorch's default") if name == "forget_bias" else _("off")
    if isinstance(value, bool):
        return _("on") if value else _("off")
    return format(value, "g") if isinstance(value, float) else str(value)


def initialisation_name(key: str) -> str:
    """An initialisation of the recurrent weights in the reader's language."""
    names = {
        "pytorch": "PyTorch",
        "orthogonal": _("orthogonal"),
        "identity": _("identity"),
    }
    return names.get(key, key)


class Speed(Protocol):
    """The fields of any frame that say how fast its run advances."""

    @property
    def steps_per_second(self) -> float | None:
        """Measured while playing, else None."""

    @property
    def redraws_per_second(self) -> float | None:
        """Measured while playing, else None."""

    @property
    def active_runs(self) -> int:
        """Runs that played on this server at the last redraw, this one included."""


def speed(frame: Speed) -> str:
    """How fast the run advances, and why it is slower if it is; empty while it is paused."""
    if frame.steps_per_second is None:
        return ""
    line = _(":small[ · {rate:.0f} steps per second]").format(rate=frame.steps_per_second)
    return line + slower(frame)


def engines(names: Sequence[str], reason: Message | None = None) -> str:
    """Which engine trains, and why it is not the compiled one.

    Args:
        names: the engine of every network.
        reason: why PyTorch trains, if it is known.
    """
    compiled = sum(name == "compiled" for name in names)
    if compiled == len(names):
        return _(":small[ · compiled engine]")
    if compiled:
        return _(":small[ · compiled engine for {compiled} of {networks} networks]").format(
            compiled=compiled, networks=len(names)
        )
    if reason is None:
        return _(":small[ · PyTorch engine]")
    return _(":small[ · PyTorch engine: {reason}]").format(reason=translate(reason, _))


def slower(frame: Speed) -> str:
    """Why a run is slower than it would be alone; empty if it is not."""
    if frame.active_runs == 1 or (frame.redraws_per_second or FULL_SPEED) >= FULL_SPEED:
        return ""
    return _(
        ":small[ · slower: {runs} runs share this server, yours is redrawn {rate:.1f} times a "
        "second]"
    ).format(runs=frame.active_runs, rate=frame.redraws_per_second)
