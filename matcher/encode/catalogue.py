"""The encoders that are known by name: ``matcher/data/encoders.toml``, whose source is ``models/encoders.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from matcher.errors import ArtefactError
from matcher.resources import read_text

Backend = Literal["torch", "onnx", "openvino"]
BACKENDS: tuple[Backend, ...] = ("torch", "onnx", "openvino")
_FORMAT = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One known encoder.

    ``parameters`` are millions. ``subject`` and ``object`` stand in front of every text of their side. ``revision``
    and ``sha256`` are empty where nobody has checked them against a hub. ``refused`` are repositories of the same model
    that are not taken, ``note`` says why.
    """

    name: str
    repository: str
    revision: str
    parameters: int
    dimension: int
    max_length: int
    architecture: str
    pooling: str
    normalised: bool
    matryoshka: tuple[int, ...]
    licence: str
    gated: bool
    backend: Backend
    subject: str
    object: str
    files: tuple[str, ...]
    sha256: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    note: str = ""

    @property
    def pinned(self) -> bool:
        """Whether every file that is listed has a hash."""
        return bool(self.revision) and set(self.files) <= set(self.sha256)


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Entry]:
    """Return every known encoder by name.

    Raises:
        ArtefactError: The package's list is damaged.
    """
    return parse(read_text("encoders.toml"))


def parse(text: str) -> Mapping[str, Entry]:
    """Return the entries of a list.

    Raises:
        ArtefactError: The text is no such list.
    """
    try:
        record: dict[str, Any] = tomllib.loads(text)
        if record.get("format_version") != _FORMAT:
            raise ValueError(f"format version {record.get('format_version')}")
        return {name: _entry(name, dict(values)) for name, values in record["models"].items()}
    except (ValueError, KeyError, TypeError) as error:
        raise ArtefactError(
            f"the list of encoders is damaged ({error})", where="encoders.toml", do="install the package again"
        ) from error


def _entry(name: str, values: dict[str, Any]) -> Entry:
    if values["backend"] not in BACKENDS:
        raise ValueError(f"{name}: back end {values['backend']}")
    return Entry(
        name=name,
        repository=str(values["repository"]),
        revision=str(values["revision"]),
        parameters=int(values["parameters"]),
        dimension=int(values["dimension"]),
        max_length=int(values["max_length"]),
        architecture=str(values["architecture"]),
        pooling=str(values["pooling"]),
        normalised=bool(values["normalised"]),
        matryoshka=tuple(int(value) for value in values["matryoshka"]),
        licence=str(values["licence"]),
        gated=bool(values["gated"]),
        backend=values["backend"],
        subject=str(values["subject"]),
        object=str(values["object"]),
        files=tuple(str(value) for value in values["files"]),
        sha256={str(key): str(value) for key, value in values.get("sha256", {}).items()},
        refused=tuple(str(value) for value in values.get("refused", ())),
        note=str(values.get("note", "")),
    )


def find_entry(name: str) -> Entry | None:
    """Return the entry that a name, a repository or a folder's name means, whatever its case; None where unknown."""
    wanted = name.casefold()
    for entry in catalogue().values():
        if wanted in (entry.name.casefold(), entry.repository.casefold()):
            return entry
        if wanted in (repository.casefold() for repository in entry.refused):
            return entry
    return None
