"""``matcher diff``: what became of a framework's units from one edition to the next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from matcher.cli.options import EncoderOption, read_side

if TYPE_CHECKING:
    from matcher.export.edition_words import Shown
    from matcher.schema import Framework
    from matcher.schema.edition import EditionDiff

OldArgument = Annotated[Path, typer.Argument(metavar="OLD", help="The earlier edition: framework file or spreadsheet.")]
NewArgument = Annotated[Path, typer.Argument(metavar="NEW", help="The later edition.")]
AnyOrderOption = Annotated[
    bool, typer.Option("--any-order", help="Go on although the first file seems to be the newer one.")
]


def compare(old: Path, new: Path, *, encoder: str, any_order: bool) -> tuple[EditionDiff, tuple[str, ...]]:
    """Read two editions and compare them; return the changes and what to say about the files.

    Raises:
        InputError: A file cannot be used, or the two are the wrong way round.
    """
    from matcher.cli.progress import working
    from matcher.encode import load_encoder
    from matcher.errors import InputError
    from matcher.outcomes.edition_order import check_order
    from matcher.outcomes.editions import diff_editions

    sides: list[Framework] = [read_side(old), read_side(new)]
    for path, framework in zip((old, new), sides, strict=True):
        if not framework.units:
            raise InputError("holds no unit", where=str(path), do="check the file")
    notes = check_order(sides[0], sides[1], anyway=any_order)
    with working("comparing"):
        diff = diff_editions(sides[0], sides[1], load_encoder(encoder))
    kept = sum(len(change.old) for change in diff.changes if change.kind != "retired")
    if kept * 10 < len(sides[0].units):
        few = f"only {kept} of {len(sides[0].units)} old units are found again: are these editions of one framework?"
        notes = (*notes, few)
    return diff, notes


def diff(
    old: OldArgument,
    new: NewArgument,
    format_: Annotated[Literal["table", "json", "xlsx", "html"], typer.Option("--format", help="Output.")] = "table",
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The file to write (replaced whole); not for a table.")
    ] = None,
    language: Annotated[
        Literal["en", "zh"], typer.Option("--language", help="Language of headings and titles.")
    ] = "en",
    show_unchanged: Annotated[bool, typer.Option("--all", help="In the table, list unchanged units too.")] = False,
    any_order: AnyOrderOption = False,
    encoder: EncoderOption = "embedded",
) -> None:
    """Find unchanged, reworded, renumbered, split, merged, regrouped, retired and new units, with reasons.

    Example: matcher diff hk-2024.jsonl hk.jsonl --format html -o changes.html
    """
    from matcher.artefact import write_atomic
    from matcher.errors import InputError

    if (format_ == "table") != (output is None):
        raise InputError(
            f"--format {format_} {'has no file' if output is None else 'is for the terminal'}",
            where="--output", expected="-o FILE with json, xlsx or html", do="correct it",
        )  # fmt: skip
    found, notes = compare(old, new, encoder=encoder, any_order=any_order)
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    if output is None:
        _print(found, language, show_unchanged=show_unchanged)
        return
    if format_ == "html":
        from matcher.export.edition_page import render_editions

        write_atomic(output, "".join(render_editions(found, notes, language)).encode("utf-8", "replace"))
    else:
        from matcher.export.edition_files import write_json, write_workbook

        if format_ == "json":
            write_json(found, notes, output)
        else:
            write_workbook(found, notes, language, output)
    typer.echo(f"wrote {output}: {tally(found)}", err=True)


def tally(found: EditionDiff) -> str:
    """Return the counts of changes as a line."""
    from matcher.export.edition_words import counts

    return ", ".join(f"{count} {kind}" for kind, count in counts(found).items())


def _print(found: EditionDiff, shown: Shown, *, show_unchanged: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    from matcher.cli.tables import stdout_console
    from matcher.export.edition_words import FOOTER, HEADINGS, KIND_WORDS, reasons, title_of, units_by_id
    from matcher.export.rows import clean

    colours = {
        "unchanged": "dim", "reworded": "cyan", "renumbered": "yellow", "split": "green", "merged": "magenta",
        "regrouped": "magenta", "retired": "red", "new": "bright_green",
    }  # fmt: skip
    old, new = units_by_id(found.old), units_by_id(found.new)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading, width in zip((HEADINGS[shown][n] for n in (0, 1, 3, 4, 6)), (10, 16, 16, None, None), strict=True):
        table.add_column(heading, overflow="fold", min_width=width, ratio=None if width else 1)
    for change in found.changes:
        if change.kind == "unchanged" and not show_unchanged:
            continue
        titles = [title_of(found.new, new[i], shown) for i in change.new]
        titles = titles or [title_of(found.old, old[i], shown) for i in change.old]
        kind = f"[{colours[change.kind]}]{KIND_WORDS[shown][change.kind]}[/]"
        cells = ("\n".join(change.old), "\n".join(change.new), "\n".join(titles), "\n".join(reasons(change, shown)))
        table.add_row(kind, *(escape(clean(cell)) for cell in cells))
    console = stdout_console()
    console.print(table)
    console.print(f"[bold]{tally(found)}[/bold]", highlight=False)
    console.print(f"[dim]{FOOTER[shown]}[/dim]")
