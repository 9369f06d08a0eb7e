"""Items of a sequence of any length in bounded memory. Imports nothing of the package."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Thinned(Generic[Item]):
    """A bounded number of items, evenly spaced over a sequence of any length.

    The indices are divided into intervals of ``stride`` indices, each of which holds one item.
    When an item lies beyond the last of ``limit`` intervals, neighbouring intervals are joined and
    the stride doubles.

    Without ``merge``, an interval holds the item of its first index, and items of other indices
    are dropped. With ``merge``, it holds all its items, combined into one.

    Args:
        limit: number of intervals, at least 2.
        stride: indices in an interval to begin with, at least 1.
        merge: combines the items of two neighbours, the earlier one first.

    Raises:
        ValueError: when ``limit`` is below 2 or ``stride`` below 1.

    Example:
        >>> every = Thinned(limit=4)
        >>> largest = Thinned(limit=4, merge=max)
        >>> for index, item in enumerate([3, 1, 4, 1, 5, 9, 2, 6]):
        ...     every.add(index, item)
        ...     largest.add(index, item)
        >>> every.indices, every.items
        ((0, 2, 4, 6), (3, 4, 5, 2))
        >>> largest.indices, largest.items
        ((1, 3, 5, 7), (3, 4, 9, 6))
    """

    def __init__(
        self, limit: int, stride: int = 1, merge: Callable[[Item, Item], Item] | None = None
    ) -> None:
        if limit < 2:
            raise ValueError(f"limit must be at least 2, got {limit!r}. Try 100.")
        if stride < 1:
            raise ValueError(f"stride must be at least 1, got {stride!r}. Try 1.")
        self._limit = limit
        self._stride = stride
        self._merge = merge
        self._indices: list[int] = []
        self._items: list[Item] = []

    def __len__(self) -> int:
        """Items kept."""
        return len(self._items)

    @property
    def stride(self) -> int:
        """Indices in an interval."""
        return self._stride

    @property
    def indices(self) -> tuple[int, ...]:
        """Index of each item, ascending; of a combined item, that of the last one in it."""
        return tuple(self._indices)

    @property
    def items(self) -> tuple[Item, ...]:
        """The items, in the order of their indices."""
        return tuple(self._items)

    def wants(self, index: int) -> bool:
        """Whether `add` takes an item of this index: at the present stride, it has a place.

        With an odd limit, an item may be the one that doubles the stride and yet have no place at
        the new stride.
        """
        return self._merge is not None or index % self._stride == 0

    def add(self, index: int, item: Item) -> None:
        """Add the item of an index, unless it is not wanted.

        Raises:
            ValueError: when the index is negative or not above that of the last item.
        """
        last = self._indices[-1] if self._indices else -1
        if index <= last:
            raise ValueError(
                f"index must be at least {last + 1}, got {index!r}. Add items in ascending order."
            )
        if not self.wants(index):
            return
        while index // self._stride >= self._limit:
            self._double_stride()
        self._put(index, item)

    def before(self, index: int) -> tuple[int, Item]:
        """The last item at or before an index, and its own index.

        Raises:
            LookupError: when there is none.
        """
        place = bisect_right(self._indices, index)
        if not place:
            raise LookupError(f"There is no item at or before index {index}.")
        return self._indices[place - 1], self._items[place - 1]

    def cut(self, index: int) -> None:
        """Drop the items after an index. The stride stays."""
        place = bisect_right(self._indices, index)
        del self._indices[place:], self._items[place:]

    def _double_stride(self) -> None:
        self._stride *= 2
        indices, items = self._indices, self._items
        self._indices, self._items = [], []
        for index, item in zip(indices, items, strict=True):
            self._put(index, item)

    def _put(self, index: int, item: Item) -> None:
        """Put an item into its interval, which is the last one."""
        if self._merge is None:
            if index % self._stride:
                return
        elif self._indices and index // self._stride == self._indices[-1] // self._stride:
            self._indices[-1] = index
            self._items[-1] = self._merge(self._items[-1], item)
            return
        self._indices.append(index)
        self._items.append(item)
