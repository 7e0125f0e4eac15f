"""What an encoder's name means: which folder, which back end, how many columns, which prompts; nothing is loaded.

A name is an embedded encoder, a known model (``matcher models list``), a folder, or ``owner/model`` in the local cache;
``+key=value`` behind it changes a setting: ``Qwen3-Embedding-0.6B+dimension=256+backend=onnx``. Values are
percent-encoded where they hold a plus sign or a line end.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, unquote

from matcher.artefact import sha256_of_bytes
from matcher.config import EncoderChoice, models_home
from matcher.encode.catalogue import BACKENDS, Backend, Entry, find_entry
from matcher.encode.folder import check_loadable, file_hashes, read_json, read_lock
from matcher.encode.protocol import Side, sided
from matcher.errors import EncoderError

_OPTION = re.compile(r"\+(backend|dimension|subject_prompt|object_prompt)=([^+]*)$")
# Names of a model's own prompts (sentence-transformers' encode_query and encode_document look for these).
_SUBJECT_NAMES = ("query",)
_OBJECT_NAMES = ("document", "passage", "corpus")
_SETTINGS_VERSION = 1
_MAX_PROMPT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """An encoder that is ready to be loaded. ``dimension`` None keeps every column."""

    label: str
    folder: Path
    backend: Backend
    dimension: int | None
    subject_prompt: str
    object_prompt: str

    def prompt(self, side: Side) -> str:
        """Return what stands in front of every text of a side."""
        return self.subject_prompt if side == "subject" else self.object_prompt

    def fingerprint(self, side: Side) -> str:
        """Return the hash of all that a vector depends on; with two prompts it also says the side.

        Raises:
            EncoderError: A file does not fit what was recorded.
        """
        parts = {
            "version": _SETTINGS_VERSION,
            "files": file_hashes(self.folder, self.backend),
            "backend": self.backend,
            "dimension": self.dimension,
            "prompts": [self.subject_prompt, self.object_prompt],
        }
        digest = sha256_of_bytes(json.dumps(parts, sort_keys=True).encode())[:16]
        return digest if self.subject_prompt == self.object_prompt else sided(digest, side)


def write_spec(choice: EncoderChoice) -> str:
    """Return a choice as the text that ``--encoder`` takes."""
    options = (
        ("backend", choice.backend),
        ("dimension", choice.dimension),
        ("subject_prompt", choice.subject_prompt),
        ("object_prompt", choice.object_prompt),
    )
    given = [f"+{key}={quote(str(value), safe=' :|,.')}" for key, value in options if value is not None]
    return choice.name + "".join(given)


def read_spec(spec: str) -> EncoderChoice:
    """Return the choice that a text means.

    Raises:
        EncoderError: A setting is none, or stands there twice.
    """
    values: dict[str, str] = {}
    name = spec
    while found := _OPTION.search(name):
        key, value = found.groups()
        if key in values:
            raise EncoderError(f"{key} stands there twice", where=f"--encoder {spec}", do="leave one out")
        values[key], name = unquote(value), name[: found.start()]
    dimension = values.get("dimension")
    if dimension is not None and not (dimension.isdecimal() and dimension.isascii() and 1 <= int(dimension) <= 65_536):
        raise EncoderError(f"dimension {dimension!r}", where=f"--encoder {spec}", expected="a number of columns")
    backend = values.get("backend")
    if backend is not None and backend not in BACKENDS:
        raise EncoderError(f"back end {backend!r}", where=f"--encoder {spec}", expected=", ".join(BACKENDS))
    return EncoderChoice(
        name=name,
        backend=backend,
        dimension=None if dimension is None else int(dimension),
        subject_prompt=values.get("subject_prompt"),
        object_prompt=values.get("object_prompt"),
    )


def resolve(spec: str) -> Settings:
    """Find the model that a text means, and check that it can be loaded safely.

    Raises:
        EncoderError: There is no such model here, or it is refused.
    """
    choice = read_spec(spec)
    where = f"--encoder {choice.name}"
    folder, entry = locate(choice.name, where=where)
    backend = cast("Backend", choice.backend or (entry.backend if entry else "torch"))
    check_loadable(folder, backend, where=where)
    if choice.dimension is not None and entry is not None:
        _check_cut(choice.dimension, entry, where)
    own = _own_prompts(folder)
    subject = _first(choice.subject_prompt, entry.subject if entry else None, own[0])
    object_ = _first(choice.object_prompt, entry.object if entry else None, own[1])
    for prompt in (subject, object_):
        if len(prompt) > _MAX_PROMPT:
            raise EncoderError("a prompt is too long", where=where, expected=f"at most {_MAX_PROMPT} characters")
    changed = "".join(f"+{key}={value}" for key, value in _changes(choice, entry))
    return Settings(
        label=(entry.name if entry else folder.name if Path(choice.name).is_dir() else choice.name) + changed,
        folder=folder,
        backend=backend,
        dimension=choice.dimension or _own_cut(folder),
        subject_prompt=subject,
        object_prompt=object_,
    )


def locate(name: str, *, where: str) -> tuple[Path, Entry | None]:
    """Return the folder of a model on this machine, and what is known of the model.

    Raises:
        EncoderError: It is not on this machine, or not taken.
    """
    folder = Path(name)
    if folder.is_dir():
        lock = read_lock(folder)
        return folder, (find_entry(lock.repository) if lock and lock.repository else None) or find_entry(folder.name)
    entry = find_entry(name)
    if entry is not None:
        if name.casefold() in (repository.casefold() for repository in entry.refused):
            raise EncoderError(f"refused: {entry.note}", where=where, do=f"name {entry.name} ({entry.repository})")
        folder = models_home() / entry.name
        if read_lock(folder) is not None:
            return folder, entry
    elif "/" not in name:
        raise EncoderError(
            "is not known",
            where=where,
            expected="'embedded', 'fast', a name from `matcher models list`, a model folder, or owner/model",
            do="check the name or the path",
        )
    else:
        folder = models_home() / folder_name(name)
        if read_lock(folder) is not None:
            return folder, None
    from matcher.encode.hubcache import cached_folder

    cached = cached_folder(entry.repository if entry else name)
    if cached is None:
        bare = find_spec("sentence_transformers") is None and find_spec("onnxruntime") is None
        more = ", and nothing that runs it is installed (pip install sentence-transformers, or onnxruntime)"
        raise EncoderError(
            f"is not on this machine{more if bare else ''}",
            where=where,
            do=f"get it with `matcher models fetch {entry.name if entry else name}`; without internet copy the model's "
            "folder here and give its path in place of the name",
        )
    return cached, entry


def folder_name(name: str) -> str:
    """Return the folder's name for ``owner/model`` among the fetched models."""
    return name.replace("/", "--")


