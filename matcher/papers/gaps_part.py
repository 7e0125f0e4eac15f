"""What is left over on each side, and the law of one place as a class of its own."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.outcomes.cover import Covered, ItemCover, SideCover
from matcher.papers.blocks import Block, Cell, Heading, Line, Paragraph, Table
from matcher.papers.figures import head, side_label
from matcher.papers.words import Words, level_line, plain, statement_lines, titles


def gaps_part(covered: Covered, words: Words, *, new_page: bool = True) -> list[Block]:
    """Return the section on gaps: statements without a counterpart, side by side, then local law."""
    blocks: list[Block] = [
        Heading(level=2, lines=words.each("gaps"), anchor="gaps", new_page=new_page),
        Paragraph(lines=words.each("gaps_note")),
    ]
    for side in (covered.source, covered.target):
        rest = [(item, item.left) for item in side.items if item.left and not item.said_whole]
        count = sum(len(numbers) for _, numbers in rest)
        blocks.append(Heading(level=3, lines=words.each("gaps_of", side_label(side), count, len(rest)), listed=False))
        blocks.append(_table(side, rest, words) if rest else Paragraph(lines=words.each("no_gaps")))
    for side in (covered.source, covered.target):
        law = [(item, item.law) for item in side.items if item.law]
        if law:
            place = side.side.framework.header.jurisdiction or "–"
            count = sum(len(numbers) for _, numbers in law)
            blocks.append(Heading(level=3, lines=words.each("law_of", place, count), listed=False))
            blocks.append(Paragraph(lines=words.each("law_note")))
            blocks.append(_table(side, law, words))
    return blocks


def _table(side: SideCover, rest: Sequence[tuple[ItemCover, tuple[int, ...]]], words: Words) -> Table:
    framework = side.side.framework
    rows = []
    for item, numbers in rest:
        unit = side.side.units[item.id]
        lines: list[Line] = []
        for number in numbers:
            for place, line in enumerate(statement_lines(unit, number, framework, words)):
                lines.append((plain("• ", words.leading), *line) if place == 0 else line)
        rows.append(
            (
                Cell(
                    lines=(
                        (plain(item.id, words.leading, tone="code"),),
                        *titles(unit, framework, words),
                        level_line(framework, unit.level, framework.frame_of(unit), words),
                    )
                ),
                Cell(lines=tuple(lines)),
            )
        )
    return Table(head=head(words, "unit", "statement"), rows=tuple(rows), widths=(0.32, 0.68))
