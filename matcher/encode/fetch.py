"""Models from a hub into a folder of ours: only files that are read, taken up where a fetch stopped, hashes checked.

``huggingface_hub`` says what a repository holds and gives the connection (mirror, proxy, token); the files are written
here, because its own download throws away what a stopped process had.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matcher.artefact import sha256_of
from matcher.config import models_home
from matcher.encode.catalogue import Backend, Entry, find_entry
from matcher.encode.folder import (
    LOCK,
    PART,
    Lock,
    code_in_json,
    confined,
    is_code,
    is_pickle,
    model_files,
    read_by,
    read_json,
    read_lock,
    write_lock,
)
from matcher.encode.hubcache import say_nothing
from matcher.encode.settings import folder_name
from matcher.errors import EncoderError, InputError

# The largest known model here has 2.3 GB; a hub that offers far more is not offering a model.
MAX_BYTES = 20_000_000_000
MAX_FILES = 200
TRIES = 5
_TIMEOUT = 30.0
_CHUNK = 1_048_576

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A repository at one revision: the files to fetch with (bytes, SHA-256 or "" where the hub gives none)."""

    repository: str
    revision: str
    files: Mapping[str, tuple[int, str]]


def target_of(name: str) -> tuple[str, Entry | None, Path]:
    """Return a model's repository, what is known of it, and the folder it belongs in.

    Raises:
        EncoderError: The name is neither known nor ``owner/model``, or the repository is not taken.
    """
    entry = find_entry(name)
    if entry is not None:
        if name.casefold() in (repository.casefold() for repository in entry.refused):
            raise EncoderError(f"refused: {entry.note}", where=name, do=f"matcher models fetch {entry.name}")
        return entry.repository, entry, models_home() / entry.name
    if name.count("/") != 1 or not confined(name) or name.startswith((".", "/")) or name.endswith("/"):
        raise EncoderError(
            "is not known", where=name, expected="a name from `matcher models list`, or owner/model on a hub"
        )
    return name, None, models_home() / folder_name(name)


def fetch(name: str, *, backend: Backend | None = None, revision: str = "", progress: Progress) -> Path:
    """Fetch a model; return its folder. What an earlier try got is kept and taken up.

    Args:
        name: A known model, or ``owner/model``.
        backend: The back end to fetch for; None for the model's own.
        revision: A branch, tag or commit; "" for the pinned one, else the newest.
        progress: Called with a file's name, the bytes that are here, and its size.

    Raises:
        EncoderError: The hub cannot be reached, refuses, or offers what is not taken.
        InputError: A file cannot be written.
    """
    say_nothing()
    repository, entry, folder = target_of(name)
    chosen: Backend = backend or (entry.backend if entry else "torch")
    recipe = offline_recipe(repository, entry, folder)
    try:
        remote = ask_hub(repository, backend=chosen, revision=revision or (entry.revision if entry else ""))
        folder.mkdir(parents=True, exist_ok=True)
        lock = read_lock(folder)
        if lock is not None and lock.revision != remote.revision:
            (folder / LOCK).unlink()  # while another revision comes in, the folder is no model
        # Small files first: a model that names code of its own is refused before its weights are fetched.
        for file, (size, digest) in sorted(remote.files.items(), key=lambda item: (item[1][0], item[0])):
            pinned = entry.sha256.get(file, "") if entry else ""
            _bring(remote, file, folder, size=size, digest=pinned or digest, progress=progress)
            if file.endswith(".json") and size < _CHUNK and (code := code_in_json(read_json(folder / file))):
                (folder / file).unlink()
                raise EncoderError(
                    f"refused: {file} names code of the model's own ({code})",
                    where=repository,
                    do="use another model; `matcher models list` names some",
                )
    except _connection_errors() as error:
        raise _as_one_line(error, repository, entry, recipe) from error
    except OSError as error:
        raise InputError(
            f"cannot be written ({error.strerror or error})",
            where=str(folder),
            do="free some space or name another folder with MATCHER_MODELS, then fetch again",
        ) from error
    _record(folder, remote)
    return folder


