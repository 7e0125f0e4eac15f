"""``matcher show``: one unit with all its statements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matcher.cli.options import LanguageOption, read_side


def show(
    code: Annotated[str, typer.Argument(help="The unit's code (CODE or CODE@VERSION).")],
    framework: Annotated[
        Path, typer.Option("--in", metavar="FRAMEWORK", help="Framework file, spreadsheet or index folder.")
    ],
    language: LanguageOption = "auto",
) -> None:
    """Show one unit: titles, level, context and every statement by role.

    Example: matcher show ZZHDSC201A --in hk.jsonl
    """
    from rich.markup import escape

    from matcher.cli.tables import stdout_console
    from matcher.export.rows import context, level_words, titles
    from matcher.schema import OTHER_SCRIPT
    from matcher.search.lookup import find_unit

    read = read_side(framework)
    unit_id, unit = find_unit(read, code)
    console = stdout_console()
    console.print(f"[bold]{escape(unit_id)}[/bold]  {escape(titles(unit))}")
    facts = [level_words(read, unit, language), f"{unit.credit:g} credits" if unit.credit is not None else ""]
    facts += [context(unit, kind) for kind in ("industry", "area", "occupation", "function")]
    console.print(f"[dim]{escape(' · '.join(filter(None, facts)))}[/dim]")
    for role in ("range", "knowledge", "skill", "attitude", "outcome"):
        for tag in (*unit.languages, OTHER_SCRIPT):
            found = [s.text for s in unit.statements if s.role == role and s.language == tag]
            if found:
                console.print(f"[cyan]{role}[/cyan] [dim]{tag}[/dim]")
                for text in found:
                    console.print(f"  - {escape(text)}")
    for note in (unit.remarks, *unit.notes):
        if note:
            console.print(f"[yellow]note:[/yellow] {escape(note)}")
