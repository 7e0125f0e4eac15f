"""Text files to text: UTF-8, UTF-16 with BOM, or GB18030 where it is really that."""

from __future__ import annotations

from matcher.errors import InputError

# Share of the characters beyond ASCII that must be everyday Chinese (GB 2312) before bytes count as GB18030: every
# second file in Windows-1252 or Big5 decodes as GB18030 too, into rare characters.
GB_SHARE = 0.7
BIG5_SHARE = 0.9


def decode(data: bytes, *, where: str) -> tuple[str, tuple[str, ...]]:
    """Return a text file's text, and a note where it was not UTF-8.

    UTF-8 with or without BOM, UTF-16 with BOM (Excel's "Unicode text"), else GB18030 (Chinese Windows).

    Raises:
        InputError: It is none of them, or mixes encodings.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16"), ("decoded as UTF-16",)
        except UnicodeDecodeError as error:
            raise InputError("is damaged UTF-16", where=where, do="save the file as UTF-8") from error
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError as second:
            other = data[: second.start].count(b"\n") + 1
            raise InputError(
                f"is neither UTF-8 (fails at line {line}) nor GB18030 (fails at line {other})",
                where=where,
                expected="one encoding throughout",
                do="save the file as UTF-8",
            ) from second
    # Mixed files decode as GB18030 by accident: their UTF-8 lines turn into rare characters.
    utf8_lines = sum(_is_utf8_chinese(part) for part in data.split(b"\n"))
    if utf8_lines:
        raise InputError(
            f"mixes encodings (line {line} is not UTF-8, {utf8_lines} other lines are)",
            where=where,
            expected="one encoding throughout",
            do="save the file as UTF-8",
        )
    _check_everyday(data, text, where=where, line=line)
    return text, ("decoded as GB18030 (it is not UTF-8)",)


def _is_utf8_chinese(line: bytes) -> bool:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    # Three bytes a Chinese character: a GB18030 line of several characters is almost never valid UTF-8.
    return sum("\u4e00" <= character <= "\u9fff" for character in text) >= 2


def _share(text: str, encoding: str) -> float:
    """Return the share of the characters beyond ASCII that an encoding has."""
    beyond = [character for character in text if not character.isascii()]
    known = sum(bool(character.encode(encoding, errors="ignore")) for character in beyond)
    return known / len(beyond) if beyond else 1.0


def _looks_like_big5(data: bytes) -> bool:
    try:
        text = data.decode("big5")
    except UnicodeDecodeError:
        return False
    beyond = [character.encode("big5") for character in text if not character.isascii()]
    # Big5's first level (A440-C67E) holds the everyday characters, A140-A3BF the punctuation.
    everyday = sum(b"\xa1\x40" <= code <= b"\xc6\x7e" for code in beyond)
    return bool(beyond) and everyday / len(beyond) >= BIG5_SHARE


def _check_everyday(data: bytes, text: str, *, where: str, line: int) -> None:
    share = _share(text, "gb2312")
    if share < GB_SHARE or (share < 0.95 and _looks_like_big5(data)):
        other = " (it looks like Big5)" if _looks_like_big5(data) else ""
        raise InputError(
            f"is not UTF-8 (fails at line {line}) and does not read as GB18030{other}",
            where=where,
            expected="UTF-8 or GB18030",
            do="save the file as UTF-8",
        )
