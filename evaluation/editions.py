"""How well changes between editions are found: generated editions, known changes, seeds that nobody developed on.

    python -m evaluation.editions [--seeds 100,101,102] [--out FOLDER]

Two old editions: the Hong Kong samples and the Mainland samples, each with 200 more units of trilingual text; each gets
more than 200 changes a seed. A change counts as found where kind, old units and new units are all right.
Writes evaluation/reports/editions.{md,json}.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evaluation.edition_maker import COUNTS, Edition, base, make_edition, read_pool
from matcher.encode import load_encoder
from matcher.encode.protocol import Encoder
from matcher.outcomes.editions import diff_editions
from matcher.review.carry import count_fates, fates
from matcher.schema.edition import CHANGE_KINDS, EditionDiff
from matcher.store import Decision

ROOT = Path(__file__).resolve().parents[1]
# Development used seeds 0 to 9 only.
SEEDS = (100, 101, 102)
SIDES = ("hk", "cn")
REPLACED = (0.3, 0.5, 0.6, 0.7, 0.8, 0.9)
Key = tuple[str, tuple[str, ...], tuple[str, ...]]


def keys_of(made: Edition, found: EditionDiff) -> tuple[Counter[Key], Counter[Key]]:
    """Return the changes that were made and those that were found."""
    truth = Counter((k.kind, k.old, k.new) for k in made.known)
    got = Counter((c.kind, tuple(sorted(c.old)), tuple(sorted(c.new))) for c in found.changes)
    return Counter(truth), Counter(got)


def score(pairs: Sequence[tuple[Counter[Key], Counter[Key]]]) -> dict[str, dict[str, float]]:
    """Return, by kind, how many changes were made and found and how many are right, with precision and recall."""
    out = {}
    for kind in CHANGE_KINDS:
        made = sum(n for truth, _ in pairs for key, n in truth.items() if key[0] == kind)
        found = sum(n for _, got in pairs for key, n in got.items() if key[0] == kind)
        right = sum(min(n, got[key]) for truth, got in pairs for key, n in truth.items() if key[0] == kind)
        out[kind] = {
            "made": made, "found": found, "right": right, "precision": right / found if found else 1.0,
            "recall": right / made if made else 1.0,
        }  # fmt: skip
    return out


def touched_right(made: Edition, found: EditionDiff) -> tuple[int, int]:
    """Return of how many changes "review again" is right, and of how many it is known."""
    known = {(k.old, k.new): k.touched for k in made.known}
    said = [(known.get((tuple(sorted(c.old)), tuple(sorted(c.new)))), c.touched) for c in found.changes]
    return sum(a == b for a, b in said if a is not None), sum(a is not None for a, _ in said)


def carried_right(made: Edition, found: EditionDiff) -> dict[str, int]:
    """Let two reviewers decide on every old unit; return what becomes of it, how much is right, how much lost."""
    plain = {"run": "r", "object": "ZZ-1", "verdict": "accept", "decided_at": "2026-01-01T00:00:00.000000Z"}
    decisions = [
        Decision(**plain, id=f"{name} {unit}", subject=unit, reviewer=name)  # type: ignore[arg-type]
        for unit in made.old.unit_ids()
        for name in ("A", "B")
    ]
    known = {unit: k for k in made.known for unit in k.old}
    told = fates(decisions, found, "subject", found={})
    right = 0
    for fate in told:
        k = known[fate.decision.subject]
        right += fate.kind == ("retired" if not k.new else "sent back" if k.touched else "carried")
    return {**count_fates(told), "decisions": len(decisions), "right": right, "lost": len(decisions) - len(told)}


def limits(encoder: Encoder, seed: int) -> list[dict[str, float]]:
    """Return how many renumbered units are found again when more and more of their statements are others' text."""
    pool = read_pool()
    old = base("hk", pool, seed)
    used = {s.text for unit in old.units for s in unit.statements}
    rows = [row for trade in sorted(pool) for row in pool[trade] if not used & set(row)]
    out = []
    for share in REPLACED:
        units, chosen = [], old.units[:60]
        for number, unit in enumerate(chosen):
            mine = rows[number * 40 : number * 40 + 40]
            count = round(share * sum(s.role != "title" for s in unit.statements))
            statements, changed = [], 0
            for s in unit.statements:
                if s.role != "title" and changed < count:
                    s = replace(s, text=mine[changed][0 if s.language == "en" else 1])
                    changed += 1
                statements.append(s)
            units.append(replace(unit, code=f"ZZLIM{number:03d}", statements=tuple(statements)))
        new = replace(old, header=replace(old.header, edition="2026"), units=tuple(units))
        found = diff_editions(replace(old, units=chosen), new, encoder)
        right = sum(c.kind == "renumbered" and c.new == (f"ZZLIM{i:03d}",) for i, u in enumerate(chosen)
                    for c in found.changes if c.old == (u.code,))  # fmt: skip
        out.append({"replaced": share, "units": len(chosen), "found": right})
    return out


