"""Names on the command line to files: folders and patterns are searched, in an order that does not change."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from matcher.errors import InputError

# What a folder is searched for; a file that is named is read whatever its ending.
SUFFIXES = (".pdf", ".docx", ".html", ".htm", ".json", ".jsonl", ".csv", ".tsv", ".tab", ".xlsx", ".txt")
MAX_FILES = 20_000


def find_files(names: Sequence[Path]) -> list[Path]:
    """Return the files that names mean: a file itself, every readable file below a folder, or a pattern's matches.

    Raises:
        InputError: A folder or a pattern holds nothing to read, or too many files.
    """
    found: list[Path] = []
    for name in names:
        if name.is_dir():
            inside = sorted(p for p in name.rglob("*") if p.suffix.lower() in SUFFIXES and _visible(p, name))
            if not inside:
                raise InputError(
                    "holds no file to read", where=str(name), expected=f"files ending in {', '.join(SUFFIXES)}",
                    do="name another folder",
                )  # fmt: skip
            found += inside
        elif any(mark in str(name) for mark in "*?[") and not name.exists():
            # A pattern may begin anywhere (/data/**/*.pdf): Path.glob takes no such pattern.
            named = glob.glob(str(name), recursive=True)  # noqa: PTH207
            matches = sorted(path for path in map(Path, named) if path.is_file())
            if not matches:
                raise InputError("matches no file", where=str(name), do="check the pattern")
            found += matches
        else:
            found.append(name)
    unique = list(dict.fromkeys(found))
    if len(unique) > MAX_FILES:
        raise InputError(f"{len(unique)} files", where=str(names[0]), expected=f"at most {MAX_FILES}", do="read parts")
    return unique


def _visible(path: Path, folder: Path) -> bool:
    """Return whether a file is a plain one inside the folder: not hidden, not an Office lock file, no way out of it."""
    parts = path.relative_to(folder).parts
    if any(part.startswith((".", "~$")) for part in parts) or not path.is_file():
        return False
    return path.resolve().is_relative_to(folder.resolve())
