"""The colour of each meaning, the same in every chart.

Single meanings have Streamlit's colour names, and several of a kind the names of Vega's ranges. The
theme in ``.streamlit/config.toml`` defines all of them, for light and dark.
"""

INPUT = "gray"
TARGET = "blue"
PREDICTION = "orange"
ONLINE_LOSS = "violet"
HELD_OUT_LOSS = "green"
#: Events after which a run is worse.
GRAVE = "red"
#: Axes, floors, names and whatever else is not data.
GUIDE = "gray"
#: Contenders of a comparison in their order, and series of a view that have no meaning above.
CONTENDERS = "category"
#: Signed values such as states and weights: brown is negative, teal positive.
SIGNED = "diverging"
#: Unsigned values of a heat map: from the theme's ground to its strongest colour.
AMOUNT = "heatmap"
