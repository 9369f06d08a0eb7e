"""The About dialog: what this is, the glossary, the sources, and how to cite it."""

from __future__ import annotations

import streamlit as st

from dashboard.app.commit import running_commit
from dashboard.app.glossary import in_order
from dashboard.app.language import current_language, use_language
from dashboard.app.language import gettext as _
from dashboard.app.source import TUTORIAL
from dashboard.app.task_text import task_title
from rnn_core import CELLS, __version__
from rnn_core.tasks import TASKS

# Key in the session: whether the dialog is open.
_OPEN = "about_open"

# Citations are in the language of the literature.
_BIBTEX = """@software{{rnn_playground,
  author  = {{{{RNN Playground contributors}}}},
  title   = {{{{RNN Playground}}: watch a recurrent network learn}},
  version = {{{version}}},
  year    = {{2026}},
  license = {{MIT}},
}}"""


def button() -> None:
    """The button in the header, and the dialog if it is open."""
    st.button(_("About"), icon=":material/info:", type="tertiary", key="about", on_click=open_about)
    if is_open():
        dialog = st.dialog(
            "RNN Playground", width="large", icon=":material/info:", on_dismiss=_close
        )
        dialog(_show)(current_language())


def open_about() -> None:
    """Open the dialog with the next run of the page."""
    st.session_state[_OPEN] = True


def is_open() -> bool:
    """Whether the dialog is open, in front of the page."""
    return _OPEN in st.session_state


def bibtex() -> str:
    """How to cite this version, for a bibliography."""
    return _BIBTEX.format(version=__version__)


def _close() -> None:
    st.session_state.pop(_OPEN, None)


def _show(language: str) -> None:
    use_language(language)  # a click in the dialog runs this function in a thread of its own
    about, words, sources, cite = st.tabs(
        [_("About"), _("Glossary"), _("Sources"), _("How to cite")]
    )
    with about:
        st.markdown(
            _(
                "Watch a recurrent network learn, look inside it while it does, and find out by "
                "experiment when memory matters and which cell keeps it.\n\n"
                "It grew from a [PyTorch tutorial]({tutorial}) by Morvan Zhou: ten points of sin "
                "in, cos out, with the hidden state carried from window to window. Twelve "
                "[lessons]({learn}) explain what a recurrent network is and why it needs that "
                "state. Every number and picture is computed from the network that is being "
                "trained, at the step on screen. All settings are in the address, so a link "
                "carries an experiment to someone else.\n\n"
                "The models, the tasks and the training are a Python package without a browser, "
                "`rnn_core`."
            ).format(tutorial=TUTORIAL.address, learn=f"learn?lang={language}")
        )
        commit = running_commit()
        version = f"{__version__} ({commit})" if commit else __version__
        st.caption(_("Version {version}. MIT licence.").format(version=version))
    with words:
        st.markdown("\n\n".join(f"**{term.title}**: {term.explanation}" for term in in_order()))
    with sources:
        st.subheader(_("Tasks"), anchor=False)
        st.markdown(_task_sources())
        st.subheader(_("Cells"), anchor=False)
        st.markdown(_cells())
    with cite:
        st.code(bibtex(), language="latex", wrap_lines=True)
        st.caption(_("Add the address of the copy that you used."))


def _task_sources() -> str:
    return "\n".join(
        f"- **{task_title(name)}**: {task.source}" for name, task in TASKS.items() if task.source
    )


def _cells() -> str:
    return "\n".join(
        f"- **{cell.title}**: {_(cell.summary)}" + (f". {cell.source}" if cell.source else "")
        for cell in CELLS.values()
    )
