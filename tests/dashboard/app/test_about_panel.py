"""The About dialog, run by Streamlit's own test runner."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from dashboard.app.about_panel import bibtex
from dashboard.app.source import TUTORIAL
from rnn_core import CELLS, TASKS, __version__

SCRIPT = """
from dashboard.app import about_panel
about_panel.button()
"""


def test_it_opens_with_a_click_and_has_glossary_sources_and_citation() -> None:
    app = AppTest.from_string(SCRIPT, default_timeout=60).run()
    assert list(app.tabs) == []
    app.button(key="about").click().run()
    assert list(app.exception) == []
    assert [tab.label for tab in app.tabs] == ["About", "Glossary", "Sources", "How to cite"]
    about, glossary, sources, cite = app.tabs
    assert f"]({TUTORIAL.address})" in about.markdown[0].value
    assert "](learn?lang=en)" in about.markdown[0].value
    assert "**persistence**: " in glossary.markdown[0].value
    assert [one.value for one in sources.subheader] == ["Tasks", "Cells"]
    assert TASKS["sin_to_cos"].source in sources.markdown[0].value
    assert "Hochreiter" in CELLS["lstm"].source
    assert CELLS["lstm"].source in sources.markdown[1].value
    assert cite.code[0].value == bibtex()


def test_the_citation_names_the_version() -> None:
    entry = bibtex()
    assert f"version = {{{__version__}}}" in entry
    assert entry.count("{") == entry.count("}")
