"""HTML of a document, for the HTML readers and for the second producer: Chromium prints it to PDF."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from html import escape
from pathlib import Path

from tests.fixtures_gen.model import Break, Doc, Para, Spot, Tab

_LANG = {"en": "en-HK", "zh-Hant": "zh-HK", "zh-Hans": "zh-CN"}
_FONTS = {
    "en": "'DejaVu Serif',serif",
    "zh-Hant": "'Noto Serif CJK HK','AR PL UMing HK',serif",
    "zh-Hans": "'Noto Serif CJK SC','AR PL UMing CN',serif",
}


def chromium() -> str | None:
    """Return the browser's path, or None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def _para(para: Para, *, tag: str = "p") -> str:
    style = [f"font-size:{para.size}pt"]
    if para.center:
        style.append("text-align:center")
    if para.bold:
        style.append("font-weight:bold")
    if para.indent:
        style.append(f"margin-left:{para.indent}pt")
    number = ""
    if para.number:
        lift = f' style="position:relative;top:{-para.rise * para.size:.2f}pt"' if para.rise else ""
        number = f"<span{lift}>{escape(para.number)}</span> "
    return f'<{tag} style="{";".join(style)}">{number}{escape(para.text)}</{tag}>'


def _spot(spot: Spot, tag: str) -> str:
    spans = (f' rowspan="{spot.rows}"' if spot.rows > 1 else "") + (
        f' colspan="{spot.columns}"' if spot.columns > 1 else ""
    )
    kind = ' class="v"' if spot.vertical else ""
    body = "".join(_para(para) for para in spot.paras)
    return f"<{tag}{spans}{kind}>{'<div>' + body + '</div>' if spot.vertical else body}</{tag}>"


def _table(tab: Tab) -> str:
    columns = "".join(f'<col style="width:{share * 100:.1f}%">' for share in tab.widths)
    rows = ["<tr>" + "".join(_spot(spot, "td") for spot in row) + "</tr>" for row in tab.rows]
    head = f"<thead>{''.join(rows[: tab.header])}</thead>" if tab.header else ""
    kind = ' class="open"' if tab.open_sides else ""
    return f"<table{kind}><colgroup>{columns}</colgroup>{head}<tbody>{''.join(rows[tab.header :])}</tbody></table>"


def to_html(doc: Doc) -> str:
    """Return the document as one HTML page."""
    parts = []
    for block in doc.blocks:
        if isinstance(block, Break):
            parts.append('<div style="break-after:page"></div>')
        elif isinstance(block, Para):
            parts.append(_para(block))
        else:
            parts.append(_table(block))
    said = doc.running_head.replace('"', "")
    head = f'@top-left{{content:"{said}";font-size:9pt}}@bottom-center{{content:counter(page);font-size:9pt}}'
    rows = "auto" if doc.breaks_in_rows else "avoid"
    style = (
        f"@page{{size:A4;margin:22mm;{head}}}body{{font-family:{_FONTS[doc.language]}}}"
        f"p{{margin:{doc.gap}pt 0;line-height:1.35;text-align:{'justify' if doc.justify else 'left'}}}"
        "table{border-collapse:collapse;width:100%;table-layout:fixed;margin:6pt 0}"
        "td{border:0.6pt solid #000;padding:2pt 4pt;vertical-align:top;overflow-wrap:anywhere}"
        "table.open td:first-child{border-left:none}table.open td:last-child{border-right:none}"
        ".w{position:fixed;top:45%;left:20%;font-size:60pt;color:#ccc;transform:rotate(-40deg)}"
        f"tr{{break-inside:{rows}}}td.v div{{writing-mode:vertical-rl;text-orientation:upright;margin:auto}}"
    )
    mark = f'<div class="w">{doc.watermark}</div>' if doc.watermark else ""
    return (
        f'<!DOCTYPE html><html lang="{_LANG[doc.language]}"><head><meta charset="utf-8"><title>ZZ</title>'
        f"<style>{style}</style></head><body>{mark}{''.join(parts)}</body></html>"
    )


def write(doc: Doc, path: Path) -> Path:
    """Write the document as HTML."""
    path.write_text(to_html(doc), encoding="utf-8")
    return path


def print_pdf(doc: Doc, path: Path) -> Path:
    """Print the document to PDF with Chromium."""
    program = chromium()
    if program is None:
        raise FileNotFoundError("chromium")
    page = write(doc, path.with_suffix(".html"))
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
             f"--user-data-dir={profile}", f"--print-to-pdf={path}", page.as_uri()],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
    return path