def ask_hub(repository: str, *, backend: Backend, revision: str) -> Remote:
    """Ask what a repository holds, and choose the files that a back end reads.

    Raises:
        EncoderError: It holds no weights that may be read, or something out of proportion.
    """
    from huggingface_hub import HfApi

    hub = HfApi(endpoint=endpoint())
    info = hub.model_info(repository, revision=revision or None, files_metadata=True, timeout=_TIMEOUT)
    sizes: dict[str, tuple[int, str]] = {}
    for sibling in info.siblings or ():
        digest = sibling.lfs.sha256 if sibling.lfs is not None else ""
        sizes[sibling.rfilename] = (int(sibling.size or 0), str(digest or ""))
    bad = next((name for name in sizes if not confined(name)), None)
    if bad is not None:
        raise EncoderError(f"names a file outside its folder ({bad[:80]!r})", where=repository, do="do not use it")
    wanted = {name: value for name, value in sizes.items() if read_by(name, backend) and not is_code(name)}
    if sum(size for size, _ in wanted.values()) > MAX_BYTES or len(wanted) > MAX_FILES:
        raise EncoderError(
            f"offers {len(wanted)} files, {sum(size for size, _ in wanted.values()) / 1e9:.1f} GB",
            where=repository,
            expected=f"at most {MAX_FILES} files and {MAX_BYTES / 1e9:.0f} GB",
        )
    suffixes = {"torch": (".safetensors",), "onnx": (".onnx",), "openvino": (".xml", ".onnx")}[backend]
    if not any(name.endswith(suffixes) for name in wanted):
        every = frozenset(sizes)
        pickled = [name for name in sorted(sizes) if is_pickle(name, every)]
        also = f"; it has {', '.join(pickled)}, but pickled weights can run code and are refused" if pickled else ""
        graph = " or fetch it with --backend onnx" if any(n.endswith(".onnx") for n in sizes) else ""
        raise EncoderError(
            f"offers no {' or '.join(suffixes)} file{also}",
            where=repository,
            do=f"name another model or revision{graph}",
        )
    return Remote(repository=repository, revision=str(info.sha), files=wanted)


def _bring(remote: Remote, file: str, folder: Path, *, size: int, digest: str, progress: Progress) -> None:
    """Make one file whole: leave it where it fits, take up its part, try again when the connection drops."""
    path = folder / file
    if path.is_file() and path.stat().st_size == size and (not digest or sha256_of(path) == digest):
        progress(file, size, size)
        return
    part = path.with_name(path.name + PART)
    path.parent.mkdir(parents=True, exist_ok=True)
    if not digest:
        part.unlink(missing_ok=True)  # nothing could tell whether its two halves belong together
    for tried in range(1, TRIES + 1):
        try:
            _stream(remote, file, part, size=size, progress=progress)
            break
        except _connection_errors() as error:
            if tried == TRIES or not _passing(error):
                raise
            time.sleep(min(8.0, 0.25 * 2**tried))
    found = sha256_of(part)
    if digest and found != digest:
        part.unlink()
        raise EncoderError(
            f"{file} came with SHA-256 {found[:16]}…",
            where=remote.repository,
            expected=f"{digest[:16]}…",
            do="it was thrown away; fetch again, and if that does not help take another mirror (HF_ENDPOINT)",
        )
    part.replace(path)


