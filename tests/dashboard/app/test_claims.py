"""Which session a run belongs to."""

from __future__ import annotations

import gc

import pytest

from dashboard.app.claims import Claims


class Run:
    """Something to be found."""


def test_a_run_goes_to_the_session_that_claims_it_once_its_own_is_not_connected() -> None:
    connected = {"first"}
    claims, run = Claims[Run](connected.__contains__), Run()
    claims.keep("token", run, "first")
    assert claims.claim("token", "second") is None
    connected.clear()
    connected.add("second")
    assert claims.claim("token", "second") is run
    assert claims.claim("token", "third") is None  # the second has it now
    connected.clear()
    assert claims.claim("token", "third") is run


def test_a_run_that_nobody_has_any_more_cannot_be_claimed() -> None:
    claims, run = Claims[Run](lambda session: False), Run()
    claims.keep("token", run, "first")
    with pytest.raises(LookupError, match="no run with this token"):
        claims.claim("another", "second")
    del run
    gc.collect()
    with pytest.raises(LookupError, match="no run with this token"):
        claims.claim("token", "second")
