"""Work lists: the rows that each reviewer gets, before they become a workbook."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matcher.errors import InputError
from matcher.export.evidence import relation_words
from matcher.export.rows import Cell, clean, context, languages_for, level_words, matched, titles
from matcher.review.run import Run
from matcher.review.sheet_words import Purpose
from matcher.review.words import Shown
from matcher.schema import Suggestion, UnitResult

# The columns a program fills in, by name; the blind ones are left out of a blind list.
MACHINE_COLUMNS = (
    "unit",
    "unit_title",
    "unit_level",
    "candidate",
    "candidate_title",
    "candidate_level",
    "candidate_context",
    "matched",
    "rank",
    "score",
    "confidence",
    "relation",
)
# Of an adjudicator's list: what the reviewers said, where a list for reviewers has scores.
ADJUDICATION_COLUMNS = (*MACHINE_COLUMNS[:8], "about", "said")
UNIT_COLUMNS = ("unit", "unit_title", "unit_level")
HIDDEN_WHEN_BLIND = ("rank", "score", "confidence", "relation")
# Characters of a unit's own statements in its row: enough to know the work by, not a page.
MAX_STATEMENTS = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOptions:
    """How lists are made.

    ``overlap`` is the share of units that every reviewer gets, 0 to 1; the others are dealt out in turn.
    """

    language: Shown = "en"
    blind: bool = False
    seed: int = 0
    overlap: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkRow:
    """One row: a unit (``object`` "", for "no counterpart") or one of its candidates, with the machine's cells."""

    id: str
    subject: str
    object: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkList:
    """One reviewer's (or adjudicator's) list; ``columns`` names the machine's cells in their order."""

    id: str
    run: str
    reviewer: str
    options: ListOptions
    columns: tuple[str, ...]
    rows: tuple[WorkRow, ...]
    purpose: Purpose = "review"


def list_hash(*parts: object) -> str:
    """Return the hash that ids of lists and rows are cut from."""
    return hashlib.sha256("\x1f".join(map(str, parts)).encode("utf-8", "replace")).hexdigest()


def deal(subjects: Sequence[str], reviewers: Sequence[str], *, overlap: float, seed: int) -> dict[str, tuple[str, ...]]:
    """Return which units each reviewer gets, in the order given.

    The units are shuffled by a hash of seed and id; the first ``ceil(overlap * n)`` go to everyone, the rest is dealt
    in turn.

    Raises:
        InputError: A reviewer is named twice, or the overlap is no share.
    """
    if len(set(reviewers)) != len(reviewers) or not all(name.strip() for name in reviewers):
        raise InputError("a reviewer is named twice or has no name", where="--reviewers", do="name each one once")
    if not (math.isfinite(overlap) and 0 <= overlap <= 1):
        raise InputError(f"overlap {overlap}", where="--overlap", expected="a share between 0 and 1", do="correct it")
    shuffled = sorted(subjects, key=lambda subject: list_hash(seed, subject))
    shared = math.ceil(overlap * len(shuffled) - 1e-9)
    dealt: dict[str, set[str]] = {name: set(shuffled[:shared]) for name in reviewers}
    for number, subject in enumerate(shuffled[shared:]):
        dealt[reviewers[number % len(reviewers)]].add(subject)
    return {name: tuple(subject for subject in subjects if subject in dealt[name]) for name in reviewers}


def make_lists(run: Run, reviewers: Sequence[str], options: ListOptions) -> tuple[WorkList, ...]:
    """Return each reviewer's list; without reviewers one list that names nobody.

    Raises:
        InputError: The reviewers or the overlap cannot be used.
    """
    names = tuple(reviewers) or ("",)
    subjects = tuple(result.subject_id for result in run.results)
    shares = {"": subjects} if names == ("",) else deal(subjects, names, overlap=options.overlap, seed=options.seed)
    return tuple(_list(run, name, frozenset(shares[name]), options) for name in names)


def _list(run: Run, reviewer: str, subjects: frozenset[str], options: ListOptions) -> WorkList:
    columns = _columns(run, options)
    list_id = list_hash("list", run.id, reviewer, options, *sorted(subjects))[:16]
    rows: list[WorkRow] = []
    for result in run.results:
        if result.subject_id in subjects:
            rows += _rows(run, result, list_id, columns, options)
    return WorkList(id=list_id, run=run.id, reviewer=reviewer, options=options, columns=columns, rows=tuple(rows))


