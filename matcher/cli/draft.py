"""``matcher draft``: the merged draft of both sides' statements, for a panel to edit."""

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


def draft(
    source: SourceArgument,
    target: TargetArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="The .xlsx or .docx file to write (replaced whole).")],
    units: UnitsOption = None,
    set_: SetOption = "",
    industry: IndustryOption = "",
    occupation: OccupationOption = "",
    level: LevelOption = "",
    store: StoreOption = "",
    rules: RulesOption = None,
    format_: Annotated[
        Literal["xlsx", "docx"] | None, typer.Option("--format", help="By default what the file's name says.")
    ] = None,
    language: PaperLanguageOption = "bilingual",
    encoder: EncoderOption = "embedded",
) -> None:
    """Write the union of both sides' statements, the higher of two comparable ones marked, each with its source.

    Example: matcher draft hk.jsonl cn.jsonl --occupation 美发师 --level 四级 --store review.db -o draft.xlsx
    """
    from matcher.cli.progress import working
    from matcher.outcomes.draft import make_draft
    from matcher.papers.draft_book import write_draft_book
    from matcher.papers.draft_paper import draft_paper
    from matcher.papers.write import write_paper

    kind = file_kind(output, format_, ("xlsx", "docx"))
    findings = gather(
        Asked(source=source, target=target, units=units, set=set_, industry=industry, occupation=occupation,
              level=level, store=store, rules=rules, encoder=encoder)
    )  # fmt: skip
    items = make_draft(findings.covered)
    with working("writing the draft"):
        if kind == "docx":
            write_paper(draft_paper(items, findings, language), output, "docx")
        else:
            write_draft_book(items, findings, language, output)
    tell(findings)
    lines = sum(len(item.lines) for item in items)
    typer.echo(f"wrote {output}: {len(items)} items, {lines} statements", err=True)
