"""A paper as one self-contained page: no script, nothing fetched; every text from outside is escaped."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from matcher.export.rows import clean
from matcher.papers.blocks import (
    Bar,
    Block,
    Bullets,
    Cell,
    Contents,
    Heading,
    Line,
    Paper,
    Paragraph,
    Table,
    Text,
)
from matcher.papers.svg import bar, heat_map
from matcher.resources import read_text

COLOURS = 6


def tag(text: Text) -> str:
    """Return a text's BCP 47 tag with the region, which chooses the glyphs."""
    return f"{text.language}-{text.region}" if text.region and text.language != "en" else text.language


def _text(text: Text) -> str:
    body = escape(clean(text.text))
    body = f"<strong>{body}</strong>" if text.strong else body
    kind = f' class="{text.tone}"' if text.tone else ""
    badge = f'<span class="badge n{text.badge % COLOURS}">{text.badge}</span>' if text.badge else ""
    return f'{badge}<span lang="{tag(text)}"{kind}>{body}</span>'


def _line(line: Line) -> str:
    return "".join(map(_text, line))


def _lines(lines: tuple[Line, ...]) -> str:
    return "".join(f'<span class="l">{_line(line)}</span>' for line in lines)


def _bar(part: Bar | None) -> str:
    return bar(part.share, part.reviewed) if part is not None else ""


def _cell(cell: Cell, name: str) -> str:
    classes = [f"f-{cell.fill}"] if cell.fill and name == "td" else []
    classes += ["r"] if cell.right else []
    kind = f' class="{" ".join(classes)}"' if classes else ""
    return f"<{name}{kind}>{_lines(cell.lines)}{_bar(cell.bar)}</{name}>"


def _table(table: Table) -> str:
    columns = "".join(f'<col style="width:{width * 100:.4g}%">' for width in table.widths)
    head = "".join(_cell(cell, "th") for cell in table.head)
    rows = "".join(f"<tr>{''.join(_cell(cell, 'td') for cell in row)}</tr>" for row in table.rows)
    return f"<table><colgroup>{columns}</colgroup><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _heading(heading: Heading) -> str:
    name = f"h{heading.level}"
    anchor = f' id="{escape(heading.anchor)}"' if heading.anchor else ""
    kind = ' class="new"' if heading.new_page else ""
    return f"<{name}{anchor}{kind}>{_lines(heading.lines)}</{name}>"


def _contents(contents: Contents, paper: Paper) -> str:
    items = "".join(
        f'<li{" class=deep" * (h.level > 2)}><a href="#{escape(h.anchor)}">{_line(h.lines[0])}</a></li>'
        for h in paper.blocks
        if isinstance(h, Heading) and h.listed and h.anchor
    )
    return f"<nav>{_lines(contents.heading)}<ol>{items}</ol></nav>"


def _block(block: Block, paper: Paper) -> str:
    if isinstance(block, Heading):
        return _heading(block)
    if isinstance(block, Paragraph):
        return f"<p{' class=box' * block.boxed}>{_lines(block.lines)}</p>"
    if isinstance(block, Bullets):
        return "<ul>" + "".join(f"<li>{_lines(item)}</li>" for item in block.items) + "</ul>"
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Contents):
        return _contents(block, paper)
    return f'<div class="scroll">{heat_map(block)}</div>'


def render_html(paper: Paper) -> str:
    """Return the page."""
    return "".join(_page(paper)) + "\n"


def _page(paper: Paper) -> Iterator[str]:
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    yield (
        f'<!doctype html>\n<html lang="{paper.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(clean(paper.title))}</title><style>{read_text('html', 'paper.css')}</style></head><body><main>"
    )
    for block in paper.blocks:
        yield _block(block, paper)
    yield f"</main><footer>{_line(paper.footer)}</footer></body></html>"
