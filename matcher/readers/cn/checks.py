"""What a standard states twice: the weights' sums, and the functions of section 3 against those of section 4."""

from __future__ import annotations

from collections.abc import Sequence

from matcher.readers.cn.cover import Cover
from matcher.readers.cn.weights import Weights, functions_of
from matcher.readers.report import Check


def check_standard(
    file: str, found: Sequence[tuple[tuple[str, str] | None, str, str]], weights: Sequence[Weights], cover: Cover
) -> tuple[Check, ...]:
    """Return the checks of one standard.

    Args:
        file: For the report.
        found: The level, the kind of work (工种, "" for none) and the function of every work content that was read.
        weights: The columns of the weight tables.
        cover: The levels that the standard says it sets.
    """
    checks: list[Check] = []
    read: dict[str, set[str]] = {}
    of_kind: dict[tuple[str, str], set[str]] = {}
    for level, kind, function in found:
        if level is not None:
            read.setdefault(level[1], set()).add(function)
            of_kind.setdefault((kind, level[1]), set()).add(function)
    if cover.levels:
        checks.append(
            Check(file=file, name="levels of 1.4 all have a table", expected=", ".join(cover.levels),
                  found=", ".join(level for level in cover.levels if level in read) or "none",
                  passed=set(cover.levels) == set(read))
        )  # fmt: skip
    for column in weights:
        at = f"level {column.level}{f' ({column.kind})' if column.kind else ''}"
        name = f"{'skill' if column.part == 'skill' else 'theory'} weights of {at}"
        checks.append(
            Check(file=file, name=f"{name}: sum", expected="100", found=f"{column.total:g}",
                  passed=abs(column.total - 100) < 0.01, page=column.page)
        )  # fmt: skip
        if column.part != "skill":
            continue
        wanted = functions_of(column)
        here = read.get(column.level, set())
        if column.kind:
            # Functions that stand above the first kind hold for every kind.
            here = of_kind.get((column.kind, column.level), set()) | of_kind.get(("", column.level), set())
        missing = sorted(wanted - here)
        extra = sorted(here - wanted)
        said = "; ".join(
            f"{word} {'、'.join(names)}" for word, names in (("missing", missing), ("not weighted", extra)) if names
        )
        checks.append(
            Check(file=file, name=f"{at}: every weighted 职业功能 was read",
                  expected="、".join(sorted(wanted)), found=said or "all", passed=not missing and not extra,
                  page=column.page)
        )  # fmt: skip
    return tuple(checks)
