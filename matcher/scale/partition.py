"""One partition: a pure function from an open job and a number to bytes, and the partitions put together.

The bytes of a partition depend on the job alone, so that neither order, nor process, nor machine can change them.
"""

from __future__ import annotations

from collections.abc import Iterator

from matcher.errors import ArtefactError
from matcher.export.write import text_of
from matcher.pipeline import query_of, screen_rows
from matcher.review.run import result_line, results_of
from matcher.scale.job import Job, read_part, store_part
from matcher.schema import Query, UnitResult


def screen_partition(job: Job, number: int) -> bytes:
    """Return the rows of one partition (not the head of a table), in the job's form."""
    results = screen_rows(job.prepared, job.rows_of(number))
    form = job.options.form
    if form == "results":
        return b"".join(result_line(result) + b"\n" for result in results)
    text = "".join(text_of(results, query=query(job), form=form, language=job.options.language))
    return text.encode("utf-8", "replace")


def do_partition(job: Job, number: int) -> bool:
    """Screen a partition and keep its rows, unless that was done; return whether it was screened now.

    Raises:
        InputError: The rows cannot be written.
    """
    if read_part(job.path_of(number)) is not None:
        return False
    store_part(job.path_of(number), screen_partition(job, number))
    return True


def left_over(job: Job) -> list[int]:
    """Return the numbers of the partitions that are not done."""
    return [number for number in range(job.partitions) if read_part(job.path_of(number)) is None]


def rows(job: Job) -> Iterator[bytes]:
    """Yield the rows of every partition, in order.

    Raises:
        ArtefactError: A partition is missing or damaged.
    """
    for number in range(job.partitions):
        found = read_part(job.path_of(number))
        if found is None:
            raise ArtefactError("is missing or damaged", where=str(job.path_of(number)), do="run the command again")
        yield found


def results(job: Job) -> Iterator[UnitResult]:
    """Yield every result of a job whose form is "results"."""
    pair = job.prepared.pair
    subjects = dict(zip(pair.subjects.index.ids, pair.subjects.index.framework.units, strict=True))
    objects = dict(zip(pair.objects.index.ids, pair.objects.index.framework.units, strict=True))
    for found in rows(job):
        yield from results_of(found.splitlines(), subjects, objects)


def query(job: Job) -> Query:
    """Return what outputs need to know of the two sides."""
    pair = job.prepared.pair
    return query_of(pair.subjects.index, pair.objects.index)
