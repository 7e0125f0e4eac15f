"""``matcher levels``: level frames, and the tables that set their levels side by side, with their sources."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from matcher.errors import InputError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from matcher.levels import Level, LevelFrame

_FrameOption = Annotated[
    str | None, typer.Option("--from", metavar="FRAME", help="A level frame, such as HKQF, NZQCF, SCQF, NFQ, EQF.")
]
_OtherOption = Annotated[str | None, typer.Option("--to", metavar="FRAME", help="The frame to set beside it.")]


def levels(
    level: Annotated[str | None, typer.Argument(help="One level of the frame, as a sheet may write it.")] = None,
    from_: _FrameOption = None,
    to: _OtherOption = None,
    format_: Annotated[Literal["table", "json"], typer.Option("--format", help="Output format.")] = "table",
) -> None:
    """Show level frames and the published tables that compare them, in English and Chinese, with their sources.

    Example: matcher levels 4 --from HKQF --to NZQCF
    """
    from matcher.cli.tables import stdout_console
    from matcher.export.level_view import comparison_record, frame_record, overview_record

    if from_ is None:
        if level is not None or to is not None:
            raise InputError("no frame is named", where="--from", expected=_frame_names(), do="name one")
        record, show = overview_record(), _show_overview
    else:
        left = _frame(from_, "--from")
        own = _level(left, level) if level is not None else None
        if to is None:
            record, show = frame_record(left), _show_frame
            record["levels"] = [found for found in record["levels"] if own is None or found["id"] == own.id]
        else:
            record, show = comparison_record(left, _frame(to, "--to"), own), _show_comparison
    if format_ == "json":
        typer.echo(json.dumps(record, ensure_ascii=False, indent=1))
    else:
        show(stdout_console(), record)


def _frame_names() -> str:
    from matcher.levels import level_frames

    return ", ".join(frame.names[0] for frame in level_frames().values())


def _frame(name: str, where: str) -> LevelFrame:
    from matcher.levels import find_frame

    found = find_frame(name)
    if found is None:
        raise InputError(
            f"the level frame {name!r} is not known", where=where, expected=_frame_names(), do="name one of them"
        )
    return found


def _level(frame: LevelFrame, text: str) -> Level:
    found = frame.find(text)
    if found is None:
        raise InputError(
            f"{frame.names[0]} has no level {text!r}",
            where="LEVEL",
            expected=", ".join(level.id for level in frame.levels),
            do="name one of them",
        )
    return found


def _folding(*headings: str, title: str | None = None) -> Table:
    """Return a table whose cells are never cut: long Chinese has no spaces to wrap at."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _show_overview(console: Console, record: dict[str, Any]) -> None:
    from matcher.export.level_view import KINDS
    from matcher.levels import level_frames

    frames = level_frames()
    table = _folding("", "Frame", "框架", "Levels", "Source · 来源", title="Level frames · 级别框架")
    for frame in frames.values():
        shown = f"{frame.source.title}. {frame.source.publisher}, {frame.source.year}"
        table.add_row(frame.names[0], frame.title, frame.title_zh, str(len(frame.levels)), shown)
    console.print(table)
    table = _folding("Frames", "Table", "对照表", "Source · 来源", title="Tables of comparable levels · 级别对照表")
    for entry in record["tables"]:
        names = " - ".join(frames[frame].names[0] for frame in entry["frames"])
        source = entry["source"]
        shown = f"{source['title']}. {source['publisher']}, {source['year']}" if source else entry["note"]["en"]
        table.add_row(names, KINDS["en"][entry["kind"]], KINDS["zh"][entry["kind"]], shown)
    console.print(table)
    _close(console)


def _show_frame(console: Console, record: dict[str, Any]) -> None:
    table = _folding("", "Level", "级别", title=f"{record['title']['en']} · {record['title']['zh']}")
    for found in record["levels"]:
        table.add_row(found["id"], found["en"], found["zh"])
    console.print(table)
    _print_source(console, record["source"])
    _close(console)


def _show_comparison(console: Console, record: dict[str, Any]) -> None:
    from rich.text import Text

    from matcher.export.level_view import KINDS, named_levels
    from matcher.levels import level_frames

    left, right = (level_frames()[record[side]] for side in ("from", "to"))
    wanted = record["level"]
    for entry in record["tables"]:
        kind = f"{KINDS['en'][entry['kind']]} · {KINDS['zh'][entry['kind']]}"
        style = "yellow" if entry["kind"] != "published" else ""
        console.print(Text(f"{left.names[0]} - {right.names[0]}: {kind}", style=f"bold {style}".strip()))
        rows = [row for row in entry["rows"] if wanted is None or wanted["id"] in row["from"]]
        if rows:
            table = _folding(left.names[0], right.names[0], "级别", "可比级别")
            for row in rows:
                cells = [
                    named_levels(frame, row[side], shown)
                    for shown in ("en", "zh")
                    for frame, side in ((left, "from"), (right, "to"))
                ]
                table.add_row(*cells)
            console.print(table)
        elif wanted is not None and entry["rows"]:
            _say_nothing_beside(console, entry, left, wanted)
        for shown in ("en", "zh"):
            if entry["note"][shown]:
                console.print(Text(entry["note"][shown], style="dim"))
        _print_source(console, entry["source"])
    _close(console)


def _say_nothing_beside(console: Console, entry: dict[str, Any], left: LevelFrame, wanted: dict[str, str]) -> None:
    from rich.text import Text

    without = {"frame": left.id, "level": wanted["id"]} in entry["no_agreement"]
    english = "no agreement on a comparable level" if without else "the source sets no level beside it"
    chinese = "未就可比级别达成一致" if without else "来源未在其旁列出级别"
    console.print(Text(f"{left.names[0]} {wanted['en']} · {wanted['zh']}: {english} · {chinese}"))


def _print_source(console: Console, source: dict[str, str] | None) -> None:
    from rich.text import Text

    if source is not None:
        line = f"{source['title']}. {source['publisher']}, {source['year']}. {source['passage']}."
        console.print(Text(f"Source · 来源: {line}", style="dim"))


def _close(console: Console) -> None:
    from rich.text import Text

    from matcher.export.level_view import SEPARATE, STANDING

    for shown in ("en", "zh"):
        console.print(Text(f"{STANDING[shown]} {SEPARATE[shown]}"))
