"""DOCX to lines and tables, straight from its XML: merged cells, list levels; macros are never opened."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

from matcher.errors import InputError
from matcher.readers.blocks import Cell, Document, Grid, Line, Page
from matcher.readers.tables import check_size, macro_notes

MAX_PART = 200_000_000
MAX_RATIO = 200
MAX_ENTRIES = 20_000
MAX_CELLS = 500_000
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_INDENT = 20.0


def _parts(path: Path) -> dict[str, bytes]:
    """Return the XML parts that hold text and numbering; a zip that could exhaust the machine is refused first."""
    size = check_size(path)
    wanted = ("word/document.xml", "word/numbering.xml")
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if len(entries) > MAX_ENTRIES or unpacked > MAX_PART or unpacked > MAX_RATIO * max(size, 100_000):
                raise InputError(
                    f"unpacks to {unpacked // 1_000_000} MB in {len(entries)} parts",
                    where=str(path),
                    expected=f"at most {MAX_PART // 1_000_000} MB and {MAX_RATIO} times its size",
                    do="save it again in Word",
                )
            if any(entry.flag_bits & 1 for entry in entries):
                raise InputError("is encrypted", where=str(path), do="save it without a password")
            names = {entry.filename for entry in entries}
            if "word/document.xml" not in names:
                raise InputError("is not a Word document", where=str(path), do="save it as .docx")
            return {name: archive.read(name) for name in wanted if name in names}
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, EOFError) as error:
        raise InputError(
            f"is a damaged Word document ({type(error).__name__})", where=str(path), do="open and save it in Word again"
        ) from error


def _xml(data: bytes, where: str) -> Any:
    from lxml import etree

    if b"<!DOCTYPE" in data[:2000] or b"<!ENTITY" in data:
        raise InputError("declares entities (an XML bomb)", where=where, do="do not use this file")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise InputError(f"is a damaged Word document ({error})", where=where, do="save it in Word again") from error


def _numbering(data: bytes | None, where: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Return (list id, level) to (format, text) of automatic numbers."""
    if data is None:
        return {}
    root = _xml(data, where)
    abstract: dict[str, dict[str, tuple[str, str]]] = {}
    for node in root.iter(f"{_W}abstractNum"):
        levels = {}
        for level in node.iter(f"{_W}lvl"):
            form, text = level.find(f"{_W}numFmt"), level.find(f"{_W}lvlText")
            levels[level.get(f"{_W}ilvl", "0")] = (
                form.get(f"{_W}val", "") if form is not None else "",
                text.get(f"{_W}val", "") if text is not None else "",
            )
        abstract[node.get(f"{_W}abstractNumId", "")] = levels
    out = {}
    for node in root.iter(f"{_W}num"):
        link = node.find(f"{_W}abstractNumId")
        for level, value in abstract.get(link.get(f"{_W}val", "") if link is not None else "", {}).items():
            out[node.get(f"{_W}numId", ""), level] = value
    return out


