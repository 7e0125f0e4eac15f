"""The wheel: what is in it, and that it runs in an environment that holds the slim set and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from matcher import __version__

ROOT = Path(__file__).resolve().parents[1]
MAX_WHEEL_MB = 64


def _slim_names() -> list[str]:
    lines = (ROOT / "requirements-slim.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _closure(names: list[str]) -> dict[str, metadata.Distribution]:
    """Return the named distributions and all that they require here, by name."""
    found: dict[str, metadata.Distribution] = {}
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # for another platform or Python
        required = [line for line in found[name].requires or () if "extra ==" not in line]
        waiting += [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in required]
    return found


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def slim_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel and, linked in package by package, the slim set; nothing else is there."""
    folder = tmp_path_factory.mktemp("elsewhere") / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    for distribution in _closure(_slim_names()).values():
        for name in {path.parts[0] for path in distribution.files or () if path.parts[0] not in ("..", "__pycache__")}:
            source = Path(str(distribution.locate_file(name)))
            if not (packages / name).exists():
                (packages / name).symlink_to(source, target_is_directory=source.is_dir())
    # pip of this environment, working for the other.
    command = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install"]
    command += ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def _run(environment: Path, *command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run(
        [str(environment / "bin" / command[0]), *command[1:]],
        cwd=cwd,
        env={**variables, "COLUMNS": "120", "PYTHONWARNINGS": "error"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_contents(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"matcher", f"competency_matcher-{__version__}.dist-info"}
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "matcher"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    expected = {name for name in listed if (ROOT / name).is_file()}
    assert {name for name in names if name.startswith("matcher/")} == expected
    for needed in ("levels.toml", "encoder/manifest.json", "encoder/model.safetensors", "encoder/tokenizer.json"):
        assert f"matcher/data/{needed}" in names
    assert "matcher/py.typed" in names
    assert f"competency_matcher-{__version__}.dist-info/licenses/LICENSE" in names


def test_size(wheel: Path) -> None:
    assert wheel.stat().st_size <= MAX_WHEEL_MB * 1_000_000


def test_the_slim_set_is_part_of_the_dependencies_and_pinned() -> None:
    required = {
        re.split(r"[^\w.-]", line, maxsplit=1)[0].lower() for line in metadata.requires("competency-matcher") or ()
    }
    pinned = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line and line[0] != "#"
    )
    assert set(_slim_names()) <= required
    assert required | {"torch", "pip", "setuptools"} <= set(pinned)
    assert set(_closure(_slim_names())) <= set(pinned)


def test_the_version(slim_environment: Path, tmp_path: Path) -> None:
    done = _run(slim_environment, "matcher", "--version", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"competency-matcher {__version__}\n", "")


@pytest.mark.parametrize("module", ["torch", "sentence_transformers", "transformers", "sklearn", "pytest", "models"])
def test_nothing_but_the_slim_set_is_there(slim_environment: Path, tmp_path: Path, module: str) -> None:
    done = _run(slim_environment, "python", "-c", f"import {module}", cwd=tmp_path)
    assert done.returncode == 1
    assert f"No module named '{module}'" in done.stderr


def test_match(slim_environment: Path, tmp_path: Path, data: Path) -> None:
    for name in ("hk.csv", "cn.csv"):
        shutil.copy(data / name, tmp_path)
    command = ("matcher", "match", "ZZTS101A", "--from", "hk.csv", "--to", "cn.csv", "-k", "2")
    table = _run(slim_environment, *command, cwd=tmp_path)
    assert table.returncode == 0
    assert [line for line in table.stderr.splitlines() if "guessed from the columns" not in line] == []
    assert "ZZ-TS-5-1.1" in table.stdout
    assert "内胎修补" in table.stdout
    first = _run(slim_environment, *command, "--format", "csv", cwd=tmp_path)
    assert first.returncode == 0
    # The only work content about inner tubes comes first.
    assert "ZZ-TS-5-1.1" in first.stdout.splitlines()[1]


def test_every_format_and_the_way_through_an_index(slim_environment: Path, tmp_path: Path, data: Path) -> None:
    for name in ("hk.csv", "cn.csv"):
        shutil.copy(data / name, tmp_path)
    steps = (
        "ingest hk.csv -o hk.jsonl",
        "index cn.csv -o cn.index",
        "doctor cn.index",
        "show ZZTS101A --in hk.jsonl",
        "match ZZTS101A --from hk.jsonl --to cn.index --format html -o match.html",
        "screen hk.jsonl cn.index -k 4 --format jsonl -o run.jsonl",
        "screen hk.jsonl cn.index -k 4 --format csv -o run.csv",
        "screen hk.jsonl cn.index -k 4 --format xlsx -o run.xlsx",
        "screen hk.jsonl cn.index -k 4 --format trec -o run.trec",
        "evaluate run.trec --gold qrels.tsv --units hk.jsonl",
    )
    (tmp_path / "qrels.tsv").write_text("ZZTS101A\t0\tZZ-TS-5-1.1\t3\nZZTS201A\t0\tZZ-TS-4-1.1\t2\n")
    for step in steps:
        done = _run(slim_environment, "matcher", *step.split(), cwd=tmp_path)
        assert done.returncode == 0, f"{step}: {done.stderr}"
    assert (tmp_path / "run.trec").read_text().count("\n") == 12  # 3 units x 4 candidates


def test_another_encoder_without_torch_is_one_line(slim_environment: Path, tmp_path: Path, data: Path) -> None:
    command = ("match", "ZZTS101A", "--from", str(data / "hk.csv"), "--to", str(data / "cn.csv"), "--encoder", "a/b")
    done = _run(slim_environment, "matcher", *command, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "sentence-transformers" in done.stderr
