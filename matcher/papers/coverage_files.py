"""Coverage as data: JSON, CSV and a workbook; and as a page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from matcher.artefact import write_atomic
from matcher.export.rows import Cell, clean, safe_cell
from matcher.levels import level_label
from matcher.outcomes.cover import Amount, ItemCover, Part, SideCover
from matcher.outcomes.measure import RuleResult
from matcher.outcomes.model import Link, Note, SideName
from matcher.outcomes.weights import function_of
from matcher.papers.html_page import render_html
from matcher.papers.report import Findings, coverage_paper
from matcher.papers.words import PaperLanguage, Words

COLUMNS = (
    "side", "code", "title", "level", "function", "weight_in_level", "credit", "covered_share", "reviewed_share",
    "covered_whole", "basis", "statements", "statements_covered", "statements_left", "statements_local_law",
    "counterparts", "left_over", "local_law",
)  # fmt: skip
# Shares keep six places, as scores do.
PLACES = 6


def number(value: Fraction) -> float:
    """Return an exact figure as a number of six places."""
    return float(round(value, PLACES))


def item_rows(findings: Findings) -> Iterator[tuple[Cell, ...]]:
    """Yield a row a unit in the order of ``COLUMNS``, the source side first."""
    for name, side in _sides(findings):
        weights = {
            unit_id: function.function.weight
            for level in side.levels
            if level.weights.weighing != "items"
            for function in level.functions
            for unit_id in function.function.ids
        }
        for item in side.items:
            yield _row(name, side, item, weights.get(item.id))


def _sides(findings: Findings) -> tuple[tuple[SideName, SideCover], ...]:
    return (("source", findings.covered.source), ("target", findings.covered.target))


def _row(name: SideName, side: SideCover, item: ItemCover, weight: Fraction | None) -> tuple[Cell, ...]:
    unit, framework = side.side.units[item.id], side.side.framework
    texts = ["\n".join(unit.statements[n].text for n in numbers) for numbers in (item.left, item.law)]
    return (
        name,
        item.id,
        clean(unit.title(*framework.header.languages)),
        clean(level_label(framework.frame_of(unit), unit.level, *framework.header.languages)),
        clean(function_of(unit)),
        None if weight is None else number(weight),
        side.side.credit_of(item.id),
        number(item.cover.share),
        number(item.cover.reviewed),
        item.whole,
        item.basis or "",
        len(item.statements.content),
        len(item.covered),
        len(item.left),
        len(item.law),
        ", ".join(item.partners),
        *map(clean, texts),
    )


def _amount(amount: Amount | None) -> dict[str, float] | None:
    if amount is None:
        return None
    names = ("total", "whole", "share", "whole_reviewed", "share_reviewed")
    return {name: number(getattr(amount, name)) for name in names}


def _part(part: Part) -> dict[str, float]:
    return {"share": number(part.share), "reviewed": number(part.reviewed)}


def _rule(result: RuleResult) -> dict[str, Any]:
    return {
        "id": result.rule.id,
        "of": result.rule.of,
        "side": result.side,
        "have": number(result.have),
        "need": number(result.need),
        "total": number(result.total),
        "met": result.met,
        "reason": result.reason,
        "only_with_candidates": result.candidates,
    }


def _side(side: SideCover) -> dict[str, Any]:
    return {
        "framework": side.side.framework.header.id,
        "edition": side.side.framework.header.edition,
        "chosen": side.side.name,
        "units": _amount(side.units),
        "statements": _amount(side.statements),
        "weight": _part(side.weight),
        "credits": _amount(side.credits),
        "hours": _amount(side.hours),
        "units_without_credit": side.without_credit,
        "levels": [
            {
                "level": level.weights.level,
                "weighing": level.weights.weighing,
                **_part(level.cover),
                "functions": [
                    {"name": f.function.name, "weight": number(f.function.weight), **_part(f.cover),
                     "units": list(f.function.ids)}
                    for f in level.functions
                ],
            }
            for level in side.levels
        ],
        "items": [
            {
                "id": item.id,
                **_part(item.cover),
                "whole": item.whole,
                "basis": item.basis,
                "counterparts": list(item.partners),
                "covered": list(item.covered),
                "left": list(item.left),
                "local_law": list(item.law),
            }
            for item in side.items
        ],
        "notes": list(map(_note, side.notes)),
    }  # fmt: skip


def _note(note: Note) -> str:
    return Words(languages=("en",)).one(note.key, *note.values)


def _link(link: Link) -> dict[str, Any]:
    return {
        "source": link.source,
        "target": link.target,
        "basis": link.basis,
        "verdict": link.verdict,
        "relation": link.relation,
        "confidence": link.confidence,
        "reviewers": list(link.reviewers),
        "other_edition": link.stale,
        "statements": [[p.subject_index, p.object_index, p.similarity] for p in link.evidence],
    }


def coverage_record(findings: Findings) -> dict[str, Any]:
    """Return coverage as one JSON value; statements are named by their number in their unit."""
    review = findings.review
    return {
        "note": "indicative, for expert review; pairs of basis 'candidate' are not reviewed",
        "source": _side(findings.covered.source),
        "target": _side(findings.covered.target),
        "rules": [_rule(result) for result in findings.rules],
        "pairs": [_link(link) for link in findings.covered.links],
        "decisions": {
            "used": review.decisions,
            "reviewers": list(review.reviewers),
            "refused": [[r.source, r.target] for r in review.refusals],
            "open": [[p.source, p.target, p.kind] for p in review.open_points],
            "on_unknown_units": [list(pair) for pair in review.strangers],
            "outside": review.outside,
        },
        "notes": list(map(_note, findings.notes)),
    }


def write_coverage(
    findings: Findings,
    language: PaperLanguage,
    *,
    format: str,  # noqa: A002
    path: Path | None,
) -> str:
    """Write coverage as "json", "csv", "xlsx" or "html" to a file, if one is named; return its text."""
    if format == "xlsx" and path is not None:
        # Only here: openpyxl is of no use to the others.
        from matcher.papers.coverage_book import write_coverage_book

        write_coverage_book(findings, language, path)
        return ""
    if format == "html":
        text = render_html(coverage_paper(findings, language))
    elif format == "json":
        text = json.dumps(coverage_record(findings), ensure_ascii=False, indent=1) + "\n"
    else:
        text = _csv(findings)
    if path is not None:
        # The mark makes Excel read Chinese as UTF-8.
        write_atomic(path, text.encode("utf-8-sig" if format == "csv" else "utf-8", "replace"))
    return text


def _csv(findings: Findings) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for cells in item_rows(findings):
        writer.writerow([safe_cell(cell) for cell in cells])
    return buffer.getvalue()
