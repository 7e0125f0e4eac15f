"""What ``coverage``, ``report`` and ``draft`` share: both sides, decisions and candidates, and what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from matcher.outcomes.model import Link, Note, Review, Side
    from matcher.outcomes.rules import Counting
    from matcher.outcomes.unit_list import UnitList
    from matcher.papers.report import Findings
    from matcher.review.agreement import Agreement
    from matcher.search.index import FrameworkIndex
    from matcher.store import Decision

SourceArgument = Annotated[Path, typer.Argument(help="Source side: framework file, spreadsheet or index folder.")]
TargetArgument = Annotated[Path, typer.Argument(help="Target side: framework file, spreadsheet or index folder.")]
UnitsOption = Annotated[
    Path | None,
    typer.Option(
        "--units", metavar="LIST", help="A list of units: codes, optional credits, optional sets (CSV, XLSX)."
    ),
]
SetOption = Annotated[str, typer.Option("--set", help="The course, post or cluster of the list to take.")]
IndustryOption = Annotated[str, typer.Option("--industry", help="All units of this industry.")]
OccupationOption = Annotated[str, typer.Option("--occupation", help="The occupation, by code or name.")]
LevelOption = Annotated[
    str, typer.Option("--level", help="The occupation up to this level: a higher level covers the lower ones.")
]
StoreOption = Annotated[
    str, typer.Option("--store", metavar="FILE|URL", help="Decisions count where there are any; else candidates do.")
]
RulesOption = Annotated[
    Path | None, typer.Option("--rules", metavar="FILE.toml", help="How to count, and rules, in place of the shipped.")
]
PaperLanguageOption = Annotated[
    Literal["en", "zh-Hant", "zh-Hans", "bilingual"], typer.Option("--language", help="Language of the paper.")
]
# Candidates looked at a unit; those that count are fewer (the rules say how many).
DEPTH = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options ask for."""

    source: Path
    target: Path
    units: Path | None
    set: str
    industry: str
    occupation: str
    level: str
    store: str
    rules: Path | None
    encoder: str


def gather(asked: Asked) -> Findings:
    """Return everything that a paper is made from.

    Raises:
        InputError: A file, a name or a rule cannot be used.
    """
    from matcher.cli.options import open_side
    from matcher.outcomes.cover import cover
    from matcher.outcomes.measure import apply_rules
    from matcher.outcomes.rules import read_counting
    from matcher.outcomes.unit_list import read_unit_list
    from matcher.papers.report import Findings

    # What is quick to read comes first: a fault in it need not wait for the encoder.
    counting = read_counting(asked.rules)
    listed = None if asked.units is None else read_unit_list(asked.units, chosen=asked.set)
    log = _log(asked.store)
    left, right = (open_side(path, encoder=asked.encoder, batch_size=64).index for path in (asked.source, asked.target))
    source, target, notes = _sides(asked, listed, left, right)
    review, agreement = _review(log, source, target, counting)
    candidates, more = _candidates(left, right, source, target, review, counting)
    covered = cover(source, target, _with_evidence(left, right, (*review.links, *candidates)), counting)
    return Findings(
        covered=covered,
        rules=apply_rules(covered),
        review=review,
        agreement=agreement,
        encoder=left.encoder_name,
        notes=(*notes, *more),
    )


def _log(store: str) -> tuple[Decision, ...]:
    """Return a store's log; nothing where no store is given."""
    if not store:
        return ()
    # Only here: the store loads a database library.
    from matcher.store import open_store

    with open_store(store, create=False) as opened:
        return tuple(opened.log())


def _sides(
    asked: Asked, listed: UnitList | None, left: FrameworkIndex, right: FrameworkIndex
) -> tuple[Side, Side, tuple[Note, ...]]:
    """Return both sides: the occupation and its level belong to the side that names occupations."""
    from matcher.outcomes.scope import Selection, choose

    turned = _names_occupations(left) and not _names_occupations(right)
    units = Selection(listed=listed, industry=asked.industry)
    work = Selection(occupation=asked.occupation, level=asked.level)
    wanted = (work, units) if turned else (units, work)
    source, notes = choose(left.framework, wanted[0], where=str(asked.source))
    target, more = choose(right.framework, wanted[1], where=str(asked.target))
    return source, target, (*notes, *more)


def _names_occupations(index: FrameworkIndex) -> bool:
    return any(unit.labels("occupation") or unit.occupation_code for unit in index.framework.units)


def _review(log: Sequence[Decision], source: Side, target: Side, counting: Counting) -> tuple[Review, Agreement | None]:
    """Return what a log says of both sides, and how far its reviewers agree."""
    from matcher.outcomes.model import Review

    if not log:
        return Review(), None
    # Only here: these modules load the store's database library.
    from matcher.review.agreement import agreement
    from matcher.review.links import oriented, review_of

    standing, _ = oriented(log, source, target)
    inside = [d for d in standing if d.subject in source.units and d.object in target.units]
    return review_of(log, source, target, accept=counting.accept), agreement(inside) if inside else None


def _candidates(
    left: FrameworkIndex, right: FrameworkIndex, source: Side, target: Side, review: Review, counting: Counting
) -> tuple[list[Link], tuple[Note, ...]]:
    """Return the candidates that count where nobody has decided."""
    from matcher.cli.progress import track
    from matcher.outcomes.candidates import candidate_links
    from matcher.pipeline import Screening, run_screening, subject_ids

    known = set(subject_ids(left))
    asked = tuple(i for i in source.ids if i not in review.reviewed and i in known)
    if not asked:
        return [], ()
    wanted = Screening(k=DEPTH, unit_ids=asked, explain=False)
    results = tuple(track(run_screening(left, right, wanted), total=len(asked), label="screening"))
    return candidate_links(results, target, review, counting)


def _with_evidence(left: FrameworkIndex, right: FrameworkIndex, links: Sequence[Link]) -> list[Link]:
    from dataclasses import replace

    from matcher.pipeline import link_evidence

    found = link_evidence(left, right, [(link.source, link.target) for link in links])
    return [
        replace(link, evidence=told[0], level=told[1]) if (told := found.get((link.source, link.target))) else link
        for link in links
    ]


def tell(findings: Findings) -> None:
    """Say on standard error what was left out, kept with a remark, or not reviewed."""
    from matcher.papers.words import Words

    review = findings.review
    words = Words(languages=("en",))
    for note in findings.all_notes:
        typer.echo(f"note: {words.one(note.key, *note.values)}", err=True)
    if review.strangers:
        named = ", ".join(dict.fromkeys(f"{one} – {other}" if other else one for one, other in review.strangers[:5]))
        typer.echo(f"note: {len(review.strangers)} decisions on units that no edition here holds: {named}", err=True)
    if review.outside:
        typer.echo(f"note: {review.outside} decisions on units outside this comparison", err=True)
    if not review.decisions:
        typer.echo("not reviewed: no decision on these units; every pair is a candidate", err=True)


def file_kind(path: Path, asked: str | None, known: Sequence[str]) -> str:
    """Return which of the known kinds of file to write: the one asked for, else what the file's name says.

    Raises:
        InputError: The name says none of them.
    """
    from matcher.errors import InputError

    kind = asked or path.suffix.lower().lstrip(".")
    if kind not in known:
        wanted = " or ".join(f".{name}" for name in known)
        raise InputError("is of no known kind", where=str(path), expected=f"a file name in {wanted}", do="name it so")
    return kind
