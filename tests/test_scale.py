"""Screening in partitions: order, size and a second process cannot change a byte; damage is seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matcher.errors import InputError
from matcher.export.rows import resolve
from matcher.export.write import text_head, write_results
from matcher.pipeline import Screening, open_source, query_of, run_screening
from matcher.scale.job import Form, Job, Options, make_job, open_job, read_part
from matcher.scale.partition import do_partition, left_over, results, rows
from matcher.search.index import FrameworkIndex


@pytest.fixture(scope="module")
def sides(data: Path) -> tuple[FrameworkIndex, FrameworkIndex]:
    return open_source(data / "hk.csv", "fast").index, open_source(data / "cn.csv", "fast").index


def job_of(folder: Path, sides: tuple[FrameworkIndex, FrameworkIndex], form: Form, partition: int = 2) -> Job:
    language = resolve("auto", query_of(*sides))
    make_job(folder, *sides, Screening(k=3), Options(form=form, language=language, partition=partition))
    return open_job(folder)


@pytest.mark.parametrize("form", ["jsonl", "csv", "trec"])
@pytest.mark.parametrize("partition", [1, 2, 100])
def test_any_order_and_size_gives_the_bytes_of_one_run(
    tmp_path: Path, sides: tuple[FrameworkIndex, FrameworkIndex], form: Form, partition: int
) -> None:
    whole = tmp_path / "whole"
    found = run_screening(*sides, Screening(k=3))
    write_results(found, query=query_of(*sides), format=form, path=whole)  # type: ignore[arg-type]
    job = job_of(tmp_path / "job", sides, form, partition)
    numbers = np.random.default_rng(partition).permutation(job.partitions).tolist()
    assert all(do_partition(job, number) for number in numbers)
    assert left_over(job) == []
    assert text_head(form).encode() + b"".join(rows(job)) == whole.read_bytes()


def test_whole_results_come_back(tmp_path: Path, sides: tuple[FrameworkIndex, FrameworkIndex]) -> None:
    job = job_of(tmp_path / "job", sides, "results")
    for number in range(job.partitions):
        do_partition(job, number)
    assert list(results(job)) == list(run_screening(*sides, Screening(k=3)))


def test_a_damaged_partition_is_done_again(tmp_path: Path, sides: tuple[FrameworkIndex, FrameworkIndex]) -> None:
    job = job_of(tmp_path / "job", sides, "csv")
    assert do_partition(job, 0)
    assert not do_partition(job, 0)
    before = job.path_of(0).read_bytes()
    job.path_of(0).write_bytes(before[:-7])
    assert read_part(job.path_of(0)) is None
    assert do_partition(job, 0)
    assert job.path_of(0).read_bytes() == before


def test_a_folder_of_another_screening_is_refused(tmp_path: Path, sides: tuple[FrameworkIndex, FrameworkIndex]) -> None:
    job_of(tmp_path / "job", sides, "csv")
    job_of(tmp_path / "job", sides, "csv")  # the same again is taken up
    with pytest.raises(InputError, match="another screening"):
        job_of(tmp_path / "job", sides, "jsonl")
