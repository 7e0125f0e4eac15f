"""What one machine of a cluster does: it opens the job, from the same path or from a copy, and screens partitions.

A machine that sees the job's folder with the same manifests under the same path (a shared disk, or this machine) uses
it there. Another gets one copy, piece by piece, for all its workers. Either way they map the same files, checked
against their manifests, and every partition is a pure function of them.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import matcher
from matcher.artefact import MANIFEST, STAMP, sha256_of, sha256_of_bytes
from matcher.encode import load_encoder, side_of
from matcher.encode.protocol import Encoder
from matcher.errors import ArtefactError, EncoderError, InputError
from matcher.scale.job import Job, open_job

SIDES = ("subjects", "objects")
# Bytes that travel in one message: a few fit in the smallest object store.
PIECE = 8 * 1024 * 1024
# Between two looks for a copy that another worker makes; how long that worker may take to write who it is.
WAIT_SECONDS = 0.2
GRACE_SECONDS = 30.0
# Other versions of these may round the last bit another way.
_NUMERIC = ("numpy", "faiss-cpu", "tokenizers", "opencc", "jieba")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A job as another machine needs to know of it.

    ``folder`` is its absolute path here; ``files`` are names and sizes of all it consists of; ``seals`` the SHA-256 of
    the manifests by path here: where all of them fit, the folder is the same one. ``program`` is ``signature()``;
    ``run`` is a name for copies that nobody can know beforehand.
    """

    folder: str
    files: tuple[tuple[str, int], ...]
    seals: tuple[tuple[str, str], ...]
    program: str
    run: str


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
    found = {
        name: path
        for path in sorted(folder.rglob("*"))
        if (name := path.relative_to(folder).as_posix()).partition("/")[0] not in ("parts", *SIDES)
    }
    for side in SIDES:
        root = Path(sides[side] or folder / side)
        found |= {f"{side}/{path.relative_to(root).as_posix()}": path for path in sorted(root.rglob("*"))}
    return {name: path for name, path in found.items() if path.is_file() and path.name != STAMP}


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
        run=secrets.token_hex(16),
    )


def read_piece(files: Mapping[str, Path], name: str, offset: int) -> bytes:
    """Return the piece of a job's file that begins at an offset."""
    with files[name].open("rb") as handle:
        handle.seek(offset)
        return handle.read(PIECE)


def open_delivery(delivery: Delivery, fetch: Callable[[str, int], bytes], *, machine: str = "") -> Job:
    """Open a job on this machine.

    Args:
        delivery: The job.
        fetch: From a file's name and an offset to its next piece; only asked where this machine lacks the folder.
        machine: The machine's name in the cluster; two of one cluster may be one computer.

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
    home = _copy_of(delivery, machine)
    # Closed to others, under a name that nobody could know: what is in it was put there by a worker of this run.
    home.mkdir(mode=0o700, exist_ok=True)
    while not (home / "job").is_dir():
        _copy_once(delivery, fetch, home)
    return open_job(home / "job")


def remove_copy(delivery: Delivery, *, machine: str = "") -> None:
    """Remove this machine's copy of a job; what is mapped stays so without a name."""
    shutil.rmtree(_copy_of(delivery, machine), ignore_errors=True)


def _copy_of(delivery: Delivery, machine: str) -> Path:
    return Path(tempfile.gettempdir()) / f"matcher-job-{delivery.run}{machine[:16]}"


def _copy_once(delivery: Delivery, fetch: Callable[[str, int], bytes], home: Path) -> None:
    """Make the copy, or wait a little for the worker of this machine that makes it."""
    making = home / "making"
    try:
        making.mkdir()
    except FileExistsError:
        if not _is_alive(making):
            shutil.rmtree(making, ignore_errors=True)
        time.sleep(WAIT_SECONDS)
        return
    try:
        (making / "process").write_text(str(os.getpid()), encoding="ascii")
        if not (home / "job").is_dir():
            copy_files(delivery, fetch, making / "job")
            (making / "job").replace(home / "job")
    finally:
        shutil.rmtree(making, ignore_errors=True)


def _is_alive(making: Path) -> bool:
    """Return whether the worker that makes a copy is still there; one that has just begun counts as there."""
    try:
        os.kill(int((making / "process").read_text(encoding="ascii")), 0)
    except (FileNotFoundError, ValueError):
        return making.is_dir() and time.time() - making.stat().st_mtime < GRACE_SECONDS
    except OSError:
        return False
    return True


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
