"""A machine of a cluster and a job: it uses the folder where it sees it, else one copy for all its workers."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from matcher.errors import ArtefactError, EncoderError, InputError
from matcher.pipeline import Screening, open_source
from matcher.scale import station
from matcher.scale.job import Options, make_job, open_job
from matcher.scale.partition import screen_partition
from matcher.scale.station import (
    Delivery,
    contents,
    load_same_encoder,
    make_delivery,
    open_delivery,
    read_piece,
    remove_copy,
)
from matcher.search.index import save_index


@pytest.fixture(scope="module")
def job(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A job with one side as an index folder elsewhere and one within."""
    folder = tmp_path_factory.mktemp("job")
    save_index(open_source(data / "hk.csv", "fast").index, folder / "hk")
    right = open_source(data / "cn.csv", "fast").index
    make_job(folder / "job", folder / "hk", right, Screening(k=3), Options(form="results", language="en", partition=2))
    return folder / "job"


def elsewhere(delivery: Delivery) -> Delivery:
    """The delivery as a machine sees it that has no such folder."""
    return replace(delivery, folder="nowhere", seals=(("nowhere", ""),))


def never(name: str, offset: int) -> bytes:
    raise AssertionError(f"fetched {name} at {offset}")


def test_a_machine_that_sees_the_folder_fetches_nothing(job: Path) -> None:
    opened = open_delivery(make_delivery(job), never)
    assert screen_partition(opened, 0) == screen_partition(open_job(job), 0)


def test_the_workers_of_a_machine_share_one_copy(job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(station, "PIECE", 1_000)  # many pieces a file
    files, fetched = contents(job), []

    def fetch(name: str, offset: int) -> bytes:
        fetched.append((name, offset))
        return read_piece(files, name, offset)

    delivery = elsewhere(make_delivery(job))
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(lambda _: open_delivery(delivery, fetch), range(4)))
    assert len(fetched) == len(set(fetched)) > len(files)
    remove_copy(delivery)
    assert list(tmp_path.iterdir()) == []
    # The copy has no name any more, and still answers.
    assert [screen_partition(one, 1) for one in opened] == [screen_partition(open_job(job), 1)] * 4


def test_a_worker_that_died_while_copying_is_replaced(
    job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    delivery, files = elsewhere(make_delivery(job)), contents(job)
    making = tmp_path / f"matcher-job-{delivery.run}" / "making"
    making.mkdir(parents=True)
    (making / "process").write_text("4194305")  # above the largest process number of Linux
    opened = open_delivery(delivery, lambda name, offset: read_piece(files, name, offset))
    assert screen_partition(opened, 0) == screen_partition(open_job(job), 0)


def test_a_damaged_or_hostile_delivery_is_refused(job: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    delivery, files = elsewhere(make_delivery(job)), contents(job)
    with pytest.raises(ArtefactError, match="SHA-256"):
        open_delivery(delivery, lambda name, offset: read_piece(files, name, offset).replace(b"Mend", b"Bend"))
    outside = replace(delivery, files=(("../outside", 1),), run="other")
    with pytest.raises(ArtefactError, match=r"names a file outside its folder: \.\./outside"):
        open_delivery(outside, never)
    assert not (tmp_path / "outside").exists()
    with pytest.raises(InputError, match="another version"):
        open_delivery(replace(delivery, program="0"), never)


def test_the_folder_may_be_there_and_another_one(job: Path, tmp_path: Path) -> None:
    shutil.copytree(job, tmp_path / "job")
    delivery = make_delivery(tmp_path / "job")
    (tmp_path / "job" / "manifest.json").write_text("{}")
    fetched: list[str] = []

    def fetch(name: str, offset: int) -> bytes:
        fetched.append(name)
        return read_piece(contents(job), name, offset)

    opened = open_delivery(delivery, fetch)
    remove_copy(delivery)
    assert fetched
    assert screen_partition(opened, 0) == screen_partition(open_job(job), 0)


def test_an_encoder_of_other_weights_is_refused() -> None:
    with pytest.raises(EncoderError, match="install the same on every machine"):
        load_same_encoder("fast", "other")