def _stream(remote: Remote, file: str, part: Path, *, size: int, progress: Progress) -> None:
    from huggingface_hub import get_session, hf_hub_url
    from huggingface_hub.utils._headers import build_hf_headers
    from huggingface_hub.utils._http import hf_raise_for_status

    here = part.stat().st_size if part.is_file() else 0
    if here > size:
        part.unlink()
        here = 0
    if here == size:
        part.touch()
        progress(file, here, size)
        return
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"}
    if here:
        headers["Range"] = f"bytes={here}-"
    url = hf_hub_url(remote.repository, file, revision=remote.revision, endpoint=endpoint())
    with get_session().stream("GET", url, headers=headers, timeout=_TIMEOUT) as response:
        hf_raise_for_status(response)
        if response.status_code != 206:
            here = 0  # the server sends the file from its beginning
        with part.open("ab" if here else "wb") as handle:
            for chunk in response.iter_bytes():
                here += len(chunk)
                if here > size:
                    raise EncoderError(f"{file} is longer than the hub says", where=remote.repository, do="fetch again")
                handle.write(chunk)
                progress(file, here, size)
    if here != size:
        raise ConnectionError(f"{file}: {here} of {size} bytes")


def _record(folder: Path, remote: Remote) -> None:
    """Write the lock; files of an earlier fetch for another back end stay in it."""
    old = read_lock(folder)
    kept = {} if old is None or old.revision != remote.revision else dict(old.files)
    fresh = {name: (path.stat().st_size, sha256_of(path)) for name, path in model_files(folder) if name in remote.files}
    write_lock(folder, Lock(repository=remote.repository, revision=remote.revision, files={**kept, **fresh}))


def endpoint() -> str:
    """Return the address of the hub, or of the mirror that HF_ENDPOINT names."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def offline_recipe(repository: str, entry: Entry | None, folder: Path) -> str:
    """Return what to do on another computer, as one clause."""
    files = ", ".join(entry.files) if entry else "all .json, .txt, .model and .safetensors files with their folders"
    name = entry.name if entry else repository
    return (
        "behind a proxy set HTTPS_PROXY, for a mirror HF_ENDPOINT; without internet: on another computer download from "
        f"https://huggingface.co/{repository}/tree/main these files, keeping their folders: {files}; copy them into "
        f"{folder} here, then run `matcher models verify {name} --record`"
    )


def _connection_errors() -> tuple[type[Exception], ...]:
    try:
        import httpx2
        from huggingface_hub.errors import HFValidationError, OfflineModeIsEnabled
    except ImportError as error:
        raise EncoderError(
            "needs the package huggingface_hub, which is not installed here",
            where="matcher models fetch",
            do="pip install huggingface_hub, or copy the model's folder here and name it: --encoder FOLDER",
        ) from error
    return (httpx2.HTTPError, HFValidationError, OfflineModeIsEnabled, ConnectionError)


def _passing(error: Exception) -> bool:
    """Whether a fault may pass: a dropped or slow connection, a server that is overloaded."""
    response: Any = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    if status is not None:
        return status in (408, 429, 500, 502, 503, 504)
    return type(error).__name__ not in ("OfflineModeIsEnabled", "HFValidationError", "UnsupportedProtocol")


def _as_one_line(error: Exception, repository: str, entry: Entry | None, recipe: str) -> EncoderError:
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    where = repository
    if isinstance(error, GatedRepoError) or (entry is not None and entry.gated and _status(error) in (401, 403)):
        return EncoderError(
            "its publisher wants its terms accepted first",
            where=where,
            do=f"sign in at https://huggingface.co/{repository}, accept them, set HF_TOKEN to a token of that account "
            "and fetch again",
        )
    if isinstance(error, RevisionNotFoundError):
        return EncoderError("has no such revision", where=where, do="leave --revision out for the newest")
    if isinstance(error, RepositoryNotFoundError):
        return EncoderError(f"is not at {endpoint()}", where=where, do="check the name; a private one needs HF_TOKEN")
    what = f"the hub {endpoint()} cannot be reached ({type(error).__name__})"
    if _status(error) is not None:
        what = f"the hub {endpoint()} answered {_status(error)}"
    elif os.environ.get("HF_HUB_OFFLINE", "") not in ("", "0"):
        what = "HF_HUB_OFFLINE forbids asking the hub"
    return EncoderError(what, where=where, do=f"what is here already is kept; {recipe}")


def _status(error: Exception) -> int | None:
    response: Any = getattr(error, "response", None)
    status = getattr(response, "status_code", None)
    return int(status) if status is not None else None
