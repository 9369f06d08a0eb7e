from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    from dashboard.compare.verdict_panel import show_verdict

    show_verdict(
        "**A is ahead.**",
        "Paused at step 3.",
        ":small[ · fast]",
        ("One pair.", "How it is judged."),
    )


def test_the_details_follow_how_the_run_stands_and_the_sentence() -> None:
    app = AppTest.from_function(page).run()
    assert list(app.exception) == []
    assert [said.value for said in app.markdown] == [
        ":small[Paused at step 3.]:small[ · fast]  \n**A is ahead.**",
        "One pair.",
        "How it is judged.",
    ]
