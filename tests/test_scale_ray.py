"""Screening on a real Ray cluster: three node processes on this machine, one of them killed while it screens."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from matcher.encode import load_encoder
from matcher.errors import InputError
from matcher.pipeline import Screening, open_source
from matcher.scale import cluster as home
from matcher.scale.cluster import Way
from matcher.scale.encoding import ClusterEncoder
from matcher.scale.farm import farm_out
from matcher.scale.job import Options, make_job, open_job
from matcher.scale.partition import screen_partition
from matcher.scale.station import make_delivery
from matcher.search.index import save_index
from tests.conftest import ROOT, RunMatcher, Samples

# Not imported here: Ray reads its settings when it is imported, and the fixture makes them.
pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="the package ray is not installed")

# Ray's own caution, in milliseconds, is half a minute: too long for a test.
QUICK = {"RAY_health_check_initial_delay_ms": "500", "RAY_health_check_period_ms": "500",
         "RAY_health_check_timeout_ms": "2000", "RAY_health_check_failure_threshold": "3"}  # fmt: skip
STORE_BYTES = 80_000_000
PATIENCE = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Three:
    """A head and two more node processes, each with one core; ``last`` is the raylet of the third."""

    address: str
    last: int


def _children(parent: int) -> list[int]:
    """Return a process's descendants, itself first."""
    of: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            of.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [parent]
    for process in found:
        found += of.get(process, [])
    return found


def _title(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


@pytest.fixture(scope="module")
def three() -> Iterator[Three]:
    if sys.platform != "linux":
        pytest.skip("node processes are found in /proc")
    folder = Path(tempfile.mkdtemp(prefix="mr-"))  # short: sockets lie in it
    common = {"num_cpus": 1, "object_store_memory": STORE_BYTES, "include_log_monitor": False}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            **QUICK, "RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "PYTHONPATH": str(ROOT),
        }.items():  # fmt: skip
            patch.setenv(name, value)
        from ray.cluster_utils import Cluster

        cluster: Any = Cluster()
        try:
            head = {"include_dashboard": False, "no_monitor": True, "temp_dir": str(folder)}
            cluster.add_node(**common, **head)
            nodes = [_start(lambda: cluster.add_node(**common)) for _ in range(2)]
            (raylet,) = nodes[1].all_processes["raylet"]
            yield Three(address=cluster.address, last=raylet.process.pid)
        finally:
            cluster.shutdown()
            shutil.rmtree(folder, ignore_errors=True)


