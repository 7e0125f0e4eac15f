"""The parse report as one HTML page: verdicts, failed checks, and every repaired or flagged cell before and after."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from html import escape

from matcher.readers.report import CellNote, ParseReport, RowReport

# A page of more cells than this takes a browser long to open; the JSON report has all of them.
MAX_SHOWN = 3_000
_STYLE = """
:root{color-scheme:light dark;--line:#9995;--del:#c0392b;--ins:#1e7d3c}
body{font:15px/1.5 system-ui,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;margin:2rem auto;
max-width:75rem;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}th,td{border:1px solid var(--line);padding:.35rem .55rem;text-align:left;
vertical-align:top;overflow-wrap:break-word}th{position:sticky;top:0;background:Canvas}
td.n{text-align:right;font-variant-numeric:tabular-nums}
del{color:var(--del);text-decoration-thickness:2px}ins{color:var(--ins);text-decoration-thickness:2px}
.wrap{overflow-x:auto}
"""
_VERDICTS = {
    "clean": "clean · 无误",
    "repaired": "repaired · 已修复",
    "look": "needs a look · 需人工核对",
    "refused": "refused · 拒收",
}


def _table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "".join("<tr>" + "".join(cells) + "</tr>" for cells in rows)
    return f'<div class="wrap"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _td(text: object, *, number: bool = False) -> str:
    kind = ' class="n"' if number else ""
    return f"<td{kind}>{escape(str(text))}</td>"


def changed(before: str, after: str) -> tuple[str, str]:
    """Return both texts as HTML, what left the one and came into the other marked."""
    if len(before) * len(after) > 4_000_000:
        return escape(before), escape(after)
    old, new = [], []
    for kind, a0, a1, b0, b1 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        left, right = escape(before[a0:a1]), escape(after[b0:b1])
        old.append(left if kind == "equal" else f"<del>{left}</del>" * bool(left))
        new.append(right if kind == "equal" else f"<ins>{right}</ins>" * bool(right))
    return "".join(old).replace("\n", "<br>"), "".join(new).replace("\n", "<br>")


def _cell_row(row: RowReport, cell: CellNote) -> list[str]:
    before, after = changed(cell.before, cell.after)
    place = f"p. {cell.page}" if cell.page else f"row {row.row}"
    return [_td(row.file), _td(place), _td(row.code), _td(cell.field), _td(cell.reason),
            f"<td>{before}</td>", f"<td>{after}</td>"]  # fmt: skip


def _cells(title: str, found: tuple[tuple[RowReport, CellNote], ...]) -> str:
    if not found:
        return ""
    headings = ("file", "place", "unit", "cell", "why", "before · 修复前", "after · 修复后")
    more = f"<p>{len(found) - MAX_SHOWN} more are in the JSON report.</p>" if len(found) > MAX_SHOWN else ""
    rows = (_cell_row(row, cell) for row, cell in found[:MAX_SHOWN])
    return f"<h2>{escape(title)} ({len(found)})</h2>{_table(headings, rows)}{more}"


def report_page(report: ParseReport) -> str:
    """Return the page; it needs nothing but itself."""
    counts = (
        f"{len(report.kept)} units or rows kept, {len(report.repaired)} repaired, {len(report.refused)} refused; "
        f"{len(report.checks) - len(report.failed)} of {len(report.checks)} checks passed"
    )
    files = _table(
        ("file", "reader", "pages", "units", "statements", "verdict", "reason"),
        (
            [_td(f.file), _td(f.reader), _td(f.pages or "", number=True), _td(f.units, number=True),
             _td(f.statements, number=True), _td(_VERDICTS[f.verdict]), _td(f.reason)]
            for f in report.files
        ),
    )  # fmt: skip
    parts = [f"<h2>Files · 文件 ({len(report.files)})</h2>{files}"]
    if report.failed:
        rows = ([_td(c.file), _td(c.page or ""), _td(c.name), _td(c.expected), _td(c.found)] for c in report.failed)
        table = _table(("file", "page", "check", "expected", "found"), rows)
        parts.append(f"<h2>Failed checks · 未通过的核对 ({len(report.failed)})</h2>{table}")
    if report.refused:
        rows = ([_td(r.place), _td(r.code), _td(r.reason)] for r in report.refused[:MAX_SHOWN])
        table = _table(("place", "unit", "reason"), rows)
        parts.append(f"<h2>Refused · 拒收 ({len(report.refused)})</h2>{table}")
    parts.append(_cells("Flagged, kept as it stands · 存疑，原样保留", report.cells("flagged")))
    parts.append(_cells("Repaired · 已修复", report.cells("repaired")))
    parts.append(_cells("Tidied, nothing lost · 已整理", report.cells("tidied")))
    if report.notes:
        notes = "".join(f"<li>{escape(note)}</li>" for note in report.notes[:MAX_SHOWN])
        parts.append(f"<h2>Notes · 说明</h2><ul>{notes}</ul>")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width"><title>Parse report</title>'
        f"<style>{_STYLE}</style></head><body><h1>Parse report · 读取报告</h1><p>{escape(counts)}</p>"
        f"{''.join(parts)}</body></html>\n"
    )
