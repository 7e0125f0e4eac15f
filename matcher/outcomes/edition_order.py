"""Which of two editions is the newer one, as far as the files say it."""

from __future__ import annotations

import re

from matcher.errors import InputError
from matcher.schema import Framework

# A year, perhaps with month and day: 2024, 2024-06, 2024年6月, 2024/06/30.
_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:\s*[-/.年]\s*(\d{1,2}))?(?:\s*[-/.月]\s*(\d{1,2}))?(?!\d)")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")


def edition_date(text: str) -> tuple[int, int, int] | None:
    """Return the latest date that an edition's name tells (0 for a month or day that it does not), or None."""
    found = [(int(y), int(m or 0), int(d or 0)) for y, m, d in _DATE.findall(text)]
    return max((date for date in found if date[1] <= 12 and date[2] <= 31), default=None)


def _order(old: str, new: str) -> int | None:
    """Return 1 where the second name is the later one, -1 where it is the earlier one, 0 alike, None unknown."""
    dates = edition_date(old), edition_date(new)
    if dates[0] is not None and dates[1] is not None:
        # A year alone cannot be told from a day in it.
        known = min(sum(part > 0 for part in date) for date in dates if date is not None)
        left, right = dates[0][:known], dates[1][:known]
        return (right > left) - (right < left)
    if dates == (None, None):
        numbers = [_NUMBER.search(text) for text in (old, new)]
        if numbers[0] and numbers[1]:
            a, b = (tuple(map(int, number.group().split("."))) for number in numbers if number)
            return (b > a) - (b < a)
    return None


def check_order(old: Framework, new: Framework, *, anyway: bool = False) -> tuple[str, ...]:
    """Return what to say about the order of two editions: nothing, where the files say that it is right.

    Args:
        old: What was given as the earlier edition.
        new: What was given as the later one.
        anyway: Only say it where they are the wrong way round.

    Raises:
        InputError: The first is the newer one by its edition, its date of retrieval or its units' versions.
    """
    signs = {
        "edition": (old.header.edition, new.header.edition),
        "date of retrieval": (old.header.retrieved, new.header.retrieved),
    }
    notes = []
    if old.header.id != new.header.id:
        notes.append(f"the two files have different ids ({old.header.id}, {new.header.id}): are they one framework?")
    known = False
    for name, (left, right) in signs.items():
        order = _order(left, right)
        if order is None or order == 0:
            continue
        if order > 0:
            known = True
            break
        line = f"the first file is the newer one by its {name} ({left}; the second's is {right})"
        if not anyway:
            raise InputError(line, expected="OLD, then NEW", do="swap the two, or give --any-order")
        notes.append(line)
        known = True
        break
    if not known:
        later = _by_versions(old, new)
        if later is not None and later[1] > later[0]:
            line = (
                f"{later[1]} units have a higher version in the first file than in the second ({later[0]} a lower one)"
            )
            if not anyway:
                raise InputError(line, expected="OLD, then NEW", do="swap the two, or give --any-order")
            notes.append(line)
        elif later is None:
            notes.append("the files do not say which of them is the newer one; the first is taken as the older")
    return tuple(notes)


def _by_versions(old: Framework, new: Framework) -> tuple[int, int] | None:
    """Return how many units of the same code have a higher and a lower version in the second file, None for no sign."""
    before = {unit.code: unit for unit in old.units}
    higher = lower = 0
    for unit in new.units:
        other = before.get(unit.code)
        if other is None:
            continue
        order = _order(f"{other.version}.{other.revision}".strip("."), f"{unit.version}.{unit.revision}".strip("."))
        higher += order == 1
        lower += order == -1
    return (higher, lower) if higher or lower else None
