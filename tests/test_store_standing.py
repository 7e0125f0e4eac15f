"""What stands after corrections, undo and merges."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from matcher.store import Decision, current
from tests.decisions import decision


def test_undo_brings_the_earlier_decision_back() -> None:
    a = decision(id="a", decided_at="2026-01-01T00:00:01Z")
    b = decision(id="b", verdict="reject", supersedes="a", decided_at="2026-01-01T00:00:02Z")
    u = decision(id="u", verdict="undo", supersedes="b", decided_at="2026-01-01T00:00:03Z")
    redo = decision(id="v", verdict="undo", supersedes="u", decided_at="2026-01-01T00:00:04Z")
    assert current([a]) == (a,)
    assert current([a, b]) == (b,)
    assert current([a, b, u]) == (a,)
    assert current([a, b, u, redo]) == (b,)
    assert current([a, decision(id="w", verdict="undo", supersedes="a")]) == ()
    # Without "supersedes" the later one stands, whatever the order of the log.
    c = replace(b, supersedes="")
    assert current([c, a]) == current([a, c]) == (c,)
    # What is superseded is gone even where a clock was wrong.
    late = replace(a, decided_at="2026-02-01T00:00:00Z")
    assert current([late, b]) == (b,)
    other = replace(a, id="o", reviewer="Li")
    assert set(current([a, other])) == {a, other}


@given(st.data())
def test_a_merge_stands_the_same_whichever_log_came_first(data: st.DataObject) -> None:
    def log(name: str) -> list[Decision]:
        made: list[Decision] = []
        for number in range(data.draw(st.integers(0, 6))):
            earlier = data.draw(st.sampled_from(["", *(d.id for d in made)]))
            verdict = data.draw(st.sampled_from(["accept", "reject", "undo"] if earlier else ["accept", "reject"]))
            made.append(
                decision(
                    id=f"{name}{number}",
                    verdict=verdict,
                    supersedes=earlier,
                    reviewer="Chan",
                    subject=data.draw(st.sampled_from("XY")),
                    decided_at=f"2026-01-01T00:00:{number:02d}.{name}Z",
                )
            )
        return made

    one, two = log("1"), log("2")
    assert current(one + two) == current(two + one)
