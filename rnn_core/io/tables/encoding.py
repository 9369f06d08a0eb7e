"""The encoding of a text file."""

from __future__ import annotations

import codecs
import re

from rnn_core.messages import N_, InvalidValue

# Bytes above ASCII that are enough for a statistical detector; it guesses on fewer.
_ENOUGH = 40
_SAMPLE = 100_000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Other encodings that tables are still found in, beside GB18030 and Latin-1.
_DETECTED = ("cp1252", "cp1250", "cp1251", "shift_jis", "euc_kr", "big5", "euc_jp")
_HIGH = re.compile(rb"[\x80-\xff]+")


def find_encoding(data: bytes) -> str | None:
    """The name of the codec that reads a text, ``"cp1252"`` for Latin-1; None for no text.

    UTF-8 and UTF-16 are told by their form. Latin-1 and GB18030 are told apart by rule, which is
    right for a header of two characters as well: see `_is_chinese`. For longer texts, which may
    have any other encoding, charset-normalizer decides.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    sample = data[:_SAMPLE]
    if b"\0" in sample:
        even, odd = sample[::2].count(0), sample[1::2].count(0)
        half = len(sample) // 2
        if max(even, odd) > 0.3 * half and min(even, odd) < 0.05 * half:
            return "utf-16-le" if odd > even else "utf-16-be"
        return None
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    if sum(byte < 32 and byte not in (9, 10, 12, 13) for byte in sample[:4096]) > 2:
        return None
    high = _HIGH.findall(data[: 10 * _SAMPLE])
    if _is_chinese(high):
        try:
            data.decode("gb18030")
        except UnicodeDecodeError:
            pass
        else:
            return "gb18030"
    if sum(map(len, high)) >= _ENOUGH:
        from charset_normalizer import from_bytes

        # Lines with letters tell an encoding, lines of digits do not.
        lines = [line for line in data[: 10 * _SAMPLE].split(b"\n") if _HIGH.search(line)]
        found = from_bytes(b"\n".join(lines)[:_SAMPLE], cp_isolation=list(_DETECTED)).best()
        if found is not None:
            return found.encoding
    return "cp1252"


def _is_chinese(runs: list[bytes]) -> bool:
    """Whether runs of bytes above ASCII are GB18030 more likely than Latin-1.

    The 3,755 characters of the first level of GB 2312, those of nearly all text, and its
    punctuation are pairs of a byte B0–D7 or A1–A9 and one of A1–FE. In Latin-1 such a pair is a
    sign or a capital with an accent before another letter with an accent, which no word has; small
    letters with accents begin at DF. So most pairs decide.
    """
    pairs = [run[place : place + 2] for run in runs for place in range(0, len(run), 2)]
    common = sum(
        len(pair) == 2
        and (0xB0 <= pair[0] <= 0xD7 or 0xA1 <= pair[0] <= 0xA9)
        and 0xA1 <= pair[1] <= 0xFE
        for pair in pairs
    )
    return bool(pairs) and common > 0.6 * len(pairs)


def decode(data: bytes, encoding: str, name: str) -> str:
    """The text, with bytes that are no characters replaced.

    Raises:
        ValueError: when there is no such codec for text.
    """
    try:
        return str(data, encoding, "replace").removeprefix("\ufeff")
    except (LookupError, UnicodeError, ValueError):
        raise InvalidValue(
            N_("{name!r} cannot be read as {encoding!r}. Choose another encoding."),
            name=name,
            encoding=encoding,
        ) from None
