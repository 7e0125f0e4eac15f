"""Coverage as blocks: figures at a glance, rules, functions and units with bars; shared by coverage and report."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from matcher.outcomes.cover import Amount, Covered, ItemCover, Part, SideCover
from matcher.outcomes.measure import RuleResult
from matcher.outcomes.model import SideName
from matcher.papers.blocks import Bar, Cell, Heading, Line, Paragraph, Table, Text
from matcher.papers.words import Words, context, level_line, own, plain, titles
from matcher.schema import Language

# Partners named in a cell; the pages of the units have all of them.
PARTNERS = 6


def amount_text(value: Fraction) -> str:
    """Return an amount as people write it: at most two decimals."""
    return f"{float(round(value, 2)):.10g}"


def percent(value: Fraction) -> str:
    """Return a share in per cent with one decimal at most."""
    return f"{float(round(value * 100, 1)):.10g}"


def head(words: Words, *keys: str) -> tuple[Cell, ...]:
    """Return the cells of a table's head."""
    return tuple(Cell(lines=words.each(key, strong=True), fill="head") for key in keys)


def text_cell(text: str, words: Words, *, right: bool = False) -> Cell:
    """Return a cell with our own text (a number, a code)."""
    return Cell(lines=((plain(text, words.leading),),), right=right)


def said(words: Words, key: str) -> Cell:
    """Return a cell with a text of the papers."""
    return Cell(lines=words.each(key))


def side_name(side: SideCover, words: Words) -> Line:
    """Return what a side is called: its framework's title and what was chosen of it."""
    framework = side.side.framework
    language = next(iter(framework.header.languages), words.leading)
    text = framework.header.title or framework.header.id
    return (own(f"{text} · {side.side.name}" if side.side.name else text, _language_of(text, language), framework),)


def side_label(side: SideCover) -> str:
    """Return a side's name as plain text."""
    return "".join(text.text for text in side_name(side, Words(languages=("en",))))


def _language_of(text: str, otherwise: Language) -> Language:
    return "en" if text.isascii() else ("zh-Hant" if otherwise == "zh-Hant" else "zh-Hans")


def _cell(done: Fraction, total: Fraction, reviewed: Fraction, words: Words) -> Cell:
    share = done / total if total else Fraction(0)
    lines = (
        (plain(words.one("n_of", amount_text(done), amount_text(total), percent(share)), words.leading),),
        _reviewed(amount_text(reviewed), words),
    )
    return Cell(lines=lines, bar=Bar(share=float(share), reviewed=float(reviewed / total if total else 0)))


def _reviewed(figure: str, words: Words) -> Line:
    return (*words.joined("reviewed", tone="soft"), plain(f": {figure}", words.leading, tone="soft"))


def _weight_cell(part: Part, words: Words) -> Cell:
    lines = (
        ((plain(f"{percent(part.share)} %", words.leading),)),
        _reviewed(f"{percent(part.reviewed)} %", words),
    )
    return Cell(lines=lines, bar=Bar(share=float(part.share), reviewed=float(part.reviewed)))


def _whole(amount: Amount, words: Words) -> Cell:
    return _cell(amount.whole, amount.total, amount.whole_reviewed, words)


def weight_key(side: SideCover) -> str:
    """Return the key of the words that say how a side's functions are weighed."""
    kinds = {level.weights.weighing for level in side.levels}
    return "units_share" if kinds == {"items"} else "functions_weight" if "table" in kinds else "functions_alike"


def glance(covered: Covered, words: Words) -> Table:
    """Return the figures of both sides at a glance."""
    sides = (covered.source, covered.target)
    rows: list[tuple[Cell, ...]] = [
        (said(words, "units_whole"), *(_whole(side.units, words) for side in sides)),
        (
            said(words, "statements_covered"),
            *(_cell(_with_counterpart(s), s.statements.total, _reviewed_statements(covered, s), words) for s in sides),
        ),
    ]
    for key in dict.fromkeys(weight_key(side) for side in sides):
        cells = [_weight_cell(s.weight, words) if weight_key(s) == key else Cell() for s in sides]
        rows.append((said(words, key), *cells))
    if any(side.credits is not None for side in sides):
        for key, count in (("credits_whole", "whole"), ("credits_share", "share")):
            rows.append((said(words, key), *(_credits(s.credits, count, words) for s in sides)))
    if any(side.hours is not None for side in sides):
        rows.append((said(words, "hours_whole"), *(_credits(s.hours, "whole", words) for s in sides)))
    heads = [(*words.each(f"{name}_side", strong=True), side_name(side, words)) for name, side in _sides(covered)]
    return Table(
        head=(*head(words, "figure"), *(Cell(lines=lines, fill="head") for lines in heads)),
        rows=tuple(rows),
        widths=(0.3, 0.35, 0.35),
    )


def _sides(covered: Covered) -> tuple[tuple[SideName, SideCover], ...]:
    return (("source", covered.source), ("target", covered.target))


def _credits(amount: Amount | None, count: str, words: Words) -> Cell:
    if amount is None:
        return Cell(lines=words.each("no_credits", tone="soft"))
    if count == "whole":
        return _whole(amount, words)
    return _cell(amount.share, amount.total, amount.share_reviewed, words)


def _with_counterpart(side: SideCover) -> Fraction:
    return Fraction(sum(len(item.covered) for item in side.items))


def _reviewed_statements(covered: Covered, side: SideCover) -> Fraction:
    name: SideName = "source" if side is covered.source else "target"
    found: set[tuple[str, int]] = set()
    for link in covered.links:
        unit = link.source if name == "source" else link.target
        content = set(side.item(unit).statements.content)
        numbers = {p.subject_index if name == "source" else p.object_index for p in link.evidence} & content
        found |= {(unit, n) for n in numbers} if link.basis == "decided" else set()
    return Fraction(len(found))


