"""Partitions given out to workers that are lost: each comes back once, whatever the order of losses and answers."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.errors import InputError
from matcher.scale.farm import ATTEMPTS, Outcome, farm_out


@dataclass(slots=True, kw_only=True)
class Shaky:
    """Workers on paper: answers come in any order, some twice, and some partitions are lost a few times first."""

    dice: random.Random
    losses: dict[int, int]
    room: int = 3
    running: list[int] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    given: deque[int] = field(default_factory=deque)

    def give(self, number: int) -> bool:
        if len(self.running) >= self.room:
            return False
        self.running.append(number)
        self.given.append(number)
        return True

    def gather(self) -> list[Outcome[bytes]]:
        found: list[Outcome[bytes]] = []
        for number in self.dice.sample(self.running, self.dice.randint(0, len(self.running))):
            self.running.remove(number)
            if self.losses.get(number, 0):
                self.losses[number] -= 1
                found.append(Outcome(number=number, answer=None, machine="m"))
                if self.dice.random() < 0.3:  # it was only cut off, and answers after all
                    found.append(Outcome(number=number, answer=b"%d" % number))
            else:
                self.answered.append(number)
                found += [Outcome(number=number, answer=b"%d" % number)] * self.dice.choice([1, 1, 2])
        return found


@given(
    st.lists(st.integers(0, 40), max_size=20),
    st.dictionaries(st.integers(0, 40), st.integers(0, ATTEMPTS - 1)),
    st.integers(0, 2**32),
)
def test_every_partition_comes_back_once(numbers: list[int], losses: dict[int, int], seed: int) -> None:
    crew = Shaky(dice=random.Random(seed), losses=losses)
    found = list(farm_out(crew, numbers))
    assert sorted(number for number, _ in found) == sorted(set(numbers))
    assert all(answer == b"%d" % number for number, answer in found)


def test_a_lost_partition_goes_first() -> None:
    # One worker: 0 is lost once, so it is given out again before 1 and 2.
    crew = Shaky(dice=random.Random(1), losses={0: 1}, room=1)
    crew.dice.random = lambda: 1.0  # type: ignore[method-assign]
    assert [number for number, _ in farm_out(crew, [0, 1, 2])] == [0, 1, 2]
    assert list(crew.given) == [0, 0, 1, 2]


def test_a_partition_that_takes_every_worker_down_ends_the_run_with_one_line() -> None:
    crew = Shaky(dice=random.Random(1), losses={1: 99}, room=1)
    crew.dice.random = lambda: 1.0  # type: ignore[method-assign]
    with pytest.raises(InputError, match=r"m: partition 1 was lost 4 times; expected enough memory .* what is done"):
        list(farm_out(crew, [0, 1, 2]))
    assert list(crew.given) == [0, 1, 1, 1, 1]
