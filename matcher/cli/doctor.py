"""``matcher doctor``: what is installed, and whether its files are whole."""

from __future__ import annotations

import platform
import shutil
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

PACKAGES = ("numpy", "faiss-cpu", "opencc", "jieba", "tokenizers", "typer", "rich", "openpyxl", "jsonschema-rs")
OPTIONAL = ("sentence-transformers", "torch", "scikit-learn", "model2vec", "bm25s")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _chinese_fonts() -> str:
    """Return how many font files have Chinese, as fontconfig counts them; Windows and macOS always have some."""
    program = shutil.which("fc-list")
    if program is None:
        return "fontconfig not found (Windows and macOS bring Chinese fonts)"
    listed = subprocess.run([program, ":lang=zh", "file"], capture_output=True, text=True, check=False)  # noqa: S603
    count = len(listed.stdout.splitlines())
    return f"{count} with Chinese" if count else "none with Chinese: install one (Noto Sans CJK) to read pages here"


def doctor(
    index: Annotated[Path | None, typer.Argument(help="Also check this index folder.")] = None,
) -> None:
    """Check the installation: versions, encoder, hashes, level frames, fonts; and an index folder if one is given.

    Example: matcher doctor
    """
    from rich.table import Table

    from matcher import __version__
    from matcher.cli.tables import stdout_console
    from matcher.encode.static import load_embedded
    from matcher.levels import level_frames

    table = Table("what", "found", box=None)
    table.add_row("competency-matcher", __version__)
    table.add_row("python", platform.python_version())
    for name in PACKAGES:
        table.add_row(name, _version(name))
    for name in OPTIONAL:
        table.add_row(f"{name} (optional)", _version(name))
    encoder = load_embedded(verify=True)
    table.add_row("embedded encoder", f"{encoder.table.shape[0]} pieces x {encoder.dimension}, hashes fit")
    table.add_row("encoder fingerprint", encoder.fingerprint)
    table.add_row("level frames", ", ".join(level_frames()))
    table.add_row("fonts", _chinese_fonts())
    if index is not None:
        from matcher.search.index import load_index

        found = load_index(index)
        fits = "fits" if found.encoder_fingerprint == encoder.fingerprint else "was built with another encoder"
        table.add_row("index", f"{len(found.ids)} units, hashes fit, {fits}")
    stdout_console().print(table)
