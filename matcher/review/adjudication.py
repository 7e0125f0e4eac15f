"""A work list for an adjudicator: what reviewers see differently, what each said, and what holds; and its way back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from matcher.errors import InputError
from matcher.export.rows import Cell, clean
from matcher.review.run import Run
from matcher.review.settle import ADJUDICATION, Conflict, adjudication
from matcher.review.sheet_words import ABOUT
from matcher.review.words import RELATION_WORDS, VERDICT_WORDS, Shown
from matcher.review.worklist import (
    ADJUDICATION_COLUMNS,
    UNIT_COLUMNS,
    ListOptions,
    WorkList,
    WorkRow,
    candidate_cells,
    list_hash,
    unit_cells,
    work_row,
)
from matcher.review.worklist_import import Imported, check_faults, named_reviewer
from matcher.review.worklist_read import Entry, Returned
from matcher.schema import UnitResult
from matcher.store import Decision, Store, current


def conflict_list(run: Run, conflicts: Iterable[Conflict], *, by: str, language: Shown) -> WorkList:
    """Return the list of a run's conflicts: each unit in its own row, under it the candidates that are in question.

    Args:
        run: The run that the reviewers were shown.
        conflicts: What they see differently, as ``settle`` gives it; those of other runs are left out.
        by: The adjudicator, or "" for a list that asks for the name.
        language: The list's language.

    Raises:
        InputError: There is nothing to adjudicate.
    """
    about: dict[str, dict[str, Conflict]] = defaultdict(dict)
    for conflict in conflicts:
        if conflict.run == run.id:
            about[conflict.subject][conflict.object] = conflict
    if not about:
        raise InputError("there is nothing to adjudicate", where=f"run {run.id}", do="nothing: no two reviewers differ")
    options = ListOptions(language=language)
    stated = [(c.subject, c.object, c.kind, *(d.id for d in c.decisions)) for u in about.values() for c in u.values()]
    list_id = list_hash("adjudication", run.id, by, options, *sorted(stated))[:16]
    rows: list[WorkRow] = []
    for result in run.results:
        if result.subject_id in about:
            rows += _rows(run, result, list_id, about[result.subject_id], language)
    return WorkList(
        id=list_id,
        run=run.id,
        reviewer=by,
        options=options,
        columns=ADJUDICATION_COLUMNS,
        rows=tuple(rows),
        purpose="adjudicate",
    )


def _rows(
    run: Run, result: UnitResult, list_id: str, about: dict[str, Conflict], language: Shown
) -> Iterator[WorkRow]:  # fmt: skip
    unit, whole = unit_cells(run, result, language), about.get("")
    said = [] if whole is None else [d for d in whole.decisions if d.object == ""]
    kind = "" if whole is None else ABOUT[language][whole.kind]
    subject = result.subject_id
    yield work_row(list_id, subject, "", ADJUDICATION_COLUMNS, unit | _stated(kind, said, language))
    repeated = {name: unit[name] for name in UNIT_COLUMNS}
    for s in result.suggestions:
        found = about.get(s.object_id)
        # Of a unit that somebody finds no counterpart of: the candidates that others accept are in question too.
        accepted = [] if whole is None else [d for d in whole.decisions if d.object == s.object_id]
        if found is None and not accepted:
            continue
        kind = ABOUT[language][found.kind] if found is not None else ""
        stated = _stated(kind, found.decisions if found is not None else accepted, language)
        cells = repeated | candidate_cells(run, s, language) | stated
        yield work_row(list_id, subject, s.object_id, ADJUDICATION_COLUMNS, cells)


def _stated(kind: str, decisions: Sequence[Decision], language: Shown) -> dict[str, Cell]:
    colon, stop = (": ", ", ") if language == "en" else ("：", "，")
    lines = []
    for d in sorted(decisions, key=lambda d: (d.reviewer, d.id)):
        words = VERDICT_WORDS[language][d.verdict]
        if d.relation:
            words += stop + RELATION_WORDS[language][d.relation]
        lines.append(f"{d.reviewer}{colon}{words}" + (f"\n   {d.comment}" if d.comment else ""))
    return {"about": kind or None, "said": clean("\n".join(lines)) or None}


def import_adjudications(store: Store, returned: Returned, *, by: str = "", replace: bool = False) -> Imported:
    """Keep what an adjudicator's list says, all of it or nothing; the reviewers' own decisions stay.

    Args:
        store: The store that the reviewers decided in.
        returned: The list, without faults.
        by: The adjudicator, where the list does not say.
        replace: Let the list correct earlier adjudications of the same candidates.

    Raises:
        InputError: A row cannot be kept, nobody or somebody else is named, nobody has decided on a candidate in this
            store, or the list contradicts an earlier adjudication.
    """
    where = f"work list {returned.list_id}"
    check_faults(returned)
    name = named_reviewer(returned, by, where)
    log = store.log(run=returned.run.id)
    by_unit: dict[str, list[Decision]] = defaultdict(list)
    for decision in log:
        by_unit[decision.subject].append(decision)
    standing = {(d.subject, d.object): d for d in current(log) if d.source == ADJUDICATION}
    decisions: list[Decision] = []
    contradictions: list[tuple[Entry, Decision]] = []
    for entry in returned.entries:
        if entry.verdict == "unsure":
            raise InputError(
                f"row {entry.row} is unsure", where=where, expected="what holds", do="leave the row empty, or decide"
            )
        before = standing.get((entry.subject, entry.object))
        if before is not None:
            if (before.verdict, before.relation, before.comment) == (entry.verdict, entry.relation, entry.comment):
                continue
            contradictions.append((entry, before))
        decisions.append(
            adjudication(
                by_unit[entry.subject],
                (returned.run.id, entry.subject, entry.object),
                verdict=entry.verdict,
                relation=entry.relation,
                by=name,
                comment=entry.comment,
                where=store.where,
            )
        )
    if contradictions and not replace:
        entry, before = contradictions[0]
        raise InputError(
            f"row {entry.row} says {entry.verdict} {entry.relation} of {entry.subject} – {entry.object or 'the unit'}, "
            f"but {before.reviewer} said {before.verdict} {before.relation} before ({before.decided_at[:16]}); "
            f"{len(contradictions)} such rows",
            where=where,
            do="nothing was imported: settle which holds, or add --replace to let this list correct the earlier",
        )
    return Imported(
        reviewer=f"{name} (adjudicator)",
        run=returned.run.id,
        kept=store.append(decisions),
        already=len(returned.entries) - len(decisions),
        replaced=len(contradictions),
    )
