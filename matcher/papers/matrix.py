"""The matrix: units of the source side down, those of the target side across."""

from __future__ import annotations

from fractions import Fraction

from matcher.outcomes.cover import Covered
from matcher.outcomes.model import Review
from matcher.outcomes.weights import function_of
from matcher.papers.blocks import Block, Cell, Fill, Line, Mark, Matrix, Paragraph
from matcher.papers.figures import percent, side_name
from matcher.papers.words import Words, level_line, own, plain

# With more columns or rows than this, those without any pair are left out.
MAX_COLUMNS = 40
MAX_ROWS = 60
# Characters of a function over its columns; the list has the whole name.
LONGEST = 14


def matrix(covered: Covered, review: Review, words: Words) -> list[Block]:
    """Return the matrix with its key; a line where there is no pair to show."""
    marks = _marks(covered, review)
    if not marks:
        return [Paragraph(lines=words.each("matrix_none"))]
    source, target = covered.source.side, covered.target.side
    row_ids = [i for i in source.ids if len(source.ids) <= MAX_ROWS or any(i == s for s, _ in marks)]
    column_ids = [i for i in target.ids if len(target.ids) <= MAX_COLUMNS or any(i == t for _, t in marks)]
    numbers = {unit_id: str(number) for number, unit_id in enumerate(target.ids, 1)}
    places = {unit_id: place for place, unit_id in enumerate(column_ids)}
    found = {
        (row, places[other]): mark
        for row, unit_id in enumerate(row_ids)
        for (one, other), mark in marks.items()
        if one == unit_id
    }
    keys = [words.joined(f"key_{kind}", tone="soft") for kind in ("decided", "candidate", "refused", "open")]
    blocks: list[Block] = [
        Paragraph(lines=words.each("matrix_note")),
        Matrix(
            rows=tuple(Cell(lines=((plain(i, words.leading, tone="code"),),)) for i in row_ids),
            columns=tuple(numbers[i] for i in column_ids),
            groups=_groups(covered, column_ids, words),
            marks=found,
            label=" – ".join(
                "".join(text.text for text in side_name(s, words)) for s in (covered.source, covered.target)
            ),
        ),
        Paragraph(lines=tuple(keys)),
    ]
    for key, left in (("matrix_left", len(target.ids) - len(column_ids)),
                      ("matrix_rows_left", len(source.ids) - len(row_ids))):  # fmt: skip
        if left:
            blocks.append(Paragraph(lines=words.each(key, left, tone="soft")))
    return blocks


def _groups(covered: Covered, ids: list[str], words: Words) -> tuple[tuple[Line, int], ...]:
    """Return the heads over the columns: level and function, as often as neighbours share them."""
    side = covered.target.side
    groups: list[tuple[tuple[str | None, str], Line, int]] = []
    for unit_id in ids:
        unit = side.units[unit_id]
        key = (unit.level, function_of(unit))
        level = level_line(side.framework, unit.level, side.framework.frame_of(unit), words)[-1:]
        if key[1] and side.framework.header.jurisdiction == "CN":
            # Beside a Chinese function its level stands in Chinese too: it is shorter.
            level = level_line(side.framework, unit.level, side.framework.frame_of(unit), Words(languages=("zh-Hans",)))
        name = key[1] if len(key[1]) <= LONGEST else key[1][: LONGEST - 1] + "…"
        line = (*level, own(f" {name}" if name else "", "zh-Hans", side.framework))
        if groups and groups[-1][0] == key:
            groups[-1] = (key, line, groups[-1][2] + 1)
        else:
            groups.append((key, line, 1))
    return tuple((line, count) for _, line, count in groups)


def _marks(covered: Covered, review: Review) -> dict[tuple[str, str], Mark]:
    marks: dict[tuple[str, str], Mark] = {}
    for refusal in review.refusals:
        if refusal.source and refusal.target:
            marks[refusal.source, refusal.target] = _mark(Fraction(0), "refused", refusal.source, refusal.target)
    for point in review.open_points:
        if point.source and point.target:
            marks[point.source, point.target] = _mark(Fraction(0), "open", point.source, point.target)
    for link in covered.links:
        content = set(covered.source.item(link.source).statements.content)
        numbers = {pair.subject_index for pair in link.evidence} & content
        share = Fraction(1) if link.source_whole else Fraction(len(numbers), len(content) or 1)
        marks[link.source, link.target] = _mark(share, link.basis, link.source, link.target)
    return marks


def _mark(share: Fraction, fill: Fill, source: str, target: str) -> Mark:
    figure = f": {percent(share)} %" if fill in ("decided", "candidate") else ""
    return Mark(share=float(share), fill=fill, title=f"{source} – {target}{figure} ({fill})")
