"""Partitions given out to workers that may be lost in the middle: each is answered once, whatever happens.

A partition is a number; its answer is the rows of a screening, or the vectors of some texts. Nothing here knows how the
workers are reached: a crew is whatever takes a number and later says what became of it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from matcher.errors import InputError

# A partition that took its worker down this often is taken to be the cause (memory, as a rule), not the victim.
ATTEMPTS = 4


Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[Answer]):
    """What became of a partition: its answer, or None with the name of the machine that was lost with it."""

    number: int
    answer: Answer | None
    machine: str = ""


class Crew(Protocol[Answer]):
    """Workers, as many as there are at the moment."""

    def give(self, number: int) -> bool:
        """Give a partition to a worker; return False where none has room."""

    def gather(self) -> Sequence[Outcome[Answer]]:
        """Wait a little; return what has become of partitions since the last call, if anything has.

        Raises:
            InputError: No worker is left, or one cannot do this at all.
        """


def farm_out(crew: Crew[Answer], numbers: Iterable[int]) -> Iterator[tuple[int, Answer]]:
    """Yield each partition's number and answer once, in the order in which they are done.

    A lost partition goes before those not begun, so that the results stay close together. A second answer to a
    partition (its first worker was only cut off) is dropped.

    Raises:
        InputError: No worker is left, or one partition took ``ATTEMPTS`` workers down.
    """
    waiting = deque(dict.fromkeys(numbers))
    open_ = set(waiting)
    lost: Counter[int] = Counter()
    while open_:
        while waiting and (waiting[0] not in open_ or crew.give(waiting[0])):
            waiting.popleft()
        for outcome in crew.gather():
            number = outcome.number
            if number not in open_:
                continue
            if outcome.answer is not None:
                open_.remove(number)
                yield number, outcome.answer
                continue
            lost[number] += 1
            if lost[number] >= ATTEMPTS:
                raise InputError(
                    f"partition {number} was lost {ATTEMPTS} times",
                    where=outcome.machine,
                    expected="enough memory on every machine",
                    do="leave smaller machines out, then run the command again: what is done is kept",
                )
            waiting.appendleft(number)
