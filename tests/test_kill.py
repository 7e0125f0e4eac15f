"""kill -9 at random moments: nothing that was said to be kept is lost, nothing is half-written, the store is whole.

On SQLite and on PostgreSQL, with the real commands: the store's own writes, imports of work lists, saves of the page.
"""

from __future__ import annotations

import http.client
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest

from matcher.review.run import Run, pack_run, unpack_run
from matcher.review.worklist_import import import_worklist
from matcher.review.worklist_read import read_worklist
from matcher.store import Store, open_store
from tests.commands import Command, Nursery, open_nursery
from tests.conftest import ROOT, Soak
from tests.sheets import a_list, fill

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
UNITS = 40
Said = dict[tuple[str, str], tuple[str, str, str]]


@pytest.fixture(scope="module")
def shown(reviewed: tuple[Run, bytes]) -> tuple[Run, bytes]:
    """The first 40 units of the samples with five candidates each."""
    _, payload = pack_run(reviewed[0].results[:UNITS], reviewed[0].query)
    return unpack_run(payload), payload


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    with open_nursery() as opened:
        yield opened


def _settled(store: Store, run_id: str, payload: bytes) -> Store:
    """Return the store once whatever a killed client had under way is done with: it held the writers' lock."""
    store.save_run(run_id, payload)
    return store


WRITER = """
import sys
from matcher.store import Decision, now, open_store
path, size = sys.argv[1], int(sys.argv[2])
with open_store(path) as store:
    store.save_run("r", b"1")
    print("ready", flush=True)
    number = store.revision() // size
    while True:
        store.append(
            Decision(id=f"{number}-{n}", run="r", subject=f"ZZ{number}", object=f"O{n}", verdict="accept",
                     reviewer="Chan", decided_at=now(), comment="x" * 500)
            for n in range(size)
        )
        print(number, flush=True)
        number += 1
"""


@pytest.mark.soak
@pytest.mark.parametrize("size", [1, 400], ids=["single", "batches"])
def test_kill_while_the_store_is_written(tmp_path: Path, soak: Soak, size: int) -> None:
    path = tmp_path / "a.db"
    for _, chance in zip(range(soak.runs(200) // 2), soak.random(), strict=False):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(size)], env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
        )
        stdout = writer.stdout
        assert stdout is not None
        assert stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0, 0.1))
        writer.send_signal(signal.SIGKILL)
        said = [int(line) for line in stdout.read().splitlines() if line.endswith(tuple("0123456789"))]
        writer.wait()
        stdout.close()
        with open_store(path) as opened:
            log = opened.log()
            assert opened.check() == ()
        counts: dict[str, int] = {}
        for one in log:
            counts[one.subject] = counts.get(one.subject, 0) + 1
        # Whole batches only, and every batch that was said to be kept is there.
        assert set(counts.values()) <= {size}
        assert {f"ZZ{number}" for number in said} <= counts.keys()


def _kind(store_address: str) -> str:
    return "PostgreSQL" if "://" in store_address else "SQLite"


def _points(store_address: str, soak: Soak) -> int:
    return soak.runs(100 if "://" in store_address else 200)


def _kept(store: Store, reviewer: str) -> Said:
    log = store.log(reviewer=reviewer)
    found: Said = {(d.subject, d.object): (d.verdict, d.relation, d.comment) for d in log}
    assert len(found) == len(log)
    return found


def _wait_for_the_write(store: Path, whole: float, chance: random.Random) -> None:
    """Wait until an import has opened the store (its write-ahead log is there), then up to a sixth of a whole import.

    ``whole`` is how many seconds an import takes on this machine as it is now.
    """
    journal, until = store.with_name(f"{store.name}-wal"), time.monotonic() + 10 * whole
    while not journal.exists() and time.monotonic() < until:
        time.sleep(0.0002)
    time.sleep(chance.uniform(0, whole / 6))


@pytest.mark.soak
def test_kill_while_a_work_list_is_imported(
    shown: tuple[Run, bytes], nursery: Nursery, store_address: str, tmp_path: Path, soak: Soak
) -> None:
    path, out = tmp_path / "list.xlsx", tmp_path / "said.txt"
    said = fill(path, a_list(shown, path, reviewer=""))
    returned = read_worklist(path)

    def start(store: str, name: str) -> Command:
        return nursery.start("decisions", "import", path, "--store", store, "--reviewer", name, out=out)

    begun = time.monotonic()
    first = start(store_address, "first")
    assert (first.wait(), f"{len(said)} decisions of first kept" in out.read_text()) == (0, True), out.read_text()
    whole = time.monotonic() - begun
    counts = {"nothing kept": 0, "all kept": 0, "the store's log left behind": 0}
    for number, chance in zip(range(_points(store_address, soak)), soak.random(), strict=False):
        name, store, file = f"Reviewer {number}", store_address, "://" not in store_address
        if file and number % 4 == 3:
            store = str(tmp_path / f"new-{number}.db")  # killed while the store itself is being made
        importing = start(store, name)
        if file and number % 2:
            _wait_for_the_write(Path(store), whole, chance)
        else:
            time.sleep(chance.uniform(0 if number % 4 else 0.6 * whole, whole * 1.05))
        importing.kill()
        journal = Path(f"{store}-wal")
        counts["the store's log left behind"] += file and journal.exists() and journal.stat().st_size > 0
        with open_store(store) as opened:
            if store == store_address:
                _settled(opened, *((shown[0].id, shown[1])))
            if number % 4 == 3:
                assert opened.check() == ()
            found = _kept(opened, name)
            assert found in ({}, said)
            counts["all kept" if found else "nothing kept"] += 1
            # Imported again, it is there once.
            again = import_worklist(opened, returned, reviewer=name)
            assert (again.kept, again.already) == ((0, len(said)) if found else (len(said), 0))
            assert _kept(opened, name) == said
    print(f"import killed, {_kind(store_address)}: {counts}, {len(said)} decisions each")
    with open_store(store_address) as opened:
        assert _kept(opened, "first") == said
        assert opened.check() == ()


