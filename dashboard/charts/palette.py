"""One colour per meaning, everywhere.

These are Streamlit's colour names; the theme in ``.streamlit/config.toml`` says which colour each
is in light and in dark, from the colour-blind-safe set of Okabe and Ito (2008).
"""

INPUT = "gray"
TARGET = "blue"
PREDICTION = "orange"
LOSS = "orange"
GUIDE = "gray"
#: One for each contender of a comparison, in their order.
CONTENDERS = ("blue", "orange", "green", "violet", "yellow", "gray")
