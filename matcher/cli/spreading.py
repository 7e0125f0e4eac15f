"""A screening as a job beside the output: done by processes of this machine, or by the machines of a cluster."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

if TYPE_CHECKING:
    from matcher.encode.protocol import Encoder
    from matcher.encode.protocol import Side as EncoderSide
    from matcher.export.rows import DisplayLanguage
    from matcher.pipeline import Screening
    from matcher.scale.job import Form
    from matcher.search.index import FrameworkIndex


_SIDES: dict[str, EncoderSide] = {"subjects": "subject", "objects": "object"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a screening: what the user named, and what was opened."""

    path: Path
    index: FrameworkIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Spreading:
    """How a screening is spread.

    By Ray (the cluster's address, None for this machine's own) or here, by ``jobs`` processes a machine (None: its
    cores); ``partition`` units at a time; ``again`` replaces what another screening left.
    """

    engine: Literal["local", "ray"]
    address: str | None
    jobs: int | None
    again: bool
    partition: int
    rerank: str | None


def spread_encoder(address: str | None, jobs: int | None) -> Callable[[str, EncoderSide], Encoder]:
    """Return what gives the encoder of a name, with its texts encoded by the machines of a cluster."""
    from matcher.encode import load_encoder
    from matcher.scale.cluster import Way
    from matcher.scale.encoding import ClusterEncoder

    def load(name: str, side: EncoderSide) -> Encoder:
        return ClusterEncoder(local=load_encoder(name, side), way=Way(address=address, jobs=jobs, say=_say))

    return load


def _say(line: str) -> None:
    typer.echo(line, err=True)


def form_of(format_: str, *, whole: bool) -> Form:
    """Return what partitions hold: the text of a format that has a row a candidate, else whole results."""
    forms: tuple[Form, ...] = ("jsonl", "csv", "trec")
    return next((form for form in forms if form == format_ and not whole), "results")


def job_path(output: Path) -> Path:
    """Return where the partitions of a screening are kept until the last one is done."""
    return output.with_name(output.name + ".job")


def spread_job(
    subjects: Side, objects: Side, wanted: Screening, *, output: Path, form: Form, language: DisplayLanguage,
    how: Spreading,
) -> Path:  # fmt: skip
    """Do a screening in partitions, taking up what is there; return the job's folder with every partition kept.

    Raises:
        InputError: The folder is of another screening, or the cluster cannot do it.
    """
    from matcher.cli.progress import track
    from matcher.scale.cluster import Way
    from matcher.scale.job import Options, make_job, part_paths
    from matcher.scale.local import cores, work
    from matcher.scale.spread import spread, still_to_do

    folder = job_path(output)
    options = Options(form=form, language=language, partition=how.partition, rerank=how.rerank)
    # An index folder is used where it is; what was read from a file is kept in the job.
    left_side, right_side = (side.path if side.path.is_dir() else side.index for side in (subjects, objects))
    make_job(folder, left_side, right_side, wanted, options, again=how.again)
    total, left = len(part_paths(folder)), len(still_to_do(folder))
    if left < total:
        typer.echo(f"note: {folder}: {total - left} of {total} partitions are done already", err=True)
    if how.engine == "ray":
        done = spread(folder, Way(address=how.address, jobs=how.jobs, say=_say))
    else:
        done = work(folder, processes=how.jobs or cores())
    for _ in track(done, total=left, label="screening"):
        pass
    return folder


def index_sides(sides: Mapping[str, Path], folder: Path, *, encoder: str, batch_size: int) -> dict[str, Path]:
    """Build the indexes of framework files in a job's folder, each in a process of its own, at the same time.

    An index that was built from the same bytes with the same encoder is left as it is.

    Args:
        sides: "subjects" and "objects"; an index folder is returned as it is.
        folder: The job's folder.
        encoder: The encoder's name.
        batch_size: Texts encoded at a time.

    Raises:
        InputError: A file cannot be used; its line is on standard error.
    """
    from matcher.artefact import sha256_of, write_atomic
    from matcher.cli.progress import working
    from matcher.encode import encoder_fingerprint
    from matcher.errors import InputError

    places, building = {}, {}
    for name, path in sides.items():
        # What is no file is left to the reader's own message.
        places[name] = folder / name if path.is_file() else path
        if not path.is_file():
            continue
        source, kept = (
            f"{sha256_of(path)} {path.suffix} {encoder_fingerprint(encoder, side=_SIDES[name])}",
            folder / f"{name}.source",
        )
        try:
            folder.mkdir(exist_ok=True)
            if kept.is_file() and kept.read_text(encoding="utf-8") == source and places[name].is_dir():
                continue
            kept.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(f"cannot be made ({error.strerror})", where=str(folder), do="check the folder") from error
        command = [
            sys.executable, "-m", "matcher.cli.main", "index", str(path), "-o", str(places[name]), "--quiet",
            "--encoder", encoder, "--batch-size", str(batch_size), "--side", _SIDES[name],
        ]  # fmt: skip
        building[name] = (subprocess.Popen(command, stdout=subprocess.DEVNULL), kept, source)  # noqa: S603
    try:
        with working("encoding"):
            for name, (process, kept, source) in building.items():
                if process.wait():
                    raise InputError(
                        "could not be indexed", where=str(sides[name]), do="see the line above, then run again"
                    )
                write_atomic(kept, source.encode())
    finally:
        for process, _, _ in building.values():
            process.terminate()
            process.wait()
    return places


def write_rows(folder: Path, head: str, output: Path) -> None:
    """Write a job's rows as one file, whole or not at all.

    Raises:
        ArtefactError: A partition is missing or damaged.
        InputError: The file cannot be written.
    """
    from matcher.artefact import atomic_path
    from matcher.scale.spread import kept_rows

    with atomic_path(output) as temporary, temporary.open("wb") as handle:
        handle.write(head.encode())
        handle.writelines(kept_rows(folder))
