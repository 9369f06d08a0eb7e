"""What a comparison may train: too much for the server is refused, and the last one stays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from dashboard.app import limits_panel
from dashboard.app.language import gettext as _
from dashboard.app.limits import Work, refusal
from dashboard.app.server import cleaner
from dashboard.app.settings import Setting
from dashboard.compare.contenders import Contender
from rnn_core import Task


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Who takes part in a comparison.

    Args:
        contenders: their names and settings.
        seeds: networks of each.
        first: seed of the first of them.
        task: what they are trained on in place of the task that they name; None for that one.
        tuned: whether their learning rates were tuned.
    """

    contenders: tuple[Contender, ...]
    seeds: int
    first: int
    task: Task | None = None
    tuned: bool = False

    @property
    def work(self) -> Work:
        """What it takes to train them."""
        return Work(tuple(each.config for each in self.contenders), self.seeds, self.task)


def allowed(
    key: str, asked: Field, work: Work, seeds: Setting, *, adjustable: bool
) -> Field | None:
    """The field that was asked for; if it is too much, the last one, and a message.

    Args:
        key: of the experiment in the session.
        asked: the field.
        work: what it takes.
        seeds: the setting of the number of networks.
        adjustable: whether the contenders follow the sidebar, so that there are buttons for what is
            allowed; a visitor's own have settings of their own.

    Returns:
        None if it is too much and there was none before.
    """
    last = f"allowed {key}"
    before, held = st.session_state.get(last, (None, 0))
    work = replace(work, held=held)
    too_much = refusal(work, listed=not adjustable)
    if not too_much:
        st.session_state[last] = asked, work.cost.bytes
        return asked
    cleaner().soon()
    stays = "" if before is None else " " + _("The page still shows the comparison before.")
    st.error(too_much + stays, icon=":material/block:")
    if adjustable:
        limits_panel.offer(work, seeds)
    kept: Field | None = before
    return kept
