from __future__ import annotations

from dataclasses import dataclass

import pytest

from rnn_core.messages import UnknownName
from rnn_core.registry import Registry


@dataclass(frozen=True)
class Fruit:
    name: str


@pytest.fixture
def fruits() -> Registry[Fruit]:
    registry = Registry[Fruit]("fruit")
    for name in ("pear", "apple"):
        registry.register(Fruit(name))
    return registry


def test_a_registry_is_a_mapping_in_the_order_of_registration(fruits: Registry[Fruit]) -> None:
    assert fruits.kind == "fruit"
    assert list(fruits) == ["pear", "apple"]
    assert dict(fruits) == {"pear": Fruit("pear"), "apple": Fruit("apple")}
    assert "apple" in fruits
    assert "plum" not in fruits
    assert [] not in fruits
    assert fruits.get("plum") is None
    assert len(fruits) == 2


def test_registering_returns_the_object_and_may_be_repeated(fruits: Registry[Fruit]) -> None:
    plum = Fruit("plum")
    assert fruits.register(plum) is plum
    assert fruits.register(plum) is plum
    assert list(fruits) == ["pear", "apple", "plum"]


def test_a_name_that_is_taken_is_refused(fruits: Registry[Fruit]) -> None:
    other = Fruit("apple")
    with pytest.raises(ValueError, match=r"^The name of a fruit must be new, got 'apple', which"):
        fruits.register(other)
    assert fruits["apple"] is not other


@pytest.mark.parametrize("name", ["", "my plum", "1plum", "plum-tree", "a.b"])
def test_a_name_that_is_no_identifier_is_refused(fruits: Registry[Fruit], name: str) -> None:
    with pytest.raises(ValueError, match="must be letters, digits and underscores, got "):
        fruits.register(Fruit(name))


@pytest.mark.parametrize("thing", [object(), "apple", None, Fruit(3)])  # type: ignore[arg-type]
def test_a_thing_without_a_name_is_refused(fruits: Registry[Fruit], thing: Fruit) -> None:
    with pytest.raises(TypeError, match=r"^The fruit to register must have a name, got "):
        fruits.register(thing)


def test_an_unknown_name_is_refused_with_what_exists(fruits: Registry[Fruit]) -> None:
    sentence = r"^Unknown fruit 'aple'\. Choose from: apple, pear\. Did you mean 'apple'\?$"
    with pytest.raises(UnknownName, match=sentence):
        fruits["aple"]
    assert issubclass(UnknownName, ValueError)
    assert issubclass(UnknownName, KeyError)


def test_a_name_that_is_no_string_is_refused_likewise(fruits: Registry[Fruit]) -> None:
    with pytest.raises(ValueError, match=r"^Unknown fruit \[\]\. Choose from: apple, pear\.$"):
        fruits[[]]  # type: ignore[index]


def test_registries_are_equal_and_hashed_by_identity(fruits: Registry[Fruit]) -> None:
    assert fruits == fruits
    assert fruits != dict(fruits)
    assert {fruits: 1}[fruits] == 1
