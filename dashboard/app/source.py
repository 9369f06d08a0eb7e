"""Where more is to be read. Knows nothing of Streamlit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """Where more is to be read.

    Args:
        title: authors, title and year, or a thread's name.
        address: of the page.
    """

    title: str
    address: str


#: What the app grew from, and its first lessons begin with.
TUTORIAL = Source(
    "Morvan Zhou, PyTorch-Tutorial, 403_RNN_regressor.py",
    "https://github.com/MorvanZhou/PyTorch-Tutorial/blob/master/tutorial-contents/"
    "403_RNN_regressor.py",
)
