"""A model's folder: what may be in it, what a back end reads of it, and the hashes that were recorded for it.

Weights are safetensors or ONNX/OpenVINO graphs; pickles can run code when they are opened, and a model that names its
own Python files (``auto_map``, a module from outside sentence-transformers) runs them when it is loaded. Neither is
ever read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from matcher.artefact import sha256_of, write_atomic
from matcher.encode.catalogue import Backend
from matcher.errors import EncoderError

LOCK = "encoder.lock.json"
PART = ".part"
_LOCK_FORMAT = 1
_PICKLES = frozenset({".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".dill"})
_CODE = frozenset({".py", ".pyc", ".so", ".dll", ".dylib", ".pyd"})
# JSON files that list tokens: long, and nothing in them names code.
_TOKENS = frozenset({"tokenizer.json", "vocab.json", "added_tokens.json", "special_tokens_map.json"})
_MAX_JSON = 4_000_000
# Files up to this size are hashed whenever a model is loaded; larger ones are compared by size, and hashed by `verify`.
_SMALL = 32_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What was recorded when a model came in: where from, and (bytes, SHA-256) of every file."""

    repository: str
    revision: str
    files: Mapping[str, tuple[int, str]]


def model_files(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield (relative name, path) of a model's files in order; hidden ones, parts and the lock are none."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in PurePosixPath(name).parts) or name == LOCK or name.endswith(PART):
            continue
        if path.is_file():
            yield name, path


def is_pickle(name: str, beside: frozenset[str]) -> bool:
    """Whether a file name is one of pickled weights; an OpenVINO graph's weights (``.bin`` by ``.xml``) are not."""
    path = PurePosixPath(name)
    if path.suffix.lower() not in _PICKLES:
        return False
    return not (path.suffix.lower() == ".bin" and str(path.with_suffix(".xml")) in beside)


def is_code(name: str) -> bool:
    """Whether a file name is one of program code."""
    return PurePosixPath(name).suffix.lower() in _CODE


def read_json(path: Path) -> Any:
    """Return a JSON file of a model, at most 4 MB long.

    Raises:
        EncoderError: It is longer, or no JSON.
    """
    try:
        if path.stat().st_size > _MAX_JSON:
            raise ValueError("too long")
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise EncoderError(
            f"cannot be read ({' '.join(str(error).split())[:80]})", where=str(path), do="copy the model's folder again"
        ) from error


def code_in_json(record: Any) -> str:
    """Return what in a model's configuration names code of its own, or ""."""
    if isinstance(record, dict):
        if record.get("auto_map"):
            return "auto_map"
        return next((found for value in record.values() if (found := code_in_json(value))), "")
    if isinstance(record, list):
        return next((found for value in record if (found := code_in_json(value))), "")
    return ""


def code_faults(folder: Path) -> Iterator[str]:
    """Yield what in a folder would run code of the model's own."""
    for name, path in model_files(folder):
        if is_code(name):
            yield f"{name} is program code"
        if path.suffix == ".json" and path.name not in _TOKENS and (found := code_in_json(read_json(path))):
            yield f"{name} names code of the model's own ({found})"
    for module in modules_of(folder):
        kind, place = str(module.get("type", "")), str(module.get("path", ""))
        if not kind.startswith("sentence_transformers."):
            yield f"modules.json names code of the model's own ({kind[:60]})"
        if not confined(place or "."):
            yield f"modules.json names a place outside the folder ({place[:60]})"


def modules_of(folder: Path) -> tuple[dict[str, Any], ...]:
    """Return the entries of ``modules.json``; none where the folder is a bare transformers model.

    Raises:
        EncoderError: The file is no list of modules.
    """
    path = folder / "modules.json"
    if not path.is_file():
        return ()
    record = read_json(path)
    if not isinstance(record, list) or not all(isinstance(entry, dict) for entry in record):
        raise EncoderError("is no list of modules", where=str(path), do="copy the model's folder again")
    return tuple(record)


def confined(name: str) -> bool:
    """Whether a relative name stays inside its folder, on every system."""
    path = PurePosixPath(name)
    return not (path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name)


def pickle_faults(folder: Path) -> Iterator[str]:
    """Yield the pickled weights in a folder."""
    names = frozenset(name for name, _ in model_files(folder))
    yield from (f"{name} is a pickle" for name in sorted(names) if is_pickle(name, names))


def check_loadable(folder: Path, backend: Backend, *, where: str) -> None:
    """Refuse a folder that cannot be loaded without running code of the model's own.

    A pickle beside safetensors (a folder copied whole) is let be: it is not read.

    Raises:
        EncoderError: The folder needs such code, or has no weights that this back end reads.
    """
    for fault in code_faults(folder):
        raise EncoderError(
            f"refused: {fault}",
            where=where,
            expected="a model that sentence-transformers and transformers load by themselves (no trust_remote_code)",
            do="use another model; `matcher models list` names some",
        )
    names = frozenset(name for name, _ in model_files(folder))
    pickled = [name for name in sorted(names) if is_pickle(name, names)]
    if backend == "torch":
        safe = {str(PurePosixPath(name).parent) for name in names if name.endswith(".safetensors")}
        bare = [name for name in pickled if str(PurePosixPath(name).parent) not in safe]
        if not safe or bare:
            found = f" (found {', '.join(bare)})" if bare else ""
            raise EncoderError(
                f"has no .safetensors weights{found}",
                where=where,
                expected="safetensors: pickled weights can run code and are refused",
                do="convert the model to safetensors first, or use --backend onnx where it brings an ONNX file",
            )
    else:
        graph_file(folder, backend, where=where)


def graph_file(folder: Path, backend: Backend, *, where: str) -> Path:
    """Return the graph that a back end reads: its own format first, then ONNX.

    Raises:
        EncoderError: The folder has none.
    """
    names = ["onnx/model.onnx", "model.onnx"]
    if backend == "openvino":
        names = ["openvino/openvino_model.xml", "openvino_model.xml", *names]
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise EncoderError(
            f"has no {names[0]}",
            where=where,
            expected=f"a model with its graph for the back end {backend}",
            do="take the back end torch, or export the model first",
        )
    return found


def read_by(name: str, backend: Backend) -> bool:
    """Whether a back end reads a file: what the fingerprint hashes and what is fetched."""
    path = PurePosixPath(name)
    top, suffix = path.parts[0], path.suffix.lower()
    if is_code(name) or suffix in _PICKLES - {".bin"} or suffix in (".md", ".h5", ".msgpack", ".ot", ".gguf"):
        return False
    if top == "onnx" or path.name.startswith("model.onnx"):
        plain = path.name in ("model.onnx", "model.onnx_data", "model.onnx.data") or (top == "onnx" and not suffix)
        return backend in ("onnx", "openvino") and plain
    if top == "openvino" or path.name.startswith("openvino_model"):
        return backend == "openvino" and path.name in ("openvino_model.xml", "openvino_model.bin")
    if suffix == ".safetensors" or path.name.endswith(".safetensors.index.json"):
        # A graph holds the transformer's weights itself; the layers after the pooling (2_Dense …) stay safetensors.
        return backend == "torch" or len(path.parts) > 1
    return suffix in (".json", ".txt", ".model") and (len(path.parts) == 1 or top[0].isdigit())


def file_hashes(folder: Path, backend: Backend) -> dict[str, str]:
    """Return the SHA-256 of every file that a back end reads.

    Where the folder has a lock, a large file whose size fits is taken at its word (``verify`` hashes it).

    Raises:
        EncoderError: A file does not fit the lock.
    """
    lock = read_lock(folder)
    hashes = {}
    for name, path in model_files(folder):
        if not read_by(name, backend):
            continue
        recorded = None if lock is None else lock.files.get(name)
        size = path.stat().st_size
        if recorded is not None and recorded[0] == size and size > _SMALL:
            hashes[name] = recorded[1]
            continue
        hashes[name] = sha256_of(path)
        if recorded is not None and recorded != (size, hashes[name]):
            raise EncoderError(
                f"{name} is not the file that was recorded (damaged or changed)",
                where=str(folder),
                do="fetch the model again, or look at it with `matcher models verify`",
            )
    return hashes


def read_lock(folder: Path) -> Lock | None:
    """Return what was recorded for a folder; None where nothing was.

    Raises:
        EncoderError: The record cannot be read.
    """
    path = folder / LOCK
    if not path.is_file():
        return None
    record = read_json(path)
    try:
        if record["format_version"] != _LOCK_FORMAT:
            raise ValueError("another version")
        files = {str(name): (int(e["bytes"]), str(e["sha256"])) for name, e in record["files"].items()}
        return Lock(repository=str(record["repository"]), revision=str(record["revision"]), files=files)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EncoderError("is no record of a model", where=str(path), do="delete it and verify again") from error


def write_lock(folder: Path, lock: Lock) -> None:
    """Record where a model came from and the hashes of its files."""
    record = {
        "format_version": _LOCK_FORMAT,
        "repository": lock.repository,
        "revision": lock.revision,
        "files": {name: {"bytes": size, "sha256": digest} for name, (size, digest) in sorted(lock.files.items())},
    }
    text = json.dumps(record, ensure_ascii=False, indent=2) + "\n"
    write_atomic(folder / LOCK, text.encode("utf-8"))
