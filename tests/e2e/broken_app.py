"""An app whose buttons fail, each in another way."""

import streamlit as st

from dashboard.app.errors_panel import watch_errors

watch_errors()


def fail(where: str) -> None:
    raise RuntimeError(f"secret of {where}")


@st.fragment
def part() -> None:
    if st.button("part"):
        fail("part")


st.button("callback", on_click=fail, args=("callback",))
part()
if st.button("script"):
    fail("script")
