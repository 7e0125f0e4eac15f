"""``matcher coverage``: how much a set of units and an occupation at a level cover of each other."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from matcher.cli.gathering import (
    Asked,
    IndustryOption,
    LevelOption,
    OccupationOption,
    PaperLanguageOption,
    RulesOption,
    SetOption,
    SourceArgument,
    StoreOption,
    TargetArgument,
    UnitsOption,
    file_kind,
    gather,
    tell,
)
from matcher.cli.options import EncoderOption


def coverage(
    source: SourceArgument,
    target: TargetArgument,
    units: UnitsOption = None,
    set_: SetOption = "",
    industry: IndustryOption = "",
    occupation: OccupationOption = "",
    level: LevelOption = "",
    store: StoreOption = "",
    rules: RulesOption = None,
    format_: Annotated[
        Literal["table", "json", "csv", "xlsx", "html"], typer.Option("--format", help="Output format.")
    ] = "table",
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="The file to write (replaced whole); needed for xlsx and html."),
    ] = None,
    language: PaperLanguageOption = "en",
    encoder: EncoderOption = "embedded",
) -> None:
    """Say how much a set of units and an occupation up to a level cover of each other, in credits, hours and weights.

    Example: matcher coverage hk.jsonl cn.jsonl --units course.csv --occupation 美发师 --level 四级 --store review.db
    """
    from matcher.errors import InputError

    if output is None and format_ in ("xlsx", "html"):
        raise InputError(f"{format_} needs a file", where="-o", expected="a file name", do="name the file to write")
    kind: str = format_
    if output is not None:
        kind = file_kind(output, None if format_ == "table" else format_, ("json", "csv", "xlsx", "html"))
    findings = gather(
        Asked(source=source, target=target, units=units, set=set_, industry=industry, occupation=occupation,
              level=level, store=store, rules=rules, encoder=encoder)
    )  # fmt: skip
    if kind == "table":
        from matcher.cli.coverage_table import print_coverage

        print_coverage(findings, language)
    else:
        from matcher.papers.coverage_files import write_coverage

        data = write_coverage(findings, language, format=kind, path=output)
        if output is not None:
            typer.echo(f"wrote {output}: {len(findings.covered.links)} pairs", err=True)
        else:
            typer.echo(data, nl=False)
    tell(findings)
