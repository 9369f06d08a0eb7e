from __future__ import annotations

import pytest

from rnn_core.io.tables.encoding import _is_chinese, decode, find_encoding

CHINESE = ["价\n1\n2", "日期,价格\n1,2", "时间;电力负荷\n1;2", "年月，数值\n1,2", "温度（℃）\n1"]
LATIN = [
    "año\n1\n2",
    "é,b\n1,2",
    "Jahr;Größe;Wärme\n1;2;3",
    "Temp. (°C),µg/m³\n1,2",
    "Übung;ÄÖ\n1;2",
    "Montréal,Zürich,São Paulo\n1,2,3",
    "naïve,façade,créée\n1,2,3",
]


@pytest.mark.parametrize("text", CHINESE)
def test_short_chinese_headers_are_gb18030(text: str) -> None:
    assert find_encoding(text.encode("gb18030")) == "gb18030"


@pytest.mark.parametrize("text", LATIN)
def test_short_latin_headers_are_latin_1(text: str) -> None:
    data = text.encode("latin-1")
    found = find_encoding(data)
    assert found == "cp1252"
    assert decode(data, found, "a.csv") == text


@pytest.mark.parametrize("text", CHINESE + LATIN)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_told_by_its_form(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    found = find_encoding(data)
    assert found == encoding
    assert decode(data, found, "a.csv") == text


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_needs_no_mark(encoding: str) -> None:
    assert find_encoding("date,price\n1,2\n3,4".encode(encoding)) == encoding


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Дата;Температура воздуха;Влажность;Скорость ветра в городе Москва\n1;2;3", "cp1251"),
        ("日付,気温,湿度,東京の平均気温について、気象庁のデータです\n1,2,3", "shift_jis"),
    ],
)
def test_longer_headers_in_other_encodings_are_detected(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    found = find_encoding(data)
    assert found is not None
    assert decode(data, found, "a.csv") == text


def test_binary_data_have_no_encoding() -> None:
    assert find_encoding(bytes(range(256)) * 4) is None
    assert find_encoding(b"\x01\x02\x03\x04\xff\xfe" * 9) is None


def test_an_unknown_encoding_is_refused() -> None:
    for name in ("klingon", "hex", "rot13"):
        with pytest.raises(ValueError, match=f"cannot be read as '{name}'"):
            decode(b"1", name, "a.csv")


@pytest.mark.parametrize(
    ("pair", "chinese"),
    [
        *[(b"\xa1\xa1", True), (b"\xa9\xfe", True), (b"\xaa\xa1", False), (b"\xaf\xfe", False)],
        *[(b"\xb0\xa1", True), (b"\xd7\xfe", True), (b"\xd8\xa1", False), (b"\xb0\xa0", False)],
    ],
)
def test_the_usual_characters_of_gb2312_begin_with_certain_bytes(
    pair: bytes, chinese: bool
) -> None:
    assert _is_chinese([pair]) == chinese
    assert _is_chinese([pair, b"\xd8\xa1"]) is False  # half of them do not decide
