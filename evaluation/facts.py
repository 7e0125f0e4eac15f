"""What a report was measured with: version and commit of the program, fingerprints of model and data."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from matcher import __version__

ROOT = Path(__file__).resolve().parents[1]


def commit() -> str:
    """Return the commit of the clone, with "-dirty" where files were changed, or "unknown"."""
    git = shutil.which("git") or "git"
    command = [git, "describe", "--always", "--dirty", "--exclude=*"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    return found.stdout.strip() or "unknown"


def program_facts() -> dict[str, str]:
    """Return the program's version and commit."""
    return {"program": f"{__version__} ({commit()})"}
