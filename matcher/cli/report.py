"""``matcher report``: the comparability report that a panel signs, as DOCX or as a page."""

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


def report(
    source: SourceArgument,
    target: TargetArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="The .docx or .html file to write (replaced whole).")],
    units: UnitsOption = None,
    set_: SetOption = "",
    industry: IndustryOption = "",
    occupation: OccupationOption = "",
    level: LevelOption = "",
    store: StoreOption = "",
    rules: RulesOption = None,
    format_: Annotated[
        Literal["docx", "html"] | None, typer.Option("--format", help="By default what the file's name says.")
    ] = None,
    language: PaperLanguageOption = "bilingual",
    encoder: EncoderOption = "embedded",
) -> None:
    """Write the comparability report of two sides: method, figures, matrix, unit by unit, levels, gaps, decisions.

    Example: matcher report hk.jsonl cn.jsonl --occupation 美发师 --level 四级 --store review.db -o report.docx
    """
    from matcher.cli.progress import working
    from matcher.papers.report import report_paper
    from matcher.papers.write import write_paper

    kind = file_kind(output, format_, ("docx", "html"))
    findings = gather(
        Asked(source=source, target=target, units=units, set=set_, industry=industry, occupation=occupation,
              level=level, store=store, rules=rules, encoder=encoder)
    )  # fmt: skip
    with working("writing the report"):
        write_paper(report_paper(findings, language), output, kind)
    tell(findings)
    typer.echo(
        f"wrote {output}: {len(findings.covered.source.items)} units, {len(findings.covered.links)} pairs", err=True
    )
