"""The only place where the stages meet: frameworks in, ranked and explained candidates out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from matcher import __version__
from matcher.artefact import sha256_of_bytes
from matcher.compare.align import align
from matcher.compare.group import GroupBy, group_suggestions
from matcher.encode import encoder_fingerprint, load_encoder
from matcher.errors import ArtefactError, InputError
from matcher.readers import ReadOptions, ReadResult, read_framework
from matcher.readers.canonical import framework_to_bytes
from matcher.schema import LANGUAGES, Framework, Header, Language, Query, Statement, Suggestion, Unit, UnitResult
from matcher.search.index import FrameworkIndex, build_index, load_index
from matcher.search.retrieve import Hit, make_space, retrieve
from matcher.search.view import View, make_view

SubjectLanguage = Literal["en", "zh", "both"]
_LANGUAGES_OF: dict[SubjectLanguage, tuple[Language, ...]] = {
    "en": ("en",),
    "zh": ("zh-Hant", "zh-Hans"),
    "both": LANGUAGES,
}
# Subjects are searched in blocks of this many: the block bounds memory and cannot change a result.
BLOCK = 256
# A group is as good as its best unit: this many units a wanted group are looked at.
UNITS_PER_GROUP = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One side of a comparison as it came in; ``read`` is None for an index folder."""

    index: FrameworkIndex
    read: ReadResult | None = None


def open_source(path: Path, encoder: str, *, options: ReadOptions | None = None, batch_size: int = 64) -> Source:
    """Open a framework file, a spreadsheet or an index folder.

    Args:
        path: The file or folder.
        encoder: The encoder's name; it is only loaded where something has to be encoded.
        options: How to read a file.
        batch_size: Texts encoded at a time.

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
    return Source(index=build_index(read.framework, load_encoder(encoder), batch_size=batch_size), read=read)


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


def screen(
    subjects: FrameworkIndex,
    objects: FrameworkIndex,
    *,
    k: int,
    subject_language: SubjectLanguage = "both",
    unit_ids: Sequence[str] | None = None,
    group: GroupBy | None = None,
    explain: bool = True,
) -> Iterator[UnitResult]:
    """Yield each unit's k best candidates in the order of unit ids.

    Args:
        subjects: The source side.
        objects: The target side.
        k: How many candidates a unit; fewer only where there are fewer objects.
        subject_language: The language of the subjects that the matcher sees; units without it are left out.
        unit_ids: Only these subjects.
        group: Roll units up to occupations, or to occupations at one level.
        explain: Align the statements of every candidate.

    Raises:
        InputError: No unit has text in the language, or k is not positive.
        ArtefactError: The two indexes are of different encoders.
    """
    if k < 1:
        raise InputError(f"k is {k}", where="-k", expected="1 or more")
    if subjects.encoder_fingerprint != objects.encoder_fingerprint:
        raise ArtefactError(
            f"the two sides were encoded by {subjects.encoder_name} and {objects.encoder_name}",
            expected="one encoder",
            do="build both indexes with the same --encoder",
        )
    left = make_view(subjects, languages=_LANGUAGES_OF[subject_language])
    right = make_view(objects)
    positions = [left.position(unit_id) for unit_id in unit_ids] if unit_ids is not None else range(len(left.ids))
    depth = k if group is None else max(2_000, k * UNITS_PER_GROUP)
    rows = np.array(list(positions), np.int64)
    space = make_space(left, right)
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
        for row, hits in zip(block.tolist(), retrieve(space, block, k=depth), strict=True):
            yield _result(left, row, right, hits, k=k, group=group, explain=explain)


def count_subjects(subjects: FrameworkIndex, *, subject_language: SubjectLanguage = "both") -> int:
    """Return how many units a screening will answer."""
    wanted = [LANGUAGES.index(language) for language in _LANGUAGES_OF[subject_language]]
    return int(np.unique(subjects.unit_rows[np.isin(subjects.unit_rows[:, 1], wanted), 0]).size)


def _result(
    left: View, row: int, right: View, hits: Sequence[Hit], *, k: int, group: GroupBy | None, explain: bool
) -> UnitResult:
    subject = left.unit(row)
    plain = [
        Suggestion(
            subject_id=left.ids[row],
            object_id=right.ids[hit.object],
            rank=rank,
            score=hit.score,
            subject=subject,
            object=right.unit(hit.object),
        )
        for rank, hit in enumerate(hits, 1)
    ]
    place = {right.ids[hit.object]: hit.object for hit in hits}

    def explained(suggestion: Suggestion) -> Suggestion:
        pairs = align(left, row, right, place[suggestion.object_id])
        return replace(suggestion, alignment=pairs)

    if group is not None:
        grouped = group_suggestions(plain, by=group, k=k)
        return UnitResult(
            subject_id=left.ids[row],
            subject=subject,
            suggestions=tuple(replace(s, members=tuple(map(explained, s.members))) if explain else s for s in grouped),
        )
    suggestions = tuple(explained(s) for s in plain) if explain else tuple(plain)
    return UnitResult(subject_id=left.ids[row], subject=subject, suggestions=suggestions)


def query_of(subjects: FrameworkIndex, objects: FrameworkIndex) -> Query:
    """Return what outputs need to know of the two sides."""
    return Query(subjects=subjects.framework, objects=objects.framework, encoder=subjects.encoder_name)


def subject_ids(subjects: FrameworkIndex, *, subject_language: SubjectLanguage = "both") -> tuple[str, ...]:
    """Return the ids of the units that a screening will answer, in the order of its results."""
    return tuple(make_view(subjects, languages=_LANGUAGES_OF[subject_language]).ids)


def screening_fingerprint(subjects: FrameworkIndex, objects: FrameworkIndex, options: object) -> str:
    """Return a hash of all that a screening's results depend on.

    Args:
        subjects: The source side.
        objects: The target side.
        options: The other options, as a value whose text tells them apart.
    """
    parts = [framework_to_bytes(side.framework) + side.encoder_fingerprint.encode() for side in (subjects, objects)]
    return sha256_of_bytes(b"\0".join([*parts, repr(options).encode(), __version__.encode()]))
