"""``matcher screen --engine ray``: the screening as a job beside the output, done by the machines of a cluster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from matcher.encode.protocol import Encoder
    from matcher.export.rows import DisplayLanguage
    from matcher.pipeline import Screening
    from matcher.scale.job import Form
    from matcher.search.index import FrameworkIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a screening: what the user named, and what was opened."""

    path: Path
    index: FrameworkIndex


@dataclass(frozen=True, slots=True, kw_only=True)
class Spreading:
    """How a screening is spread: the cluster's address (None for this machine), units a partition, the reranker."""

    address: str | None
    partition: int
    rerank: str | None


def spread_encoder(address: str | None) -> Callable[[str], Encoder]:
    """Return what gives the encoder of a name, with its texts encoded by the machines of a cluster."""
    from matcher.encode import load_encoder
    from matcher.scale.cluster import Way
    from matcher.scale.encoding import ClusterEncoder

    def load(name: str) -> Encoder:
        return ClusterEncoder(local=load_encoder(name), way=Way(address=address, jobs=None, say=_say))

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
    """Do a screening on a cluster, taking up what is there; return the job's folder with every partition kept.

    Raises:
        InputError: The folder is of another screening, or the cluster cannot do it.
    """
    from matcher.cli.progress import track
    from matcher.scale.cluster import Way
    from matcher.scale.job import Options, make_job, part_paths
    from matcher.scale.spread import spread, still_to_do

    folder = job_path(output)
    options = Options(form=form, language=language, partition=how.partition, rerank=how.rerank)
    # An index folder is used where it is; what was read from a file is kept in the job.
    left_side, right_side = (side.path if side.path.is_dir() else side.index for side in (subjects, objects))
    make_job(folder, left_side, right_side, wanted, options)
    total, left = len(part_paths(folder)), len(still_to_do(folder))
    if left < total:
        typer.echo(f"note: {folder}: {total - left} of {total} partitions are done already", err=True)
    done = spread(folder, Way(address=how.address, jobs=None, say=_say))
    for _ in track(done, total=left, label="screening"):
        pass
    return folder


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
