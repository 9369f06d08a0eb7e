"""The language of the interface: gettext catalogues, one per language, chosen by the reader.

Texts are written in English as ``_("…")``. The catalogues in ``locale/`` are plain .po files,
compiled on first use, so that a translator's edit needs no build step.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

#: Languages by code, in their own names. English is the source.
LANGUAGES = {"en": "English", "zh_CN": "简体中文"}

#: The same languages as HTML names them (BCP 47).
HTML_LANGUAGES = {"en": "en", "zh_CN": "zh-CN"}

LOCALE_DIRECTORY = Path(__file__).parents[1] / "locale"

# Every run of a script or a fragment is a thread of its own, with a language of its own.
_current: ContextVar[str] = ContextVar("language", default="en")


def use_language(code: str) -> None:
    """Use this language in the present run of the script; English for an unknown code."""
    _current.set(code)


def current_language() -> str:
    """Code of the language in use."""
    return _current.get()


def language_of(locale: str | None) -> str:
    """The language for a browser's locale, such as ``zh-TW``; English if there is none."""
    return "zh_CN" if (locale or "").lower().startswith("zh") else "en"


def gettext(message: str) -> str:
    """``message`` in the language in use; in English where it is not translated."""
    return catalogue(_current.get()).gettext(message)


@cache
def catalogue(code: str) -> NullTranslations:
    """The compiled catalogue of a language; an empty one if the language has none."""
    path = LOCALE_DIRECTORY / code / "LC_MESSAGES" / "dashboard.po"
    if code not in LANGUAGES or not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=code))
    compiled.seek(0)
    return GNUTranslations(compiled)
