"""What came back in a work list becomes decisions in the store: all of them, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matcher.errors import InputError
from matcher.review.run import Run, edition_of
from matcher.review.worklist_read import Entry, Returned
from matcher.schema import Suggestion, UnitResult
from matcher.store import Decision, Store, current, new_id, now


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did: decisions kept, entries the store already held, and earlier decisions they replace."""

    reviewer: str
    run: str
    kept: int
    already: int
    replaced: int


def import_worklist(
    store: Store, returned: Returned, *, reviewer: str = "", new_run: bool = False, replace: bool = False
) -> Imported:
    """Keep what a list says.

    Args:
        store: The store.
        returned: The list, without faults.
        reviewer: Who filled it in, where the list does not say.
        new_run: Take the list's run into a store that holds other runs.
        replace: Let the list correct what the same reviewer said of the same candidates before.

    Raises:
        InputError: A row cannot be kept, nobody or somebody else is named, the list is of another run, or it
            contradicts earlier decisions of the reviewer.
    """
    where = f"list {returned.list_id}"
    check_faults(returned)
    name = named_reviewer(returned, reviewer, where)
    runs = store.runs()
    if runs and returned.run.id not in runs and not new_run:
        raise InputError(
            f"is of the run {returned.run.id}, which is not in the store",
            where=where,
            expected=f"a list of {', '.join(runs[:5])}",
            do="name the right store, or add --new-run to keep several runs in this one",
        )
    standing = {d.key: d for d in current(store.log(run=returned.run.id, reviewer=name))}
    moment = now()
    decisions: list[Decision] = []
    contradictions: list[tuple[Entry, Decision]] = []
    results = {result.subject_id: result for result in returned.run.results}
    for entry in returned.entries:
        before = standing.get((returned.run.id, name, entry.subject, entry.object))
        if before is not None:
            if (before.verdict, before.relation, before.comment) == (entry.verdict, entry.relation, entry.comment):
                continue
            contradictions.append((entry, before))
        decisions.append(_decision(entry, returned, results[entry.subject], name=name, before=before, moment=moment))
    if contradictions and not replace:
        entry, before = contradictions[0]
        raise InputError(
            f"row {entry.row} says {entry.verdict} {entry.relation} of {entry.subject} – {entry.object or 'the unit'}, "
            f"but {name} said {before.verdict} {before.relation} before ({before.source}, {before.decided_at[:16]}); "
            f"{len(contradictions)} such rows",
            where=where,
            do="nothing was imported: settle which copy holds, or add --replace to let this one correct the earlier",
        )
    kept = store.append(decisions, runs={returned.run.id: returned.payload})
    return Imported(
        reviewer=name,
        run=returned.run.id,
        kept=kept,
        already=len(returned.entries) - len(decisions),
        replaced=len(contradictions),
    )


def check_faults(returned: Returned) -> None:
    """Refuse a list that has rows which cannot be kept as they stand.

    Raises:
        InputError: There are such rows.
    """
    if returned.faults:
        more = f" (and {len(returned.faults) - 1} more)" if len(returned.faults) > 1 else ""
        raise InputError(returned.faults[0] + more, do="nothing was imported: correct the rows and import again")


def named_reviewer(returned: Returned, given: str, where: str) -> str:
    """Return who filled a list in.

    Args:
        returned: The list.
        given: Who the command names, or "".
        where: The list's name, for messages.

    Raises:
        InputError: Nobody is named, or the two differ.
    """
    if returned.reviewer and given and returned.reviewer != given:
        raise InputError(
            f"names the reviewer {returned.reviewer}, not {given}",
            where=where,
            do="leave --reviewer out, or correct it",
        )
    name = (returned.reviewer or given).strip()
    if not name:
        raise InputError(
            "does not say who filled it in", where=where, expected="a name on the sheet Read me",
            do="name the reviewer with --reviewer",
        )  # fmt: skip
    return name


def _decision(
    entry: Entry, returned: Returned, result: UnitResult, *, name: str, before: Decision | None, moment: str
) -> Decision:
    candidate = _candidate(result.suggestions, entry.object)
    run: Run = returned.run
    shown = candidate if candidate is not None and not returned.blind else None
    return Decision(
        id=new_id(),
        run=run.id,
        subject=entry.subject,
        object=entry.object,
        verdict=entry.verdict,
        relation=entry.relation,
        comment=entry.comment,
        reviewer=name,
        decided_at=moment,
        subject_edition=edition_of(run.query.subjects, result.subject),
        object_edition=edition_of(run.query.objects, candidate.object) if candidate is not None else "",
        rank=shown.rank if shown is not None else None,
        score=shown.score if shown is not None else None,
        confidence=shown.confidence if shown is not None else None,
        blind=returned.blind,
        source=f"work list {returned.list_id}",
        supersedes=before.id if before is not None else "",
    )


def _candidate(suggestions: Sequence[Suggestion], object_id: str) -> Suggestion | None:
    return next((s for s in suggestions if s.object_id == object_id), None)
