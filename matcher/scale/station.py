"""What one machine of a cluster does: it opens the job, from the same path or from a copy, and screens partitions.

A machine that sees the job's folder with the same manifests under the same path (a shared disk, or this machine) uses
it there. Another gets a copy, piece by piece, into a folder of its own. Either way the indexes are opened once a
machine, checked against their manifests, and every partition is a pure function of them.
"""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import matcher
from matcher.artefact import MANIFEST, sha256_of, sha256_of_bytes
from matcher.encode import load_encoder, side_of
from matcher.encode.protocol import Encoder
from matcher.errors import ArtefactError, EncoderError, InputError
from matcher.scale.job import Job, open_job

SIDES = ("subjects", "objects")
# Bytes that travel in one message: a few fit in the smallest object store.
PIECE = 8 * 1024 * 1024
# Other versions of these may round the last bit another way.
_NUMERIC = ("numpy", "faiss-cpu", "tokenizers", "opencc", "jieba")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A job as another machine needs to know of it.

    ``folder`` is its absolute path here; ``files`` are names and sizes of all it consists of; ``seals`` the SHA-256 of
    the manifests by path here: where all of them fit, the folder is the same one. ``program`` is ``signature()``.
    """

    folder: str
    files: tuple[tuple[str, int], ...]
    seals: tuple[tuple[str, str], ...]
    program: str


def signature() -> str:
    """Return a hash of the program and of what rounds its numbers: machines that share it write the same bytes."""
    folder = Path(matcher.__file__).parent
    sources = [
        f"{path.relative_to(folder).as_posix()} {sha256_of(path)}"
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".py", ".toml", ".json", ".tsv", ".txt") and path.is_file()
    ]
    versions = [platform.python_version(), *(f"{name} {_version(name)}" for name in _NUMERIC)]
    return sha256_of_bytes("\n".join([*versions, *sources]).encode())[:16]


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"


def contents(folder: Path) -> dict[str, Path]:
    """Return the files of a job that another machine needs, by their name in a copy of its folder.

    Raises:
        ArtefactError: The folder is no job.
    """
    try:
        sides = json.loads((folder / MANIFEST).read_bytes())["sides"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtefactError("is no screening", where=str(folder), do="run the command again") from error
    found = {path.name: path for path in sorted(folder.iterdir()) if path.is_file()}
    for side in SIDES:
        root = Path(sides[side] or folder / side)
        found |= {f"{side}/{p.relative_to(root).as_posix()}": p for p in sorted(root.rglob("*")) if p.is_file()}
    return found


def make_delivery(folder: Path) -> Delivery:
    """Return what machines are told of a job.

    Raises:
        ArtefactError: The folder is no job.
    """
    folder = folder.resolve()
    files = contents(folder)
    manifests = [path for name, path in files.items() if Path(name).name == MANIFEST]
    return Delivery(
        folder=str(folder),
        files=tuple((name, path.stat().st_size) for name, path in files.items()),
        seals=tuple((str(path), sha256_of(path)) for path in manifests),
        program=signature(),
    )


def read_piece(files: Mapping[str, Path], name: str, offset: int) -> bytes:
    """Return the piece of a job's file that begins at an offset."""
    with files[name].open("rb") as handle:
        handle.seek(offset)
        return handle.read(PIECE)


def open_delivery(delivery: Delivery, fetch: Callable[[str, int], bytes]) -> Job:
    """Open a job on this machine.

    Args:
        delivery: The job.
        fetch: From a file's name and an offset to its next piece; only asked where this machine lacks the folder.

    Raises:
        InputError: This machine has another version of the program, or no room for the indexes.
        ArtefactError: The indexes are damaged.
    """
    if delivery.program != signature():
        raise InputError(
            "has another version of competency-matcher, Python, numpy or faiss", expected="the same on every machine",
            do="install the same versions there (`pip install -c constraints.txt`), then run the command again",
        )  # fmt: skip
    if all(Path(path).is_file() and sha256_of(Path(path)) == seal for path, seal in delivery.seals):
        return open_job(Path(delivery.folder))
    home = Path(tempfile.mkdtemp(prefix="matcher-job-"))
    try:
        copy_files(delivery, fetch, home)
        return open_job(home)
    finally:
        # The arrays are mapped by now, and stay so without a name: a machine that is killed leaves nothing behind.
        shutil.rmtree(home, ignore_errors=True)


def load_same_encoder(name: str, fingerprint: str) -> Encoder:
    """Return the encoder of a name, which must be the one that the other machines have.

    Raises:
        EncoderError: It is not here, or has other weights or settings.
    """
    encoder = load_encoder(name, side_of(fingerprint))
    if encoder.fingerprint != fingerprint:
        raise EncoderError(
            f"the encoder {name} is {encoder.fingerprint}", expected=fingerprint, do="install the same on every machine"
        )
    return encoder


def copy_files(delivery: Delivery, fetch: Callable[[str, int], bytes], home: Path) -> None:
    """Copy a job's files into a folder.

    Raises:
        InputError: There is no room for them.
    """
    for name, size in delivery.files:
        path = (home / name).resolve()
        if not path.is_relative_to(home.resolve()):
            raise ArtefactError(f"names a file outside its folder: {name}", do="do not use this job")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as handle:
                while handle.tell() < size:
                    handle.write(fetch(name, handle.tell()))
        except OSError as error:
            raise InputError(
                f"has no room for the indexes ({error.strerror})", where=str(home), do="free some space there"
            ) from error
    record = json.loads((home / MANIFEST).read_bytes())
    record["sides"] = dict.fromkeys(SIDES)
    (home / MANIFEST).write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
