from __future__ import annotations

from streamlit.testing.v1 import AppTest


def page() -> None:
    from dashboard.compare.places_panel import lay_out

    places = lay_out()
    for name in ("after", "body", "notices", "controls"):
        getattr(places, name).text(name)
    for name in ("pace", "readouts", "buttons"):
        getattr(places.bar, name).text(name)


def test_the_places_stand_in_their_order_whatever_is_drawn_first() -> None:
    app = AppTest.from_function(page).run()
    assert [text.value for text in app.text] == [
        "buttons",
        "readouts",
        "pace",
        "controls",
        "notices",
        "body",
        "after",
    ]
