"""A page a unit: its statements on the left, the comparable statements of the other side on the right."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.outcomes.cover import Covered, ItemCover
from matcher.outcomes.model import Link, Review
from matcher.outcomes.statements import place
from matcher.papers.blocks import Block, Cell, Heading, Line, Paragraph, Table, Text
from matcher.papers.figures import head, percent
from matcher.papers.level_part import level_says
from matcher.papers.words import Words, context, level_line, plain, statement_lines, titles


def anchor(unit_id: str) -> str:
    """Return the anchor of a unit's page."""
    return "unit-" + "".join(c if c.isalnum() else "-" for c in unit_id)


def unit_pages(covered: Covered, review: Review, words: Words) -> list[Block]:
    """Return the pages of the source side's units, in their order."""
    blocks: list[Block] = [
        Heading(level=2, lines=words.each("unit_pages"), anchor="units", new_page=True),
        Paragraph(lines=words.each("unit_pages_note")),
    ]
    for number, item in enumerate(covered.source.items):
        links = [link for link in covered.links if link.source == item.id]
        blocks += _page(covered, review, item, links, words, new_page=number > 0)
    return blocks


def _page(
    covered: Covered, review: Review, item: ItemCover, links: Sequence[Link], words: Words, *, new_page: bool
) -> list[Block]:
    side = covered.source.side
    unit, framework = side.units[item.id], side.framework
    name = titles(unit, framework, words)
    first: Line = (plain(f"{item.id}  ", words.leading, tone="code"), *name[0])
    facts: list[Text] = list(level_line(framework, unit.level, framework.frame_of(unit), words))
    credit = side.credit_of(item.id)
    if credit is not None:
        facts += [plain(" · ", words.leading), *words.joined("credit"), plain(f" {credit:g}", words.leading)]
    for line in context(unit, framework, words, "area", "function"):
        facts += [plain(" · ", words.leading), *line]
    total = len(item.statements.content)
    blocks: list[Block] = [
        Heading(level=3, lines=(first, *name[1:]), anchor=anchor(item.id), new_page=new_page),
        Paragraph(lines=(tuple(facts),)),
        Paragraph(lines=words.each("share_line", percent(item.cover.share), len(item.covered), total)
                  if not item.said_whole else words.each("said_whole")),
    ]  # fmt: skip
    blocks += [
        Paragraph(lines=words.each("none_said", ", ".join(refusal.reviewers)), boxed=True)
        for refusal in review.refusals
        if refusal.source == item.id and not refusal.target
    ]
    if not links:
        blocks.append(Paragraph(lines=words.each("no_pair"), boxed=True))
    else:
        blocks.append(_partners(covered, links, words))
    blocks.append(_statements(covered, item, links, words))
    return blocks


def basis_lines(link: Link, words: Words) -> tuple[Line, ...]:
    """Return what a pair rests on: the verdict with its reviewers, or a candidate's confidence."""
    if link.basis == "candidate":
        if link.confidence is None:
            return words.each("no_confidence", tone="candidate")
        return words.each("confidence", f"{link.confidence:.2f}", tone="candidate")
    lines = []
    for (text,) in words.each(link.verdict, tone="decided"):
        only = Words(languages=(text.language,))
        parts = [text.text, *([only.one(link.relation)] if link.relation else [])]
        parts += [only.one("adjudicated")] if link.adjudicated else []
        who = only.one("decided_by", " · ".join(parts), ", ".join(link.reviewers))
        lines.append((plain(who, text.language, tone="decided"),))
    return tuple(lines)


def _partners(covered: Covered, links: Sequence[Link], words: Words) -> Table:
    target = covered.target.side
    rows = []
    for link in links:
        unit = target.units[link.target]
        rows.append(
            (
                Cell(
                    lines=(
                        (plain(link.target, words.leading, tone="code"),),
                        *titles(unit, target.framework, words, strong=True),
                        *context(unit, target.framework, words, "occupation", "function"),
                    )
                ),
                Cell(
                    lines=(
                        level_line(target.framework, unit.level, target.framework.frame_of(unit), words),
                        *level_says(link, words),
                    )
                ),
                Cell(lines=basis_lines(link, words), fill=link.basis),
            )
        )
    return Table(head=head(words, "counterpart", "level", "basis"), rows=tuple(rows), widths=(0.42, 0.28, 0.3))


def _statements(covered: Covered, item: ItemCover, links: Sequence[Link], words: Words) -> Table:
    source = covered.source.side
    unit = source.units[item.id]
    badges = {number: badge for badge, number in enumerate(item.covered, 1)}
    rows: list[tuple[Cell, ...]] = []
    for number in (*item.statements.content, *item.law):
        left = statement_lines(unit, number, source.framework, words, badge=badges.get(number, 0))
        if number in set(item.law):
            rows.append(
                (Cell(lines=left, fill="law"), Cell(lines=(words.joined("local_law", tone="law"),), fill="law"))
            )
            continue
        lines: list[Line] = []
        for link in links:
            for pair in link.evidence:
                if pair.subject_index == number:
                    lines += _other(covered, link, pair.object_index, pair.similarity, badges.get(number, 0), words)
        rows.append((Cell(lines=left), Cell(lines=tuple(lines) or (words.joined("no_counterpart", tone="gap"),))))
    for link in links:
        rows += _left_over(covered, link, words)
    heads = (
        Cell(lines=words.each("statement", strong=True), fill="head"),
        Cell(lines=words.each("comparable_with", strong=True), fill="head"),
    )
    return Table(head=heads, rows=tuple(rows), widths=(0.48, 0.52))


def _other(covered: Covered, link: Link, number: int, similarity: float, badge: int, words: Words) -> list[Line]:
    side = covered.target.side
    unit = side.units[link.target]
    origin = plain(f"{link.target} · {place(unit, number)} ({similarity:.2f})", words.leading, tone="soft")
    return [*statement_lines(unit, number, side.framework, words, badge=badge), (origin,)]


def _left_over(covered: Covered, link: Link, words: Words) -> list[tuple[Cell, ...]]:
    """Return a row with the statements of a counterpart that nothing in this unit speaks to."""
    side = covered.target.side
    item = covered.target.item(link.target)
    used = {pair.object_index for pair in link.evidence}
    unit = side.units[link.target]
    lines: list[Line] = []
    for number in item.statements.content:
        if number not in used:
            shown = statement_lines(unit, number, side.framework, words)
            lines += [(plain("– ", words.leading), *line) for line in shown]
    for number in item.law:
        shown = statement_lines(unit, number, side.framework, words, tone="law")
        lines += [(plain("§ ", words.leading, tone="law"), *line) for line in shown]
    if not lines:
        return []
    return [(Cell(lines=words.each("left_of", link.target, tone="soft")), Cell(lines=tuple(lines)))]
