from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
import pytest

from rnn_core.tasks.snippets import WINDOWS, source


@pytest.mark.parametrize("ahead", [0, 5])
def test_windows_follow_one_another_whatever_the_size_of_the_blocks(ahead: int) -> None:
    namespace: dict[str, Any] = {"np": np, "TIME_STEP": 7, "AHEAD": ahead}
    exec(WINDOWS, namespace)
    blocks = (np.arange(4 * number, 4 * number + 4)[None] for number in count())
    found = [window for window, _ in zip(namespace["windows"](blocks), range(20), strict=False)]
    expected = np.array([np.arange(7 * n, 7 * n + 7 + ahead) for n in range(20)])
    np.testing.assert_array_equal(np.concatenate(found), expected)


def test_constants_stand_before_the_code_with_comments_in_one_column() -> None:
    text = source("\nprint(A)\n", A=(1, "first"), LONG=("two", "second"), PLAIN=(None, ""))
    assert text == ("A = 1         # first\nLONG = 'two'  # second\nPLAIN = None\n\n\nprint(A)\n")
    assert source("x = 1") == "x = 1\n"
    assert source("", A=(1, "")) == "A = 1\n"
