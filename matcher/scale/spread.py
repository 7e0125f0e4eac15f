"""A job done by the machines of a cluster; this process alone writes, so that no partition is kept twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from matcher.errors import ArtefactError
from matcher.review.run import results_of
from matcher.scale.cluster import Way, screeners
from matcher.scale.farm import farm_out
from matcher.scale.job import part_paths, read_part, store_part
from matcher.schema import UnitResult
from matcher.search.index import FrameworkIndex


def still_to_do(folder: Path) -> list[int]:
    """Return the numbers of a job's partitions that are not kept, or not whole.

    Raises:
        ArtefactError: The folder is no job.
    """
    return [number for number, path in enumerate(part_paths(folder)) if read_part(path) is None]


def spread(folder: Path, way: Way) -> Iterator[int]:
    """Do what is left of a job on a cluster; yield each partition's number when its rows are kept.

    Args:
        folder: The job.
        way: The cluster.

    Raises:
        InputError: Ray is not installed, no cluster answers, no machine is left, or the rows cannot be written.
    """
    left = still_to_do(folder)
    if not left:
        return
    paths = part_paths(folder)
    with screeners(folder.resolve(), way) as crew:
        for number, rows in farm_out(crew, left):
            store_part(paths[number], rows)
            yield number


def kept_rows(folder: Path) -> Iterator[bytes]:
    """Yield the rows of every partition of a job, in order, without opening it.

    Raises:
        ArtefactError: A partition is missing or damaged.
    """
    for path in part_paths(folder):
        found = read_part(path)
        if found is None:
            raise ArtefactError("is missing or damaged", where=str(path), do="run the command again")
        yield found


def kept_results(folder: Path, subjects: FrameworkIndex, objects: FrameworkIndex) -> Iterator[UnitResult]:
    """Yield every result of a job whose form is "results", without opening it.

    Raises:
        ArtefactError: A partition is missing or damaged.
    """
    left, right = (dict(zip(side.ids, side.framework.units, strict=True)) for side in (subjects, objects))
    for rows in kept_rows(folder):
        yield from results_of(rows.splitlines(), left, right)
