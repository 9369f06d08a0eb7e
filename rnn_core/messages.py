"""Messages that an interface can translate, and the exceptions that carry them.

A message is an English template, which is its gettext message id, and the values that fill it.
``str()`` of a message or of an exception is the English sentence. An interface gives its own
``gettext`` to `translate` for the sentence in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from reprlib import Repr
from string import Formatter
from typing import Any


def N_(template: str) -> str:
    """Mark a template for extraction into the translators' files; returns it unchanged."""
    return template


#: Longest text of a value in a message, in characters, and longest list of what can be chosen.
LONGEST_VALUE, LONGEST_TEXT = 500, 2000


class Brief:
    """A value in a message, whatever it is: shown in bounded length, and never an error itself.

    An array is told by its shape, a long text by its beginning.

    Args:
        value: of any kind.

    Example:
        >>> f"got {Brief('x' * 1000)!r}"[:10], len(repr(Brief(10**5000))) < 50
        ("got 'xxxxx", True)
    """

    def __init__(self, value: object) -> None:
        self._value = value

    def __repr__(self) -> str:
        shape, dtype = getattr(self._value, "shape", ()), getattr(self._value, "dtype", None)
        if isinstance(shape, tuple) and len(shape) and dtype is not None:
            return f"an array of shape {tuple(shape)} and dtype {dtype}"
        return _cut(lambda: _BOUNDED.repr(self._value), self._value, LONGEST_VALUE)

    def __format__(self, spec: str) -> str:
        return _cut(lambda: format(self._value, spec), self._value, LONGEST_TEXT)


class _Bounded(Repr):
    """`repr`, of a bounded number of items and letters."""

    def __init__(self) -> None:
        super().__init__()
        self.maxtuple = self.maxlist = self.maxdict = self.maxset = self.maxfrozenset = 20
        self.maxstring = self.maxother = LONGEST_VALUE

    def repr_int(self, x: int, level: int) -> str:
        return repr(x)


_BOUNDED = _Bounded()


def _cut(text: Callable[[], str], value: object, longest: int) -> str:
    try:
        found = text()
    except Exception:  # a value's own fault, or an int with more digits than Python converts
        found = f"a value of type {type(value).__name__}"
    return found if len(found) <= longest else found[: longest - 1] + "…"


@dataclass(frozen=True, slots=True)
class Message:
    """A template and its values.

    Args:
        template: English, a ``str.format`` template, marked with `N_` where it is written.
        values: what fills its fields. A value that is itself a message is translated too.
    """

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return translate(self, str)

    def to_dict(self) -> dict[str, Any]:
        """Texts, numbers and dicts alone, as for JSON; `from_dict` makes the message of them.

        Raises:
            TypeError: when a value is anything but a message, a text, a number or None.
        """
        values: dict[str, Any] = {}
        for name, value in self.values.items():
            if not isinstance(value, Message | str | int | float | None):
                raise TypeError(f"{name} is of type {type(value).__name__}.")
            values[name] = value.to_dict() if isinstance(value, Message) else value
        return {"template": self.template, "values": values}

    @classmethod
    def from_dict(cls, data: Any) -> Message:
        """The message that `to_dict` has written.

        Raises:
            ValueError: when it has not written this.
        """
        if not isinstance(data, Mapping) or set(data) != {"template", "values"}:
            raise ValueError("This is no message.")
        template, given = data["template"], data["values"]
        if not isinstance(template, str) or not isinstance(given, Mapping):
            raise ValueError("This is no message.")
        for _text, name, _spec, _conversion in Formatter().parse(template):
            # A field that is more than a name would look into its value.
            if name is not None and (name not in given or not name.isidentifier()):
                raise ValueError(f"The message has no value {name!r}.")
        return cls(
            template,
            {
                name: cls.from_dict(value) if isinstance(value, Mapping) else value
                for name, value in given.items()
            },
        )


class _Explained(Exception):
    """An exception whose text is a `Message`.

    Args:
        template: as in `Message`.
        values: likewise.
    """

    def __init__(self, template: str, **values: Any) -> None:
        self.message = Message(template, values)
        super().__init__(str(self.message))

    @property
    def template(self) -> str:
        """The message id."""
        return self.message.template

    @property
    def values(self) -> Mapping[str, Any]:
        """What fills the template."""
        return self.message.values

    def __str__(self) -> str:
        return str(self.message)

    def __reduce__(self) -> tuple[Any, ...]:
        # The constructor's arguments are not the exception's args.
        return _rebuild, (type(self), self.template, dict(self.values))


class InvalidValue(_Explained, ValueError):
    """A ValueError that can be translated."""


class InvalidType(_Explained, TypeError):
    """A TypeError that can be translated."""


class UnknownName(InvalidValue, KeyError):
    """A name that is not among those that exist; both a ValueError and a KeyError."""


def translate(
    text: Message | BaseException,
    gettext: Callable[[str], str],
    show: Callable[[object], object] = Brief,
) -> str:
    """The sentence of a message or an exception in the language of ``gettext``.

    Args:
        text: a message, or any exception. One without a message keeps its own text.
        gettext: template to translated template.
        show: wraps each value; what it gives is formatted in its place.
    """
    message = getattr(text, "message", text)
    if not isinstance(message, Message):
        return str(text)
    values = {
        name: translate(value, gettext, show) if isinstance(value, Message) else show(value)
        for name, value in message.values.items()
    }
    return gettext(message.template).format(**values)


def unknown_choice(kind: str, value: object, options: Iterable[str]) -> UnknownName:
    """The exception that refuses an unknown name: what exists, and what was probably meant.

    Args:
        kind: what the name should have been the name of: ``"cell"``, ``"task"``, a setting.
        value: the unknown name.
        options: those that exist.
    """
    names = sorted(options)
    values = {"kind": kind, "value": value, "options": ", ".join(names)}
    close = get_close_matches(f"{Brief(value)}"[:LONGEST_VALUE], names, n=1)
    if close:
        return UnknownName(
            N_("Unknown {kind} {value!r}. Choose from: {options}. Did you mean {close!r}?"),
            **values,
            close=close[0],
        )
    return UnknownName(N_("Unknown {kind} {value!r}. Choose from: {options}."), **values)


def _rebuild(kind: type[_Explained], template: str, values: dict[str, Any]) -> _Explained:
    return kind(template, **values)
