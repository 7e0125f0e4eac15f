"""Coverage in the terminal: figures with bars, rules, functions, units."""

from __future__ import annotations

from fractions import Fraction

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from matcher.cli.tables import stdout_console
from matcher.export.rows import clean
from matcher.levels import level_label
from matcher.outcomes.cover import Amount, Part, SideCover
from matcher.papers.figures import amount_text, percent, side_name, weight_key
from matcher.papers.report import Findings
from matcher.papers.words import PaperLanguage, Words, words_for

_WIDTH = 20
# What a terminal has room for; the files have every unit.
UNITS = 40


def bar(share: Fraction, reviewed: Fraction) -> Text:
    """Return a bar of twenty places: what is decided solid, candidates hatched, the rest dotted."""
    solid = round(reviewed * _WIDTH)
    whole = max(round(share * _WIDTH), solid)
    text = Text("█" * solid, style="blue")
    return text.append("▒" * (whole - solid), style="dark_orange").append("·" * (_WIDTH - whole), style="dim")


def print_coverage(findings: Findings, language: PaperLanguage) -> None:
    """Print coverage."""
    covered = findings.covered
    words = Words(languages=words_for(language, covered.source.side.framework).languages[:1])
    console = stdout_console()
    sides = (covered.source, covered.target)
    for side in sides:
        console.print(Text(clean(_name(side, words)), style="bold"))
        console.print(_figures(side, words))
        if any(level.weights.weighing != "items" for level in side.levels):
            console.print(_functions(side, words))
    if findings.rules:
        console.print(_rules(findings, words))
    for side in sides:
        console.print(_units(side, words))
    left = [sum(len(item.left) for item in side.items if not item.said_whole) for side in sides]
    law = [sum(len(item.law) for item in side.items) for side in sides]
    for side, rest, of_law in zip(sides, left, law, strict=True):
        place = side.side.framework.header.jurisdiction or "–"
        units = sum(bool(item.left) and not item.said_whole for item in side.items)
        console.print(Text(words.one("gaps_of", _name(side, words), rest, units), style="dim"))
        if of_law:
            console.print(Text(words.one("law_of", place, of_law), style="dim"))
    console.print(Text("  ".join(("█ " + words.one("decided"), "▒ " + words.one("candidate"))), style="dim"))
    console.print(Text(words.one("notice"), style="dim"))


def _name(side: SideCover, words: Words) -> str:
    return "".join(text.text for text in side_name(side, words))


def _plain_table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, show_header=bool(headings))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _figures(side: SideCover, words: Words) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, amount in (("units_whole", side.units), ("credits_whole", side.credits), ("hours_whole", side.hours)):
        if amount is not None:
            table.add_row(words.one(name), *_amount(amount, amount.whole, amount.whole_reviewed, words))
    if side.credits is not None:
        amount = side.credits
        table.add_row(words.one("credits_share"), *_amount(amount, amount.share, amount.share_reviewed, words))
    table.add_row(words.one(weight_key(side)), *_part(side.weight))
    return table


def _amount(amount: Amount, done: Fraction, reviewed: Fraction, words: Words) -> tuple[Text, str]:
    share = done / amount.total if amount.total else Fraction(0)
    text = words.one("n_of", amount_text(done), amount_text(amount.total), percent(share))
    return bar(share, reviewed / amount.total if amount.total else Fraction(0)), text


def _part(part: Part) -> tuple[Text, str]:
    return bar(part.share, part.reviewed), f"{percent(part.share)} %"


def _functions(side: SideCover, words: Words) -> Table:
    table = _plain_table(*(words.one(key) for key in ("level", "function", "weight", "covered")), "")
    framework = side.side.framework
    for level in side.levels:
        frame = framework.frame_of(side.side.units[level.weights.functions[0].ids[0]])
        name = level_label(frame, level.weights.level, *framework.header.languages)
        key = "weighed_table" if level.weights.weighing == "table" else "weighed_alike"
        table.add_row(escape(name), words.one(key), "", *_part(level.cover), style="bold")
        for function in level.functions:
            weight = f"{percent(function.function.weight)} %"
            table.add_row("", escape(clean(function.function.name)), weight, *_part(function.cover))
    return table


def _rules(findings: Findings, words: Words) -> Table:
    table = _plain_table(*(words.one(key) for key in ("rule", "rule_have", "rule_need", "rule_total", "rule_says")))
    for result in findings.rules:
        key = "met_candidates" if result.candidates else "met" if result.met else "not_met"
        figures = [amount_text(value) for value in (result.have, result.need, result.total)]
        if result.met is None:
            key, figures = "cannot" if result.reason.startswith("no ") else "cannot_none", ["–"] * 3
        table.add_row(escape(result.rule.title(words.leading)), *figures, words.one(key))
    return table


def _units(side: SideCover, words: Words) -> Table:
    table = _plain_table(*(words.one(key) for key in ("code", "title", "covered")), "", words.one("counterparts"))
    languages = side.side.framework.header.languages
    for item in side.items[:UNITS]:
        title = clean(side.side.units[item.id].title(*languages))
        partners = ", ".join(item.partners) or "–"
        table.add_row(escape(item.id), escape(title), *_part(item.cover), escape(partners))
    if len(side.items) > UNITS:
        table.add_row("…", f"+ {len(side.items) - UNITS}", "", "", "")
    return table
