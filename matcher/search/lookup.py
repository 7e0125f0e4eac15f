"""A unit by its code, and the nearest codes where there is none."""

from __future__ import annotations

import difflib

from matcher.errors import InputError
from matcher.schema import Framework, Unit


def find_unit(framework: Framework, code: str) -> tuple[str, Unit]:
    """Return a unit's id and the unit, by id (``code`` or ``code@version``).

    Raises:
        InputError: There is no such unit (the nearest codes are named), or several editions share the code.
    """
    units = {unit_id: number for number, unit_id in enumerate(framework.unit_ids())}
    wanted = code.strip()
    if wanted in units:
        return wanted, framework.units[units[wanted]]
    folded = {unit_id.casefold(): unit_id for unit_id in sorted(units)}
    if wanted.casefold() in folded:
        found = folded[wanted.casefold()]
        return found, framework.units[units[found]]
    # Units that share a code have ids that begin with it.
    editions = sorted(
        unit_id
        for unit_id, number in units.items()
        if unit_id.startswith(f"{wanted}@") and framework.units[number].code == wanted
    )
    if editions:
        raise InputError(f"{wanted} has several editions", expected=" or ".join(editions), do="name one of them")
    near = difflib.get_close_matches(wanted.casefold(), list(folded), n=5, cutoff=0.5)
    named = ", ".join(folded[unit_id] for unit_id in near) or "none is near"
    raise InputError(
        f"there is no unit {wanted[:80]}",
        where=framework.header.id,
        expected=f"a code of this framework (nearest: {named})",
        do="check the code",
    )
