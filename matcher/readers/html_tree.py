"""HTML to lines and tables: lists keep their nesting as indents and marks; nothing is loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matcher.errors import InputError
from matcher.readers.blocks import Cell, Document, Grid, Line, Page
from matcher.readers.encoding import decode
from matcher.readers.tables import read_bytes

MAX_NODES = 2_000_000
MAX_SPAN = 200
_BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset",
     "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav", "ol",
     "p", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul")
)  # fmt: skip
_SKIPPED = frozenset(["script", "style", "head", "template", "noscript", "svg", "math", "iframe", "object"])
_INDENT = 20.0


def parse_html(text: str, *, where: str) -> Any:
    """Return the root of an HTML text.

    Raises:
        InputError: It cannot be parsed, or nests or grows beyond reason.
    """
    from lxml import etree, html

    # No network, no entities, no huge trees: the parser's own limits on depth and size stand.
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False, encoding="utf-8")
    try:
        root = html.document_fromstring(text.encode("utf-8", errors="replace"), parser=parser)
        count = sum(1 for _ in root.iter())
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, RecursionError) as error:
        raise InputError(
            f"cannot be read as HTML ({error})", where=where, do="save the page again from the browser"
        ) from error
    if count > MAX_NODES:
        raise InputError(f"has {count} elements", where=where, expected=f"at most {MAX_NODES}", do="save a part of it")
    return root


def _text_of(run: list[str]) -> str:
    return " ".join("".join(run).split())


def _mark(item: Any, number: int) -> str:
    """Return the mark that a browser shows before a list item; the page's own number wins."""
    parent = item.getparent()
    if parent is None or parent.tag != "ol":
        return "•"
    return f"{number}."


def _margin(node: Any) -> float:
    """Return the left margin that an element's own style gives, in points."""
    found = re.search(r"margin-left\s*:\s*(\d{1,3}(?:\.\d+)?)\s*(pt|px|em|cm|mm)", node.get("style") or "")
    scale = {"pt": 1.0, "px": 0.75, "em": 12.0, "cm": 28.35, "mm": 2.835}
    return float(found.group(1)) * scale[found.group(2)] if found else 0.0


def element_lines(element: Any) -> Iterator[Line]:
    """Yield the lines of an element: one for each block and each ``br``, list items with a mark and an indent.

    Iterative, for a page may nest deeper than Python's stack.
    """
    run: list[str] = []
    mark = ""
    stack: list[tuple[str, Any, float]] = [("open", element, 0.0)]
    counters: dict[Any, int] = {}

    def flush(left: float) -> Iterator[Line]:
        nonlocal mark
        text = _text_of(run)
        run.clear()
        if text:
            # A number that the page itself writes (6.1) says more than the list's bullet.
            own = re.match(r"(?:\d{1,2}(?:\.\d{1,2})+|[(（][a-z0-9]{1,4}[)）])\s*\S", text)
            whole = f"{mark} {text}" if mark and not own else text
            mark = ""
            yield Line(text=whole, left=left, right=left)

    while stack:
        kind, node, level = stack.pop()
        if kind == "text":
            run.append(node)
            continue
        tag = node.tag if isinstance(node.tag, str) else ""
        if kind == "close":
            yield from flush(level)
            continue
        if tag in _SKIPPED:
            continue
        block = tag in _BLOCKS
        inner = level + _INDENT * (tag in ("ul", "ol") and node is not element) + _margin(node)
        if tag == "br":
            yield from flush(level)
        if block:
            yield from flush(level)
        if tag == "li":
            parent = node.getparent()
            counters[parent] = counters.get(parent, 0) + 1
            mark = _mark(node, counters[parent])
        if block:
            stack.append(("close", node, inner))
        for child in reversed(node):
            if child.tail:
                stack.append(("text", child.tail, inner))
            stack.append(("open", child, inner))
        if node.text:
            stack.append(("text", node.text, inner))
    yield from flush(0.0)


def _spans(cell: Any) -> tuple[int, int]:
    out = []
    for name in ("rowspan", "colspan"):
        value = re.match(r"\s*(\d{1,4})", cell.get(name) or "1")
        out.append(max(1, min(MAX_SPAN, int(value.group(1)) if value else 1)))
    return out[0], out[1]


def table_grid(table: Any) -> Grid | None:
    """Return a table's cells with their places, or None where it has none."""
    taken: set[tuple[int, int]] = set()
    cells: list[Cell] = []
    rows = [row for row in table.iter("tr") if _nearest(row, "table") is table]
    for number, row in enumerate(rows):
        column = 0
        for node in row:
            if node.tag not in ("td", "th"):
                continue
            while (number, column) in taken:
                column += 1
            down, across = _spans(node)
            down = min(down, len(rows) - number)
            taken |= {(number + r, column + c) for r in range(down) for c in range(across)}
            cells.append(
                Cell(row=number, row_end=number + down, column=column, column_end=column + across,
                     lines=tuple(element_lines(node)))
            )  # fmt: skip
            column += across
            if len(taken) > MAX_NODES:
                return None
    if not cells:
        return None
    columns = max(cell.column_end for cell in cells)
    return Grid(rows=len(rows), columns=columns, cells=tuple(cells), edges=tuple(float(n) for n in range(columns + 1)))


def _nearest(node: Any, tag: str) -> Any:
    parent = node.getparent()
    while parent is not None and parent.tag != tag:
        parent = parent.getparent()
    return parent


def load_html(path: Path) -> Document:
    """Return an HTML file as one page: its outermost tables with rows of text, and the lines around them.

    Raises:
        InputError: It cannot be read.
    """
    data = read_bytes(path)
    declared = re.search(rb"""charset\s*=\s*["']?\s*(gb\w*|big5\w*)""", data[:4096], re.IGNORECASE)
    if declared and declared.group(1).lower().startswith(b"gb"):
        text = data.decode("gb18030", errors="replace")
    else:
        text, _ = decode(data, where=str(path))
    root = parse_html(text, where=str(path))
    body = root.find("body")
    blocks: list[Line | Grid] = []
    _walk(body if body is not None else root, blocks)
    return Document(pages=(Page(number=1, blocks=tuple(blocks)),), paged=False)


def _walk(root: Any, blocks: list[Line | Grid]) -> None:
    """Add an element's lines and tables in order; a table that holds tables is layout, and is walked through."""
    stack = [root]
    while stack:
        node = stack.pop()
        if not isinstance(node.tag, str) or node.tag in _SKIPPED:
            continue
        tables = node.tag == "table" and not any(True for inner in node.iter("table") if inner is not node)
        if tables:
            grid = table_grid(node)
            blocks += [grid] if grid is not None else []
        elif any(True for _ in node.iter("table")):
            if node.text and node.text.strip():
                blocks.append(Line(text=_text_of([node.text])))
            stack.extend(reversed(list(node)))
        else:
            blocks += element_lines(node)
        if node is not root and node.tail and node.tail.strip():
            blocks.append(Line(text=_text_of([node.tail])))
