"""``matcher ingest``: files in, one canonical file out, and every row accounted for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from matcher.readers import read_framework
from tests.conftest import RunMatcher

GOOD = "code,level,title_en,performance_en\nZZABCD201A,2,Weld pipes,Know gases\n"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("name", "frame"), [("hk.csv", "hkqf"), ("cn.csv", "cn-skill")])
def test_a_sheet_becomes_the_canonical_file(
    name: str, frame: str, data: Path, tmp_path: Path, run_matcher: RunMatcher
) -> None:
    result = run_matcher("ingest", data / name, "-o", "out.jsonl", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    written = read_framework(tmp_path / "out.jsonl").framework
    assert written == read_framework(data / name).framework
    assert written.header.level_frame == frame
    assert f"wrote out.jsonl: {len(written.units)} units" in result.stderr
    assert "guessed from the columns" in result.stderr


def test_the_same_input_gives_the_same_bytes(data: Path, tmp_path: Path, run_matcher: RunMatcher) -> None:
    for name in ("a.jsonl", "b.jsonl"):
        assert run_matcher("ingest", data / "hk.csv", "-o", name, cwd=tmp_path).returncode == 0
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()
    # A canonical file is its own canonical form.
    assert run_matcher("ingest", "a.jsonl", "-o", "c.jsonl", cwd=tmp_path).returncode == 0
    assert (tmp_path / "c.jsonl").read_bytes() == (tmp_path / "a.jsonl").read_bytes()


def test_every_header_option(tmp_path: Path, run_matcher: RunMatcher) -> None:
    given = {
        "id": "zz-own", "title": "Own title", "jurisdiction": "NZ", "publisher": "Somebody", "edition": "2",
        "level_frame": "nzqcf", "licence": "CC BY 4.0", "source": "own work", "retrieved": "2026-01-31",
    }  # fmt: skip
    (tmp_path / "in.csv").write_text("code,level,title_en\nZZ1,2,Weld\n")
    options = [part for name, value in given.items() for part in (f"--{name.replace('_', '-')}", value)]
    result = run_matcher("ingest", "in.csv", "-o", "out.jsonl", *options, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    header = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert {name: header[name] for name in given} == given
    assert "guessed" not in result.stderr


def test_several_files_become_one_and_duplicates_are_listed(tmp_path: Path, run_matcher: RunMatcher) -> None:
    (tmp_path / "a.csv").write_text(GOOD)
    (tmp_path / "b.tsv").write_text("code\ttitle_en\nZZABCD202A\tCut\nZZABCD201A\tWeld again\n")
    result = run_matcher("ingest", "a.csv", "b.tsv", "-o", "out.jsonl", "--report", "r.json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert [u.code for u in read_framework(tmp_path / "out.jsonl").framework.units] == ["ZZABCD201A", "ZZABCD202A"]
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["counts"] == {"kept": 2, "repaired": 0, "refused": 1}
    assert report["refused"][0]["file"] == "b.tsv"
    assert report["refused"][0]["row"] == 3
    assert "duplicate of ZZABCD201A" in result.stderr


def test_the_report_says_what_was_before_and_after(tmp_path: Path, run_matcher: RunMatcher) -> None:
    (tmp_path / "in.csv").write_text("code,level,title_en,credit\nZZABCD201A,2,Weld,3 (for reference only)\n")
    assert run_matcher("ingest", "in.csv", "-o", "out.jsonl", "--report", "r.json", cwd=tmp_path).returncode == 0
    (row,) = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["repaired"]
    assert (row["before"], row["after"]) == ("3 (for reference only)", "3")
    (unit,) = read_framework(tmp_path / "out.jsonl").framework.units
    assert unit.notes == ("credit as written: 3 (for reference only)",)


def test_a_map(root: Path, tmp_path: Path, run_matcher: RunMatcher) -> None:
    (tmp_path / "in.tsv").write_text(
        "# made up\nocc_code\tocc_name\tedition\tsource_level\toccupational_function\n"
        "9-99-99-01\t自行车修理工\t2024\tL4\t车轮修理\n",
        encoding="utf-8",
    )
    recipe = root / "corpora" / "recipes" / "osta-functions.map.toml"
    result = run_matcher("ingest", "in.tsv", "--map", recipe, "-o", "out.jsonl", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    (unit,) = read_framework(tmp_path / "out.jsonl").framework.units
    assert (unit.level, unit.version, unit.title()) == ("4", "2024", "车轮修理")


def test_the_real_functions_all_come_in(root: Path, tmp_path: Path, run_matcher: RunMatcher) -> None:
    folder = os.environ.get("MATCHER_DATA", "")
    source = Path(folder) / "real" / "cn_osta_functions_weights.tsv"
    if not folder or not source.is_file():
        pytest.skip("MATCHER_DATA names no folder with real/cn_osta_functions_weights.tsv")
    recipe = root / "corpora" / "recipes" / "osta-functions.map.toml"
    result = run_matcher("ingest", source, "--map", recipe, "-o", "out.jsonl", "--report", "r.json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    counts = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["counts"]
    assert counts == {"kept": 8770, "repaired": 0, "refused": 0}
    framework = read_framework(tmp_path / "out.jsonl").framework
    assert len(set(framework.unit_ids())) == 8770
    assert all(unit.level is not None for unit in framework.units)


def test_an_existing_output_stays_when_the_input_is_bad(tmp_path: Path, run_matcher: RunMatcher) -> None:
    (tmp_path / "in.csv").write_text("colour,size\nred,3\n")
    (tmp_path / "out.jsonl").write_text("before")
    assert run_matcher("ingest", "in.csv", "-o", "out.jsonl", cwd=tmp_path).returncode == 2
    assert (tmp_path / "out.jsonl").read_text() == "before"
    assert names(tmp_path) == ["in.csv", "out.jsonl"]


def test_one_bad_file_of_several_writes_nothing(tmp_path: Path, run_matcher: RunMatcher) -> None:
    (tmp_path / "a.csv").write_text(GOOD)
    result = run_matcher("ingest", "a.csv", "absent.csv", "-o", "out.jsonl", cwd=tmp_path)
    assert result.returncode == 2
    assert "absent.csv" in result.stderr
    assert names(tmp_path) == ["a.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_while_writing(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(GOOD)
    (tmp_path / "out.jsonl").write_text("before")
    # The signal comes when the temporary file is written and not yet moved over the output.
    code = (
        "import os, signal, pathlib\n"
        "whole = pathlib.Path.write_bytes\n"
        "def stopped(self, data):\n"
        "    whole(self, data[: len(data) // 2])\n"
        f"    os.kill(os.getpid(), {int(signal.SIGINT)})\n"
        "pathlib.Path.write_bytes = stopped\n"
        "from matcher.cli.main import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "ingest", "in.csv", "-o", "out.jsonl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 130, result.stderr
    assert "Traceback" not in result.stderr
    assert (tmp_path / "out.jsonl").read_text() == "before"
    assert names(tmp_path) == ["in.csv", "out.jsonl"]


# Known faults: strict, so that a mend shows at once.


def test_strict_lets_repaired_rows_pass(tmp_path: Path, run_matcher: RunMatcher) -> None:
    (tmp_path / "in.csv").write_text(
        "code,level,title_en,assessment_en\n"
        'ZZABCD201A,2,Weld,"The integrated outcome requirements of this unit of competency are:\nCapable of it"\n'
    )
    assert run_matcher("ingest", "in.csv", "-o", "out.jsonl", "--strict", cwd=tmp_path).returncode == 0


def test_strict_still_reports_every_refused_row(tmp_path: Path, run_matcher: RunMatcher) -> None:
    (tmp_path / "in.csv").write_text(GOOD + "ZZABCD202A,2,,\nZZABCD203A,2,,\n")
    arguments = ("in.csv", "-o", "out.jsonl", "--strict", "--report", "r.json")
    result = run_matcher("ingest", *arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert not (tmp_path / "out.jsonl").exists()
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["counts"]["refused"] == 2


def test_a_report_that_cannot_be_written_leaves_no_output(tmp_path: Path, run_matcher: RunMatcher) -> None:
    (tmp_path / "in.csv").write_text(GOOD)
    result = run_matcher("ingest", "in.csv", "-o", "out.jsonl", "--report", "no/such/r.json", cwd=tmp_path)
    assert result.returncode == 2
    assert names(tmp_path) == ["in.csv"]
