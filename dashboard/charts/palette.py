"""The colour of each meaning, the same in every chart.

These are Streamlit's colour names. The theme in ``.streamlit/config.toml`` defines the colours for
light and dark, after the colour-blind-safe set of Okabe and Ito (2008).
"""

INPUT = "gray"
TARGET = "blue"
PREDICTION = "orange"
LOSS = "orange"
HELD_OUT = "green"
GUIDE = "gray"
GRAVE = "red"
#: Contenders of a comparison, in their order.
CONTENDERS = ("blue", "orange", "green", "violet", "yellow", "gray")
