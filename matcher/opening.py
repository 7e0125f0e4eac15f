"""One side of a comparison as it comes in: a framework file, a spreadsheet, an index folder, or free text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from matcher.encode import encoder_fingerprint, load_encoder
from matcher.encode.protocol import Encoder
from matcher.errors import ArtefactError, InputError
from matcher.readers import ReadOptions, ReadResult, read_framework
from matcher.schema import Framework, Header, Language, Statement, Unit
from matcher.search.index import FrameworkIndex, build_index, load_index
from matcher.search.renew import renew_index


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One side of a comparison as it came in; ``read`` is None for an index folder.

    ``taken_over`` counts units whose vectors came from an older index.
    """

    index: FrameworkIndex
    read: ReadResult | None = None
    taken_over: int = 0


def open_source(
    path: Path, encoder: str, *, options: ReadOptions | None = None, batch_size: int = 64,
    load: Callable[[str], Encoder] = load_encoder, old: Path | None = None,
) -> Source:  # fmt: skip
    """Open a framework file, a spreadsheet or an index folder.

    Args:
        path: The file or folder.
        encoder: The encoder's name; it is only loaded where something has to be encoded.
        options: How to read a file.
        batch_size: Texts encoded at a time.
        load: What gives the encoder of a name.
        old: An index folder, perhaps of an earlier edition: what did not change is taken over from it.

    Raises:
        InputError: The file cannot be used.
        ArtefactError: The folder is damaged, or was built with another encoder.
    """
    if path.is_dir():
        index = load_index(path)
        wanted = encoder_fingerprint(encoder)
        if index.encoder_fingerprint != wanted:
            raise ArtefactError(
                f"was built with the encoder {index.encoder_name} ({index.encoder_fingerprint})",
                where=str(path),
                expected=f"{encoder} ({wanted})",
                do="give that encoder with --encoder, or build the index again with `matcher index`",
            )
        return Source(index=index)
    read = read_framework(path, options=options or ReadOptions())
    before = _older(old)
    if before is None:
        return Source(index=build_index(read.framework, load(encoder), batch_size=batch_size), read=read)
    renewed = renew_index(before, read.framework, load(encoder), batch_size=batch_size)
    return Source(index=renewed.index, read=read, taken_over=renewed.kept)


def _older(folder: Path | None) -> FrameworkIndex | None:
    """Return the index of a folder, None where there is none that can be used."""
    try:
        return load_index(folder) if folder is not None and folder.is_dir() else None
    except ArtefactError:
        return None


def text_framework(text: str, *, like: Header) -> Framework:
    """Return a framework of one unit made from free text: the first line is its title, each further line a statement.

    Args:
        text: The text; the language of each line is told by its characters.
        like: The header whose jurisdiction and level frame hold.

    Raises:
        InputError: There is no text.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise InputError("the text is empty", where="--text", expected="a title or a few statements")
    statements = tuple(
        Statement(role="title" if number == 0 else "skill", language=_language_of(line, like), text=line)
        for number, line in enumerate(lines)
    )
    return Framework(
        header=Header(id="text", jurisdiction=like.jurisdiction, level_frame=like.level_frame),
        units=(Unit(code="text", statements=statements),),
    )


def _language_of(line: str, like: Header) -> Language:
    han = sum("\u3400" <= c <= "\u9fff" for c in line)
    if han == 0 or han * 4 < sum(c.isascii() and c.isalpha() for c in line):
        return "en"
    return "zh-Hant" if like.jurisdiction == "HK" else "zh-Hans"