def _columns(run: Run, options: ListOptions) -> tuple[str, ...]:
    """Leave out what is hidden, and what no candidate has (a run without a calibrated confidence)."""
    shown = [s for result in run.results for s in result.suggestions]
    empty = {name for name in ("confidence", "relation") if all(getattr(s, name) is None for s in shown)}
    hidden = {*empty, *(HIDDEN_WHEN_BLIND if options.blind else ())}
    return tuple(name for name in MACHINE_COLUMNS if name not in hidden)


def shown_order(result: UnitResult, options: ListOptions) -> tuple[Suggestion, ...]:
    """Return a unit's candidates by rank, or shuffled by a hash of seed and ids where the list is blind."""
    if not options.blind:
        return result.suggestions
    return tuple(sorted(result.suggestions, key=lambda s: list_hash(options.seed, s.subject_id, s.object_id)))


def _rows(
    run: Run, result: UnitResult, list_id: str, columns: Sequence[str], options: ListOptions
) -> Iterator[WorkRow]:
    head = unit_cells(run, result, options.language)
    yield work_row(list_id, result.subject_id, "", columns, head)
    for s in shown_order(result, options):
        relation = clean(relation_words(s, options.language)) or None
        own: dict[str, Cell] = {"rank": s.rank, "score": s.score, "confidence": s.confidence, "relation": relation}
        yield work_row(
            list_id, s.subject_id, s.object_id, columns, head | candidate_cells(run, s, options.language) | own
        )


def work_row(
    list_id: str, subject: str, object_id: str, columns: Sequence[str], cells: Mapping[str, Cell]
) -> WorkRow:  # fmt: skip
    """Return a row of a list with those of the cells that the list has columns for."""
    return WorkRow(
        id=list_hash("row", list_id, subject, object_id)[:16],
        subject=subject,
        object=object_id,
        cells=tuple(cells.get(name) for name in columns),
    )


def unit_cells(run: Run, result: UnitResult, display: Shown) -> dict[str, Cell]:
    """Return the cells of a unit's own row; its candidates repeat those of ``UNIT_COLUMNS``."""
    return {
        "unit": clean(result.subject_id),
        "unit_title": clean(titles(result.subject, joined="\n")),
        "unit_level": clean(level_words(run.query.subjects, result.subject, display)),
        "matched": _own_statements(run, result, display),
        "candidate_context": _place(result),
    }


def candidate_cells(run: Run, s: Suggestion, display: Shown) -> dict[str, Cell]:
    """Return the cells that say what a candidate is; no score of it."""
    pairs = "\n".join(f"• {left}\n   ↔ {right}" for left, right, _ in matched(s))
    where = [context(s.object, "occupation"), context(s.object, "function")]
    return {
        "candidate": clean(s.object_id),
        "candidate_title": clean(titles(s.object, joined="\n")),
        "candidate_level": clean(level_words(run.query.objects, s.object, display)),
        "candidate_context": clean("\n".join(filter(None, where))),
        "matched": clean(pairs),
    }


def _place(result: UnitResult) -> str:
    parts = (context(result.subject, "industry"), context(result.subject, "area"))
    return clean(" · ".join(filter(None, parts)))


def _own_statements(run: Run, result: UnitResult, display: Shown) -> str:
    """Return the unit's own statements in one language, whole lines up to ``MAX_STATEMENTS`` characters."""
    statements = [s for s in result.subject.statements if s.role != "title"]
    for language in languages_for(display, run.query.subjects):
        texts = [s.text for s in statements if s.language == language]
        if texts:
            break
    else:
        return ""
    lines = [f"- {texts[0][:MAX_STATEMENTS]}"]
    for text in texts[1:]:
        if sum(map(len, lines)) + len(text) > MAX_STATEMENTS:
            lines.append("…")
            break
        lines.append(f"- {text}")
    return clean("\n".join(lines))


def list_paths(path: Path, reviewers: Sequence[str]) -> tuple[Path, ...]:
    """Return the file of each reviewer's list: ``list.xlsx`` becomes ``list-NAME.xlsx``; without reviewers itself.

    Raises:
        InputError: Two names would give one file.
    """
    if not reviewers:
        return (path,)
    # Letters and digits of any script; everything else could mean something to a file system.
    safe = ["".join(c if c.isalnum() else "-" for c in name).strip("-") for name in reviewers]
    if len({name.casefold() for name in safe}) != len(safe) or not all(safe):
        raise InputError("two reviewers' names give one file name", where="--reviewers", do="tell them apart")
    return tuple(path.with_name(f"{path.stem}-{name}{path.suffix}") for name in safe)
