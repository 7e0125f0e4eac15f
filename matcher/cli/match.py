"""``matcher match``: the comparable parts of the other framework for one unit."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from matcher.cli.options import (
    BatchOption,
    EncoderOption,
    FromOption,
    GroupOption,
    KOption,
    LanguageOption,
    RerankOption,
    RescorerOption,
    SubjectLanguageOption,
    ToOption,
    choose_reranker,
    choose_rescorer,
    open_side,
    say_levels,
)

# Two index folders of more pairs of units than this are laid out once and kept: below it takes under a second.
KEPT_FROM = 1_000_000


def match(
    from_: FromOption,
    to: ToOption,
    code: Annotated[
        str | None, typer.Argument(help="The unit's code in the source side (CODE or CODE@VERSION).")
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", help="Match free text instead: a title, then statements.")
    ] = None,
    k: KOption = 10,
    format_: Annotated[Literal["table", "json", "csv", "html"], typer.Option("--format", help="Output.")] = "table",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write to this file.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show every matched statement and what is left over.")
    ] = False,
    language: LanguageOption = "auto",
    subject_language: SubjectLanguageOption = "both",
    group: GroupOption = None,
    rescorer: RescorerOption = None,
    rerank: RerankOption = None,
    encoder: EncoderOption = "",
    batch_size: BatchOption = 64,
) -> None:
    """Suggest comparable units for one unit, with the statements that match.

    Example: matcher match ZZHDSC201A --from hk.jsonl --to cn.jsonl
    """
    from matcher.cli.progress import working
    from matcher.cli.tables import print_results, stdout_console
    from matcher.encode import load_encoder
    from matcher.errors import InputError
    from matcher.export import render_results, write_results
    from matcher.pipeline import Screening, query_of, run_screening, text_framework
    from matcher.search.index import build_index
    from matcher.search.lookup import find_unit

    if (code is None) == (text is None):
        raise InputError(
            "name one unit", where="match", expected="either CODE or --text", do="see matcher match --help"
        )
    subjects = open_side(from_, encoder=encoder, batch_size=batch_size, side="subject").index
    objects = open_side(to, encoder=encoder, batch_size=batch_size).index
    if text is not None:
        typed = text_framework(text, like=subjects.framework.header)
        subjects = build_index(typed, load_encoder(encoder, "subject"), genre=subjects.genre)
        unit_id = subjects.ids[0]
    else:
        unit_id, _ = find_unit(subjects.framework, str(code))
    wanted = Screening(
        k=k,
        subject_language=subject_language,
        unit_ids=(unit_id,),
        group=group,
        rescorer=choose_rescorer(rescorer, subjects),
        reranker=choose_reranker(rerank),
    )
    pair = None
    if text is None and from_.is_dir() and to.is_dir() and len(subjects.ids) * len(objects.ids) > KEPT_FROM:
        # Only here: most matches need nothing of it.
        from matcher.scale.context import kept_pair

        with working("laying out both sides, once"):
            pair = kept_pair(to, subjects, objects, subject_language=subject_language)
    results = list(run_screening(subjects, objects, wanted, pair=pair))
    query = query_of(subjects, objects)
    if output is not None:
        kind = "html" if format_ == "table" else format_
        write_results(results, query=query, format=kind, path=output, language=language)
        say_levels(subjects.framework, objects.framework)
        typer.echo(f"wrote {output}", err=True)
    elif format_ == "table":
        print_results(results, query=query, console=stdout_console(), explain=explain, language=language)
    else:
        sys.stdout.buffer.write(render_results(results, query=query, format=format_, language=language))
