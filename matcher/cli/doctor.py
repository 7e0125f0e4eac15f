"""``matcher doctor``: what is installed, and whether its files are whole."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from matcher.errors import ArtefactError, MatcherError

# What the embedded encoder needs, and what other encoders and later stages add; together the package's dependencies.
PACKAGES = (
    "faiss-cpu",
    "fastapi",
    "jieba",
    "jinja2",
    "jsonschema-rs",
    "lxml",
    "numpy",
    "opencc",
    "openpyxl",
    "pypdfium2",
    "python-docx",
    "python-multipart",
    "rich",
    "sqlalchemy",
    "tokenizers",
    "typer",
    "uvicorn",
)
OPTIONAL = ("bm25s", "huggingface-hub", "model2vec", "scikit-learn", "sentence-transformers", "torch")
# Other back ends, from the package's extras.
EXTRAS = ("onnxruntime", "openvino")
FONT_SECONDS = 20

Check = tuple[str, str]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def package_checks() -> Iterator[Check]:
    """Yield each package with its version.

    Raises:
        ArtefactError: A package that every command needs is not installed.
    """
    missing = []
    for name in PACKAGES:
        version = _version(name)
        yield name, version or "NOT INSTALLED"
        missing += [name] if version is None else []
    for name in (*OPTIONAL, *EXTRAS):
        yield f"{name} (optional)", _version(name) or "not installed"
    if missing:
        raise ArtefactError(f"not installed: {', '.join(missing)}", do="install the package again with pip")


def data_checks() -> Iterator[Check]:
    """Yield the embedded encoder, every file hashed, and the level frames.

    Raises:
        ArtefactError: A file is missing, damaged or foreign.
    """
    from importlib.resources import as_file

    from matcher.artefact import read_manifest
    from matcher.encode.static import FORMAT_VERSION, KIND, load_embedded
    from matcher.levels import level_frames
    from matcher.resources import resource

    with as_file(resource("encoder")) as folder:
        manifest = read_manifest(folder, kind=KIND, version=FORMAT_VERSION, verify=True)
    size = sum(entry["bytes"] for entry in manifest["files"].values()) / 1e6
    yield "embedded encoder: files", f"{len(manifest['files'])} files, {size:.1f} MB, SHA-256 as in the manifest"
    encoder = load_embedded()
    yield "embedded encoder: model", f"{encoder.table.shape[0]} pieces, {encoder.dimension} dimensions"
    yield "embedded encoder: fingerprint", encoder.fingerprint
    fast = load_embedded(fast=True)
    yield "fast encoder (--encoder fast)", f"{fast.dimension} of these dimensions, fingerprint {fast.fingerprint}"
    yield "level frames", ", ".join(level_frames())


def font_check() -> Iterator[Check]:
    """Yield how many font files have Chinese, as fontconfig counts them (for the pages and pictures made here)."""
    program = shutil.which("fc-list")
    if program is None:
        yield "Chinese fonts", "not checked: no fc-list here (Windows and macOS bring such fonts)"
        return
    try:
        listed = subprocess.run(  # noqa: S603 (the program that PATH names, with fixed arguments)
            [program, ":lang=zh", "file"], capture_output=True, text=True, check=False, timeout=FONT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield "Chinese fonts", f"not checked: fc-list failed ({type(error).__name__})"
        return
    count = len(listed.stdout.splitlines())
    advice = "none: pages with Chinese need one to be read on this machine (Noto Sans CJK)"
    yield "Chinese fonts", f"{count} files" if count else advice


def index_checks(folder: Path) -> Iterator[Check]:
    """Yield an index folder's size and whether the embedded encoder built it.

    Raises:
        ArtefactError: The folder is damaged, foreign or of another version.
    """
    from matcher.encode.static import embedded_fingerprint
    from matcher.search.index import load_index

    found = load_index(folder, verify=True)
    yield f"index {folder}", f"{len(found.ids)} units, {len(found.statements)} statements, SHA-256 as in the manifest"
    ours = found.encoder_fingerprint in (embedded_fingerprint(), embedded_fingerprint(fast=True))
    built = "an embedded encoder of this version" if ours else "another: name it with --encoder"
    yield f"index {folder}: encoder", f"{found.encoder_name} {found.encoder_fingerprint} ({built})"


def run_checks(indexes: list[Path]) -> tuple[list[Check], MatcherError | None]:
    """Run every check; return what was found, and the first fault."""
    checks: list[Callable[[], Iterator[Check]]] = [package_checks, data_checks, font_check]
    checks += [partial(index_checks, folder) for folder in indexes]
    found: list[Check] = []
    fault: MatcherError | None = None
    for check in checks:
        try:
            found.extend(check())
        except MatcherError as error:
            found.append(("DAMAGED", str(error)))
            fault = fault or error
            if check is package_checks:
                break  # the other checks import what is missing
    return found, fault


def doctor(
    indexes: Annotated[list[Path] | None, typer.Argument(metavar="[INDEX]...", help="Index folders to check.")] = None,
) -> None:
    """Check the installation: versions, the encoder's hashes, level frames, fonts; and index folders, if given.

    Example: matcher doctor cn.index
    """
    from rich.table import Table
    from rich.text import Text

    from matcher import __version__
    from matcher.cli.tables import stdout_console

    table = Table("what", "found", box=None)
    table.add_row("competency-matcher", __version__)
    table.add_row("python", f"{platform.python_version()} ({platform.system()} {platform.machine()})")
    found, fault = run_checks(indexes or [])
    for name, value in found:
        table.add_row(Text(name), Text(value))
    stdout_console().print(table)
    if fault is not None:
        raise fault
