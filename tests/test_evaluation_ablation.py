"""What each signal is worth, and the set over seeded splits, on made-up subjects whose answer is known."""

from __future__ import annotations

import numpy as np

from evaluation.ablate import ablation, seeded_splits  # noqa: TID251
from matcher.compare.features import Scored
from matcher.compare.fit import Example
from matcher.compare.signals import SIGNALS

OBJECTS = tuple(f"o{n}" for n in range(6))


def _examples() -> tuple[dict[str, list[Example]], dict[str, dict[str, int]]]:
    """Thirty subjects of three trades; only the signal "unit" tells the relevant object, all others are noise."""
    random = np.random.default_rng(4)
    examples, grades = [], {}
    for number in range(30):
        right = number % len(OBJECTS)
        found = random.normal(size=(len(OBJECTS), len(SIGNALS)))
        found[:, SIGNALS.index("unit")] = np.arange(len(OBJECTS)) == right
        grade = np.where(np.arange(len(OBJECTS)) == right, 3, 0)
        subject = f"u{number}"
        scored = Scored(
            row=number,
            candidates=np.arange(len(OBJECTS)),
            signals=found,
            scores=np.zeros(len(OBJECTS)),
            same_language=1.0,
        )
        examples.append(
            Example(
                group=f"t{number % 3}", subject=subject, scored=scored, grades=grade, relations={}, relation_rows={}
            )
        )
        grades[subject] = {OBJECTS[right]: 3}
    return {"en": examples}, grades


def test_the_signal_that_tells_is_worth_something() -> None:
    examples, grades = _examples()
    rows = {row.signal: row for row in ablation(examples, grades, OBJECTS)}
    assert set(rows) == {"", *SIGNALS}
    assert rows[""].ndcg["en"] == 1.0
    assert rows[""].change["en"] == 0.0
    assert rows["unit"].change["en"] < -0.2
    assert rows["unit"].p_value["en"] < 0.01
    assert all(abs(row.change["en"]) < 0.05 for name, row in rows.items() if name != "unit")


def test_the_set_of_a_sure_ranking_is_its_first_candidate() -> None:
    # The relevant object is always first: the gap is 0, every set holds one candidate, and it is the right one.
    examples, _ = _examples()
    (row,) = seeded_splits(examples)
    assert (row.language, row.n, row.coverage, row.lowest, row.median_size) == ("en", 30, 1.0, 1.0, 1.0)
