"""kill -9 while the page saves: what was said to be saved is there, nothing is half-written, the store is whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from matcher.review.run import Run
from matcher.store import Decision, Store, current, open_store
from tests.conftest import Soak

ROOT = Path(__file__).resolve().parents[1]
# A nursery: everything is imported once, then each line read starts one server in a child of its own, which answers
# posted forms as fast as it can and says of each that it was saved.
_NURSERY = """
import os, re, sys
from matcher.review.run import unpack_run
from matcher.serve.app import create_app
from matcher.serve.board import Board
from matcher.serve.catalogue import make_catalogue
from matcher.serve.desk import Desk
from matcher.serve.guard import access_for
from matcher.store import open_store
from starlette.testclient import TestClient

where, run_id = sys.argv[1:]
with open_store(where) as store:
    run = unpack_run(store.run(run_id))
catalogue = make_catalogue(run.id, run.query, run.results, blind_seed=None)
base = "http://127.0.0.1:1"
print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if child:
        print(child, flush=True)
        os.waitpid(child, 0)
        print("over", flush=True)
        continue
    store = open_store(where)
    desk = Desk(catalogue=catalogue, board=Board(store, catalogue), reviewer=line.strip())
    client = TestClient(create_app(desk, access_for("127.0.0.1", None)), base_url=base, follow_redirects=False)
    for result in run.results:
        for number, s in enumerate(result.suggestions):
            fields = {"object": s.object_id, "verdict": ("accept", "reject")[number % 2], "nonce": f"{number}"}
            answer = client.post("/unit", params={"id": s.subject_id}, data=fields, headers={"origin": base})
            os.write(1, f"saved {answer.status_code} {s.subject_id} {s.object_id}\\n".encode())
    os._exit(0)
"""


def _standing(store: Store, reviewer: str) -> dict[tuple[str, str], Decision]:
    return {(d.subject, d.object): d for d in current(store.log(reviewer=reviewer))}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.soak
def test_kill_while_the_page_saves(reviewed: tuple[Run, bytes], review_store: Store, soak: Soak) -> None:
    nursery = subprocess.Popen(
        [sys.executable, "-c", _NURSERY, review_store.where, reviewed[0].id],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    chances, saved = soak.random(), 0
    try:
        assert nursery.stdout.readline() == "ready\n"
        for number in range(soak.runs(200)):
            print(f"Reviewer {number}", file=nursery.stdin, flush=True)
            child = int(nursery.stdout.readline())
            said = [nursery.stdout.readline().split()]  # it has begun to save
            time.sleep(next(chances).uniform(0.0, 0.1))
            os.kill(child, signal.SIGKILL)
            while (line := nursery.stdout.readline()) != "over\n":
                said.append(line.split())
            # Another process opens the store, as after a crash.
            with open_store(review_store.where) as store:
                found = _standing(store, f"Reviewer {number}")
                assert {status for _, status, *_ in said} <= {"303"}
                assert {(subject, object_) for _, _, subject, object_ in said} <= set(found)
                # At most the one save that was under way is there without having been said.
                assert len(found) <= len(said) + 1
                assert all(d.verdict in ("accept", "reject") and d.rank for d in found.values())
            saved += len(said)
        assert saved > soak.runs(200)
        assert review_store.check() == ()
    finally:
        nursery.kill()
        nursery.communicate()
