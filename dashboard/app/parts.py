"""Parts of a page that run alone, which Streamlit calls fragments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.errors import StreamlitInvalidLayoutContextError
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequestType


def runs_alone() -> bool:
    """Whether only a part of the page runs, and the rest stays as it is on the screen."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and bool(context.fragment_ids_this_run)


@contextmanager
def may_be_overtaken() -> Iterator[None]:
    """Let a part that runs alone end where a run of the whole page has begun, in another thread.

    That one has taken over the places that the part draws into, and draws everything anew.
    """
    try:
        yield
    except StreamlitInvalidLayoutContextError:
        if not runs_alone():
            raise


def end_unwanted() -> bool:
    """Give Streamlit the occasion to end this run of the page, as any use of it does.

    It has been asked to when the visitor has gone, or has clicked and waits for a run of the whole
    page. Where many share the server, such runs would pile up in the queue, keep sessions that have
    ended alive, and train when their turn comes.
    """
    return "run" in st.session_state


def make_way() -> None:
    """End this run of a part by itself, too, if the visitor has clicked in another part.

    Streamlit lets such a click wait until this run has come to its end.

    Raises:
        RerunException: Streamlit's; it has the click answered, and this part run again.
    """
    end_unwanted()
    if _is_click_waiting():
        st.rerun(scope="fragment")


def _is_click_waiting() -> bool:
    """Whether another run of a part was asked for, and not by a timer of the part that runs.

    Streamlit tells nobody. Where its names have changed, a click waits.
    """
    context = get_script_run_ctx(suppress_warning=True)
    requests = getattr(context, "script_requests", None)
    asked = getattr(requests, "_rerun_data", None)
    if context is None or getattr(requests, "_state", None) is not ScriptRequestType.RERUN:
        return False
    if not isinstance(asked, RerunData) or not asked.fragment_id_queue:
        return False
    others = set(asked.fragment_id_queue) - set(context.fragment_ids_this_run or ())
    return bool(others) or not asked.is_auto_rerun
