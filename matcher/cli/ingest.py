"""``matcher ingest``: files as people keep them to one canonical framework file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matcher.cli.options import MapOption
from matcher.errors import InputError

if TYPE_CHECKING:
    from matcher.readers import ParseReport

SHOWN = 10
FILES_SHOWN = 30
_Text = Annotated[str | None, typer.Option(help="Header field of the framework (else guessed or left empty).")]


def ingest(
    files: Annotated[
        list[Path],
        typer.Argument(help="Files (PDF, DOCX, HTML, JSON, JSONL, CSV, TSV, XLSX, TXT), folders of them, or patterns."),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The canonical file to write (.jsonl).")],
    map_file: MapOption = None,
    reader: Annotated[
        str | None, typer.Option("--reader", help="Read with this reader (else told by the file's content).")
    ] = None,
    jobs: Annotated[int, typer.Option("-j", "--jobs", min=1, max=64, help="Documents read at the same time.")] = 1,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="List a file that cannot be read in the report, and read on.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="A refused row, a repaired cell or a failed check is an error.")
    ] = False,
    report: Annotated[
        list[Path] | None,
        typer.Option("--report", help="Write what became of every row and cell: FILE.json, or FILE.html as a page."),
    ] = None,
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
    """Read documents or spreadsheets into one canonical framework file, and say what became of every row.

    Example: matcher ingest hk.csv -o hk.jsonl
    """
    from matcher.artefact import atomic_path
    from matcher.cli.progress import track, working
    from matcher.readers import ReadOptions
    from matcher.readers.canonical import framework_to_bytes
    from matcher.readers.inputs import find_files
    from matcher.readers.read import check_strict, read_frameworks

    options = ReadOptions(
        reader=reader,
        map_file=map_file,
        keep_going=keep_going,
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
    paths = find_files(files)
    if len(paths) == 1:
        with working("reading"):
            result = read_frameworks(paths, options=options)
    else:
        result = read_frameworks(
            paths,
            options=options,
            processes=jobs,
            progress=lambda results, total: track(results, total=total, label="reading"),
        )
    print_report(result.report)
    if strict:
        try:
            check_strict(result.report)
        except InputError:
            write_reports(result.report, report or [])
            raise
    # All files or none: the framework is moved into place only when the reports have been written.
    with atomic_path(output) as temporary:
        temporary.write_bytes(framework_to_bytes(result.framework))
        write_reports(result.report, report or [])
    noted = sum(bool(unit.notes) for unit in result.framework.units)
    typer.echo(f"wrote {output}: {len(result.framework.units)} units, {noted} with notes", err=True)


def write_reports(report: ParseReport, paths: list[Path]) -> None:
    """Write the report to each path: as a page where the name ends in .html, else as JSON."""
    from matcher.artefact import write_atomic
    from matcher.readers.page import report_page

    for path in paths:
        page = path.suffix.lower() in (".html", ".htm")
        text = report_page(report) if page else json.dumps(report.as_record(), ensure_ascii=False, indent=1) + "\n"
        write_atomic(path, text.encode("utf-8", errors="replace"))


def print_report(report: ParseReport) -> None:
    """Print the counts, the first refused and repaired rows, and the notes, on standard error."""
    from rich.table import Table
    from rich.text import Text

    from matcher.cli.tables import stderr_console

    console = stderr_console()
    table = Table("kept", "repaired", "refused", title="rows")
    table.add_row(str(len(report.kept)), str(len(report.repaired)), str(len(report.refused)))
    console.print(table)
    if any(file.pages for file in report.files) or len(report.files) > 1:
        _print_files(report)
    for name, rows, colour in (("refused", report.refused, "red"), ("repaired", report.repaired, "yellow")):
        for row in rows[:SHOWN]:
            console.print(Text(f"{name}: {row.place}: {row.code} {row.reason}", style=colour))
        if len(rows) > SHOWN:
            console.print(Text(f"{name}: {len(rows) - SHOWN} more (see --report)", style=colour))
    for check in report.failed[:SHOWN]:
        where = f"{check.file}, page {check.page}" if check.page else check.file
        line = f"check failed: {where}: {check.name}: expected {check.expected}, found {check.found}"
        console.print(Text(line, style="red"))
    for row, cell in report.cells("flagged")[:SHOWN]:
        place = f"{row.file}, page {cell.page}" if cell.page else row.place
        console.print(Text(f"look: {place}: {row.code} {cell.field}: {cell.reason}", style="yellow"))
    for note in report.notes:
        console.print(Text(f"note: {note}", style="dim"))


def _print_files(report: ParseReport) -> None:
    """Print a line a file: reader, pages, units, statements, verdict; the first files that need a person come first."""
    from rich.table import Table
    from rich.text import Text

    from matcher.cli.tables import stderr_console

    order = {"refused": 0, "look": 1, "repaired": 2, "clean": 3}
    words = {"refused": "refused", "look": "needs a look", "repaired": "repaired", "clean": "clean"}
    table = Table("file", "reader", "pages", "units", "statements", "verdict", title="files")
    files = sorted(report.files, key=lambda file: order[file.verdict])
    for file in files[:FILES_SHOWN]:
        said = f"{words[file.verdict]}: {file.reason}" if file.reason else words[file.verdict]
        table.add_row(
            Text(file.file), file.reader, str(file.pages or ""), str(file.units), str(file.statements), Text(said)
        )
    stderr_console().print(table)
    counts = {verdict: sum(file.verdict == verdict for file in files) for verdict in order}
    parts = ", ".join(f"{count} {words[verdict]}" for verdict, count in counts.items() if count)
    checks = (
        f"; {len(report.checks) - len(report.failed)} of {len(report.checks)} checks passed" if report.checks else ""
    )
    cells = f"; {len(report.cells('repaired'))} cells repaired, {len(report.cells('flagged'))} flagged"
    stderr_console().print(Text(f"{len(files)} files: {parts}{cells}{checks}"))
