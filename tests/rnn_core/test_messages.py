from __future__ import annotations

import copy
import json
import pickle

import pytest

from rnn_core import RunConfig
from rnn_core.messages import InvalidType, InvalidValue, Message, UnknownName, translate

CATALOGUE = {
    "{name} must be {rule}, got {value!r}. Try {default!r}.": (
        "{name} muss {rule} sein, nicht {value!r}. Versuche {default!r}."
    ),
    "a whole number from {low} to {high}": "eine ganze Zahl von {low} bis {high}",
    "None ({meaning}) or {rule}": "None ({meaning}) oder {rule}",
    "no clipping": "ohne Begrenzung",
    "a positive number up to {high:g}": "eine positive Zahl bis {high:g}",
}


def german(template: str) -> str:
    return CATALOGUE.get(template, template)


def test_a_message_is_its_template_with_the_values_filled_in() -> None:
    inner = Message("{count:g} apples", {"count": 2.0})
    assert str(Message("{who!r} has {what}.", {"who": "Ann", "what": inner})) == (
        "'Ann' has 2 apples."
    )


@pytest.mark.parametrize("kind", [InvalidValue, InvalidType, UnknownName])
def test_the_text_of_an_exception_is_its_english_sentence(kind: type[InvalidValue]) -> None:
    error = kind("{name} is {{odd}}: {value!r}.", name="lr", value="{x}")
    assert str(error) == "lr is {odd}: '{x}'."
    assert error.args == ("lr is {odd}: '{x}'.",)
    assert error.template == "{name} is {{odd}}: {value!r}."
    assert error.values == {"name": "lr", "value": "{x}"}


def test_exceptions_keep_their_builtin_kinds() -> None:
    assert issubclass(InvalidValue, ValueError)
    assert issubclass(InvalidType, TypeError)
    assert not issubclass(InvalidType, ValueError)


@pytest.mark.parametrize("again", [copy.copy, lambda error: pickle.loads(pickle.dumps(error))])
def test_an_exception_survives_copying_and_pickling(again: object) -> None:
    with pytest.raises(ValueError, match="hidden_size must be") as caught:
        RunConfig(hidden_size=0)
    other = again(caught.value)  # type: ignore[operator]
    assert type(other) is InvalidValue
    assert str(other) == str(caught.value)
    assert translate(other, german) == translate(caught.value, german)


def test_an_exception_is_translated_with_the_messages_inside_it() -> None:
    with pytest.raises(ValueError, match="hidden_size must be a whole number") as caught:
        RunConfig(hidden_size=0)
    assert translate(caught.value, german) == (
        "hidden_size muss eine ganze Zahl von 1 bis 256 sein, nicht 0. Versuche 32."
    )
    with pytest.raises(TypeError, match="clip_norm must be None") as refused:
        RunConfig(clip_norm="a lot")  # type: ignore[arg-type]
    assert translate(refused.value, german) == (
        "clip_norm muss None (ohne Begrenzung) oder eine positive Zahl bis 100 sein, "
        "nicht 'a lot'. Versuche 1.0."
    )


def test_an_exception_without_a_message_keeps_its_own_text() -> None:
    assert translate(OSError("disk full"), german) == "disk full"


def test_a_message_is_read_back_from_plain_values() -> None:
    inside = Message("up to {most}", {"most": 7})
    message = Message("{name!r}: {rule}, {share:.1%}", {"name": "lr", "rule": inside, "share": 0.5})
    plain = json.loads(json.dumps(message.to_dict()))
    assert Message.from_dict(plain) == message
    assert str(Message.from_dict(plain)) == "'lr': up to 7, 50.0%"
    with pytest.raises(TypeError, match=r"values is of type list\."):
        Message("{values}", {"values": [1]}).to_dict()


@pytest.mark.parametrize(
    "data",
    [
        None,
        "text",
        {},
        {"template": "text"},
        {"template": 1, "values": {}},
        {"template": "text", "values": []},
        {"template": "{name}", "values": {}},
        {"template": "{name.real}", "values": {"name": 1}},
        {"template": "{name.real}", "values": {"name": 1, "name.real": 1}},
        {"template": "{}", "values": {"": 1}},
        {"template": "{", "values": {}},
        {"template": "{name}", "values": {"name": {"template": "text"}}},
    ],
)
def test_what_is_no_message_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match=r"message|'\{'"):
        Message.from_dict(data)
