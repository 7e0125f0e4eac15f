"""The folder of a model in huggingface_hub's own cache, where other programs may have put it; no network."""

from __future__ import annotations

import os
from pathlib import Path


def say_nothing() -> None:
    """Keep huggingface_hub from reporting who uses it: a fetch asks the hub for the model and for nothing else."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def cached_folder(repository: str) -> Path | None:
    """Return the folder of a repository's newest snapshot in the local cache; None where there is none."""
    say_nothing()
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError
    except ImportError:
        return None
    try:
        return Path(snapshot_download(repository, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError):
        return None
