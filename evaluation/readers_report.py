"""The figures of ``evaluation.readers`` as Markdown and JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_HEAD = """# The readers, measured

Made by `make eval-readers` (`python -m evaluation.readers`). The documents are generated from original text, so that
the truth is known; the seeds are not those that the readers were written with. *Exact* means equal to the truth but for
spaces (in Chinese, where they say nothing, all spaces; in English, runs of them). *Silent* counts statements that are
wrong, missing or invented in a cell that the report does not flag. No official document was at hand: how well these
layouts stand for the real ones is not measured.
"""


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "-"


def _clean(found: dict[str, Any]) -> list[str]:
    out = ["## Clean documents", "",
           "| layout | producer | documents | pages | units found | levels right | statements exact | invented "
           "| roles right | checks failed |", "|---|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for name, row in found.items():
        layout, _, producer = name.partition(" | ")
        out.append(
            f"| {layout} | {producer} | {row['documents']} | {row.get('pages', 0) or '-'} "
            f"| {row['found_units']} of {row['units']} | {row['right_levels']} of {row['levels']} "
            f"| {row['exact']} of {row['statements']} ({_percent(row['exact'], row['statements'])}) "
            f"| {row['read_statements'] - row['exact']} | {row['roles']} of {row['read_statements']} "
            f"| {row.get('checks_failed', 0)} of {row.get('checks', 0)} |"
        )
    return out


def _damaged(found: dict[str, Any]) -> list[str]:
    out = ["## Damaged standards", "",
           "Each number, word or cell that a kind of damage may hit is hit with probability 0.3; all kinds together "
           "hit most cells.", "",
           "| damage | producer | documents | hits | statements exact | flagged units | silent | levels wrong "
           "| levels right |",
           "|---|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for name, row in found.items():
        kind, _, producer = name.partition(" | ")
        out.append(
            f"| {kind} | {producer} | {row['documents']} | {row['hits']} "
            f"| {row['exact']} of {row['statements']} ({_percent(row['exact'], row['statements'])}) "
            f"| {row.get('flagged_units', 0)} of {row['units']} | {row['silent']} | {row['wrong_levels']} "
            f"| {row['right_levels']} of {row['levels']} |"
        )
    return out


def _load(found: dict[str, Any]) -> str:
    return (
        f"On {found['machine']}; load average {found['load']:.1f} at the end of the run (above the number of cores, "
        "wall times say more of the other work than of the readers)."
    )


def _book(found: dict[str, Any]) -> list[str]:
    return [
        "## Speed: one SCS book",
        "",
        _load(found),
        "",
        "| what | figure |",
        "|---|---|",
        f"| {found['pages']} pages, {found['units']} units, whole command | {found['seconds']:.1f} s, "
        f"{found['busy']:.1f} s of processor time |",
        f"| most memory of one process | {found['memory_mb']:.0f} MB |",
        f"| its statements exact | {found['exact']} of {found['statements']} |",
    ]


def _standards(found: dict[str, Any]) -> list[str]:
    out = [
        "## Speed: 100 standards",
        "",
        _load(found),
        "",
        "| what | figure |",
        "|---|---|",
        f"| {found['files']} files, {found['pages']} pages, one at a time | {found['seconds']:.1f} s, "
        f"{found['busy_a_page']:.3f} s of processor time a page |",
        f"| most memory of one process | {found['memory_mb']:.0f} MB |",
        f"| two at a time | {found['two_processes_seconds']:.1f} s, {found['times']:.2f} times as fast; "
        f"same bytes: {'yes' if found['same_bytes'] else 'NO'} |",
        "",
        "Profile of ten standards (share of the time inside each function):",
        "",
        "| function | share |",
        "|---|---|",
    ]
    return [*out, *(f"| `{name}` | {100 * share:.1f} % |" for name, share in found["profile"])]


def _hostile(found: dict[str, Any]) -> list[str]:
    return [
        "## Hostile files",
        "",
        f"{found['files']} files: {found.get('refused', 0)} refused with one line and status 2, {found.get('read', 0)} "
        f"read (a change that does not matter), {len(found['faults'])} otherwise; slowest {found['slowest']:.1f} s, "
        f"{found.get('over 30 s', 0)} over 30 s; nothing written where a file was refused.",
        *(f"- {fault}" for fault in found["faults"]),
    ]


def _open(found: dict[str, Any]) -> list[str]:
    out = [
        "## Open data: O*NET to ESCO",
        "",
        f"{found['onet_units']} O*NET occupations (with their tasks) against {found['esco_units']} ESCO occupations; "
        f"{found['refused']} rows refused. Gold: the official crosswalk, any relation, where both ends are in these "
        f"files: n = {found['n']} O*NET occupations. Both methods see the same texts in the same run.",
        "",
        "| method | hit@10 | 95 % interval |",
        "|---|---|---|",
    ]
    for name in ("embedded encoder", "character TF-IDF"):
        row = found[name]
        out.append(f"| {name} | {row['hit@10']:.3f} | {row['low']:.3f} - {row['high']:.3f} |")
    return out


def write_report(found: dict[str, Any], folder: Path) -> None:
    """Write the parts that were measured."""
    folder.mkdir(parents=True, exist_ok=True)
    makers = {
        "clean": _clean, "damaged": _damaged, "book": _book, "standards": _standards, "hostile": _hostile,
        "open": _open,
    }  # fmt: skip
    lines = [_HEAD]
    for name, make in makers.items():
        if name in found:
            lines += [*make(found[name]), ""]
    (folder / "readers.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    text = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (folder / "readers.json").write_text(text, encoding="utf-8")
