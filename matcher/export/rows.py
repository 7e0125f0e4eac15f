"""One candidate as one flat row of text and numbers, for the formats that are tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from matcher.export.evidence import left_over, level_words_of
from matcher.levels import level_label
from matcher.readers.cells import guarded_cell
from matcher.schema import OTHER_SCRIPT, Framework, Language, Query, Suggestion, Unit, UnitResult

DisplayLanguage = Literal["en", "zh", "auto"]
Cell = str | int | float | bool | None
COLUMNS = (
    "subject",
    "object",
    "rank",
    "score",
    "confidence",
    "relation",
    "in_set",
    "subject_title",
    "subject_level",
    "object_occupation",
    "object_function",
    "object_title",
    "object_level",
    "matched_statements",
    "topic_part",
    "level_part",
    "level_evidence",
    "coverage_of_unit",
    "coverage_of_candidate",
    "unit_left_over",
    "candidate_left_over",
    "unit_local_law",
    "candidate_local_law",
    "no_counterpart",
)
# Matched pairs named in a table's cell; the page and JSON have all of them.
PAIRS_IN_CELL = 3
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def languages_for(display: DisplayLanguage, framework: Framework) -> tuple[Language, ...]:
    """Return the languages to show a framework's texts in, preferred first."""
    chinese: Language = "zh-Hant" if framework.header.jurisdiction == "HK" else "zh-Hans"
    other: Language = "zh-Hans" if chinese == "zh-Hant" else "zh-Hant"
    shown: tuple[Language, ...] = ("en", chinese, other) if display == "en" else (chinese, other, "en")
    return (*shown, OTHER_SCRIPT)


def resolve(display: DisplayLanguage, query: Query) -> Literal["en", "zh"]:
    """Return the interface language: "auto" is English where the source side has any, else Chinese."""
    if display != "auto":
        return display
    return "en" if any("en" in unit.languages for unit in query.subjects.units) else "zh"


def level_words(framework: Framework, unit: Unit, display: DisplayLanguage) -> str:
    """Return a unit's level in words."""
    return level_label(framework.frame_of(unit), unit.level, *languages_for(display, framework))


def titles(unit: Unit, *, joined: str = " / ") -> str:
    """Return a unit's titles in every language it has."""
    found = [s.text for s in unit.statements if s.role == "title"]
    return joined.join(dict.fromkeys(found)) or unit.code


def context(unit: Unit, kind: Literal["industry", "area", "occupation", "function"]) -> str:
    """Return a unit's context labels of one kind."""
    return " / ".join(dict.fromkeys(c.text for c in unit.context if c.kind == kind))


def matched(suggestion: Suggestion, *, limit: int | None = PAIRS_IN_CELL) -> Iterator[tuple[str, str, float]]:
    """Yield the matched statements of a candidate (of its best unit where candidates are groups), best first."""
    source = suggestion.members[0] if suggestion.members else suggestion
    for pair in source.alignment[:limit]:
        left = source.subject.statements[pair.subject_index].text
        right = source.object.statements[pair.object_index].text
        yield left, right, pair.similarity


def clean(text: str) -> str:
    """Return text without the control characters and lone surrogates that XML and UTF-8 cannot hold."""
    return _CONTROL.sub("\ufffd", text)


def _statements(unit: Unit, numbers: Iterable[int]) -> str:
    return clean("\n".join(unit.statements[number].text for number in numbers))


def _evidence(suggestion: Suggestion, query: Query, display: DisplayLanguage) -> tuple[Cell, ...]:
    """Return the cells of topic, level, coverage and what is left over."""
    source = suggestion.members[0] if suggestion.members else suggestion
    shown: Literal["en", "zh"] = "en" if display == "en" else "zh"
    frame = query.objects.frame_of(source.object)
    unit_rest, unit_law = left_over(source, subject=True) if source.coverage else ([], [])
    item_rest, item_law = left_over(source, subject=False) if source.coverage else ([], [])
    return (
        suggestion.topic,
        suggestion.level_part,
        level_words_of(source.level, frame, shown, cues=True),
        source.coverage.subject if source.coverage else None,
        source.coverage.object if source.coverage else None,
        _statements(source.subject, unit_rest),
        _statements(source.object, item_rest),
        _statements(source.subject, unit_law),
        _statements(source.object, item_law),
    )


def row(
    suggestion: Suggestion, query: Query, display: DisplayLanguage, *, no_counterpart: float | None = None
) -> tuple[Cell, ...]:
    """Return one candidate's cells in the order of ``COLUMNS``."""
    pairs = "\n".join(f"{left} ~ {right} ({similarity:.2f})" for left, right, similarity in matched(suggestion))
    return (
        suggestion.subject_id,
        suggestion.object_id,
        suggestion.rank,
        suggestion.score,
        suggestion.confidence,
        suggestion.relation,
        suggestion.in_set,
        clean(titles(suggestion.subject)),
        level_words(query.subjects, suggestion.subject, display),
        clean(context(suggestion.object, "occupation")),
        clean(context(suggestion.object, "function")),
        clean(titles(suggestion.object)),
        level_words(query.objects, suggestion.object, display),
        clean(pairs),
        *_evidence(suggestion, query, display),
        no_counterpart,
    )


def rows(results: Iterable[UnitResult], query: Query, display: DisplayLanguage) -> Iterator[tuple[Cell, ...]]:
    """Yield every candidate's cells."""
    for result in results:
        for suggestion in result.suggestions:
            yield row(suggestion, query, display, no_counterpart=result.no_counterpart)


def safe_cell(value: Cell) -> Cell:
    """Return a cell that no spreadsheet runs as a formula (OWASP, CSV injection).

    A text that already begins with an apostrophe before a formula gets one more, so that taking one off gives every
    text back (`plain_cell`).
    """
    return guarded_cell(value) if isinstance(value, str) else value
