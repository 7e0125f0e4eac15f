"""Screening in partitions: order, size and a second process cannot change a byte; damage is seen."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matcher.encode import load_encoder
from matcher.errors import InputError
from matcher.export.rows import resolve
from matcher.export.write import text_head, write_results
from matcher.pipeline import Screening, open_source, query_of, run_screening
from matcher.scale.context import kept_pair
from matcher.scale.job import Form, Job, Options, make_job, open_job, read_part
from matcher.scale.local import work
from matcher.scale.partition import do_partition, left_over, results, rows
from matcher.schema import Statement
from matcher.search.index import FrameworkIndex, build_index, load_index, save_index
from matcher.search.renew import renew_index


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


@pytest.mark.parametrize("group", [None, "occupation", "level"])
def test_whole_results_come_back(tmp_path: Path, sides: tuple[FrameworkIndex, FrameworkIndex], group: Any) -> None:
    wanted = Screening(k=3, group=group)
    make_job(tmp_path / "job", *sides, wanted, Options(form="results", language="en", partition=2))
    job = open_job(tmp_path / "job")
    for number in range(job.partitions):
        do_partition(job, number)
    assert list(results(job)) == list(run_screening(*sides, wanted))


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


def _same(one: FrameworkIndex, other: FrameworkIndex) -> None:
    for field in fields(one):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == theirs.dtype, field.name
            assert np.array_equal(mine, theirs), field.name
        elif field.name == "columns":
            assert mine.texts == theirs.texts
            assert np.array_equal(mine.units, theirs.units)
            assert np.array_equal(mine.statements, theirs.statements)
        elif field.name != "digest":
            assert mine == theirs, field.name


def test_a_renewed_index_is_the_one_that_a_build_gives(sides: tuple[FrameworkIndex, FrameworkIndex]) -> None:
    old, encoder = sides[0], load_encoder("fast")
    units = list(old.framework.units)
    # One unit gone, one edited (a word that no other has), one new, and another order.
    edited = replace(units[1], statements=(*units[1].statements, Statement(role="skill", language="en", text="Xylem")))
    new = replace(units[0], code="ZZAA000A", statements=units[2].statements)
    framework = replace(old.framework, units=(new, *reversed(units[3:]), edited))
    renewed = renew_index(old, framework, encoder)
    assert renewed.kept == len(units) - 3
    _same(renewed.index, build_index(framework, encoder))
    # Nothing is taken over from another encoder's index, and everything where nothing changed.
    assert renew_index(replace(old, encoder_fingerprint="x"), framework, encoder).kept == 0
    again = renew_index(old, old.framework, encoder)
    assert again.kept == len(units)
    _same(again.index, old)


def test_a_mapped_context_gives_the_bytes_of_a_fresh_one(
    tmp_path: Path, sides: tuple[FrameworkIndex, FrameworkIndex]
) -> None:
    for index, name in zip(sides, ("hk", "cn"), strict=True):
        save_index(index, tmp_path / name)
    stored = load_index(tmp_path / "hk"), load_index(tmp_path / "cn")
    fresh = list(run_screening(*sides, Screening(k=3)))
    assert list(run_screening(*stored, Screening(k=3))) == fresh
    for _ in range(2):  # laid out and kept, then mapped
        pair = kept_pair(tmp_path / "cn", *stored, subject_language="both")
        assert list(run_screening(*stored, Screening(k=3), pair=pair)) == fresh
    (kept,) = (tmp_path / "cn/contexts").iterdir()
    with (kept / "specific.npy").open("r+b") as handle:
        handle.seek(-1, 2)
        handle.write(b"\x55")
    pair = kept_pair(tmp_path / "cn", *stored, subject_language="both")  # damaged: laid out again
    assert list(run_screening(*stored, Screening(k=3), pair=pair)) == fresh


def _screen_command(folder: Path, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "matcher.cli.main", "screen", str(folder / "hk"), str(folder / "cn"), "-k", "2",
        "--encoder", "fast", "--format", "csv", "-o", str(folder / "out.csv"), "--resume", "--jobs", "1",
        "--partition", "1", *more,
    ]  # fmt: skip


def test_killed_in_the_middle_and_started_again(tmp_path: Path, sides: tuple[FrameworkIndex, FrameworkIndex]) -> None:
    for index, name in zip(sides, ("hk", "cn"), strict=True):
        save_index(index, tmp_path / name)
    whole = tmp_path / "whole.csv"
    write_results(run_screening(*sides, Screening(k=2)), query=query_of(*sides), format="csv", path=whole)
    parts = tmp_path / "out.csv.job/parts"
    process = subprocess.Popen(_screen_command(tmp_path), start_new_session=True, stderr=subprocess.DEVNULL)
    end = time.monotonic() + 300
    while not list(parts.glob("*.part")) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.002)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = {path.name: path.stat().st_mtime_ns for path in parts.glob("*.part")}
    assert done or (tmp_path / "out.csv").exists()
    assert subprocess.run(_screen_command(tmp_path), check=False).returncode == 0
    assert (tmp_path / "out.csv").read_bytes() == whole.read_bytes()
    assert not parts.exists()


def test_a_full_disk_leaves_a_state_that_starts_again(
    tmp_path: Path, sides: tuple[FrameworkIndex, FrameworkIndex]
) -> None:
    job = job_of(tmp_path / "job", sides, "csv", 1)
    # No file may grow beyond this: writing fails as on a full disk.
    limit = "import resource, signal, sys; from pathlib import Path; from matcher.scale.worker import main\n"
    limit += "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (100, resource.RLIM_INFINITY)); main(Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", limit, str(job.folder)], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "cannot write" in done.stderr
    assert left_over(job) == list(range(job.partitions))
    # The claim of the process that failed is no hindrance.
    assert sorted(work(job.folder, processes=2)) == list(range(job.partitions))
    assert left_over(job) == []


def test_a_process_that_is_ended_is_named(tmp_path: Path, sides: tuple[FrameworkIndex, FrameworkIndex]) -> None:
    job = job_of(tmp_path / "job", sides, "csv", 1)
    (job.folder / "rescorer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="rescorer"):
        list(work(job.folder, processes=1))
