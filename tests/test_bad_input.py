"""Bad input: one clear line with place and next step, exit status 2, nothing half-written."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HK = ROOT / "corpora/samples/hk.jsonl"
CN = ROOT / "corpora/samples/cn.jsonl"
GOOD = "code,level,title_en,performance_en\nZZABCD201A,2,Weld pipes,Be able to weld pipes\n"


def run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from matcher.cli.main import main; main()", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "COLUMNS": "200", **environment},
        timeout=120,
        check=False,
    )


def refused(result: subprocess.CompletedProcess[str], *said: str) -> None:
    assert result.returncode == 2, result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("error:")]
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in result.stderr
    for word in said:
        assert word in lines[0]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", ("is empty",)),
        ("blank.csv", b"\n\n\n", ("no usable column",)),
        ("columns.csv", b"colour,size\nred,3\n", ("no usable column", "colour, size", "--map")),
        ("headings.csv", b"code,title_en\n", ("no row is left",)),
        ("no-text.csv", b"code,title_en\nZZA,\n", ("no row is left", "no text")),
        ("broken.xlsx", b"PK\x03\x04 not a zip", ("is not an XLSX workbook",)),
        ("old.xls", b"\xd0\xcf\x11\xe0rest", ("save it as .xlsx",)),
        ("book.pdf", b"%PDF-1.7", ("is a PDF",)),
        ("bytes.csv", b"code,title_en\nZZA,\xff\x00\x81\n", ("neither UTF-8", "nor GB18030")),
        ("bad.jsonl", b'{"format": "competency-framework", "format_version": 1}\n', ('"id" is a required', "line 1")),
        ("newer.jsonl", b'{"format": "competency-framework", "format_version": 9, "id": "x"}\n', ("version 9",)),
        ("bad-line.jsonl", b'{"code": "ZZA", "title_en": "x"}\n{oops\n', ("line 2", "is not JSON")),
    ],
)
def test_file_level_faults(name: str, content: bytes, said: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    refused(run("ingest", name, "-o", "out.jsonl", cwd=tmp_path), *said)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_mixed_encodings_are_named(tmp_path: Path) -> None:
    rows = "code,title\nZZA,清洁地面\n".encode() + "ZZB,焊接管道设备\n".encode("gb18030")
    (tmp_path / "mixed.csv").write_bytes(rows)
    refused(run("ingest", "mixed.csv", "-o", "out.jsonl", cwd=tmp_path), "mixes encodings", "line 3")


def test_gb18030_is_read_and_said(tmp_path: Path) -> None:
    (tmp_path / "gb.csv").write_bytes("编号,名称\nZZA,焊接管道\n".encode("gb18030"))
    result = run("ingest", "gb.csv", "-o", "out.jsonl", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "GB18030" in result.stderr
    assert "焊接管道" in (tmp_path / "out.jsonl").read_text(encoding="utf-8")


def test_row_level_faults_are_counted_and_the_rest_is_written(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(GOOD + "ZZABCD201A,2,Again,Same code\nZZABCD202A,2,,\n", encoding="utf-8")
    result = run("ingest", "in.csv", "-o", "out.jsonl", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "duplicate of ZZABCD201A" in result.stderr
    assert "row 3" in result.stderr
    assert "no text" in result.stderr
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    refused(run("ingest", "in.csv", "-o", "strict.jsonl", "--strict", cwd=tmp_path), "2 rows refused")
    assert not (tmp_path / "strict.jsonl").exists()


def test_a_doubtful_level_keeps_the_unit(tmp_path: Path) -> None:
    rows = "code,level,title_en\nZZABCD201A,9,Weld\nZZABCD202A,3,Cut\nZZABCD203A,,Bend\n"
    (tmp_path / "in.csv").write_text(rows, encoding="utf-8")
    assert run("ingest", "in.csv", "-o", "out.jsonl", cwd=tmp_path).returncode == 0
    text = (tmp_path / "out.jsonl").read_text(encoding="utf-8")
    assert "'9' is outside the frame hkqf" in text
    assert "level 3 differs from the code's level 2" in text
    assert "level missing" in text


def test_a_huge_cell_is_one_line(tmp_path: Path) -> None:
    with (tmp_path / "huge.csv").open("wb") as handle:
        handle.write(b"code,title_en\nZZA,")
        handle.truncate(300_000_000)
    refused(run("ingest", "huge.csv", "-o", "out.jsonl", cwd=tmp_path), "300 MB", "at most 200 MB")
    (tmp_path / "big.csv").write_bytes(b"code,title_en\nZZA," + b"x" * 2_000_000 + b"\n")
    refused(run("ingest", "big.csv", "-o", "out.jsonl", cwd=tmp_path), "row 2")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"0" * 300_000_000)
    refused(run("ingest", "bomb.xlsx", "-o", "out.jsonl", cwd=tmp_path), "unpacks to 300 MB")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[columns\n", "is not TOML"),
        ('[columns]\nwrong = "x"\n', "'wrong' is not known"),
        ('[columns]\ntitle = "absent"\n', "the columns of the map: absent"),
        ("[extra]\n", "'extra' is not known"),
    ],
)
def test_bad_maps(content: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "m.toml").write_text(content, encoding="utf-8")
    refused(run("ingest", "in.csv", "--map", "m.toml", "-o", "out.jsonl", cwd=tmp_path), said)


def test_match_faults(tmp_path: Path) -> None:
    sides = ("--from", str(HK), "--to", str(CN))
    refused(run("match", "ZZHDSC201X", *sides, cwd=tmp_path), "there is no unit ZZHDSC201X", "nearest: ZZHDSC201A")
    refused(run("match", *sides, cwd=tmp_path), "either CODE or --text")
    refused(run("match", "X", "--from", "absent.csv", "--to", str(CN), cwd=tmp_path), "absent.csv", "no such file")
    refused(run("match", "ZZHDSC201A", *sides, "--encoder", "nonsense", cwd=tmp_path), "'embedded'")
    (tmp_path / "empty.index").mkdir()
    refused(run("match", "X", "--from", "empty.index", "--to", str(CN), cwd=tmp_path), "no manifest.json")
    refused(run("screen", str(HK), str(CN), "-o", "no/such/out.jsonl", cwd=tmp_path), "cannot write")
    usage = run("match", "--nonsense", cwd=tmp_path)
    assert usage.returncode == 2
    assert "Traceback" not in usage.stderr


def test_no_space_left(tmp_path: Path) -> None:
    # A file-size limit stands in for a full disk: the write fails in the middle with the same kind of error.
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000));"
        "from matcher.cli.main import main; main()"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, "screen", str(HK), str(CN), "-o", "out.jsonl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    refused(result, "cannot write", "free space")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_in_the_middle(tmp_path: Path) -> None:
    code = (
        "import os, signal, matcher.pipeline as p\n"
        "whole = p.run_screening\n"
        "def stopped(*a, **k):\n"
        "    results = whole(*a, **k)\n"
        "    yield next(results)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    yield from results\n"
        "p.run_screening = stopped\n"
        "from matcher.cli.main import main; main()"
    )
    (tmp_path / "out.jsonl").write_text("before", encoding="utf-8")
    result = subprocess.run(
        [sys.executable, "-c", code, "screen", str(HK), str(CN), "-o", "out.jsonl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 130
    assert result.stderr.splitlines()[-1] == "stopped: nothing was written"
    assert "Traceback" not in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["out.jsonl"]
    assert (tmp_path / "out.jsonl").read_text(encoding="utf-8") == "before"
