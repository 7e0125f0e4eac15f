"""Writing a paper to a file."""

from __future__ import annotations

from pathlib import Path

from matcher.artefact import write_atomic
from matcher.papers.blocks import Paper
from matcher.papers.html_page import render_html


def write_paper(paper: Paper, path: Path, kind: str) -> None:
    """Write a paper as "docx" or "html", whole or not at all."""
    if kind == "html":
        write_atomic(path, render_html(paper).encode("utf-8", "replace"))
        return
    # Only here: python-docx is of no use to a page.
    from matcher.papers.docx_file import write_docx

    write_docx(paper, path)
