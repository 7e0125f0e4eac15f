"""Results in the terminal: a table a unit, and under each candidate the statements that match."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Literal

from rich.console import Console, Group
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from matcher.export.evidence import coverage_words, left_over, level_words_of, relation_words
from matcher.export.level_view import level_basis
from matcher.export.rows import DisplayLanguage, context, languages_for, level_words, matched, resolve
from matcher.schema import Query, Suggestion, Unit, UnitResult

PAIRS = 3
# What the set of candidates promises (the rescorer's own figure is in its file).
COVERAGE = 0.9
_WORDS = {
    "en": ("Rank", "Code", "Occupation · function", "Title", "Level", "Score", "of the unit", "of the candidate",
           "left over", "no statement stands out as comparable", "Conf.", "relation", "no counterpart", "local law",
           "in the {0:.0%} set", "topic", "level"),
    "zh": ("名次", "编号", "职业 · 职业功能", "名称", "级别", "分值", "本单元", "候选", "未对应", "没有明显可比的要求",
           "置信度", "关系", "无对应", "本地法规", "在 {0:.0%} 集合内", "内容", "级别"),
}  # fmt: skip
_FOOT = {
    "en": "Candidates are indicative and for expert review.",
    "zh": "候选仅供参考，由专家评审。",
}


def stdout_console() -> Console:
    """Return a console on standard output: as wide as the terminal, 120 columns where there is none."""
    return Console(width=None if sys.stdout.isatty() else 120, soft_wrap=False)


def stderr_console() -> Console:
    """Return a console on standard error, for reports that are not the result."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else 120)


def _place(unit: Unit) -> str:
    parts = (context(unit, "occupation"), context(unit, "function"), context(unit, "area"))
    return " · ".join(filter(None, parts)) or context(unit, "industry")


def _title(unit: Unit, query: Query, language: DisplayLanguage, *, subject: bool) -> str:
    framework = query.subjects if subject else query.objects
    shown = resolve(language, query)
    return unit.title(*languages_for(shown, framework))


def _facts(s: Suggestion, query: Query, shown: Literal["en", "zh"], *, explain: bool) -> list[Text]:
    """Return relation, set, coverage and levels on a line, and on request what each signal added."""
    words, source = _WORDS[shown], s.members[0] if s.members else s
    relation = relation_words(s, shown)
    parts = [f"{words[11]}: {relation}"] if relation else []
    parts += [words[14].format(COVERAGE)] if s.in_set else []
    frame = query.objects.frame_of(source.object)
    parts += filter(None, (coverage_words(s.coverage, shown), level_words_of(s.level, frame, shown, cues=explain)))
    lines = [Text(" · ".join(parts), style="yellow")] if parts else []
    if explain and s.signals:
        added = ", ".join(f"{name} {value:+.2f}" for name, value in s.signals)
        lines.append(Text(f"{words[15]} {s.topic:.2f} · {words[16]} {s.level_part:.2f} ({added})", style="dim"))
    return lines


def _evidence(s: Suggestion, words: tuple[str, ...], *, explain: bool) -> Group:
    """Return the matched statements side by side, and on request the words that link them and what is left over."""
    pairs = Table.grid(padding=(0, 2), expand=True)
    pairs.add_column(width=4, justify="right", style="cyan")
    pairs.add_column(ratio=1, overflow="fold")
    pairs.add_column(ratio=1, overflow="fold")
    found = list(matched(s, limit=None if explain else PAIRS))
    links = [pair.terms for pair in (s.members[0] if s.members else s).alignment]
    for (left, right, similarity), terms in zip(found, links, strict=False):
        pairs.add_row(f"{similarity:.2f}", Text(left), Text(right, style="bright_green"))
        if explain and terms:
            named = ", ".join(f"{link.subject} ↔ {link.object} {link.similarity:.2f}" for link in terms)
            pairs.add_row("", Text(named, style="dim"), "")
    parts: list[Table | Text] = [pairs] if found else [Text(words[9], style="dim")]
    if explain and not s.members:
        for subject, name in ((True, words[6]), (False, words[7])):
            unit = s.subject if subject else s.object
            for label, numbers in zip((words[8], words[13]), left_over(s, subject=subject), strict=True):
                if numbers:
                    rest = " | ".join(unit.statements[number].text for number in numbers)
                    parts.append(Text(f"{label} ({name}): {rest}", style="dim"))
    return Group(*parts)


def print_results(
    results: Iterable[UnitResult], *, query: Query, console: Console, explain: bool, language: DisplayLanguage
) -> None:
    """Print each unit's candidates."""
    shown = resolve(language, query)
    words = _WORDS[shown]
    for result in results:
        level = level_words(query.subjects, result.subject, shown)
        title = _title(result.subject, query, language, subject=True)
        none = f"  {words[12]}: {result.no_counterpart:.0%}" if result.no_counterpart is not None else ""
        console.print(
            f"[bold]{escape(result.subject_id)}[/bold]  {escape(title)}  [dim]{escape(level)}{none}[/dim]",
            highlight=False,
        )
        for s in result.suggestions:
            table = Table(box=None, show_header=s.rank == 1, padding=(0, 1), expand=True, header_style="dim")
            table.add_column(words[0], justify="right", width=4)
            table.add_column(words[1], width=18, overflow="fold")
            table.add_column(words[2], ratio=3, overflow="fold")
            table.add_column(words[3], ratio=3, overflow="fold")
            table.add_column(words[4], ratio=2, overflow="fold")
            table.add_column(words[5], justify="right", width=6)
            table.add_column(words[10], justify="right", width=6)
            table.add_row(
                str(s.rank),
                Text(s.object_id),
                Text(_place(s.object)),
                Text(_title(s.object, query, language, subject=False), style="bold"),
                Text(level_words(query.objects, s.object, shown)),
                f"{s.score:.3f}",
                f"{s.confidence:.0%}" if s.confidence is not None else "–",
            )
            members = [Text(f"{m.object_id}  {m.object.title()}", style="green") for m in s.members]
            facts = _facts(s, query, shown, explain=explain)
            console.print(table, Padding(Group(*facts, *members, _evidence(s, words, explain=explain)), (0, 0, 0, 5)))
        basis = level_basis(query.subjects, query.objects, shown)
        console.print(Text(" ".join(filter(None, (_FOOT[shown], basis))), style="dim"))
