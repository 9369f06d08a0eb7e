"""What a nickname may be. Knows nothing of Streamlit."""

from __future__ import annotations

import unicodedata

#: Characters of a nickname.
LONGEST = 20
# Beside letters, digits and pictographs; none of them means anything in Markdown, HTML or the
# first cell of a spreadsheet.
_SIGNS = " .'’·-"
# Marks on one letter, such as accents; more would reach into the lines above and below.
_MOST_MARKS = 2
# Letters and digits; marks; pictographs. Not among them: controls, which turn the direction of a
# text, and whatever is private or unassigned.
_KINDS = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Mn", "Mc", "So"})


def cleaned(text: str) -> str:
    """A nickname without what it may not have; empty if nothing is left.

    Args:
        text: as it was typed, of any length.
    """
    signs: list[str] = []
    marks = 0
    for sign in unicodedata.normalize("NFKC", text[: 10 * LONGEST]):
        kind = unicodedata.category(sign)
        if sign not in _SIGNS and kind not in _KINDS:
            sign = " " if kind.startswith("Z") or sign.isspace() else ""
        marks = marks + 1 if kind.startswith("M") else 0
        if marks <= _MOST_MARKS:
            signs.append(sign)
    words = "".join(signs).split()
    # A mark needs a letter before it, and a name begins and ends with something to be called.
    name = " ".join(words)[:LONGEST].strip(_SIGNS)
    while name and unicodedata.category(name[0]).startswith("M"):
        name = name[1:].strip(_SIGNS)
    return name


def numbered(name: str, taken: frozenset[str]) -> str:
    """The nickname, with a number behind it if somebody has it already.

    Args:
        name: cleaned.
        taken: the nicknames of the room.
    """
    others = {each.casefold() for each in taken}
    found, number = name, 1
    while found.casefold() in others:
        number += 1
        ending = f" {number}"
        found = name[: LONGEST - len(ending)].rstrip(_SIGNS) + ending
    return found
