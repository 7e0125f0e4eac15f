"""Fixtures that tests in several files share."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from matcher.pipeline import open_source, query_of, screen
from matcher.review.run import Run, pack_run, unpack_run
from matcher.schema import ContextLabel, Framework, Header, Statement, Unit
from matcher.store import Store, open_store

ROOT = Path(__file__).resolve().parents[1]
# A busy machine must fail no property.
settings.register_profile("matcher", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("matcher")
RunMatcher = Callable[..., subprocess.CompletedProcess[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """The shipped samples and their gold."""

    hk: Path
    cn: Path
    gold: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Soak:
    """How much a soak test does: all of it under `make soak`, else a tenth from a fixed seed."""

    full: bool

    def runs(self, count: int) -> int:
        """Return how many of ``count`` runs to make."""
        return count if self.full else max(1, count // 10)

    def random(self) -> Iterator[random.Random]:
        """Yield the generators of run 0, 1, 2 …: the tenth is always the same tenth."""
        number = 0
        while True:
            yield random.Random(number)
            number += 1


@pytest.fixture(scope="session", autouse=True)
def _nobodys_own_encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the tests from the encoder that whoever runs them has chosen, and from the models that they have fetched."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MATCHER_CONFIG", str(tmp_path_factory.mktemp("config")))
        patch.setenv("MATCHER_MODELS", str(tmp_path_factory.mktemp("models")))
        patch.delenv("MATCHER_ENCODER", raising=False)
        yield


@pytest.fixture(scope="session")
def root() -> Path:
    """The clone."""
    return ROOT


@pytest.fixture(scope="session")
def samples() -> Samples:
    """The shipped samples: 126 units of competency, 290 work contents, and the gold pairs between them."""
    folder = ROOT / "corpora" / "samples"
    return Samples(hk=folder / "hk.jsonl", cn=folder / "cn.jsonl", gold=ROOT / "evaluation" / "gold" / "qrels.tsv")


@pytest.fixture(scope="session")
def data() -> Path:
    """Small original spreadsheets, hk.csv and cn.csv, with codes that begin with ZZ."""
    return ROOT / "tests" / "data"


@pytest.fixture(scope="session")
def soak() -> Soak:
    """The size of a soak test; mark such a test ``@pytest.mark.soak``."""
    return Soak(full=os.environ.get("MATCHER_SOAK", "") not in ("", "0"))


@pytest.fixture(scope="session")
def run_matcher() -> RunMatcher:
    """Run the command line in a process of its own: ``run_matcher("match", CODE, …, cwd=folder)``."""

    def run(*arguments: str | Path, cwd: Path | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        # A fixed width, so that no message is cut at the width of the terminal that the tests run in.
        return subprocess.run(
            [sys.executable, "-m", "matcher.cli.main", *map(str, arguments)],
            cwd=cwd,
            env={**os.environ, "COLUMNS": "120", "PYTHONPATH": str(ROOT), "TERM": "dumb"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )

    return run


@pytest.fixture
def tiny_framework() -> Framework:
    """Two units: one in both languages with every role, one with nothing but a title and no level."""
    return Framework(
        header=Header(
            id="zz-tiny",
            title="Tiny framework for tests",
            jurisdiction="HK",
            publisher="Competency Matcher tests",
            edition="1",
            level_frame="hkqf",
            languages=("en", "zh-Hant"),
            licence="CC-BY-4.0",
            source="original text",
            retrieved="2025-01-01",
        ),
        units=(
            Unit(
                code="ZZTS101A",
                version="1",
                level="2",
                credit=3.0,
                context=(
                    ContextLabel(kind="industry", language="en", text="Bicycle repair"),
                    ContextLabel(kind="area", language="zh-Hant", text="維修"),
                ),
                statements=(
                    Statement(role="title", language="en", text="Mend a punctured inner tube"),
                    Statement(role="title", language="zh-Hant", text="修補被刺穿的內胎"),
                    Statement(role="range", language="en", text="Applies to city bicycles in a workshop."),
                    Statement(role="knowledge", language="en", text="Know the kinds of valves and patches"),
                    Statement(role="skill", language="en", text="Find the hole under water and patch it"),
                    Statement(role="attitude", language="zh-Hant", text="保持工作枱整潔"),
                    Statement(role="outcome", language="en", text="Capable of mending a tube that holds its air"),
                ),
            ),
            Unit(code="ZZTS102A", statements=(Statement(role="title", language="en", text="True a bent wheel"),)),
        ),
    )


@pytest.fixture(scope="session")
def reviewed(samples: Samples) -> tuple[Run, bytes]:
    """The samples screened, five candidates a unit: the run that reviewers are shown, and its bytes."""
    left, right = (open_source(path, "embedded").index for path in (samples.hk, samples.cn))
    results, query = tuple(screen(left, right, k=5)), query_of(left, right)
    run_id, payload = pack_run(results, query)
    return Run(id=run_id, query=query, results=results), payload


@pytest.fixture(scope="session")
def packed(samples: Samples) -> tuple[Run, bytes]:
    """Eight sample units with four candidates each, and the run's bytes."""
    left, right = (open_source(path, "embedded").index for path in (samples.hk, samples.cn))
    _, payload = pack_run(screen(left, right, k=4, unit_ids=left.ids[::16]), query_of(left, right))
    return unpack_run(payload), payload


@pytest.fixture
def review_store(reviewed: tuple[Run, bytes], store_address: str) -> Iterator[Store]:
    """A store that holds the reviewed run and no decision, on SQLite and on PostgreSQL."""
    run, payload = reviewed
    with open_store(store_address) as store:
        store.save_run(run.id, payload)
        yield store


def _postgres_bin() -> Path | None:
    """Return the folder of a PostgreSQL server's programs: on the path, or where Debian keeps them."""
    found = [Path(p).parent for p in (shutil.which("initdb"),) if p]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((f for f in found if all((f / name).exists() for name in ("initdb", "pg_ctl", "postgres"))), None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL server on a socket of its own; the URL of it with ``{}`` for the database's name."""
    folder = _postgres_bin()
    if folder is None:
        pytest.skip("no PostgreSQL server is installed")
    pytest.importorskip("psycopg", reason="the package psycopg is not installed")
    # The server refuses to run as root; pytest's own folders are closed to any other user.
    home = Path(tempfile.mkdtemp(prefix="matcher-pg-"))
    prefix: list[str] = []
    if os.getuid() == 0:
        prefix = ["runuser", "-u", "nobody", "--"]
        shutil.chown(home, "nobody")

    def call(program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*prefix, str(folder / program), *arguments],
            cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr}")

    data = str(home / "data")
    options = f"-k {home} -c listen_addresses= -c fsync=off"
    try:
        call("initdb", "-D", data, "-U", "matcher", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        call("pg_ctl", "-D", data, "-w", "-l", str(home / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://matcher@/{{}}?host={home}"
        finally:
            call("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def new_database(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Make a new database in a real PostgreSQL server; returns its URL."""

    def make() -> str:
        import psycopg

        url: str = request.getfixturevalue("postgres")
        name = f"t{uuid.uuid4().hex}"
        with psycopg.connect(url.format("postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return url.format(name)

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def store_address(request: pytest.FixtureRequest, new_database: Callable[[], str], tmp_path: Path) -> str:
    """The address of a new empty store, once as a file and once in a real PostgreSQL server."""
    return str(tmp_path / "store.db") if request.param == "sqlite" else new_database()


@pytest.fixture
def store(store_address: str) -> Iterator[Store]:
    """An empty store, on SQLite and on PostgreSQL."""
    with open_store(store_address) as opened:
        yield opened