def _check_cut(dimension: int, entry: Entry, where: str) -> None:
    if dimension == entry.dimension:
        return
    if not entry.matryoshka or not min(entry.matryoshka) <= dimension < entry.dimension:
        allowed = f"{', '.join(map(str, entry.matryoshka))} or {entry.dimension}" if entry.matryoshka else ""
        raise EncoderError(
            f"cannot be cut to {dimension} columns",
            where=where,
            expected=allowed or f"{entry.dimension}: it was not trained to be cut (Matryoshka)",
            do="leave the dimension out, or name another model",
        )


def _changes(choice: EncoderChoice, entry: Entry | None) -> list[tuple[str, str]]:
    """Return the settings to show in the encoder's name."""
    usual = entry.backend if entry else "torch"
    changes = [("backend", choice.backend)] if choice.backend not in (None, usual) else []
    changes += [("dimension", str(choice.dimension))] if choice.dimension is not None else []
    return [(key, value) for key, value in changes if value is not None]


def _own_prompts(folder: Path) -> tuple[str, str]:
    """Return the prompts in the model's own configuration for the two sides."""
    record = _own_configuration(folder)
    prompts = record.get("prompts")
    known = {str(k): v for k, v in prompts.items() if isinstance(v, str)} if isinstance(prompts, dict) else {}
    usual = known.get(str(record.get("default_prompt_name")), "") if known else ""
    sides = [next((known[name] for name in names if name in known), usual) for names in (_SUBJECT_NAMES, _OBJECT_NAMES)]
    return sides[0], sides[1]


def _own_cut(folder: Path) -> int | None:
    """Return the number of columns that the model's own configuration keeps; None for all."""
    cut = _own_configuration(folder).get("truncate_dim")
    return cut if isinstance(cut, int) and cut > 0 else None


def _own_configuration(folder: Path) -> dict[str, Any]:
    path = folder / "config_sentence_transformers.json"
    record = read_json(path) if path.is_file() else {}
    return record if isinstance(record, dict) else {}


def _first(*values: str | None) -> str:
    return next((value for value in values if value is not None), "")
