"""``matcher models``: known encoders, fetching and checking them, choosing one, exporting the embedded one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matcher.encode.catalogue import Entry

app = typer.Typer(help="Encoders: list, fetch, verify, use, export.", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="A name from `matcher models list`, owner/model, or a folder.")]
BackendOption = Annotated[
    Literal["torch", "onnx", "openvino"] | None,
    typer.Option("--backend", help="What runs the model; each model has its usual one."),
]


@app.callback()
def _root() -> None:
    """Encoders: list, fetch, verify, use, export."""


def state_of(entry: Entry) -> str:
    """Return where a known model is and whether it is whole, without hashing its weights."""
    from matcher.config import models_home
    from matcher.encode.folder import model_files, read_lock
    from matcher.encode.hubcache import cached_folder
    from matcher.errors import EncoderError

    folder = models_home() / entry.name
    try:
        lock = read_lock(folder)
    except EncoderError:
        return "damaged record: verify it"
    if lock is not None:
        sizes = {name: path.stat().st_size for name, path in model_files(folder)}
        if any(sizes.get(name) != size for name, (size, _) in lock.files.items()):
            return "damaged: fetch again"
        return "here, pinned" if entry.pinned else f"here, {len(lock.files)} hashes recorded"
    if folder.is_dir() and any(folder.iterdir()):
        return "in part: fetch again, or verify --record"
    return "in the hub's cache" if cached_folder(entry.repository) is not None else "not here"


@app.command("list")
def list_() -> None:
    """List the encoders that are known by name: size, licence, and whether they are here.

    Example: matcher models list
    """
    from rich.table import Table
    from rich.text import Text

    from matcher.cli.options import chosen_encoder
    from matcher.cli.tables import stdout_console
    from matcher.config import models_home
    from matcher.encode.catalogue import catalogue
    from matcher.encode.settings import read_spec

    chosen = read_spec(chosen_encoder("")).name
    table = Table("", "name", "M params", "dimension", "runs on", "licence", "state", box=None)
    rows = [
        ("embedded", "", "1024", "numpy", "CC BY 4.0", "in the package"),
        ("fast", "", "384", "numpy", "CC BY 4.0", "in the package"),
    ]
    for entry in catalogue().values():
        cut = f" ({min(entry.matryoshka)}-)" if entry.matryoshka else ""
        licence = entry.licence + (", gated" if entry.gated else "")
        rows.append(
            (entry.name, str(entry.parameters), f"{entry.dimension}{cut}", entry.backend, licence, state_of(entry))
        )
    for row in rows:
        mark = "*" if row[0].casefold() == chosen.casefold() else ""
        table.add_row(*(Text(cell) for cell in (mark, *row)))
    console = stdout_console()
    console.print(table)
    if not any(row[0].casefold() == chosen.casefold() for row in rows):
        console.print(Text(f"* in use: {chosen}"))
    console.print(Text(f"Fetched models are kept in {models_home()}"), soft_wrap=True)
    unpinned = [entry.name for entry in catalogue().values() if not entry.pinned]
    if unpinned:
        console.print(
            Text(
                f"{len(unpinned)} of these are not pinned: nobody checked their revision and hashes against a hub when "
                "this list was written. `matcher models fetch` (for a copied folder `matcher models verify --record`) "
                "writes the hashes down at the first fetch; from then on every change of a file shows."
            )
        )
    for entry in catalogue().values():
        if entry.note:
            console.print(Text(f"{entry.name}: {entry.note}"))


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from matcher.cli.tables import stderr_console

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = stderr_console()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        tasks: dict[str, int] = {}

        def report(file: str, here: int, size: int) -> None:
            if file not in tasks:
                tasks[file] = int(progress.add_task(file, total=size))
            progress.update(tasks[file], completed=here)  # type: ignore[arg-type]

        yield report


@app.command("fetch")
def fetch(
    name: NameArgument,
    backend: BackendOption = None,
    revision: Annotated[str, typer.Option("--revision", help="A branch, tag or commit; the newest if left out.")] = "",
) -> None:
    """Fetch a model from the hub into this program's own folder; stopped halfway, the next call goes on from there.

    Only safetensors or ONNX weights are taken, never pickles or program code. HF_ENDPOINT names a mirror, HTTPS_PROXY a
    proxy, HF_TOKEN an account. Where no hub can be reached the message says which files to copy from where to where.

    Example: matcher models fetch multilingual-e5-small
    """
    from matcher.encode.fetch import fetch as fetch_model

    with _progress() as progress:
        folder = fetch_model(name, backend=backend, revision=revision, progress=progress)
    typer.echo(f"wrote {folder}; use it with --encoder {name}, or always: matcher models use {name}", err=True)


@app.command("verify")
def verify(
    name: NameArgument,
    record: Annotated[bool, typer.Option("--record", help="Write the hashes down where none are recorded.")] = False,
) -> None:
    """Hash every file of a model; refuse pickles and models that name code of their own.

    Example: matcher models verify multilingual-e5-small --record
    """
    from rich.table import Table
    from rich.text import Text

    from matcher.cli.tables import stdout_console
    from matcher.encode.verify import verify as verify_model

    folder, lines = verify_model(name, record=record)
    table = Table("file", "SHA-256", box=None)
    for file, found in lines:
        table.add_row(Text(file), Text(found, overflow="fold"))
    stdout_console().print(table)
    recorded = " Its hashes are recorded." if record else ""
    typer.echo(f"{folder}: {len(lines)} files, no pickle, no code of its own.{recorded}", err=True)


@app.command("use")
def use(
    name: Annotated[str, typer.Argument(help="As --encoder takes it; 'embedded' takes the choice back.")],
    backend: BackendOption = None,
    dimension: Annotated[
        int | None, typer.Option("--dimension", min=1, help="Keep so many columns (models trained for it).")
    ] = None,
    subject_prompt: Annotated[
        str | None, typer.Option("--subject-prompt", help="Stands in front of every source text.")
    ] = None,
    object_prompt: Annotated[
        str | None, typer.Option("--object-prompt", help="Stands in front of every target text.")
    ] = None,
) -> None:
    r"""Choose the encoder that every command takes from now on; --encoder and MATCHER_ENCODER go before it.

    Example: matcher models use Qwen3-Embedding-0.6B --dimension 256
    """
    from dataclasses import replace

    from matcher.config import write_choice
    from matcher.encode import encoder_fingerprint
    from matcher.encode.settings import read_spec, write_spec

    choice = read_spec(name)
    choice = replace(
        choice,
        name=str(Path(choice.name).resolve()) if Path(choice.name).is_dir() else choice.name,
        backend=backend or choice.backend,
        dimension=dimension or choice.dimension,
        subject_prompt=choice.subject_prompt if subject_prompt is None else subject_prompt,
        object_prompt=choice.object_prompt if object_prompt is None else object_prompt,
    )
    # Refused, unknown and absent models end here, before anything is written.
    fingerprint = encoder_fingerprint(write_spec(choice))
    path = write_choice(None if write_spec(choice) == "embedded" else choice)
    typer.echo(f"wrote {path}: {write_spec(choice)} ({fingerprint.partition('.')[0]})", err=True)


@app.command("export")
def export(
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write (replaced whole).")],
    encoder: Annotated[str, typer.Option("--encoder", help="'embedded' or 'fast'.")] = "embedded",
) -> None:
    """Write the embedded encoder as a folder that ``SentenceTransformer(folder)`` loads; needs sentence-transformers.

    Example: matcher models export -o encoder-st
    """
    from matcher.encode.hub import save_static_as_sentence_transformer

    save_static_as_sentence_transformer(encoder, output)
    typer.echo(f"wrote {output}: load it with sentence_transformers.SentenceTransformer({str(output)!r})", err=True)