@dataclass(slots=True)
class _Page:
    """A real server, and what it answered as saved, by connection and in order."""

    process: Command
    port: int
    said: list[list[tuple[str, str, str]]] = field(default_factory=list)

    def save(self, wanted: Sequence[tuple[str, str]], stop: threading.Event, pause: float = 0.0) -> None:
        """Save one verdict after another on a connection of its own until the server is gone or it is told to stop."""
        own: list[tuple[str, str, str]] = []
        self.said.append(own)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {
            "Origin": f"http://127.0.0.1:{self.port}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        number = 0
        try:
            while not stop.is_set():
                subject, object_id = wanted[number % len(wanted)]
                verdict = ("accept", "reject", "partly")[number % 3]
                form = {"object": object_id, "verdict": verdict, "nonce": f"{id(own)}-{number}"}
                connection.request("POST", "/unit?" + urlencode({"id": subject}), urlencode(form), headers)
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 303
                own.append((subject, object_id, verdict))
                number += 1
                stop.wait(pause)
        except (OSError, http.client.HTTPException):
            pass  # the server is gone; what was not answered was not said to be saved
        finally:
            connection.close()


def _serve(nursery: Nursery, store: str, reviewer: str, out: Path) -> _Page:
    command = nursery.start("serve", "--store", store, "--port", "0", "--reviewer", reviewer, out=out)
    found = re.search(r"http://127\.0\.0\.1:(\d+)", command.said("http"))
    if found is None:
        raise RuntimeError(out.read_text("utf-8"))
    return _Page(command, int(found[1]))


def _pairs(run: Run) -> Iterator[tuple[str, str]]:
    for result in run.results:
        yield from ((result.subject_id, s.object_id) for s in result.suggestions)


@pytest.mark.soak
def test_kill_while_the_page_saves(
    shown: tuple[Run, bytes], nursery: Nursery, store_address: str, tmp_path: Path, soak: Soak
) -> None:
    run, payload = shown
    with open_store(store_address) as opened:
        opened.save_run(run.id, payload)
    pairs = list(_pairs(run))
    # A second server on the same store all the while; nothing happens to this one.
    witness, over = _serve(nursery, store_address, "Witness", tmp_path / "witness.txt"), threading.Event()
    witnessing = threading.Thread(target=witness.save, args=(pairs, over, 0.25))
    witnessing.start()
    saved = 0
    try:
        for number, chance in zip(range(_points(store_address, soak)), soak.random(), strict=False):
            page = _serve(nursery, store_address, f"Reviewer {number}", tmp_path / f"said-{number}.txt")
            # Two browsers at once, on units of their own.
            browsers = [threading.Thread(target=page.save, args=(pairs[half::2], threading.Event())) for half in (0, 1)]
            for browser in browsers:
                browser.start()
            # After so many answers (whatever this machine is busy with), at any moment of a save.
            wanted = chance.randint(1, 12)
            while sum(map(len, page.said)) < wanted and any(browser.is_alive() for browser in browsers):
                time.sleep(0.0005)
            time.sleep(chance.uniform(0, 0.03))
            page.process.kill()
            for browser in browsers:
                browser.join()
            with open_store(store_address) as opened:
                _settled(opened, run.id, payload)
                log = [(d.subject, d.object, d.verdict) for d in opened.log(reviewer=f"Reviewer {number}")]
                if number % 4 == 3:
                    assert opened.check() == ()
            # Everything that was answered, in its order; of each browser at most the one save that was under way more.
            for half, said in ((set(pairs[own::2]), said) for own in (0, 1) for said in page.said):
                if said and said[0][:2] in half:
                    found = [one for one in log if one[:2] in half]
                    assert found[: len(said)] == said
                    assert len(found) <= len(said) + 1
            assert len(log) <= sum(map(len, page.said)) + 2
            saved += sum(map(len, page.said))
    finally:
        over.set()
        witnessing.join()
        os.kill(witness.process.pid, signal.SIGINT)
    assert (witness.process.wait(), "error" in (tmp_path / "witness.txt").read_text("utf-8")) == (0, False)
    with open_store(store_address) as opened:
        log = [(d.subject, d.object, d.verdict) for d in opened.log(reviewer="Witness")]
        assert opened.check() == ()
    assert log == witness.said[0]
    print(f"page killed, {_kind(store_address)}: {saved} saves answered, {len(log)} of the witness")