def measure(seeds: Sequence[int]) -> dict[str, Any]:
    """Return every figure of the report."""
    encoder, pool = load_encoder(), read_pool()
    out: dict[str, Any] = {"seeds": list(seeds), "changes_a_seed": dict(COUNTS), "sides": {}}
    for side in SIDES:
        pairs, touched, units, fate = [], [0, 0], [0, 0], Counter[str]()
        for seed in seeds:
            made = make_edition(base(side, pool, seed), pool, seed)
            found = diff_editions(made.old, made.new, encoder)
            pairs.append(keys_of(made, found))
            fate.update(carried_right(made, found))
            touched = [a + b for a, b in zip(touched, touched_right(made, found), strict=True)]
            units = [units[0] + len(made.old.units), units[1] + len(made.new.units)]
        out["sides"][side] = {
            "units_old": units[0], "units_new": units[1], "kinds": score(pairs), "touched_right": touched[0],
            "touched_known": touched[1], "decisions": dict(fate),
        }  # fmt: skip
    out["limits"] = limits(encoder, seeds[0])
    return out


def wilson(right: float, n: float) -> str:
    """Return the 95 % interval of a share (Wilson, 1927): the percentile bootstrap has none where all are right."""
    if not n:
        return "-"
    z, share = 1.959964, right / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return f"{max(0.0, middle - half):.3f}-{min(1.0, middle + half):.3f}"


_NAMES = {"hk": "Hong Kong samples (English and Chinese)", "cn": "Mainland samples (Chinese)"}


def markdown(found: Mapping[str, Any]) -> str:
    """Return the report."""
    lines = [
        "# Changes between editions, measured", "",
        "Made by `make eval-editions` (`python -m evaluation.editions`). Old editions are our samples with 200 more "
        "units made of trilingual text (all of it AI-written); each new edition is made from a seed with known "
        f"changes. The seeds here ({', '.join(map(str, found['seeds']))}) were not used while the comparison was "
        "written. A change counts as found where its kind, its old units and its new units are all right. Rewording "
        "replaces words, turns and drops clauses and adds endings: milder than a committee's new wording may be. How "
        "real editions differ is not measured: no two real editions of one standard were at hand.", "",
    ]  # fmt: skip
    for side, row in found["sides"].items():
        changes = sum(k["made"] for name, k in row["kinds"].items() if name != "unchanged")
        lines += [
            f"## {_NAMES[side]}", "",
            f"{row['units_old']} old and {row['units_new']} new units over {len(found['seeds'])} seeds, "
            f"{changes} changes.",
            "", "| kind | made | found | right | precision (95 %) | recall (95 %) |", "|---|---|---|---|---|---|",
        ]  # fmt: skip
        lines += [
            f"| {kind} | {k['made']} | {k['found']} | {k['right']} "
            f"| {k['precision']:.3f} ({wilson(k['right'], k['found'])}) "
            f"| {k['recall']:.3f} ({wilson(k['right'], k['made'])}) |"
            for kind, k in row["kinds"].items()
        ]
        told = row["decisions"]
        lines += [
            "", f"Two decisions on every old unit, {told['decisions']} in all: {told['carried']} carried, "
            f"{told['sent back']} sent back to review, {told['retired']} on retired units; {told['right']} as the "
            f"changes ask, {told['lost']} lost.",
        ]  # fmt: skip
        lines += ["", f"“Review again” is right for {row['touched_right']} of {row['touched_known']} changes.", ""]
    lines += [
        "## Where it ends", "",
        "Units with a new code and the same title, of whose other statements a share is replaced by other text:", "",
        "| replaced | units | found as renumbered |", "|---|---|---|",
    ]  # fmt: skip
    lines += [f"| {row['replaced']:.0%} | {row['units']} | {row['found']} |" for row in found["limits"]]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write the report."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", default=",".join(map(str, SEEDS)))
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation" / "reports")
    given = parser.parse_args()
    found = measure([int(seed) for seed in given.seeds.split(",")])
    (given.out / "editions.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    (given.out / "editions.md").write_text(markdown(found), encoding="utf-8")
    print(markdown(found))


if __name__ == "__main__":
    main()
