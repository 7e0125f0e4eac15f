"""Files that are written whole or not at all, and manifests that a damaged or foreign artefact cannot pass."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from matcher.errors import ArtefactError, InputError

MANIFEST = "manifest.json"
# Beside a manifest: sizes and times that its large files had when they were last hashed whole.
STAMP = "verified.json"
# Smaller files are hashed at every start.
LARGE = 1_000_000


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sha256_of_bytes(data: bytes) -> str:
    """Return the SHA-256 of bytes as hex."""
    return hashlib.sha256(data).hexdigest()


def _no_space(path: Path, error: OSError) -> InputError:
    return InputError(
        f"cannot write ({error.strerror or error})",
        where=str(path),
        do="check the folder, its permissions and the free space, then run the command again",
    )


@contextlib.contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Give a temporary path beside the target; move it over the target only when the block ends well.

    Raises:
        InputError: The folder is missing or not writable, or there is no space left.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=target.suffix, dir=target.parent)
        os.close(handle)
    except OSError as error:
        raise _no_space(target, error) from error
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes the file private; a result is as readable as any other file the user makes.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
    except OSError as error:
        raise _no_space(target, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_atomic(target: Path, data: bytes) -> None:
    """Write bytes so that the target holds either the old or the whole new content."""
    with atomic_path(target) as temporary:
        temporary.write_bytes(data)


@contextlib.contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Give a temporary folder beside the target; swap it in only when the block ends well.

    Raises:
        InputError: The target exists and is not an artefact folder, or cannot be written.
    """
    if target.exists() and not (target.is_dir() and (not any(target.iterdir()) or (target / MANIFEST).is_file())):
        raise InputError(
            "exists and is not a folder that this program wrote", where=str(target), do="choose another name"
        )
    try:
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _no_space(target, error) from error
    old = temporary.with_name(temporary.name + ".old")
    try:
        yield temporary
        temporary.chmod(0o755)
        if target.exists():
            target.replace(old)
        temporary.replace(target)
    except OSError as error:
        if old.exists() and not target.exists():
            old.replace(target)
        raise _no_space(target, error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def write_manifest(folder: Path, *, kind: str, version: int, fields: Mapping[str, Any]) -> None:
    """Write ``manifest.json``: kind, format version, the fields, and size and SHA-256 of every other file."""
    listed = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in (MANIFEST, STAMP)
    }
    manifest = {"kind": kind, "format_version": version, **fields, "files": listed}
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
    _stamp(folder, manifest["files"])


def _stamped(folder: Path, files: Mapping[str, Any]) -> dict[str, Any]:
    large = [name for name in sorted(files) if (folder / name).stat().st_size >= LARGE]
    times = {name: [(folder / name).stat().st_size, (folder / name).stat().st_mtime_ns] for name in large}
    return {"manifest": sha256_of(folder / MANIFEST), "files": times}


def _stamp(folder: Path, files: Mapping[str, Any]) -> None:
    # A folder that cannot be written is hashed whole each time.
    with contextlib.suppress(OSError):
        text = json.dumps(_stamped(folder, files), sort_keys=True)
        temporary = folder / f"{STAMP}.{os.getpid()}"
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(folder / STAMP)


def _is_stamped(folder: Path, files: Mapping[str, Any]) -> bool:
    try:
        return bool(json.loads((folder / STAMP).read_bytes()) == _stamped(folder, files))
    except (OSError, ValueError, RecursionError):
        return False


def read_manifest(
    folder: Path, *, kind: str, version: int, verify: bool = True, trust_stamp: bool = False
) -> dict[str, Any]:
    """Read and check a manifest.

    Args:
        folder: The artefact's folder.
        kind: The kind it must be of.
        version: The format version this program reads.
        verify: Also compare every file's SHA-256 (sizes are always compared).
        trust_stamp: Leave out large files whose size and time are those of the last time they were hashed.

    Raises:
        ArtefactError: The manifest is missing, foreign or of another version, or a file does not fit it.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ArtefactError(
            "no manifest.json in the folder",
            where=str(folder),
            expected=f"a folder of kind {kind}",
            do="build it again",
        ) from error
    except (OSError, ValueError) as error:
        raise ArtefactError("the manifest cannot be read", where=str(path), do="build the artefact again") from error
    if not isinstance(manifest, dict) or manifest.get("kind") != kind:
        found = manifest.get("kind") if isinstance(manifest, dict) else type(manifest).__name__
        raise ArtefactError(f"is of kind {found!r}", where=str(folder), expected=kind, do="name another folder")
    if manifest.get("format_version") != version:
        raise ArtefactError(
            f"has format version {manifest.get('format_version')}",
            where=str(folder),
            expected=str(version),
            do="build it again with this version of the program",
        )
    files = manifest.get("files")
    if not isinstance(files, dict):
        raise ArtefactError("the manifest lists no files", where=str(path), do="build the artefact again")
    for name, entry in files.items():
        _check_file(folder, name, entry, verify=False)
    stamped = trust_stamp and _is_stamped(folder, files)
    for name, entry in files.items() if verify else ():
        if not (stamped and entry["bytes"] >= LARGE):
            _check_file(folder, name, entry, verify=True)
    if trust_stamp and verify and not stamped:
        _stamp(folder, files)
    return manifest


def _check_file(folder: Path, name: str, entry: Mapping[str, Any], *, verify: bool) -> None:
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ArtefactError(f"names a file outside its folder: {name}", where=str(folder), do="do not use this folder")
    if not path.is_file():
        raise ArtefactError(f"{name} is missing", where=str(folder), do="build the artefact again")
    size = path.stat().st_size
    if size != entry.get("bytes"):
        raise ArtefactError(
            f"{name} has {size} bytes (truncated or changed)",
            where=str(folder),
            expected=f"{entry.get('bytes')} bytes",
            do="build the artefact again",
        )
    if verify and sha256_of(path) != entry.get("sha256"):
        raise ArtefactError(
            f"{name} does not fit its SHA-256 (damaged or changed)", where=str(folder), do="build the artefact again"
        )
