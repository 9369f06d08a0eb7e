"""What a link locks or hides, for a class: ``lock=true``, ``lock=seed,lr``, ``hide=settings``.

Both tell a reader what to leave alone. Neither protects anything: whoever can open a link can
change it. Knows nothing of Streamlit.
"""

from __future__ import annotations

from collections.abc import Callable

from dashboard.app.language import gettext as _
from dashboard.app.settings import RUN_SETTINGS, PageSetting

#: Stands for every setting of the run.
ALL = "true"
#: The whole sidebar, and the list of lessons on the Learn page.
SETTINGS, LESSONS = "settings", "lessons"


def _reader(further: tuple[str, ...]) -> Callable[[str], frozenset[str]]:
    """Reads names of settings, separated by commas."""

    def read(text: str) -> frozenset[str]:
        names = frozenset(filter(None, (name.strip() for name in text.split(","))))
        if not names <= RUN_SETTINGS.keys() | {*further}:
            raise ValueError(
                _("It must list settings of the run, separated by commas, or be {words}.").format(
                    words=", ".join(f"`{word}`" for word in further)
                )
            )
        return names

    return read


def _write(names: frozenset[str]) -> str:
    return ALL if ALL in names else ",".join(sorted(names))


#: Settings of the run that are shown and cannot be changed. With `ALL`, the reader also stays on
#: the page that the link opens.
LOCK = PageSetting("lock", None, frozenset(), parse=_reader((ALL,)), write=_write)
#: Settings of the run, and parts of pages, that are not shown.
HIDE = PageSetting("hide", None, frozenset(), parse=_reader((SETTINGS, LESSONS)), write=_write)
