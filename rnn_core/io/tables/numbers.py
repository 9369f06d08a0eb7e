"""Numbers as people write them: decimal commas, grouped digits, percent and currency signs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Cells that say that there is no value.
MISSING = frozenset({"na", "n/a", "#n/a", "nan", "null", "none", "nil", "missing"}).union(
    {"-", "--", "—", ".", "..", "...", "…", "?", "#value!", "#div/0!", "#ref!"},
    {"无", "缺失", "暂无"},
)
_UNITS = "%‰$€£¥"
_SIGNED = rf"^\(?[+-]?[{_UNITS}]?\s?"
_BODY = re.compile(rf"^\(?[+-]?[{_UNITS}]?\s?([0-9][0-9.,' ]*|[.,][0-9]+)\s?[{_UNITS}]?\)?$")


def normal_spaces(text: str) -> str:
    """Text with one kind of space, of minus sign, of apostrophe and of digit."""
    return text.translate(_PLAIN).strip()


_PLAIN = {
    **dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u3000"), " "),
    **dict.fromkeys(map(ord, "\u2212\uff0d\u2013"), "-"),
    **dict.fromkeys(map(ord, "\u2019\u02bc"), "'"),
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    0xFF0E: ".",
    0xFF0C: ",",
    0xFF05: "%",
    0xFFE5: "¥",
}


def find_format(cells: Iterable[str], separator: str = ",") -> tuple[str, str]:
    """The decimal mark and what groups digits, by what the cells leave open least.

    ``1.5`` and ``1,234.5`` have a decimal point, ``1,5`` and ``1.234,5`` a comma. ``1,234`` alone
    may be either: in a file with semicolons it is a decimal comma, elsewhere grouped digits.

    Args:
        cells: a sample, of all columns.
        separator: between cells.

    Returns:
        One of ``"."`` and ``","``, and one of ``""``, ``","``, ``"."``, ``" "`` and ``"'"``.
    """
    votes = {".": 0, ",": 0}
    grouped = dict.fromkeys(",. '", 0)
    open_comma = 0
    for cell in cells:
        matched = _BODY.match(normal_spaces(cell))
        if matched is None:
            continue
        digits = matched[1].rstrip()
        for mark in " '":
            parts = digits.split(mark)
            if len(parts) > 1 and all(len(part) == 3 for part in parts[1:-1]):
                grouped[mark] += 1
        digits = digits.replace(" ", "").replace("'", "")
        commas, points = digits.count(","), digits.count(".")
        if commas and points:
            last = max(",.", key=digits.rfind)
            if digits.count(last) == 1:
                votes[last] += 1
                grouped["," if last == "." else "."] += 1
        elif commas + points > 1:  # 1,234,567
            mark = "," if commas else "."
            if re.fullmatch(rf"\d{{1,3}}(\{mark}\d{{2,3}})*\{mark}\d{{3}}", digits):
                votes["." if commas else ","] += 1
                grouped[mark] += 1
        elif commas:
            whole, _mark, part = digits.partition(",")
            if len(part) != 3 or len(whole) > 3 or whole in ("", "0"):
                votes[","] += 1
            else:
                open_comma += 1
        elif points:
            whole, _mark, part = digits.partition(".")
            if len(part) != 3 or len(whole) > 3 or whole in ("", "0"):
                votes["."] += 1
    if votes[","] > votes["."] or (open_comma and not votes["."] and separator == ";"):
        decimal = ","
    else:
        decimal = "."
        grouped[","] += open_comma
    grouped[decimal] = 0
    most = max(grouped, key=lambda mark: grouped[mark])
    return decimal, most if grouped[most] else ""


def number_pattern(decimal: str, thousands: str) -> str:
    """A regular expression that a whole cell matches if it is a number."""
    mark = re.escape(decimal)
    whole = r"[0-9]+"
    if thousands:
        group = re.escape(thousands)
        whole = rf"(?:[0-9]{{1,3}}(?:{group}[0-9]{{2,3}})*{group}[0-9]{{3}}|[0-9]+)"
    return (
        rf"{_SIGNED}(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][+-]?[0-9]{{1,4}})?"
        rf"\s?[{_UNITS}]?\)?$"
    )


def parse_numbers(cells: Any, decimal: str, thousands: str) -> NDArray[np.float64]:
    """The numbers of a column.

    A percent sign is left out and divides nothing: ``12 %`` is 12. A number in parentheses is
    negative.

    Args:
        cells: a pyarrow array of strings, trimmed; null for an empty cell.
        decimal: the decimal mark.
        thousands: what groups digits.

    Returns:
        As many; nan for a cell that is no finite number.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if decimal == ".":
        try:
            return _finite(cells.cast(pa.float64()))
        except pa.ArrowInvalid:
            pass
    if not pc.all(pc.string_is_ascii(cells), min_count=0).as_py():
        cells = plain(cells)
    is_number = pc.match_substring_regex(cells, number_pattern(decimal, thousands))
    cells = pc.if_else(is_number, cells, pa.scalar(None, cells.type))
    negative = pc.fill_null(pc.starts_with(cells, "("), False).to_numpy(zero_copy_only=False)
    drop = rf"[\s'{_UNITS}()]" if thousands in ("", " ", "'") else rf"[\s{_UNITS}(){thousands}]"
    if pc.any(pc.match_substring_regex(cells, drop), min_count=0).as_py():
        cells = pc.replace_substring_regex(cells, drop, "")
    if decimal != ".":
        cells = pc.replace_substring(cells, decimal, ".")
    cells = pc.replace_substring_regex(cells, r"^\+", "")
    values = _finite(cells.cast(pa.float64()))
    return np.where(negative, -np.abs(values), values)


def _finite(numbers: Any) -> NDArray[np.float64]:
    values = np.array(numbers.to_numpy(zero_copy_only=False), np.float64)
    values[~np.isfinite(values)] = np.nan
    return values


def plain(cells: Any) -> Any:
    """A column with one kind of space, of minus sign, of apostrophe and of digit."""
    import pyarrow.compute as pc

    for kinds, sign in (
        ("[\u00a0\u2007\u2009\u202f\u3000]", " "),
        ("[\u2212\uff0d\u2013]", "-"),
        ("[\u2019\u02bc]", "'"),
    ):
        cells = pc.replace_substring_regex(cells, kinds, sign)
    # Digits, points and signs of full width.
    return pc.utf8_trim_whitespace(pc.utf8_normalize(cells, "NFKC"))