class _Reader:
    """Paragraphs and tables of one document; counts automatic numbers as Word does."""

    __slots__ = ("cells", "counters", "formats", "where")

    def __init__(self, formats: dict[tuple[str, str], tuple[str, str]], where: str) -> None:
        self.formats = formats
        self.counters: dict[tuple[str, int], int] = {}
        self.where = where
        self.cells = 0

    def mark(self, paragraph: Any) -> tuple[str, int]:
        """Return the automatic number or bullet of a paragraph, and its list level."""
        properties = paragraph.find(f"{_W}pPr/{_W}numPr")
        if properties is None:
            return "", 0
        level_node, id_node = properties.find(f"{_W}ilvl"), properties.find(f"{_W}numId")
        level = level_node.get(f"{_W}val", "0") if level_node is not None else "0"
        list_id = id_node.get(f"{_W}val", "") if id_node is not None else ""
        if not level.isdigit() or len(level) > 1:
            return "", 0
        depth = int(level)
        form, text = self.formats.get((list_id, level), ("bullet", "•"))
        self.counters[list_id, depth] = self.counters.get((list_id, depth), 0) + 1
        for deeper in range(depth + 1, 10):
            self.counters.pop((list_id, deeper), None)
        if form == "bullet":
            return "•", depth
        number = re.sub(
            r"%(\d)", lambda found: str(self.counters.get((list_id, int(found.group(1)) - 1), 1)), text[:40]
        )
        return number, depth

    def lines(self, paragraph: Any) -> list[Line]:
        """Return a paragraph's lines (a line break parts it); deleted text is left out, field codes too."""
        parts: list[str] = []
        for node in paragraph.iter(f"{_W}t", f"{_W}br", f"{_W}cr", f"{_W}tab", f"{_W}noBreakHyphen"):
            name = node.tag.removeprefix(_W)
            parts.append({"t": node.text or "", "tab": " ", "noBreakHyphen": "-"}.get(name, "\n"))
        mark, depth = self.mark(paragraph)
        indent = paragraph.find(f"{_W}pPr/{_W}ind")
        given = (indent.get(f"{_W}left") or indent.get(f"{_W}start") or "0") if indent is not None else "0"
        left = _INDENT * depth + (int(given) / 20 if re.fullmatch(r"\d{1,6}", given) else 0.0)
        out = []
        for number, text in enumerate("".join(parts).split("\n")):
            whole = f"{mark} {text}".strip() if number == 0 and mark and text.strip() else text.strip()
            if whole:
                out.append(Line(text=whole, left=left, right=left))
        return out

    def grid(self, table: Any) -> Grid | None:
        """Return a table's cells with their places: gridSpan across, vMerge down."""
        cells: list[Cell] = []
        open_cells: dict[int, int] = {}
        rows = table.findall(f"{_W}tr")
        for number, row in enumerate(rows):
            before = row.find(f"{_W}trPr/{_W}gridBefore")
            column = _small(before.get(f"{_W}val")) if before is not None else 0
            for node in row.iter(f"{_W}tc"):
                if node.getparent() is not row and not _in_row(node, row):
                    continue
                properties = node.find(f"{_W}tcPr")
                span = properties.find(f"{_W}gridSpan") if properties is not None else None
                across = max(1, _small(span.get(f"{_W}val")) if span is not None else 1)
                merge = properties.find(f"{_W}vMerge") if properties is not None else None
                if merge is not None and merge.get(f"{_W}val", "continue") == "continue" and column in open_cells:
                    place = open_cells[column]
                    old = cells[place]
                    cells[place] = Cell(row=old.row, row_end=number + 1, column=old.column, column_end=old.column_end,
                                        lines=old.lines)  # fmt: skip
                    column += across
                    continue
                lines = tuple(line for paragraph in node.iter(f"{_W}p") for line in self.lines(paragraph))
                cells.append(
                    Cell(row=number, row_end=number + 1, column=column, column_end=column + across, lines=lines)
                )
                if merge is not None:
                    open_cells[column] = len(cells) - 1
                else:
                    open_cells.pop(column, None)
                column += across
                self.cells += 1
                if self.cells > MAX_CELLS:
                    raise InputError(
                        f"has more than {MAX_CELLS} table cells", where=self.where, do="split the document"
                    )
        if not cells:
            return None
        cells.sort(key=lambda cell: (cell.row, cell.column))
        columns = max(cell.column_end for cell in cells)
        edges = tuple(float(n) for n in range(columns + 1))
        return Grid(rows=len(rows), columns=columns, cells=tuple(cells), edges=edges)


def _small(text: str | None) -> int:
    return min(200, int(text)) if text and re.fullmatch(r"\d{1,4}", text) else 0


def _in_row(node: Any, row: Any) -> bool:
    """Return whether a cell belongs to a row through a content control, not through a table inside a cell."""
    parent = node.getparent()
    while parent is not None and parent is not row:
        if parent.tag in (f"{_W}tc", f"{_W}tbl"):
            return False
        parent = parent.getparent()
    return parent is row


def load_docx(path: Path) -> Document:
    """Return a Word document as one page; a paragraph is one line.

    Raises:
        InputError: It is damaged, encrypted, a bomb, or no Word document.
    """
    parts = _parts(path)
    root = _xml(parts["word/document.xml"], str(path))
    reader = _Reader(_numbering(parts.get("word/numbering.xml"), str(path)), str(path))
    body = root.find(f"{_W}body")
    blocks: list[Line | Grid] = []
    stack = list(reversed(list(body))) if body is not None else []
    while stack:
        node = stack.pop()
        if node.tag == f"{_W}p":
            blocks += reader.lines(node)
        elif node.tag == f"{_W}tbl":
            grid = reader.grid(node)
            blocks += [grid] if grid is not None else []
        elif node.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}smartTag", f"{_W}customXml"):
            stack.extend(reversed(list(node)))
    if not blocks:
        raise InputError("holds no text", where=str(path), do="check the document")
    notes = tuple(f"{path.name}: {note}" for note in macro_notes(path))
    return Document(pages=(Page(number=1, blocks=tuple(blocks)),), paged=False, notes=notes)
