"""``matcher decisions carry``: decisions of an old edition under the run of the new one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from matcher.cli.decisions import StoreOption
from matcher.cli.editions import AnyOrderOption, NewArgument, OldArgument, compare
from matcher.cli.options import BatchOption, EncoderOption, KOption, open_side

if TYPE_CHECKING:
    from matcher.review.carry import Fate, Side
    from matcher.review.run import Run
    from matcher.schema import Framework
    from matcher.search.index import FrameworkIndex


def carry(
    old: OldArgument,
    new: NewArgument,
    store: StoreOption,
    by: Annotated[str, typer.Option("--by", help="Who carries the decisions: it stands in each of them.")],
    run: Annotated[str | None, typer.Option("--run", help="The run whose decisions are carried.")] = None,
    side: Annotated[
        Literal["subject", "object"] | None, typer.Option("--side", help="Which side OLD and NEW are, if both fit.")
    ] = None,
    other: Annotated[
        Path | None,
        typer.Option("--other", metavar="FRAMEWORK", help="The other side, whole; left out, what the run shows of it."),
    ] = None,
    k: KOption = 5,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="LIST.xlsx", help="Work list of what goes back to review.")
    ] = None,
    with_new: Annotated[bool, typer.Option("--with-new", help="New units too in the work list.")] = False,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="FILE.csv", help="What became of each decision, and why.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be kept, and keep nothing.")] = False,
    language: Annotated[Literal["en", "zh"], typer.Option("--language", help="Language of the work list.")] = "en",
    any_order: AnyOrderOption = False,
    encoder: EncoderOption = "embedded",
    batch_size: BatchOption = 64,
) -> None:
    """Carry decisions to a new edition; what the change touches goes back to review, and nothing is dropped.

    Example: matcher decisions carry hk-2024.jsonl hk-2026.jsonl --by Wong --store review.db -o again.xlsx
    """
    from matcher.errors import InputError
    from matcher.review.carry import count_fates, fates, rows_of, side_of
    from matcher.review.run import unpack_run
    from matcher.store import current, open_store

    by = " ".join(by.split())
    if not by or len(by) > 80 or set("()") & set(by):
        raise InputError(
            "the name cannot be used", where="--by", expected="up to 80 characters, no brackets", do="name one"
        )
    with open_store(store, create=False) as opened:
        kept = [run] if run else list(opened.runs())
        if len(kept) != 1:
            expected = ", ".join(kept) or "a run"
            raise InputError(f"holds {len(kept)} runs", where=store, expected=expected, do="name one with --run")
        before = unpack_run(opened.run(kept[0]), where=f"{store}, run {kept[0]}")
        log = opened.log(run=kept[0])
        standing = current(log)
        if not standing:
            raise InputError("nobody has decided anything", where=f"{store}, run {kept[0]}", do="review first")
        diff, notes = compare(old, new, encoder=encoder, any_order=any_order)
        for note in notes:
            typer.echo(f"note: {note}", err=True)
        which: Side = side_of(standing, before, diff.old, side)
        changed = open_side(new, encoder=encoder, batch_size=batch_size).index
        rest = _other_side(before, which, other, encoder=encoder, batch_size=batch_size)
        pairs = (changed, rest) if which == "subject" else (rest, changed)
        first = _screen(pairs, k)
        found = fates(
            standing, diff, which, found={r.subject_id: [s.object_id for s in r.suggestions] for r in first.results}
        )
        after, payload = _with_pairs(first, pairs, {pair for fate in found for pair in fate.pairs if pair[1]})
        rows = rows_of(found, after, by=by, edition=f"{diff.old.header.id} {diff.old.header.edition}".strip())
        known = {d.id for d in opened.log(run=after.id)} if after.id in opened.runs() else set()
        fresh = [row for row in rows if row.id not in known]
        if not dry_run:
            opened.append(fresh, runs={after.id: payload})
        if report is not None:
            _write_report(found, report)
        if output is not None:
            touched = {pair[0] for fate in found if fate.kind == "sent back" for pair in fate.pairs}
            if with_new and which == "subject":
                touched |= {unit for change in diff.changes if change.kind == "new" for unit in change.new}
            _write_list(after, payload, touched, output, language)
    tally = count_fates(found)
    _print(found, len(standing))
    if sum(tally.values()) != len(standing):
        raise AssertionError("a decision was lost")  # a fault of the program, never of the input
    done = "would be kept" if dry_run else "kept"
    typer.echo(
        f"{len(fresh)} rows {done} under run {after.id} ({len(rows) - len(fresh)} were there already); "
        f"{len(log) - len(standing)} earlier rows that no longer stand stay in the log of run {before.id}",
        err=True,
    )


def _other_side(before: Run, which: Side, path: Path | None, *, encoder: str, batch_size: int) -> FrameworkIndex:
    """Return the side that has no new edition: the file's, or what the run shows of it.

    Raises:
        InputError: The file cannot be used, or the run's part of it has other ids than the whole had.
    """
    from matcher.encode import load_encoder
    from matcher.errors import InputError
    from matcher.search.index import build_index

    if path is not None:
        return open_side(path, encoder=encoder, batch_size=batch_size).index
    part: Framework = before.query.objects if which == "subject" else before.query.subjects
    index = build_index(part, load_encoder(encoder), batch_size=batch_size)
    ids = {s.object_id for r in before.results for s in r.suggestions}
    if which == "object":
        ids = {result.subject_id for result in before.results}
    if set(index.ids) != ids:
        raise InputError("several units share a code", where=f"run {before.id}", do="give the other side with --other")
    line = f"note: candidates are looked for among the {len(ids)} units that the run shows; --other takes all"
    typer.echo(line, err=True)
    return index


def _screen(pairs: tuple[FrameworkIndex, FrameworkIndex], k: int) -> Run:
    from matcher import pipeline
    from matcher.cli.progress import track
    from matcher.review.run import Run

    total = pipeline.count_subjects(pairs[0])
    results = tuple(track(pipeline.screen(*pairs, k=k), total=total, label="screening"))
    return Run(id="", query=pipeline.query_of(*pairs), results=results)


def _with_pairs(
    run: Run, sides: tuple[FrameworkIndex, FrameworkIndex], wanted: set[tuple[str, str]]
) -> tuple[Run, bytes]:
    """Return the run with every pair that decisions are about, those beyond the first k at their own ranks.

    Raises:
        InputError: A pair names a unit that the other side does not have.
    """
    from matcher import pipeline
    from matcher.errors import InputError
    from matcher.review.run import Run, pack_run

    have = {(r.subject_id, s.object_id) for r in run.results for s in r.suggestions}
    missing = wanted - have
    unknown = sorted({o for _, o in missing} - set(sides[1].ids)) + sorted({s for s, _ in missing} - set(sides[0].ids))
    if unknown:
        raise InputError(
            f"decisions name units that neither edition nor the other side holds: {', '.join(unknown[:3])}",
            where="--other", expected="the framework that was reviewed", do="name that one",
        )  # fmt: skip
    more: dict[str, list[str]] = {}
    for subject, object_id in sorted(missing):
        more.setdefault(subject, []).append(object_id)
    extra = {}
    if more:
        options = pipeline.Screening(k=len(sides[1].ids), unit_ids=tuple(sorted(more)), explain=False)
        for result in pipeline.run_screening(*sides, options):
            kept = {s.object_id: s for s in result.suggestions}
            extra[result.subject_id] = tuple(
                sorted((kept[o] for o in more[result.subject_id] if o in kept), key=lambda s: s.rank)
            )
    results = tuple(replace(r, suggestions=(*r.suggestions, *extra.get(r.subject_id, ()))) for r in run.results)
    run_id, payload = pack_run(results, run.query)
    return Run(id=run_id, query=run.query, results=results), payload


def _write_list(run: Run, payload: bytes, units: set[str], path: Path, language: Literal["en", "zh"]) -> None:
    from matcher.review.worklist import ListOptions, make_lists
    from matcher.review.worklist_book import write_worklist

    some = replace(run, results=tuple(r for r in run.results if r.subject_id in units))
    if not some.results:
        typer.echo(f"nothing goes back to review: {path} is not written", err=True)
        return
    listed = make_lists(some, (), ListOptions(language=language))[0]
    write_worklist(listed, payload, path)
    typer.echo(f"wrote {path}: {len(some.results)} units to review again", err=True)


_COLUMNS = (
    "fate", "subject", "object", "new_subject", "new_object", "verdict", "relation", "reviewer", "decided_at", "reason",
    "id",
)  # fmt: skip


def _write_report(found: Iterable[Fate], path: Path) -> None:
    import csv
    import io

    from matcher.artefact import write_atomic
    from matcher.export.rows import clean, safe_cell

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for fate in found:
        d = fate.decision
        new = [" + ".join(dict.fromkeys(pair[n] for pair in fate.pairs)) for n in (0, 1)]
        said = (d.verdict, d.relation, d.reviewer, d.decided_at)
        cells = (fate.kind, d.subject, d.object, *new, *said, fate.reason, d.id)
        writer.writerow([safe_cell(clean(cell)) for cell in cells])
    # The mark makes Excel read Chinese as UTF-8.
    write_atomic(path, buffer.getvalue().encode("utf-8-sig", "replace"))
    typer.echo(f"wrote {path}", err=True)


def _print(found: Sequence[Fate], total: int) -> None:
    from rich.table import Table

    from matcher.cli.tables import stdout_console
    from matcher.review.carry import FATES

    table = Table(box=None, pad_edge=False)
    verdicts = list(dict.fromkeys(fate.decision.verdict for fate in found))
    for heading in ("", *verdicts, "all"):
        table.add_column(heading, justify="left" if not heading else "right")
    for kind in FATES:
        counts = [sum(f.kind == kind and f.decision.verdict == v for f in found) for v in verdicts]
        table.add_row(kind, *map(str, counts), str(sum(counts)))
    sums = [sum(f.decision.verdict == v for f in found) for v in verdicts]
    table.add_row("decisions", *map(str, sums), str(total), style="bold")
    stdout_console().print(table)
