"""``matcher ingest``: files as people keep them to one canonical framework file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matcher.cli.options import MapOption

if TYPE_CHECKING:
    from matcher.readers import ParseReport

SHOWN = 10
_Text = Annotated[str | None, typer.Option(help="Header field of the framework (else guessed or left empty).")]


def ingest(
    files: Annotated[list[Path], typer.Argument(help="JSONL, CSV, TSV or XLSX files.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The canonical file to write (.jsonl).")],
    map_file: MapOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="A refused row is an error.")] = False,
    report: Annotated[Path | None, typer.Option("--report", help="Write what became of every row (JSON).")] = None,
    id_: Annotated[str | None, typer.Option("--id", help="The framework's id (else the file's name).")] = None,
    title: _Text = None,
    jurisdiction: _Text = None,
    publisher: _Text = None,
    edition: _Text = None,
    level_frame: _Text = None,
    licence: _Text = None,
    source: _Text = None,
    retrieved: _Text = None,
) -> None:
    """Read spreadsheets or JSON lines into one canonical framework file, and say what became of every row.

    Example: matcher ingest hk.csv -o hk.jsonl
    """
    from matcher.artefact import atomic_path, write_atomic
    from matcher.cli.progress import working
    from matcher.readers import ReadOptions
    from matcher.readers.canonical import framework_to_bytes
    from matcher.readers.read import check_strict, read_frameworks

    options = ReadOptions(
        map_file=map_file,
        id=id_,
        title=title,
        jurisdiction=jurisdiction,
        publisher=publisher,
        edition=edition,
        level_frame=level_frame,
        licence=licence,
        source=source,
        retrieved=retrieved,
    )
    with working("reading"):
        result = read_frameworks(files, options=options)
    refused = strict and bool(result.report.refused)
    print_report(result.report)
    record = json.dumps(result.report.as_record(), ensure_ascii=False, indent=1) + "\n"
    if refused:
        if report is not None:
            write_atomic(report, record.encode("utf-8", errors="replace"))
        check_strict(result.report)
    # Both files or neither: the framework is moved into place only when the report has been written.
    with atomic_path(output) as temporary:
        temporary.write_bytes(framework_to_bytes(result.framework))
        if report is not None:
            write_atomic(report, record.encode("utf-8", errors="replace"))
    noted = sum(bool(unit.notes) for unit in result.framework.units)
    typer.echo(f"wrote {output}: {len(result.framework.units)} units, {noted} with notes", err=True)


def print_report(report: ParseReport) -> None:
    """Print the counts, the first refused and repaired rows, and the notes, on standard error."""
    from rich.table import Table
    from rich.text import Text

    from matcher.cli.tables import stderr_console

    console = stderr_console()
    table = Table("kept", "repaired", "refused", title="rows")
    table.add_row(str(len(report.kept)), str(len(report.repaired)), str(len(report.refused)))
    console.print(table)
    for name, rows, colour in (("refused", report.refused, "red"), ("repaired", report.repaired, "yellow")):
        for row in rows[:SHOWN]:
            console.print(Text(f"{name}: {row.place}: {row.code} {row.reason}", style=colour))
        if len(rows) > SHOWN:
            console.print(Text(f"{name}: {len(rows) - SHOWN} more (see --report)", style=colour))
    for note in report.notes:
        console.print(Text(f"note: {note}", style="dim"))
