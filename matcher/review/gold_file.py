"""Decisions as gold pairs: a table that `matcher evaluate --gold` and the refitting of a rescorer read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from matcher.export.rows import safe_cell
from matcher.review.settle import ADJUDICATION, grade_of
from matcher.store import Decision

COLUMNS = ("subject", "object", "grade", "relation", "judge", "verdict", "date")


def gold_table(standing: Iterable[Decision]) -> tuple[str, int]:
    """Return the table as TSV, and how many decisions say nothing ("unsure") and are left out.

    A row a judge and candidate; a unit without counterpart has an empty object. Where a candidate was adjudicated only
    the adjudicator's row is there. ``evaluate`` averages the judges.
    """
    decisions = tuple(standing)
    judged = {(d.run, d.subject, d.object) for d in decisions if d.source == ADJUDICATION}
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter="\t", lineterminator="\n")
    writer.writerow(COLUMNS)
    left_out = 0
    for d in sorted(decisions, key=lambda d: (d.subject, d.object, d.reviewer, d.run)):
        if d.source != ADJUDICATION and (d.run, d.subject, d.object) in judged:
            continue
        grade = grade_of(d.verdict, d.relation)
        if grade is None:
            left_out += 1
            continue
        shown = "" if d.object == "" else grade
        # The ids stay as they are: they are what the pairs are joined by.
        writer.writerow((d.subject, d.object, shown, d.relation, safe_cell(d.reviewer), d.verdict, d.decided_at[:10]))
    return buffer.getvalue(), left_out