def _start(add: Callable[[], Any]) -> Any:
    """Start a node; on a busy machine Ray gives it up too early (its agents have 15 seconds), so try again twice."""
    for _ in range(2):
        with contextlib.suppress(Exception):
            return add()
    return add()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Index folders of the samples, and what one machine answers."""

    hk: Path
    cn: Path
    answers: dict[str, bytes]


@pytest.fixture(scope="module")
def sides(samples: Samples, run_matcher: RunMatcher, tmp_path_factory: pytest.TempPathFactory) -> Sides:
    folder = tmp_path_factory.mktemp("sides")
    for name, path in (("hk", samples.hk), ("cn", samples.cn)):
        save_index(open_source(path, "fast").index, folder / name)
    answers = {}
    for form in ("jsonl", "csv"):
        done = run_matcher("screen", *_arguments(folder / "hk", folder / "cn", folder / form, form))
        assert done.returncode == 0, done.stderr
        answers[form] = (folder / form).read_bytes()
    return Sides(hk=folder / "hk", cn=folder / "cn", answers=answers)


def _arguments(hk: Path, cn: Path, output: Path, form: str) -> list[str]:
    return [str(hk), str(cn), "-o", str(output), "--format", form, "--encoder", "fast", "-k", "5"]


def way(address: str | None) -> Way:
    return Way(address=address, jobs=None, say=lambda _: None)


def _driver(sides: Sides, output: Path, form: str, address: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "matcher.cli.main", "screen", *_arguments(sides.hk, sides.cn, output, form)]
    command += ["--engine", "ray", "--address", address, "--partition", "2"]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def _until(what: Callable[[], Any], driver: subprocess.Popen[str]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, "waited too long"
        assert driver.poll() is None, driver.communicate()
        time.sleep(0.01)
    return found


def test_a_machine_killed_while_it_screens_changes_no_byte(three: Three, sides: Sides, tmp_path: Path) -> None:
    output = tmp_path / "out.jsonl"
    driver = _driver(sides, output, "jsonl", three.address)

    def caught() -> int:
        """Stop a worker of the third machine; return it if it was in the middle of a partition."""
        for process in _children(three.last):
            if _title(process).startswith("ray::Screener.screen"):
                os.kill(process, signal.SIGSTOP)
                if _title(process).startswith("ray::Screener.screen"):
                    return process
                os.kill(process, signal.SIGCONT)
        return 0

    assert _until(caught, driver)
    done = len(list((tmp_path / "out.jsonl.job" / "parts").glob("*.part")))
    for process in _children(three.last):
        os.kill(process, signal.SIGKILL)
    out, err = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 0, err
    assert out == ""
    assert done < 63  # 126 units, two a partition: it was in the middle
    assert "was lost" in err
    assert "Traceback" not in err
    # The same bytes as on one machine; each unit once, in the order of ids.
    assert output.read_bytes() == sides.answers["jsonl"]
    records = [json.loads(line) for line in output.read_text("utf-8").splitlines()]
    ends = [record["subject"] for record in records if "no_counterpart" in record]
    assert ends == sorted(set(ends))
    assert len(ends) == 126
    assert list(tmp_path.iterdir()) == [output]


def test_a_killed_run_is_taken_up(three: Three, sides: Sides, tmp_path: Path) -> None:
    output = tmp_path / "out.csv"
    first = _driver(sides, output, "csv", three.address)
    parts = tmp_path / "out.csv.job" / "parts"
    _until(lambda: len(list(parts.glob("*.part"))) >= 3, first)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert not output.exists()
    kept = sorted(parts.glob("*.part"))
    kept[0].write_bytes(b"damaged")
    second = _driver(sides, output, "csv", three.address)
    _, err = second.communicate(timeout=PATIENCE)
    assert second.returncode == 0, err
    assert f"{len(kept) - 1} of 63 partitions are done already" in err
    assert output.read_bytes() == sides.answers["csv"]


def test_machines_that_do_not_see_the_folder_get_a_copy(three: Three, sides: Sides, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    make_job(folder, sides.hk, sides.cn, Screening(k=3), Options(form="results", language="en", partition=50))
    nowhere = str(tmp_path / "nowhere")
    elsewhere = replace(make_delivery(folder), seals=((nowhere, ""),), folder=nowhere)
    with home.screeners(folder, way(three.address), delivery=elsewhere) as crew:
        found = dict(farm_out(crew, [2, 0]))
    job = open_job(folder)
    assert found == {number: screen_partition(job, number) for number in (0, 2)}


def test_a_machine_with_another_version_is_refused(three: Three, sides: Sides, tmp_path: Path) -> None:
    folder = tmp_path / "job"
    make_job(folder, sides.hk, sides.cn, Screening(k=3), Options(form="jsonl", language="en"))
    other = replace(make_delivery(folder), program="0")
    with (
        home.screeners(folder, way(three.address), delivery=other) as crew,
        pytest.raises(InputError, match=r"^machine .*: has another version of .*; install the same versions"),
    ):
        list(farm_out(crew, [0]))


def test_texts_encoded_by_the_machines_get_the_same_vectors(three: Three) -> None:
    local = load_encoder("fast")
    texts = [f"{word} the valve 閥門 阀门 {number}" for number in range(40) for word in ("Mend", "Fit", "Seal")]
    far = ClusterEncoder(local=local, way=way(three.address), block=25, few=100)
    assert far.encode(texts).tobytes() == local.encode(texts).tobytes()
    assert (far.name, far.fingerprint, far.dimension) == (local.name, local.fingerprint, local.dimension)


def test_no_ray_and_no_cluster_are_one_line_each(
    sides: Sides, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_matcher: RunMatcher
) -> None:
    arguments = _arguments(sides.hk, sides.cn, tmp_path / "o", "jsonl")
    done = run_matcher("screen", *arguments, "--engine", "ray", "--address", "127.0.0.1:1")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("error: --address 127.0.0.1:1: no Ray cluster answers; expected")
    done = run_matcher("screen", *arguments, "--engine", "ray", "--address", "ray://127.0.0.1:10001")
    assert done.returncode == 2
    assert "a cluster is reached from one of its machines" in done.stderr
    done = run_matcher("screen", *arguments, "--address", "auto")
    assert (done.returncode, done.stderr) == (2, "error: --address: only Ray has an address; add --engine ray\n")
    assert not (tmp_path / "o").exists()
    monkeypatch.setattr(home, "find_spec", lambda _: None)
    with (
        pytest.raises(
            InputError, match=r"^--engine ray: Ray is not installed; pip install 'competency-matcher\[ray\]'$"
        ),
        home.screeners(tmp_path, way(None)),
    ):
        pass
