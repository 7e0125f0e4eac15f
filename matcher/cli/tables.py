"""Results in the terminal: a table a unit, and under each candidate the statements that match."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console, Group
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from matcher.export.rows import DisplayLanguage, context, languages_for, level_words, matched, resolve
from matcher.schema import Query, Suggestion, Unit, UnitResult

PAIRS = 3
_WORDS = {
    "en": ("Rank", "Code", "Occupation · function", "Title", "Level", "Score", "of the unit", "of the candidate",
           "left over", "no statement stands out as comparable"),
    "zh": ("名次", "编号", "职业 · 职业功能", "名称", "级别", "分值", "本单元", "候选", "未对应", "没有明显可比的要求"),
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


def _left_over(suggestion: Suggestion, *, subject: bool) -> list[str]:
    unit = suggestion.subject if subject else suggestion.object
    used = {p.subject_index if subject else p.object_index for p in suggestion.alignment}
    languages = {unit.statements[index].language for index in used}
    return [
        s.text
        for index, s in enumerate(unit.statements)
        if index not in used and s.role not in ("title", "range") and (s.language in languages or not languages)
    ]


def _evidence(s: Suggestion, words: tuple[str, ...], *, explain: bool) -> Group:
    """Return the matched statements side by side, and on request what is left over."""
    pairs = Table.grid(padding=(0, 2), expand=True)
    pairs.add_column(width=4, justify="right", style="cyan")
    pairs.add_column(ratio=1, overflow="fold")
    pairs.add_column(ratio=1, overflow="fold")
    found = list(matched(s, limit=None if explain else PAIRS))
    for left, right, similarity in found:
        pairs.add_row(f"{similarity:.2f}", Text(left), Text(right, style="bright_green"))
    parts: list[Table | Text] = [pairs] if found else [Text(words[9], style="dim")]
    if explain and not s.members:
        for subject, name in ((True, words[6]), (False, words[7])):
            rest = _left_over(s, subject=subject)
            if rest:
                parts.append(Text(f"{words[8]} ({name}): " + " | ".join(rest), style="dim"))
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
        console.print(
            f"[bold]{escape(result.subject_id)}[/bold]  {escape(title)}  [dim]{escape(level)}[/dim]", highlight=False
        )
        for s in result.suggestions:
            table = Table(box=None, show_header=s.rank == 1, padding=(0, 1), expand=True, header_style="dim")
            table.add_column(words[0], justify="right", width=4)
            table.add_column(words[1], width=18, overflow="fold")
            table.add_column(words[2], ratio=3, overflow="fold")
            table.add_column(words[3], ratio=3, overflow="fold")
            table.add_column(words[4], ratio=2, overflow="fold")
            table.add_column(words[5], justify="right", width=6)
            table.add_row(
                str(s.rank),
                Text(s.object_id),
                Text(_place(s.object)),
                Text(_title(s.object, query, language, subject=False), style="bold"),
                Text(level_words(query.objects, s.object, shown)),
                f"{s.score:.3f}",
            )
            members = [Text(f"{m.object_id}  {m.object.title()}", style="green") for m in s.members]
            console.print(table, Padding(Group(*members, _evidence(s, words, explain=explain)), (0, 0, 0, 5)))
        console.print(f"[dim]{_FOOT[shown]}[/dim]")
