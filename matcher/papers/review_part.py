"""Decisions with their reviewers, how far reviewers agree, and what is open."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.outcomes.cover import Covered
from matcher.outcomes.model import Note, OpenPoint, Review
from matcher.papers.blocks import Block, Bullets, Cell, Heading, Line, Paragraph, Table
from matcher.papers.figures import head, text_cell
from matcher.papers.words import Words, plain
from matcher.review.agreement import Agreement, Figure
from matcher.schema import Language

# Units named in a line; the log of decisions has all of them.
NAMED = 8


def decisions_part(review: Review, agreement: Agreement | None, words: Words) -> list[Block]:
    """Return the section on decisions."""
    blocks: list[Block] = [Heading(level=2, lines=words.each("decisions"), anchor="decisions", new_page=True)]
    if not review.decisions:
        return [*blocks, Paragraph(lines=words.each("not_reviewed"), boxed=True)]
    rows: list[tuple[Cell, ...]] = []
    for link in review.links:
        relation = words.each(link.relation) if link.relation else ()
        mark = words.each("adjudicated", tone="soft") if link.adjudicated else ()
        rows.append(
            _row(link.source, link.target, (*words.each(link.verdict), *mark), relation, link.reviewers, link.comments,
                 words)
        )  # fmt: skip
    for refusal in review.refusals:
        key = "reject" if refusal.source and refusal.target else "no_counterpart_verdict"
        rows.append(
            _row(refusal.source, refusal.target, words.each(key), (), refusal.reviewers, refusal.comments, words)
        )
    heads = head(words, "pair", "verdict", "relation", "reviewers", "comments")
    blocks.append(Table(head=heads, rows=tuple(rows), widths=(0.24, 0.17, 0.17, 0.15, 0.27)))
    return [*blocks, *_agreement(agreement, words)]


def _row(
    source: str,
    target: str,
    verdict: tuple[Line, ...],
    relation: tuple[Line, ...],
    reviewers: Sequence[str],
    comments: Sequence[str],
    words: Words,
) -> tuple[Cell, ...]:
    codes = tuple((plain(code, words.leading, tone="code"),) for code in (source, target) if code)
    return (
        Cell(lines=codes),
        Cell(lines=verdict),
        Cell(lines=relation or ((plain("–", words.leading),),)),
        Cell(lines=tuple((plain(name, _language(name)),) for name in reviewers)),
        Cell(lines=tuple((plain(text, _language(text)),) for text in comments)),
    )


def _language(text: str) -> Language:
    return "en" if text.isascii() else "zh-Hant"


def _agreement(agreement: Agreement | None, words: Words) -> list[Block]:
    blocks: list[Block] = [Heading(level=3, lines=words.each("agreement"), listed=False)]
    if agreement is None or not agreement.pairs:
        return [*blocks, Paragraph(lines=words.each("agreement_none"))]
    rows = [
        _figure(words.each("agreement_alpha"), agreement.nominal, words),
        _figure(words.each("agreement_ordinal"), agreement.ordinal, words),
    ]
    for pair in agreement.pairs:
        who = f"{pair.first}, {pair.second}"
        rows.append(_figure(words.each("agreement_same", who), pair.same, words))
        rows.append(_figure(words.each("agreement_kappa", who), pair.kappa, words))
    heads = head(words, "figure", "value", "interval", "count")
    return [*blocks, Table(head=heads, rows=tuple(rows), widths=(0.52, 0.14, 0.2, 0.14))]


def _figure(name: tuple[Line, ...], figure: Figure, words: Words) -> tuple[Cell, ...]:
    value = "–" if figure.value is None else f"{figure.value:.3f}"
    known = figure.low is not None and figure.high is not None
    interval = f"{figure.low:.3f} – {figure.high:.3f}" if known else "–"
    return (
        Cell(lines=name),
        text_cell(value, words, right=True),
        text_cell(interval, words, right=True),
        text_cell(str(figure.n), words, right=True),
    )


def open_part(covered: Covered, review: Review, notes: Sequence[Note], words: Words) -> list[Block]:
    """Return the section on open points."""
    items: list[tuple[Line, ...]] = []
    for point in review.open_points:
        key = "open_unsure" if point.kind == "unsure" else "open_differ"
        pair = f"{point.source} – {point.target}" if point.target else point.source
        items.append(_each(key, pair, point, words))
    candidates = sum(link.basis == "candidate" for link in covered.links)
    if candidates:
        items.append(words.each("open_candidates", candidates))
    stale = [f"{link.source} – {link.target}" for link in covered.links if link.stale]
    if stale:
        items.append(words.each("open_stale", len(stale), _named(stale)))
    strangers = [f"{one} – {other}" if other else one for one, other in review.strangers]
    if strangers:
        items.append(words.each("open_strangers", len(strangers), _named(strangers)))
    if review.outside:
        items.append(words.each("open_outside", review.outside))
    outside = sum(link.level is not None and link.level.outside not in (None, 0) for link in covered.links)
    if outside:
        items.append(words.each("open_levels", outside))
    items += [words.each(note.key, *note.values) for note in notes]
    heading = Heading(level=2, lines=words.each("open_points"), anchor="open")
    if not items:
        return [heading, Paragraph(lines=words.each("open_none"))]
    return [heading, Bullets(items=tuple(items))]


def _each(key: str, pair: str, point: OpenPoint, words: Words) -> tuple[Line, ...]:
    lines: list[Line] = []
    for language in words.languages:
        only = Words(languages=(language,))
        said = "; ".join(
            f"{who}: {only.verdict(verdict)}" + (f" ({only.one(relation)})" if relation else "")
            for who, verdict, relation in point.said
        )
        lines += only.each(key, pair, said)
    return tuple(lines)


def _named(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names[:NAMED])) + (" …" if len(names) > NAMED else "")
