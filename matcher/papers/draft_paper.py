"""The merged draft as a document that a panel edits."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.outcomes.cover import SideCover
from matcher.outcomes.draft import DraftItem, DraftLine
from matcher.outcomes.statements import place
from matcher.papers.blocks import Block, Cell, Fill, Heading, Line, Paper, Paragraph, Table, Text, Tone
from matcher.papers.figures import head
from matcher.papers.report import Findings, make_paper, opening
from matcher.papers.words import PaperLanguage, Words, level_line, plain, statement_lines, titles, words_for

_FILLS: dict[str, Fill] = {"higher": "decided", "unclear": "open", "law": "law"}


def draft_paper(items: Sequence[DraftItem], findings: Findings, language: PaperLanguage) -> Paper:
    """Return the draft as a paper: an item a table, a line a statement, a column for the panel's text."""
    words = words_for(language, findings.covered.source.side.framework)
    blocks: list[Block] = [
        *opening("draft_title", findings.covered, findings.review, words),
        Paragraph(lines=words.each("draft_note")),
        Paragraph(lines=tuple(words.joined(f"mark_{mark}", tone="soft") for mark in
                              ("higher", "lower", "alike", "unclear", "only", "law"))),
    ]  # fmt: skip
    for number, item in enumerate(items, 1):
        blocks += _item(number, item, findings, words)
    return make_paper("draft_title", blocks, findings.covered, words)


def _item(number: int, item: DraftItem, findings: Findings, words: Words) -> list[Block]:
    source, target = findings.covered.source, findings.covered.target
    lines: list[Line] = []
    for side, ids in ((source, [item.source] if item.source else []), (target, list(item.targets))):
        lines += [_name(side, unit_id, words) for unit_id in ids]
    first: tuple[Text, ...] = words.joined("draft_item", number)
    if item.basis is None:
        first = (*first, plain(" · ", words.leading), *words.joined("only_source" if item.source else "only_target"))
    else:
        first = (*first, plain(" · ", words.leading), *words.joined(item.basis, tone=item.basis))
    rows = tuple(_row(line, findings, words) for line in item.lines)
    heads = head(words, "draft_mark", "draft_text", "draft_origin", "draft_panel")
    return [
        Heading(level=3, lines=(first,), anchor=f"item-{number}", listed=False),
        Paragraph(lines=tuple(lines)),
        Table(head=heads, rows=rows, widths=(0.12, 0.4, 0.2, 0.28)),
    ]


def _name(side: SideCover, unit_id: str, words: Words) -> Line:
    unit, framework = side.side.units[unit_id], side.side.framework
    title = titles(unit, framework, words, strong=True)
    level = level_line(framework, unit.level, framework.frame_of(unit), words)
    parts: list[Text] = [plain(f"{unit_id}  ", words.leading, tone="code"), *title[0]]
    for more in title[1:]:
        parts += [plain("  ", words.leading), *more]
    return (*parts, plain("  (", words.leading), *level, plain(")", words.leading))


def _row(line: DraftLine, findings: Findings, words: Words) -> tuple[Cell, ...]:
    side = findings.covered.of(line.side)
    unit, framework = side.side.units[line.unit], side.side.framework
    tone: Tone = "higher" if line.mark == "higher" else "soft" if line.mark == "lower" else ""
    mark = words.each(f"mark_{line.mark}", strong=line.mark == "higher", tone=tone)
    group = (((plain(f"{line.group}", words.leading, strong=True),),)) if line.group else ()
    header = framework.header
    origin = (
        (plain(f"{line.unit} · {place(unit, line.statement)}", words.leading, tone="code"),),
        (plain(" · ".join(filter(None, (header.id, header.edition))), words.leading, tone="soft"),),
    )
    text = statement_lines(unit, line.statement, framework, words)
    fill = _FILLS.get(line.mark, "")
    return (Cell(lines=(*group, *mark), fill=fill), Cell(lines=text), Cell(lines=origin), Cell())
