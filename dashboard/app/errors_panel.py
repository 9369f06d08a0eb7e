"""What a visitor sees of an error that nobody foresaw: a sentence, and a number for the log.

Streamlit would show the traceback, with the paths of the server.
"""

from __future__ import annotations

import hashlib
import traceback

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.app.journal import FAILED, note
from dashboard.app.language import gettext as _


def watch_errors() -> None:
    """Tell of errors in this session: in runs of the page, of its parts, and in callbacks.

    `streamlit.App` takes such a handler, too; it would need an entry point that is no script.
    """
    context = get_script_run_ctx()
    if context is None or not runtime.exists():
        return
    context.on_script_error = tell
    session = runtime.get_instance().get_app_session(context.session_id)
    # Of all later runs; without this name of Streamlit's, of whole pages only.
    if session is not None and hasattr(session, "_on_script_error"):
        session._on_script_error = tell


def tell(error: Exception) -> bool:
    """Show that something went wrong, with the number under which the log has it.

    Args:
        error: which Streamlit has logged already.

    Returns:
        True: Streamlit is not to show it.
    """
    number = reference(error)
    note(FAILED, number=number, kind=type(error).__name__)
    with st.container(key="crash"):
        st.error(
            _(
                "Something went wrong on the server; it was not your doing. Your settings are in "
                "the page's address: reload the page to go on with them. Its number in the "
                "server's log: {number}."
            ).format(number=f"`{number}`"),
            icon=":material/bug_report:",
        )
    return True


def reference(error: Exception) -> str:
    """Six hexadecimal digits that are the same for all errors of one kind at one place."""
    frames = traceback.extract_tb(error.__traceback__)
    places = [type(error).__name__, *(f"{frame.name}:{frame.lineno}" for frame in frames)]
    return hashlib.sha256("\n".join(places).encode()).hexdigest()[:6]
