"""The comparability report and the page of a coverage, put together from their sections."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matcher import __version__
from matcher.levels import level_frames
from matcher.outcomes.cover import Covered, SideCover
from matcher.outcomes.measure import RuleResult
from matcher.outcomes.model import Note, Review
from matcher.papers.blocks import Block, Bullets, Cell, Contents, Heading, Line, Paper, Paragraph, Table, Text
from matcher.papers.figures import functions_table, glance, head, items_table, percent, rules_table, side_name
from matcher.papers.gaps_part import gaps_part
from matcher.papers.level_part import level_part
from matcher.papers.matrix import matrix
from matcher.papers.review_part import decisions_part, open_part
from matcher.papers.unit_pages import unit_pages
from matcher.papers.words import PaperLanguage, Words, own, plain, words_for
from matcher.review.agreement import Agreement
from matcher.schema import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything a paper is made from; ``notes`` are what was left out or not understood while reading."""

    covered: Covered
    rules: tuple[RuleResult, ...]
    review: Review
    agreement: Agreement | None
    encoder: str
    notes: tuple[Note, ...]

    @property
    def all_notes(self) -> tuple[Note, ...]:
        """Those notes and the notes on each side's weights and credits."""
        return (*self.notes, *self.covered.source.notes, *self.covered.target.notes)


def coverage_paper(findings: Findings, language: PaperLanguage) -> Paper:
    """Return coverage as a paper: figures, rules, matrix, functions, units, gaps."""
    words = words_for(language, findings.covered.source.side.framework)
    blocks: list[Block] = [
        *_opening("coverage_title", findings, words),
        Heading(level=2, lines=words.each("summary"), anchor="summary"),
        glance(findings.covered, words),
        *rules_table(findings.rules, words),
        Heading(level=2, lines=words.each("matrix"), anchor="matrix"),
        *matrix(findings.covered, findings.review, words),
        *_tables(findings.covered, words),
        *gaps_part(findings.covered, words, new_page=False),
        *open_part(findings.covered, findings.review, findings.all_notes, words),
        Heading(level=2, lines=words.each("method"), anchor="method"),
        *_method(findings, words),
    ]
    return _paper("coverage_title", blocks, findings, words)


def report_paper(findings: Findings, language: PaperLanguage) -> Paper:
    """Return the comparability report."""
    words = words_for(language, findings.covered.source.side.framework)
    blocks: list[Block] = [
        *_opening("report_title", findings, words),
        Contents(heading=words.each("contents")),
        Heading(level=2, lines=words.each("summary"), anchor="summary", new_page=True),
        glance(findings.covered, words),
        *([Paragraph(lines=words.each("hours_note", tone="soft"))] if _has_hours(findings.covered) else []),
        *_rules(findings, words),
        Heading(level=2, lines=words.each("method"), anchor="method"),
        *_method(findings, words),
        Heading(level=2, lines=words.each("matrix"), anchor="matrix", new_page=True),
        *matrix(findings.covered, findings.review, words),
        *_tables(findings.covered, words),
        *unit_pages(findings.covered, findings.review, words),
        *level_part(findings.covered, words),
        *gaps_part(findings.covered, words),
        *decisions_part(findings.review, findings.agreement, words),
        *open_part(findings.covered, findings.review, findings.all_notes, words),
    ]
    return _paper("report_title", blocks, findings, words)


def _has_hours(covered: Covered) -> bool:
    return covered.source.hours is not None or covered.target.hours is not None


def _rules(findings: Findings, words: Words) -> list[Block]:
    tables = rules_table(findings.rules, words)
    return [Heading(level=3, lines=words.each("rules"), listed=False), *tables] if tables else []


