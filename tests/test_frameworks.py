"""Other frameworks: level frames and tables, maps for their lists, other scripts, and how matching does on them.

The gold of evaluation/gold/frameworks is remade by `make eval-frameworks`, the samples by
`python -m corpora.build_frameworks`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import openpyxl
import pytest

from corpora.build_frameworks import SAMPLES, Sample, build  # noqa: TID251
from evaluation.frameworks.readings import FOLDER, SUBJECTS, read_reading, side_of, write_gold  # noqa: TID251
from matcher.compare.levels import level_gap
from matcher.errors import InputError
from matcher.evaluate import Answer, Run, evaluate_run, read_gold
from matcher.export import render_results
from matcher.export.evidence import level_words_of
from matcher.export.level_view import comparison_record
from matcher.levels import comparable_levels, find_frame, level_frames, level_tables, table_kind
from matcher.pipeline import Screening, open_source, query_of, run_screening
from matcher.readers import ReadOptions, read_framework
from matcher.readers.mapping import read_map, shipped_maps
from matcher.readers.statements import language_of, split_cell
from matcher.resources import read_text
from matcher.schema import Framework, Header, LevelEvidence, Unit
from matcher.search.index import FrameworkIndex
from tests.conftest import RunMatcher
from tests.test_style import forbidden_words

ROOT = Path(__file__).resolve().parents[1]
SHEETS = ROOT / "corpora/samples/frameworks"
SIDES = ("hk", "cn")


# Level frames and tables.


def test_every_frame_and_table_names_what_it_rests_on() -> None:
    frames = level_frames()
    assert {len(frame.levels) for frame in map(frames.__getitem__, ("eqf", "th-nqf"))} == {8}
    assert [len(frames[name].levels) for name in ("hkqf", "nzqcf", "scqf", "nfq-ie")] == [7, 10, 12, 10]
    sources = [frame.source for frame in frames.values()]
    for table in level_tables():
        if table.kind == "none-found":
            assert table.source is None
            assert "No published table was found" in table.note
        else:
            assert table.source is not None
            sources.append(table.source)
    for source in sources:
        assert all(text.strip() for text in (source.title, source.publisher, source.year, source.passage))
    assert forbidden_words(read_text("levels.toml")) == []


def test_an_unread_table_is_empty_and_levels_of_tables_exist() -> None:
    for table in level_tables():
        assert bool(table.rows) == (table.kind in ("published", "assumption")), table.frames
        assert table.note
        assert table.note_zh
        known = [{level.id for level in level_frames()[frame].levels} for frame in table.frames]
        for row in table.rows:
            assert len(row) == len(table.frames)
            assert all(set(cell) <= levels and cell for cell, levels in zip(row, known, strict=True))


def test_published_tables_keep_one_to_many_and_no_agreement() -> None:
    def beside(left: str, level: str, right: str) -> list[str]:
        return [found.id for found in comparable_levels(left, level, right)]

    # NZQA: 7-10, 6-9, 5-7, 4-6 and 5, 3-4 and 3, 2-2, 1-1; nothing for NZQCF 8.
    assert [beside("hkqf", str(n), "nzqcf") for n in range(1, 8)] == [
        ["1"], ["2"], ["3", "4"], ["5", "6"], ["7"], ["9"], ["10"],
    ]  # fmt: skip
    assert beside("nzqcf", "8", "hkqf") == []
    record = comparison_record(level_frames()["nzqcf"], level_frames()["hkqf"], level_frames()["nzqcf"].level("8"))
    assert record["tables"][0]["no_agreement"] == [{"frame": "nzqcf", "level": "8"}]
    assert record["tables"][0]["beside"] == []
    # Qualifications can cross boundaries: 6-10/9-8/7 is one line, not taken apart.
    assert beside("eqf", "6", "scqf") == ["9", "10"]
    assert beside("scqf", "10", "nfq-ie") == beside("scqf", "9", "nfq-ie") == ["7", "8"]
    assert beside("scqf", "2", "eqf") == []
    assert beside("nfq-ie", "1", "eqf") == ["1"]


def test_no_table_is_made_from_two_others() -> None:
    # HKQF - NZQCF and EQF - SCQF - NFQ are published; nothing joins the two groups, and nothing unread is filled in.
    for left in ("hkqf", "nzqcf", "cn-skill", "th-nqf"):
        for right in ("eqf", "scqf", "nfq-ie"):
            assert not any(comparable_levels(left, level.id, right) for level in level_frames()[left].levels)
    assert not any(comparable_levels("nzqcf", str(n), "cn-skill") for n in range(1, 11))
    assert [table_kind("hkqf", other) for other in ("nzqcf", "scqf", "eqf", "nfq-ie", "th-nqf", "cn-skill")] == [
        "published", "unread", "unread", "none-found", "none-found", "assumption",
    ]  # fmt: skip
    assert table_kind("nzqcf", "eqf") is None
    record = comparison_record(level_frames()["nzqcf"], level_frames()["eqf"])
    assert record["tables"] == [
        {"kind": "unknown", "rows": [], "no_agreement": [], "note": {"en": "", "zh": ""}, "source": None}
    ]


def test_levels_are_found_as_sheets_write_them() -> None:
    frames = level_frames()
    for text in ("6", "L6", "Level 6", "SCQF level 6", "scqf 6", "第6级"):
        found = frames["scqf"].find(text)
        assert found is not None, text
        assert found.id == "6", text
    thai = frames["th-nqf"].find("ระดับ 3")
    assert thai is not None
    assert thai.id == "3"
    assert frames["scqf"].find("13") is None
    for name, frame_id in (("nzqf", "nzqcf"), ("NFQ", "nfq-ie"), ("mainland", "cn-skill"), ("hkqf", "hkqf")):
        frame = find_frame(name)
        assert frame is not None
        assert frame.id == frame_id
    assert find_frame("AQF") is None


@pytest.mark.parametrize(
    ("nz", "gap", "outside", "words"),
    [
        ("5", 0, 0, "level as expected"),  # HKQF 4 stands beside NZQCF 6 and 5: both fit alike
        ("6", 0, 0, "level as expected"),
        ("8", 2, 2, "2 above the comparable levels"),
        ("3", -2, 2, "2 below the comparable levels"),
    ],
)
def test_in_a_frame_that_is_not_cumulative_all_comparable_levels_fit(
    nz: str, gap: int, outside: int, words: str
) -> None:
    left = Framework(header=Header(id="hk", level_frame="hkqf"))
    right = Framework(header=Header(id="nz", level_frame="nzqcf"))
    found = level_gap(Unit(code="A", level="4"), left, Unit(code="B", level=nz), right)
    assert found == (gap, outside, ("5", "6"))
    evidence = LevelEvidence(
        gap=gap, outside=outside, comparable=("5", "6"), subject_demand=2.5, object_demand=2.5
    )  # fmt: skip
    assert words in level_words_of(evidence, "nzqcf", "en")
    assert level_words_of(evidence, "nzqcf", "zh")


def test_without_a_table_levels_move_nothing() -> None:
    left = Framework(header=Header(id="gb", level_frame="scqf"))
    right = Framework(header=Header(id="hk", level_frame="hkqf"))
    assert level_gap(Unit(code="A", level="6"), left, Unit(code="B", level="3"), right) is None


def test_the_command_prints_both_languages_and_sources(run_matcher: RunMatcher) -> None:
    shown = run_matcher("levels", "4", "--from", "HKQF", "--to", "NZQCF").stdout
    for wanted in ("Level 6 / Level 5", "第6级 / 第5级", "no agreement", "Kong, 2018", "indicative", "仅供专家参考"):
        assert wanted in shown
    assert forbidden_words(shown) == []
    unread = run_matcher("levels", "--from", "HKQF", "--to", "SCQF").stdout
    assert "known, not read: an empty table" in unread
    assert "┃" not in unread
    everything = json.loads(run_matcher("levels", "--format", "json").stdout)
    assert len(everything["frames"]) == len(level_frames())
    assumed = run_matcher("levels", "--from", "HKQF", "--to", "CN").stdout
    assert "none found: an empty table" in assumed
    assert "assumption, not a table of the frameworks" in assumed


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("9", "--from", "HKQF"), "HKQF has no level '9'"),
        (("--from", "AQF"), "the level frame 'AQF' is not known"),
        (("4",), "no frame is named"),
    ],
)
def test_levels_refuses_in_one_line(run_matcher: RunMatcher, arguments: tuple[str, ...], line: str) -> None:
    done = run_matcher("levels", *arguments)
    assert done.returncode == 2
    assert line in done.stderr
    assert len(done.stderr.splitlines()) == 1


# Maps and the samples that they read.


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: str(sample.name))
def test_the_samples_are_what_the_maps_read(sample: Sample, tmp_path: Path) -> None:
    assert build(sample, tmp_path).read_bytes() == (SHEETS / f"{sample.name}.jsonl").read_bytes()
    read = read_framework(SHEETS / f"{sample.name}.jsonl").framework
    assert len(read.units) >= (20 if sample.name in ("zz-nz", "zz-scotland", "zz-esco") else 8)
    assert all(unit.code.startswith("ZZ") for unit in read.units)
    assert "AI-written" in read.header.source
    assert read.header.level_frame in level_frames()


def test_marks_and_openings_of_the_lists_are_taken_off() -> None:
    assert split_cell("You must be able to:\nP1 fit\nP2 test") == (("fit", "test"), ("You must be able to:",))
    assert split_cell("Outcome 1  Fit the part\nPerformance criteria\n1.1  Part is fitted")[0] == (
        "Fit the part",
        "Part is fitted",
    )
    # One such word alone is no numbering, and numbers that do not count up are none either.
    assert split_cell("K9 dogs are handled")[0] == ("K9 dogs are handled",)
    assert split_cell("A4 paper\nA3 paper")[0] == ("A4 paper", "A3 paper")


HEADINGS = ("URN", "Title", "SCQF level", "Performance criteria", "Knowledge and understanding")


def _workbook(path: Path, rows: list[tuple[str | None, ...]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADINGS, *rows):
        sheet.append(list(row))
    book.save(path)
    return path


def test_a_row_a_criterion_makes_the_same_unit(tmp_path: Path) -> None:
    whole: list[tuple[str | None, ...]] = [
        ("ZZ1", "Weld", "6", "join plates\ncheck the seam", "fluxes"),
        ("ZZ2", "Cut", "5", "cut", None),
    ]
    # The code repeated, and left empty below as merged cells leave it.
    apart: list[tuple[str | None, ...]] = [
        ("ZZ1", "Weld", "6", "join plates", "fluxes"),
        ("ZZ1", None, None, "check the seam", None),
        ("ZZ2", "Cut", "5", None, None),
        (None, None, None, "cut", None),
    ]
    options = ReadOptions(map_file=Path("uk-nos"), id="x")
    first, second = (
        read_framework(_workbook(tmp_path / f"{name}.xlsx", rows), options=options)
        for name, rows in (("whole", whole), ("apart", apart))
    )
    assert first.framework == second.framework
    assert any("4 rows make 2 units" in note for note in second.report.notes)


def test_rows_of_one_code_that_contradict_each_other_are_listed(tmp_path: Path) -> None:
    rows: list[tuple[str | None, ...]] = [("ZZ1", "Weld", "6", "join", None), ("ZZ1", "Solder", "6", "heat", None)]
    read = read_framework(_workbook(tmp_path / "in.xlsx", rows), options=ReadOptions(map_file=Path("uk-nos")))
    assert [unit.title() for unit in read.framework.units] == ["Weld"]
    assert len(read.report.refused) == 1


def test_a_map_is_a_name_or_a_file(tmp_path: Path) -> None:
    assert shipped_maps() == ("esco-list", "ie-component", "nz-unit-standard", "th-tpqi", "uk-nos")
    for name in shipped_maps():
        found = read_map(Path(name))
        assert found.header["level_frame"] in level_frames()
        assert found.any["title"]
    with pytest.raises(InputError, match="there is no map 'nzqa'"):
        read_map(Path("nzqa"))
    (tmp_path / "in.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError, match="no usable column"):
        read_framework(tmp_path / "in.csv", options=ReadOptions(map_file=Path("uk-nos")))
    (tmp_path / "bad.toml").write_text('join = "yes"\n', encoding="utf-8")
    with pytest.raises(InputError, match="neither true nor false"):
        read_map(tmp_path / "bad.toml")


def test_a_map_reads_a_list_that_looks_like_escos_own(tmp_path: Path) -> None:
    text = "conceptUri,preferredLabel,description,EQF level\nZZ-1,weld metal,Join plates.,4\n"
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    own = read_framework(tmp_path / "in.csv").framework.units[0]
    mapped = read_framework(tmp_path / "in.csv", options=ReadOptions(map_file=Path("esco-list"))).framework.units[0]
    assert (own.level, mapped.level) == (None, "4")


# Other scripts.


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("สระผมและนวดศีรษะ", "und"),
        ("머리 감기기", "und"),
        ("мыть волосы", "und"),
        ("บริการเสริมสวย / Beauty services of a salon", "en"),
        ("Réparer les pneus", "en"),
        ("洗髮", "zh-Hant"),
        ("ＡＢＣ", "zh-Hant"),  # fullwidth letters say nothing of another script
        ("123", "zh-Hant"),
    ],
)
def test_the_script_of_a_text(text: str, language: str) -> None:
    assert language_of(text, chinese="zh-Hant") == language


@lru_cache(maxsize=8)
def _index(name: str) -> FrameworkIndex:
    folder = SHEETS if name.startswith("zz-") else SHEETS.parent
    return open_source(folder / f"{name}.jsonl", "embedded").index


def test_thai_is_kept_shown_and_not_compared() -> None:
    thai, hong_kong = _index("zz-thailand"), _index("hk")
    results = list(run_screening(thai, hong_kong, Screening(k=3)))
    # ZZTH-402 has Thai alone: it is the one that is not compared, and the only loss.
    assert [unit for unit in thai.ids if unit not in {r.subject_id for r in results}] == ["ZZTH-402"]
    assert results[0].suggestions[0].object_id == "ZZHDSC201A"
    query = query_of(thai, hong_kong)
    page = render_results(results, query=query, format="html", language="en").decode()
    assert "Levels, TH-NQF - HKQF: none found: an empty table." in page
    assert '<span lang="und">สระผมและนวดศีรษะ</span>' in page
    assert "สระผมและนวดศีรษะ" in render_results(results, query=query, format="csv", language="zh").decode("utf-8-sig")
    back = list(run_screening(hong_kong, thai, Screening(k=8, unit_ids=("ZZHDSC201A", "ZZLGWH203A"))))
    assert back[0].suggestions[0].object_id == "ZZTH-101"
    assert all(len(result.suggestions) == 7 for result in back)


def test_text_in_thai_alone_is_refused_in_one_line(run_matcher: RunMatcher) -> None:
    sheet = str(SHEETS / "zz-thailand.jsonl")
    done = run_matcher("match", "--text", "สระผม", "--from", sheet, "--to", sheet)
    assert done.returncode == 2
    assert "expected English or Chinese" in done.stderr
    said = run_matcher("match", "ZZTH-101", "--from", sheet, "--to", SHEETS.parent / "hk.jsonl", "-k", "1").stdout
    assert "Levels, TH-NQF - HKQF: none found: an empty table." in said


# The gold, and the floor that matching keeps.


def test_the_gold_is_what_the_two_readings_make(tmp_path: Path) -> None:
    written = write_gold(tmp_path)
    assert len(written) == 12
    for path in written:
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name


def test_the_readings_name_units_that_exist() -> None:
    first, second = (read_reading(FOLDER / f"reading-{number}.txt") for number in (1, 2))
    units = {name: set(_ids(SHEETS / f"zz-{name}.jsonl")) for name in SUBJECTS}
    candidates = {side: set(_ids(SHEETS.parent / f"{side}.jsonl")) for side in SIDES}
    # The first reading went through every unit, those without a counterpart too.
    assert set(first.heads) == set().union(*units.values())
    for unit, candidate in {*first.pairs, *second.pairs}:
        assert any(unit in known for known in units.values())
        assert candidate in candidates[side_of(candidate)]


def _ids(path: Path) -> tuple[str, ...]:
    return read_framework(path).framework.unit_ids()


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_recall_among_five_stays(subject: str, side: str) -> None:
    left = _index(f"zz-{subject}")
    results = run_screening(left, _index(side), Screening(k=10, explain=False))
    answers = {
        result.subject_id: tuple(Answer(object=s.object_id, rank=s.rank, score=s.score) for s in result.suggestions)
        for result in results
    }
    gold = read_gold(FOLDER / f"{subject}-{side}.qrels.tsv")
    report = evaluate_run(Run(answers=answers, no_counterpart={}), gold)
    figures = {figure.measure: figure for figure in report.overall}
    assert len(gold.grades) >= 15
    assert figures["R@5"].n >= 15
    assert figures["R@5"].value >= 0.8


def test_a_guessed_jurisdiction_is_said(run_matcher: Callable[..., object], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("code,level,title\nZZ1,3,Weld plates\n", encoding="utf-8")
    done = run_matcher("match", "ZZ1", "--from", "a.csv", "--to", "a.csv", cwd=tmp_path)
    assert "jurisdiction HK guessed" in str(getattr(done, "stderr", ""))
