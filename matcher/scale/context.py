"""Both sides laid out, kept as a folder of arrays: any process that maps it screens at once, and with the same bytes.

What is kept are the arrays of a ``Pair``: the views (centred vectors, the largest part), hub values, pulls, rivals, the
words of both sides. The frameworks themselves stay in their indexes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

from matcher import __version__
from matcher.artefact import atomic_folder, read_manifest, sha256_of_bytes, write_manifest
from matcher.compare.signals import Pair
from matcher.errors import ArtefactError, InputError
from matcher.pipeline import Screening, SubjectLanguage, lay_out
from matcher.schema import LANGUAGES, Language
from matcher.search.index import FrameworkIndex, framework_digest
from matcher.search.retrieve import Space
from matcher.search.view import View

KIND = "screening-context"
FORMAT_VERSION = 1
Record = TypeVar("Record")
# Fields of a space that are the views' own arrays.
_SHARED = {
    f"{side}_{name}": (f"{side}s", name) for side in ("subject", "object") for name in ("units", "labels", "bare")
}


def _arrays(record: Any, prefix: str = "") -> Iterator[tuple[str, NDArray[Any]]]:
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            if not (isinstance(record, Space) and field.name in _SHARED):
                yield prefix + field.name, value
        elif isinstance(value, int):
            yield prefix + field.name, np.array(value, np.int64)
        elif is_dataclass(value) and not isinstance(value, FrameworkIndex):
            yield from _arrays(value, f"{prefix}{field.name}.")


def save_context(pair: Pair, folder: Path, *, fingerprint: str) -> None:
    """Write a pair's arrays, whole or not at all.

    Args:
        pair: Both sides laid out.
        folder: The folder to write (replaced whole).
        fingerprint: What the pair was made from.

    Raises:
        InputError: The folder cannot be written.
    """
    with atomic_folder(folder) as temporary:
        for name, array in _arrays(pair):
            np.save(temporary / f"{name}.npy", array, allow_pickle=False)
        languages = [list(view.languages) for view in (pair.subjects, pair.objects)]
        write_manifest(
            temporary, kind=KIND, version=FORMAT_VERSION, fields={"fingerprint": fingerprint, "languages": languages}
        )


def load_context(folder: Path, subjects: FrameworkIndex, objects: FrameworkIndex, *, fingerprint: str) -> Pair:
    """Map a pair's arrays.

    Args:
        folder: The folder that ``save_context`` wrote.
        subjects: The index of the source side that it was made from.
        objects: The same of the target side.
        fingerprint: What it must have been made from.

    Raises:
        ArtefactError: It is damaged, or was made from something else.
    """
    manifest = read_manifest(folder, kind=KIND, version=FORMAT_VERSION, trust_stamp=True)
    damaged = ArtefactError("does not fit its indexes", where=str(folder), do="remove the folder and run again")
    if manifest.get("fingerprint") != fingerprint:
        raise damaged
    try:
        arrays = {
            name.removesuffix(".npy"): np.load(folder / name, mmap_mode="r", allow_pickle=False).view(np.ndarray)
            for name in manifest["files"]
        }
        tags = [tuple(tag for tag in LANGUAGES if tag in given) for given in manifest["languages"]]
        views = {
            side: _view(index, f"{side}.", arrays, languages)
            for side, index, languages in zip(("subjects", "objects"), (subjects, objects), tags, strict=True)
        }
        shared = {name: getattr(views[side], field) for name, (side, field) in _SHARED.items()}
        space = _record(Space, "space.", arrays, shared)
        return _record(Pair, "", arrays, {**views, "space": space})
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise damaged from error


def kept_pair(
    folder: Path, subjects: FrameworkIndex, objects: FrameworkIndex, *, subject_language: SubjectLanguage
) -> Pair:
    """Return two prepared indexes laid out for any unit of the source side; the first use keeps it for the next.

    Args:
        folder: The index folder of the target side; what is kept lies in its ``contexts`` and goes when it is rebuilt.
        subjects: The source side.
        objects: The target side.
        subject_language: The language of the subjects that the matcher sees.

    Raises:
        InputError: No unit has text in the language.
        ArtefactError: The two indexes are of different encoders.
    """
    parts = [f"{framework_digest(side)} {side.encoder_fingerprint}" for side in (subjects, objects)]
    fingerprint = sha256_of_bytes("\0".join([*parts, subject_language, __version__]).encode())
    place = folder / "contexts" / fingerprint[:16]
    with contextlib.suppress(ArtefactError):
        return load_context(place, subjects, objects, fingerprint=fingerprint)
    pair = lay_out(subjects, objects, Screening(k=1, subject_language=subject_language))
    # A folder that cannot be written only costs the time again.
    with contextlib.suppress(InputError, OSError):
        place.parent.mkdir(exist_ok=True)
        save_context(pair, place, fingerprint=fingerprint)
    return pair


def _view(index: FrameworkIndex, prefix: str, arrays: Mapping[str, Any], languages: tuple[Language, ...]) -> View:
    members = arrays[f"{prefix}members"]
    ids = tuple(index.ids[unit] for unit in members.tolist())
    return _record(View, prefix, arrays, {"index": index, "languages": languages, "ids": ids})


def _record(kind: type[Record], prefix: str, arrays: Mapping[str, Any], given: Mapping[str, Any]) -> Record:
    """Make a record from what is given and the arrays under its prefix."""
    hints = get_type_hints(kind)
    values = dict(given)
    for name, hint in hints.items():
        if name in values:
            continue
        key = prefix + name
        if key not in arrays:
            values[name] = _record(hint, f"{key}.", arrays, {})
        else:
            values[name] = int(arrays[key]) if hint is int else arrays[key]
    return kind(**values)
