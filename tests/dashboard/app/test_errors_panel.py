from __future__ import annotations

import json
import re

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.app.errors_panel import reference


def caught(divisor: int) -> Exception:
    try:
        1 / divisor
        raise KeyError(divisor)
    except (ArithmeticError, LookupError) as error:
        return error


def test_a_number_stands_for_a_kind_of_error_at_a_place() -> None:
    zero = [reference(caught(0)) for _time in range(2)]
    assert zero[0] == zero[1] != reference(caught(1))
    assert re.fullmatch("[0-9a-f]{6}", zero[0])


def broken() -> None:
    import streamlit as st

    from dashboard.app.errors_panel import tell

    st.session_state["told"] = tell(RuntimeError("/srv/secret **bold**"))


def test_the_visitor_sees_a_number_and_nothing_of_the_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = AppTest.from_function(broken).run()
    (said,) = [error.value for error in app.error]
    assert app.session_state["told"] is True
    assert "secret" not in said
    assert "RuntimeError" not in said
    number = re.search("`([0-9a-f]{6})`", said)
    assert number is not None
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    (written,) = map(json.loads, lines)
    assert (written["event"], written["number"]) == ("error", number[1])
    assert written["kind"] == "RuntimeError"
