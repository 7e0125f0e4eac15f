"""Small pieces of HTML that the report's sections share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 0) -> str:
    """Return a table whose first ``words`` columns are text and the others numbers; every cell is escaped."""

    def row(cells: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}>{escape(cell)}</{tag}>" if place < words else f'<{tag} class="n">{escape(cell)}</{tag}>'
            for place, cell in enumerate(cells)
        )

    body = "".join(f"<tr>{row(cells, 'td')}</tr>" for cells in rows)
    return f'<div class="scroll"><table><tr>{row(heads, "th")}</tr>{body}</table></div>'


def fold(summary: str, body: str) -> str:
    """Return what unfolds when its summary is clicked."""
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"


def card(heading: str, note: str, body: str) -> str:
    """Return a framed part with a heading and a line under it; ``body`` is HTML."""
    soft = f'<p class="soft">{escape(note)}</p>' if note else ""
    return f'<div class="card"><h2>{escape(heading)}</h2>{soft}{body}</div>'
