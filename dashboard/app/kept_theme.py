"""Streamlit's words about the theme, made once.

With every run of a page, and of a part of it, Streamlit looks up each option of the theme and
writes it down anew. In a class that is a tenth of the server's time.
"""

from __future__ import annotations

from typing import Any

from streamlit import config
from streamlit.runtime import app_session

_NAME = "_populate_theme_msg"


def keep_theme() -> None:
    """Have Streamlit write each section of the theme once, until its configuration changes.

    Where its name for this is another one, it goes on as before.
    """
    write = getattr(app_session, _NAME, None)
    if write is None or hasattr(write, "kept"):
        return
    kept: dict[str, Any] = {}

    def write_kept(message: Any, section: str = "theme") -> None:
        if section not in kept:
            kept[section] = type(message)()
            write(kept[section], section)
        if kept[section].ByteSize():  # merging nothing would have the section there, empty
            message.MergeFrom(kept[section])

    write_kept.kept = kept  # type: ignore[attr-defined]
    setattr(app_session, _NAME, write_kept)
    config.on_config_parsed(kept.clear, force_connect=True)
