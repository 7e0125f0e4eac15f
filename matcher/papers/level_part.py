"""Levels side by side: what the table says, and the cue words with the descriptors' domain that each speaks to."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.outcomes.cover import Covered
from matcher.outcomes.level_table import level_table_source
from matcher.outcomes.level_view import Cue, cues, domains
from matcher.outcomes.model import Link, Side
from matcher.papers.blocks import Block, Cell, Heading, Line, Paragraph, Table
from matcher.papers.figures import head
from matcher.papers.words import Words, level_line, plain

# Cue words named a domain and side; the rest adds nothing to a picture of a level.
SHOWN = 5


def level_says(link: Link, words: Words) -> tuple[Line, ...]:
    """Return what the table says of a pair's levels."""
    evidence = link.level
    if evidence is None or evidence.gap is None:
        return words.each("level_unknown", tone="soft")
    if evidence.gap >= 0 and not evidence.outside:
        return words.each("level_fits", tone="soft")
    return words.each("level_above" if evidence.gap > 0 else "level_below", abs(evidence.gap), tone="soft")


def level_part(covered: Covered, words: Words) -> list[Block]:
    """Return the section on levels."""
    frames = [
        sorted({side.framework.frame_of(unit) for unit in side.units.values()})
        for side in (covered.source.side, covered.target.side)
    ]
    found = dict.fromkeys(level_table_source(one, other) for one in frames[0] for other in frames[1])
    sources = [source for source, assumed in found if source and not assumed]
    blocks: list[Block] = [Heading(level=2, lines=words.each("level_view"), anchor="levels", new_page=True)]
    if sources:
        blocks.append(Paragraph(lines=words.each("level_table", "; ".join(sources)), boxed=True))
    if any(assumed for _, assumed in found):
        blocks.append(Paragraph(lines=words.each("level_assumed"), boxed=True))
    if not any(source for source, _ in found):
        blocks.append(Paragraph(lines=words.each("level_no_table"), boxed=True))
    blocks.append(Paragraph(lines=words.each("level_note")))
    if not covered.links:
        return [*blocks, Paragraph(lines=words.each("matrix_none"))]
    rows = tuple(_row(link, covered, words) for link in covered.links)
    heads = head(words, "unit", "counterpart", "table_says", "cues")
    return [*blocks, Table(head=heads, rows=rows, widths=(0.17, 0.17, 0.2, 0.46))]


def _row(link: Link, covered: Covered, words: Words) -> tuple[Cell, ...]:
    source, target = covered.source, covered.target
    ours = cues(source.side.units[link.source], source.item(link.source).statements.content)
    theirs = cues(target.side.units[link.target], target.item(link.target).statements.content)
    return (
        _name(source.side, link.source, words),
        _name(target.side, link.target, words),
        Cell(lines=level_says(link, words)),
        Cell(lines=(*_cue_lines(link.source, ours, words), *_cue_lines(link.target, theirs, words))),
    )


def _name(side: Side, unit_id: str, words: Words) -> Cell:
    unit = side.units[unit_id]
    level = level_line(side.framework, unit.level, side.framework.frame_of(unit), words)
    return Cell(lines=((plain(unit_id, words.leading, tone="code"),), level))


def _cue_lines(unit_id: str, found: Sequence[Cue], words: Words) -> list[Line]:
    """Return a unit's cues by domain: the most demanding first."""
    code = plain(unit_id, words.leading, tone="code")
    lines: list[Line] = [(code,)]
    for domain in domains():
        chosen = sorted((cue for cue in found if cue.domain == domain.id), key=lambda cue: (-cue.band, cue.word))
        named = list(dict.fromkeys((cue.word, cue.band) for cue in chosen))[:SHOWN]
        if named:
            listed = ", ".join(f"{word} {band}" for word, band in named)
            name = " ".join(domain.names[language] for language in words.languages)
            language = "en" if listed.isascii() else "zh-Hans"
            lines.append(
                (plain(f"{name}: ", words.leading, strong=True), plain(listed, language))  # type: ignore[arg-type]
            )
    return lines if len(lines) > 1 else [(code, plain(" – ", words.leading), *words.joined("none", tone="soft"))]
