"""``matcher refit``: a rescorer of your own, from decisions that experts made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from matcher.cli.options import (
    BatchOption,
    EncoderOption,
    FromOption,
    SubjectLanguageOption,
    ToOption,
    open_side,
)


def refit(
    from_: FromOption,
    to: ToOption,
    gold: Annotated[
        Path,
        typer.Option("--gold", help="Decisions: CSV, XLSX (subject, object, grade or relation), JSONL or TREC qrels."),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The rescorer to write (replaced whole).")],
    subject_language: SubjectLanguageOption = "both",
    encoder: EncoderOption = "",
    batch_size: BatchOption = 64,
) -> None:
    """Fit confidence, relation and ranking to reviewed decisions; few decisions move the shipped weights little.

    Use the result with --rescorer. Example: matcher refit --from hk.jsonl --to cn.jsonl --gold qrels.tsv -o my.json
    """
    from matcher import pipeline
    from matcher.artefact import write_atomic
    from matcher.compare.model import to_json
    from matcher.evaluate import read_gold

    left = open_side(from_, encoder=encoder, batch_size=batch_size, side="subject").index
    right = open_side(to, encoder=encoder, batch_size=batch_size).index
    decisions = read_gold(gold)
    known, items = set(left.ids), set(right.ids)
    strange = sorted(s for s in decisions.grades if s not in known)
    missing = sorted({o for found in decisions.grades.values() for o in found} - items)
    fitted, used = pipeline.refit(left, right, decisions.grades, decisions.relations, subject_language=subject_language)
    facts = {
        "encoder": left.encoder_name,
        "fitted_on": f"{used} units of {left.framework.header.id} judged against {right.framework.header.id}",
        "gold": gold.name,
    }
    write_atomic(output, to_json(replace(fitted, facts=facts)).encode())
    for words, found in (("units that are not in --from", strange), ("items that are not in --to", missing)):
        if found:
            typer.echo(f"note: {len(found)} {words} left out: {', '.join(found[:5])}", err=True)
    typer.echo(f"wrote {output}: fitted on {used} units; use it with --rescorer {output}", err=True)
