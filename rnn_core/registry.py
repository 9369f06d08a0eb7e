"""Things that come in kinds, by name: cells, tasks, optimizers.

The registries stand here, below everything that reads them. `rnn_core.cells.registry`,
`rnn_core.tasks.registry` and `rnn_core.training.optimizers` fill them on import; code outside the
package adds its own with `register_cell` and `register_task`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from rnn_core.messages import N_, InvalidType, InvalidValue, unknown_choice

if TYPE_CHECKING:
    from rnn_core.tasks.base import TaskEntry
    from rnn_core.training.optimizers import Optimizer


class Named(Protocol):
    """What a registry holds: anything with a name."""

    @property
    def name(self) -> str:
        """The name that a config gives it."""
        ...


T = TypeVar("T", bound=Named)


class Registry(Mapping[str, T]):
    """An ordered mapping of names to objects that carry them.

    Looking up an unknown name raises `UnknownName`, which is a KeyError and a ValueError.

    Args:
        kind: what it holds, in the singular: ``"cell"``.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._items: dict[str, T] = {}

    @property
    def kind(self) -> str:
        """What it holds, in the singular."""
        return self._kind

    def register(self, item: T) -> T:
        """Add an object under its own name.

        Returns:
            The object itself.

        Raises:
            TypeError: when its name is not a string.
            ValueError: when its name is not an identifier, or another object has it.
        """
        name = getattr(item, "name", None)
        if not isinstance(name, str):
            raise InvalidType(
                N_("The {kind} to register must have a name, got {value!r}. Give it one."),
                kind=self._kind,
                value=item,
            )
        if not name.isidentifier():
            raise InvalidValue(
                N_(
                    "The name of a {kind} must be letters, digits and underscores, got {value!r}. "
                    "Try 'my_{kind}'."
                ),
                kind=self._kind,
                value=name,
            )
        if self._items.get(name, item) is not item:
            raise InvalidValue(
                N_(
                    "The name of a {kind} must be new, got {value!r}, which is taken. "
                    "Choose another."
                ),
                kind=self._kind,
                value=name,
            )
        self._items[name] = item
        return item

    def __getitem__(self, name: str) -> T:
        try:
            return self._items[name]
        except (KeyError, TypeError):
            raise unknown_choice(self._kind, name, self._items) from None

    # Two registries are equal when they are the same one.
    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)


#: Every cell by name.
CELLS: Registry[Any] = Registry("cell")
#: Every task's entry by name.
TASKS: Registry[TaskEntry] = Registry("task")
#: Every optimizer by name.
OPTIMIZERS: Registry[Optimizer] = Registry("optimizer")
