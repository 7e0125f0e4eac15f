"""A model that is here, looked at file by file: hashes, pickles, code of its own."""

from __future__ import annotations

from pathlib import Path

from matcher.artefact import sha256_of
from matcher.encode.catalogue import find_entry
from matcher.encode.fetch import target_of
from matcher.encode.folder import Lock, code_faults, model_files, pickle_faults, read_lock, write_lock
from matcher.encode.settings import locate
from matcher.errors import EncoderError


def verify(name: str, *, record: bool) -> tuple[Path, tuple[tuple[str, str], ...]]:
    """Hash every file of a model that is here; return its folder and (what, found) lines.

    Args:
        name: A known model, ``owner/model`` that was fetched, or a folder.
        record: Write the hashes down where nothing is recorded yet.

    Raises:
        EncoderError: A file does not fit, or something in the folder may not be read.
    """
    folder = Path(name)
    entry = find_entry(folder.name)
    repository = entry.repository if entry else ""
    if not folder.is_dir():
        repository, entry, folder = target_of(name)
        if not folder.is_dir():
            folder, entry = locate(name, where=name)
    faults = [*code_faults(folder), *pickle_faults(folder)]
    if faults:
        more = f" and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise EncoderError(
            f"refused: {faults[0]}{more}",
            where=str(folder),
            expected="safetensors or ONNX weights, and no program code",
            do="delete a pickle that has safetensors beside it (it is never read); use no model that needs code",
        )
    lock = read_lock(folder)
    found = {file: (path.stat().st_size, sha256_of(path)) for file, path in model_files(folder)}
    if not any(file.endswith((".safetensors", ".onnx", ".xml")) for file in found):
        raise EncoderError("has no weights", where=str(folder), do="fetch the model again")
    pinned = dict(entry.sha256) if entry else {}
    lines = []
    for file, (size, digest) in found.items():
        recorded = lock.files.get(file) if lock else None
        if recorded is not None and recorded != (size, digest):
            raise EncoderError(f"{file} is not what was recorded", where=str(folder), do="fetch the model again")
        if pinned.get(file, digest) != digest:
            raise EncoderError(f"{file} is not what is pinned", where=str(folder), do="fetch the model again")
        state = "pinned" if file in pinned else "as recorded" if recorded else "not recorded"
        lines.append((file, f"{digest} {size} bytes, {state}"))
    missing = [file for file in (lock.files if lock else ()) if file not in found]
    if missing:
        raise EncoderError(f"{missing[0]} is missing", where=str(folder), do="fetch the model again")
    if record and lock is None:
        write_lock(folder, Lock(repository=repository, revision="", files=found))
    return folder, tuple(lines)
