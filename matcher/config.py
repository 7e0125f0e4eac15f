"""Where this program keeps what belongs to one person: the chosen encoder, and the models that were fetched.

Places follow each system's custom; ``MATCHER_CONFIG`` (a folder) and ``MATCHER_MODELS`` (a folder) override them.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from matcher.artefact import write_atomic
from matcher.errors import InputError

_NAME = "competency-matcher"
_FILE = "config.toml"
# A file of a few lines; anything longer is not ours.
_MAX_BYTES = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderChoice:
    """The encoder that ``matcher models use`` chose; None leaves a setting to the model's own entry."""

    name: str
    backend: str | None = None
    dimension: int | None = None
    subject_prompt: str | None = None
    object_prompt: str | None = None


def _home(windows: str, mac: str, variable: str, fallback: str) -> Path:
    if sys.platform == "win32":
        base = os.environ.get(windows, "")
        return Path(base) if base else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / mac
    base = os.environ.get(variable, "")
    return Path(base) if base else Path.home() / fallback


def config_file() -> Path:
    """Return the path of the configuration file, which need not exist."""
    chosen = os.environ.get("MATCHER_CONFIG", "")
    home = _home("APPDATA", "Application Support", "XDG_CONFIG_HOME", ".config")
    return (Path(chosen) if chosen else home / _NAME) / _FILE


def models_home() -> Path:
    """Return the folder that holds fetched models, one folder each; it need not exist."""
    chosen = os.environ.get("MATCHER_MODELS", "")
    home = _home("LOCALAPPDATA", "Caches", "XDG_CACHE_HOME", ".cache")
    return Path(chosen) if chosen else home / _NAME / "models"


def read_choice() -> EncoderChoice | None:
    """Return the chosen encoder; None where none was chosen.

    Raises:
        InputError: The file cannot be read, or is not what this program writes.
    """
    path = config_file()
    try:
        if not path.is_file():
            return None
        with path.open("rb") as handle:
            record = tomllib.loads(handle.read(_MAX_BYTES).decode("utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path, " ".join(str(error).split())[:120]) from error
    entry = record.get("encoder")
    if entry is None:
        return None
    kinds = {"name": str, "backend": str, "dimension": int, "subject_prompt": str, "object_prompt": str}
    if not isinstance(entry, dict) or "name" not in entry:
        raise _unreadable(path, "[encoder] has no name")
    for key, value in entry.items():
        if key not in kinds or not isinstance(value, kinds[key]) or isinstance(value, bool):
            raise _unreadable(path, f"[encoder] {key}")
    return EncoderChoice(
        name=entry["name"],
        backend=entry.get("backend"),
        dimension=entry.get("dimension"),
        subject_prompt=entry.get("subject_prompt"),
        object_prompt=entry.get("object_prompt"),
    )


def write_choice(choice: EncoderChoice | None) -> Path:
    """Write the chosen encoder, or take the choice back; return the file's path.

    Raises:
        InputError: The file cannot be written.
    """
    path = config_file()
    lines = ["# Written by `matcher models use`; --encoder and MATCHER_ENCODER go before it."]
    if choice is not None:
        lines.append("[encoder]")
        fields = ("name", "backend", "dimension", "subject_prompt", "object_prompt")
        given = {name: getattr(choice, name) for name in fields if getattr(choice, name) is not None}
        lines += [f"{name} = {_toml(value)}" for name, value in given.items()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"cannot be made ({error.strerror or error})", where=str(path.parent), do="name another: MATCHER_CONFIG"
        ) from error
    write_atomic(path, ("\n".join(lines) + "\n").encode("utf-8"))
    return path


def _toml(value: str | int) -> str:
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") if isinstance(value, str) else str(value)


def _unreadable(path: Path, why: str) -> InputError:
    return InputError(
        f"cannot be used ({why})",
        where=str(path),
        expected="[encoder] with name, backend, dimension, subject_prompt, object_prompt",
        do="choose again with `matcher models use`, or delete the file",
    )