def rules_table(results: Sequence[RuleResult], words: Words) -> list[Table]:
    """Return the rules and what came of them; nothing where there are no rules."""
    if not results:
        return []
    rows = []
    for result in results:
        name = tuple((plain(result.rule.title(language), language),) for language in words.languages)
        key = "met_candidates" if result.candidates else "met" if result.met else "not_met"
        if result.met is None:
            key = "cannot" if result.reason.startswith("no ") else "cannot_none"
        tone = "" if result.met is None else "decided" if result.met and not result.candidates else "candidate"
        figures = (
            ["–"] * 3 if result.met is None else [amount_text(v) for v in (result.have, result.need, result.total)]
        )
        rows.append(
            (
                Cell(lines=tuple(dict.fromkeys(name))),
                *(text_cell(figure, words, right=True) for figure in figures),
                Cell(lines=words.each(key, strong=True), fill=tone),  # type: ignore[arg-type]
            )
        )
    heads = head(words, "rule", "rule_have", "rule_need", "rule_total", "rule_says")
    return [Table(head=heads, rows=tuple(rows), widths=(0.4, 0.11, 0.11, 0.11, 0.27))]


def functions_table(side: SideCover, words: Words) -> list[Heading | Paragraph | Table]:
    """Return a side's functions with weights and bars, level by level; nothing where units name no functions."""
    if all(level.weights.weighing == "items" for level in side.levels):
        return []
    rows: list[tuple[Cell, ...]] = []
    framework = side.side.framework
    for level in side.levels:
        frame = framework.frame_of(side.side.units[level.weights.functions[0].ids[0]])
        key = "weighed_table" if level.weights.weighing == "table" else "weighed_alike"
        rows.append(
            (
                Cell(lines=(level_line(framework, level.weights.level, frame, words),), fill="band"),
                Cell(lines=words.each(key, tone="soft"), fill="band"),
                Cell(fill="band"),
                _bar_cell(level.cover, words, band=True),
            )
        )
        for function in level.functions:
            weight = f"{percent(function.function.weight)} %"
            rows.append(
                (
                    Cell(lines=((own(function.function.name, "zh-Hans", framework),),)),
                    text_cell(weight, words, right=True),
                    text_cell(str(len(function.function.ids)), words, right=True),
                    _bar_cell(function.cover, words),
                )
            )
    rows.append(
        (Cell(lines=words.each("level_all", strong=True), fill="band"), Cell(fill="band"), Cell(fill="band"),
         _bar_cell(side.weight, words, band=True))
    )  # fmt: skip
    return [
        Heading(level=3, lines=(*words.each("functions"), side_name(side, words)), listed=False),
        Table(head=head(words, "function", "weight", "units", "covered"), rows=tuple(rows),
              widths=(0.36, 0.2, 0.1, 0.34)),
    ]  # fmt: skip


def _bar_cell(part: Part, words: Words, *, band: bool = False) -> Cell:
    line: tuple[Text, ...] = (plain(f"{percent(part.share)} %", words.leading),)
    if part.reviewed != part.share:
        line += (plain(" · ", words.leading), *_reviewed(f"{percent(part.reviewed)} %", words))
    bar = Bar(share=float(part.share), reviewed=float(part.reviewed))
    return Cell(lines=(line,), bar=bar, fill="band" if band else "")


def items_table(side: SideCover, words: Words) -> list[Heading | Table]:
    """Return a side's units with their numbers, credits, bars and counterparts."""
    framework = side.side.framework
    named = side.credits is not None
    rows = []
    for number, item in enumerate(side.items, 1):
        unit = side.side.units[item.id]
        credit = side.side.credit_of(item.id)
        rows.append(
            (
                text_cell(str(number), words, right=True),
                Cell(lines=((plain(item.id, words.leading, tone="code"),), *titles(unit, framework, words))),
                Cell(lines=(level_line(framework, unit.level, framework.frame_of(unit), words),)),
                *([text_cell("–" if credit is None else f"{credit:g}", words, right=True)] if named else []),
                _item_cell(item, words),
                Cell(lines=_partners(item, words)),
            )
        )
    keys = ("number", "title", "level", *(("credit",) if named else ()), "covered", "counterparts")
    widths = (0.06, 0.32, 0.16, 0.09, 0.18, 0.19) if named else (0.06, 0.36, 0.17, 0.2, 0.21)
    return [
        Heading(level=3, lines=(*words.each("units"), side_name(side, words)), listed=False),
        Table(head=head(words, *keys), rows=tuple(rows), widths=widths),
    ]


def _item_cell(item: ItemCover, words: Words) -> Cell:
    part = item.cover
    line: Line = (plain(f"{percent(part.share)} %", words.leading),)
    lines = [line, words.joined(item.basis, tone=item.basis)] if item.basis else [line]
    return Cell(lines=tuple(lines), bar=Bar(share=float(part.share), reviewed=float(part.reviewed)))


def _partners(item: ItemCover, words: Words) -> tuple[Line, ...]:
    if not item.partners:
        return words.each("none", tone="soft")
    more = [f"+ {len(item.partners) - PARTNERS}"] if len(item.partners) > PARTNERS else []
    return tuple((plain(text, words.leading, tone="code"),) for text in [*item.partners[:PARTNERS], *more])


def place_of(side: SideCover, unit_id: str, words: Words) -> tuple[Line, ...]:
    """Return where a unit stands: its function, else its area."""
    unit = side.side.units[unit_id]
    framework = side.side.framework
    return context(unit, framework, words, "function") or context(unit, framework, words, "area")
