"""A screening as a folder: both indexes, the options, and the partitions that are done.

    job/manifest.json     kind, version, options, what the results depend on (``fingerprint``)
    job/subjects, objects index folders (or their paths in the manifest, where they were given as folders)
    job/rescorer.json     the weights
    job/context           both sides laid out (``matcher.scale.context``)
    job/parts/00000.part  the rows of partition 0: a line with their SHA-256, then the rows

Any process that sees the folder can do any partition, in any order: ``open_job`` once, then ``screen_partition``.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from matcher.artefact import atomic_path, sha256_of_bytes, write_atomic
from matcher.compare.model import from_json, shipped_rescorer, to_json
from matcher.compare.rerank import Reranker
from matcher.errors import ArtefactError, InputError
from matcher.export.rows import DisplayLanguage
from matcher.pipeline import Prepared, Screening, count_subjects, lay_out, prepare, screening_fingerprint
from matcher.scale.context import load_context, save_context
from matcher.search.index import FrameworkIndex, load_index, save_index

KIND = "screening-job"
FORMAT_VERSION = 1
MANIFEST = "manifest.json"
CONTEXT = "context"
# Subjects a partition: what Ctrl-C or a killed process costs at most. It cannot change a byte of the result.
PARTITION = 256
# What a partition's rows are: the text of that output format, or whole results for every other format.
Form = Literal["jsonl", "csv", "trec", "results"]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How partitions are written: their form, the language of labels (resolved), subjects a partition."""

    form: Form
    language: DisplayLanguage
    partition: int = PARTITION
    rerank: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An open job; ``prepared`` holds everything that a partition's rows depend on."""

    folder: Path
    prepared: Prepared
    options: Options

    @property
    def partitions(self) -> int:
        """How many partitions there are; they are numbered from 0 in the order of the output."""
        return -(-len(self.prepared.rows) // self.options.partition)

    def rows_of(self, number: int) -> Any:
        """Return the positions of a partition's subjects."""
        step = self.options.partition
        return self.prepared.rows[number * step : (number + 1) * step]

    def path_of(self, number: int) -> Path:
        """Return where a partition's rows are kept."""
        return part_path(self.folder, number)


def part_path(folder: Path, number: int) -> Path:
    """Return where the rows of a job's partition are kept."""
    return folder / "parts" / f"{number:05d}.part"


def part_paths(folder: Path) -> list[Path]:
    """Return where the rows of every partition of a job are kept, without opening it.

    Raises:
        ArtefactError: The folder is no job of this version.
    """
    record = _read_manifest(folder)
    return [part_path(folder, n) for n in range(-(-record["subjects"] // record["options"]["partition"]))]


def make_job(
    folder: Path,
    subjects: FrameworkIndex | Path,
    objects: FrameworkIndex | Path,
    wanted: Screening,
    options: Options,
    *,
    again: bool = False,
) -> str:
    """Make the folder of a screening, or leave one that was stopped as it is; return its fingerprint.

    Args:
        folder: The job's folder; its parent must exist.
        subjects: The source side; a path is that of an index folder, which must stay where it is.
        objects: The target side, likewise.
        wanted: What is asked for; its reranker is named in the options.
        options: How partitions are written.
        again: Replace what another screening left there.

    Raises:
        InputError: The folder is of another screening, or cannot be written.
    """
    sides = {"subjects": subjects, "objects": objects}
    opened = {name: load_index(side) if isinstance(side, Path) else side for name, side in sides.items()}
    fingerprint = sha256_of_bytes(
        screening_fingerprint(
            opened["subjects"], opened["objects"], wanted, reranker=f"{options.rerank} {options.form} "
            f"{options.language} {options.partition} {wanted.unit_ids}",
        ).encode()
    )  # fmt: skip
    manifest = folder / MANIFEST
    if manifest.exists():
        if _read_manifest(folder, any_version=again).get("fingerprint") == fingerprint:
            return fingerprint
        if not again:
            raise InputError(
                "is of another screening (other files, options or version)", where=str(folder),
                do="remove it, or choose another output",
            )  # fmt: skip
        manifest.unlink()
        shutil.rmtree(folder / "parts", ignore_errors=True)
    try:
        (folder / "parts").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot be made ({error.strerror})", where=str(folder), do="check the folder") from error
    for name, side in sides.items():
        if not isinstance(side, Path):
            save_index(side, folder / name)
    fitted = wanted.rescorer or shipped_rescorer(opened["subjects"].encoder_fingerprint)
    write_atomic(folder / "rescorer.json", to_json(fitted).encode())
    pair = lay_out(opened["subjects"], opened["objects"], replace(wanted, rescorer=fitted))
    save_context(pair, folder / CONTEXT, fingerprint=fingerprint)
    record = {
        "kind": KIND,
        "format_version": FORMAT_VERSION,
        "fingerprint": fingerprint,
        "subjects": len(wanted.unit_ids)
        if wanted.unit_ids is not None
        else count_subjects(opened["subjects"], subject_language=wanted.subject_language),
        "sides": {
            name: str(side.resolve()) if isinstance(side, Path) and side != folder / name else None
            for name, side in sides.items()
        },
        "screening": {
            "k": wanted.k,
            "subject_language": wanted.subject_language,
            "unit_ids": wanted.unit_ids,
            "group": wanted.group,
            "explain": wanted.explain,
        },
        "options": asdict(options),
    }
    # Last: a folder with a manifest is whole.
    write_atomic(manifest, (json.dumps(record, ensure_ascii=False, indent=1) + "\n").encode())
    return fingerprint


def _read_manifest(folder: Path, *, any_version: bool = False) -> dict[str, Any]:
    try:
        record = json.loads((folder / MANIFEST).read_bytes())
        if record["kind"] != KIND or not (any_version or record["format_version"] == FORMAT_VERSION):
            raise ValueError("of another kind or version")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError(
            "is no screening of this version", where=str(folder), do="remove the folder and screen again"
        ) from error
    return dict(record)


def open_job(folder: Path) -> Job:
    """Open a job that ``make_job`` made: once a process, then any partitions.

    Raises:
        ArtefactError: The folder or one of its indexes is damaged.
    """
    record = _read_manifest(folder)
    subjects, objects = (load_index(Path(record["sides"][name] or folder / name)) for name in ("subjects", "objects"))
    screening, options = dict(record["screening"]), Options(**record["options"])
    ids = screening.pop("unit_ids")
    wanted = Screening(
        **screening,
        unit_ids=None if ids is None else tuple(ids),
        rescorer=from_json((folder / "rescorer.json").read_text(encoding="utf-8"), where=str(folder)),
        reranker=_reranker(options.rerank),
    )
    pair = load_context(folder / CONTEXT, subjects, objects, fingerprint=record["fingerprint"])
    return Job(folder=folder, prepared=prepare(subjects, objects, wanted, pair=pair), options=options)


def _reranker(name: str | None) -> Reranker | None:
    if name is None:
        return None
    from matcher.encode.cross import load_cross_encoder

    return Reranker(scorer=load_cross_encoder(name))


def store_part(path: Path, rows: bytes) -> None:
    """Keep a partition's rows: whole or not at all, on the disk before the name is."""
    with atomic_path(path) as temporary, temporary.open("wb") as handle:
        handle.write(sha256_of_bytes(rows).encode() + b"\n" + rows)
        handle.flush()
        os.fsync(handle.fileno())


def read_part(path: Path) -> bytes | None:
    """Return a partition's rows, None where they are not there or not whole."""
    try:
        head, _, rows = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return rows if head == sha256_of_bytes(rows).encode() else None