def opening(key: str, covered: Covered, review: Review, words: Words) -> list[Block]:
    """Return a paper's title, the two sides, the notice and what has been reviewed."""
    between = (*side_name(covered.source, words), plain(" – ", words.leading), *side_name(covered.target, words))
    if review.decisions:
        state = words.each("partly_reviewed", review.decisions, len(review.reviewers), review.last)
    else:
        state = words.each("not_reviewed", strong=True)
    return [
        Heading(level=1, lines=words.each(key), listed=False),
        Paragraph(lines=(between,)),
        Paragraph(lines=words.each("notice"), boxed=True),
        Paragraph(lines=state, boxed=True),
    ]


def _opening(key: str, findings: Findings, words: Words) -> list[Block]:
    return opening(key, findings.covered, findings.review, words)


def _tables(covered: Covered, words: Words) -> list[Block]:
    return [
        *functions_table(covered.source, words),
        *functions_table(covered.target, words),
        *items_table(covered.source, words),
        *items_table(covered.target, words),
    ]


def _method(findings: Findings, words: Words) -> list[Block]:
    counting = findings.covered.counting
    points = [
        words.each("method_match", findings.encoder),
        words.each("method_decide", f"{counting.confidence:g}", counting.most),
        words.each("method_count", percent(counting.whole)),
        words.each("method_top" if counting.top_level_only else "method_levels"),
        words.each("method_quality"),
    ]
    heads = (*head(words, "figure"), *(_head_of(side, words) for side in _sides(findings.covered)))
    rows = []
    for key, values in (
        (
            "framework",
            [side.side.framework.header.title or side.side.framework.header.id for side in _sides_of(findings)],
        ),
        ("code", [side.side.framework.header.id for side in _sides_of(findings)]),
        ("publisher", [side.side.framework.header.publisher for side in _sides_of(findings)]),
        ("edition", [side.side.framework.header.edition for side in _sides_of(findings)]),
        ("frame", [_frame(side.side.framework.header.level_frame) for side in _sides_of(findings)]),
        ("licence", [side.side.framework.header.licence for side in _sides_of(findings)]),
        ("text_source", [side.side.framework.header.source for side in _sides_of(findings)]),
    ):
        cells = [
            Cell(lines=((own(text or "–", _language(text), side.side.framework),),))
            for text, side in zip(values, _sides_of(findings), strict=True)
        ]
        rows.append((Cell(lines=words.each(key)), *cells))
    counts = [
        Cell(lines=words.each("n_units", len(side.side.ids), len(side.side.framework.units)))
        for side in _sides_of(findings)
    ]
    rows.append((Cell(lines=words.each("looked_at")), *counts))
    return [
        Bullets(items=tuple(points)),
        Heading(level=3, lines=words.each("editions"), listed=False),
        Table(head=heads, rows=tuple(rows), widths=(0.2, 0.4, 0.4)),
    ]


def _frame(frame_id: str) -> str:
    frame = level_frames().get(frame_id)
    return frame.title if frame else frame_id


def _sides_of(findings: Findings) -> tuple[SideCover, SideCover]:
    return _sides(findings.covered)


def _sides(covered: Covered) -> tuple[SideCover, SideCover]:
    return (covered.source, covered.target)


def _head_of(side: SideCover, words: Words) -> Cell:
    return Cell(lines=(side_name(side, words),), fill="head")


def _language(text: str) -> Language:
    return "en" if text.isascii() else "zh-Hans"


def _paper(key: str, blocks: Sequence[Block], findings: Findings, words: Words) -> Paper:
    return make_paper(key, blocks, findings.covered, words)


def make_paper(key: str, blocks: Sequence[Block], covered: Covered, words: Words) -> Paper:
    """Return blocks as a paper with its running heads."""
    parts: list[Text] = [*words.joined(key), plain("  ·  ", words.leading)]
    chosen = [side.side.name or side.side.framework.header.id for side in _sides(covered)]
    header: Line = (*parts, own(" – ".join(chosen), _language("".join(chosen)), covered.target.side.framework))
    return Paper(
        language=words.leading,
        title="".join(text.text for text in words.joined(key)),
        header=header,
        footer=words.joined("made_by", __version__)[:1],
        page_words=(words.one("page"), words.one("page_of")),
        blocks=tuple(blocks),
    )
