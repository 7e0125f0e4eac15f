"""Changes between two editions: every kind by hand, generated ones, order, bad input, and the files that show them."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.edition_maker import base, make_edition, read_pool  # noqa: TID251
from evaluation.editions import keys_of, score, touched_right  # noqa: TID251
from matcher.cli.editions import diff as command
from matcher.encode import load_encoder
from matcher.errors import InputError
from matcher.export.edition_page import mark, render_editions
from matcher.outcomes.edition_order import check_order, edition_date
from matcher.outcomes.edition_text import common, pieces, text_key
from matcher.outcomes.editions import diff_editions
from matcher.readers.canonical import framework_to_bytes
from matcher.schema import Framework, Header, Statement, Unit
from matcher.schema.edition import EditionDiff

HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script> & \"x\""
BAKE = ("Bake bread", "Weigh the flour", "Knead the dough", "Let the dough rise", "Heat the oven", "Cool the loaves")
WELD = ("Weld steel", "Clean the plates", "Set the current", "Strike the arc", "Chip the slag", "Test the seam")
CUT = ("Cut hair", "Wash the hair", "Section the crown", "Hold the scissors", "Blend the neckline", "Sweep the floor")


def unit(code: str, *texts: str, level: str = "2", **more: str) -> Unit:
    said = [Statement(role="title" if n == 0 else "skill", language="en", text=text) for n, text in enumerate(texts)]
    return Unit(code=code, level=level, statements=tuple(said), **more)  # type: ignore[arg-type]


def edition(*units: Unit, year: str = "2024") -> Framework:
    header = Header(id="zz-hand", jurisdiction="HK", edition=year, level_frame="hkqf")
    return Framework(header=header, units=units)


def diff(old: list[Unit], new: list[Unit]) -> EditionDiff:
    return diff_editions(edition(*old), edition(*new, year="2026"), load_encoder())


def kinds(found: EditionDiff) -> list[tuple[str, tuple[str, ...], tuple[str, ...], bool]]:
    return [(c.kind, c.old, c.new, c.touched) for c in found.changes]


def test_every_kind_by_hand() -> None:
    old = [unit("ZZA", *BAKE), unit("ZZB", *WELD), unit("ZZC", *CUT)]
    assert kinds(diff(old, old)) == [
        ("unchanged", ("ZZA",), ("ZZA",), False), ("unchanged", ("ZZB",), ("ZZB",), False),
        ("unchanged", ("ZZC",), ("ZZC",), False),
    ]  # fmt: skip
    reworded = unit("ZZA", BAKE[0], "Weigh the flour on a scale", *BAKE[2:])
    split = [unit("ZZB", *WELD[:4]), unit("ZZB2", "Finish the seam", *WELD[4:])]
    assert kinds(diff(old, [reworded, *split, unit("ZZX", *CUT)])) == [
        ("reworded", ("ZZA",), ("ZZA",), True), ("split", ("ZZB",), ("ZZB", "ZZB2"), True),
        ("renumbered", ("ZZC",), ("ZZX",), False),
    ]  # fmt: skip
    merged = unit("ZZM", *BAKE, *WELD[1:])
    fresh = unit("ZZN", "Graft roses", "Choose a rootstock", "Bind the graft", "Water the plant")
    assert kinds(diff(old, [merged, fresh])) == [
        ("merged", ("ZZA", "ZZB"), ("ZZM",), True), ("retired", ("ZZC",), (), True), ("new", (), ("ZZN",), True),
    ]  # fmt: skip


def test_a_split_that_runs_in_a_circle_is_one_change() -> None:
    # A goes to A and B, B goes to B and A: neither is "the split of the other".
    old = [unit("ZZA", *BAKE), unit("ZZB", *WELD)]
    new = [unit("ZZA", *BAKE[:3], *WELD[3:]), unit("ZZB", *WELD[:3], *BAKE[3:])]
    found = diff(old, new)
    assert kinds(found) == [("regrouped", ("ZZA", "ZZB"), ("ZZA", "ZZB"), True)]
    # Six statements a unit, three of each moved: half of either side each way.
    assert {(link.old_id, link.new_id, link.of_old, link.of_new) for link in found.changes[0].links} == {
        (a, b, 0.5, 0.5) for a in ("ZZA", "ZZB") for b in ("ZZA", "ZZB")
    }


def test_what_touches_a_unit_and_what_does_not() -> None:
    old = unit("ZZA", *BAKE)
    form = replace(old, statements=tuple(replace(s, text=f" {s.text.upper()}. ") for s in old.statements))
    turned = replace(old, statements=tuple(reversed(old.statements)), version="2")
    for same, facts in ((form, {"form"}), (turned, set())):
        (change,) = diff([old], [same]).changes
        assert (change.kind, change.touched, {f.kind for f in change.facts}) == ("unchanged", False, facts)
    for other, fact in ((replace(old, level="3"), "level"), (replace(old, credit=6.0), "credit")):
        (change,) = diff([old], [other]).changes
        assert (change.kind, change.touched, change.facts[0].kind) == ("reworded", True, fact)


def test_a_code_given_to_other_work_is_no_rewording() -> None:
    found = diff([unit("ZZA", *BAKE)], [unit("ZZA", *WELD)])
    assert kinds(found) == [("new", (), ("ZZA",), True), ("retired", ("ZZA",), (), True)] or kinds(found) == [
        ("retired", ("ZZA",), (), True), ("new", (), ("ZZA",), True),
    ]  # fmt: skip
    assert {f.kind for c in found.changes for f in c.facts} == {"reused"}


def test_the_new_edition_may_name_the_old_code() -> None:
    (change,) = diff([unit("ZZA", *BAKE)], [unit("ZZX", *BAKE, remarks="old code ZZA.")]).changes
    assert [(f.kind, f.old, f.new) for f in change.facts] == [("named", "ZZA", "ZZX")]


def test_a_sentence_of_many_units_stays_with_its_own() -> None:
    safety = "Follow the safety rules of the workplace"
    old = [unit(f"ZZ{n}", f"Task {n}", safety, *part) for n, part in enumerate((BAKE[1:], WELD[1:], CUT[1:]))]
    moved = diff(old, list(reversed(old))).changes
    assert all(m.old_id == m.new_id for change in moved for m in change.moves)


def test_keys_and_shares_by_hand() -> None:
    def key(text: str) -> tuple[str, str]:
        return text_key(Statement(role="skill", language="zh-Hant", text=text))

    assert key(" 檢查 輪胎，及 氣壓。") == key("檢查輪胎,及氣壓")
    assert key("檢查輪胎") != key("检查轮胎")
    # Pairs of characters: ab bc cd against ab bx xd share one of three: 2·1/(3+3).
    assert common(pieces(("zh", "檢查輪胎")), pieces(("zh", "檢查車胎"))) == pytest.approx(1 / 3)
    assert common(pieces(("en", "weigh the flour")), pieces(("en", "weigh the dry flour"))) == pytest.approx(6 / 7)


@pytest.mark.parametrize("side", ["hk", "cn"])
def test_generated_changes_are_found(side: str) -> None:
    pool = read_pool()
    old = base(side, pool, 7)
    old = replace(old, units=old.units[:126])
    counts = {
        "reworded": 8, "levels": 1, "shifted": 2, "renumbered": 5, "renumbered and reworded": 3, "split": 6,
        "merged": 6, "regrouped": 2, "retired": 5, "new": 5, "reused": 1, "form": 5,
    }  # fmt: skip
    made = make_edition(old, pool, 7, counts)
    found = diff_editions(made.old, made.new, load_encoder())
    for kind, figures in score([keys_of(made, found)]).items():
        assert min(figures["precision"], figures["recall"]) >= 0.95, (kind, figures)
    right, known = touched_right(made, found)
    assert right == known
    # Each unit of either edition in exactly one change, whatever the order of the files.
    assert sorted(i for c in found.changes for i in c.old) == sorted(made.old.unit_ids())
    assert sorted(i for c in found.changes for i in c.new) == sorted(made.new.unit_ids())
    turned = [replace(f, units=f.units[::-1]) for f in (made.old, made.new)]
    assert diff_editions(turned[0], turned[1], load_encoder()).changes == found.changes


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_every_statement_is_kept_lost_or_added_once(seed: int) -> None:
    rng = random.Random(seed)
    texts = [*BAKE, *WELD, *CUT]
    sides = [
        [unit(f"ZZ{n}", *rng.sample(texts, rng.randint(1, 8))) for n in range(rng.randint(1, 4))] for _ in range(2)
    ]
    found = diff(*sides)
    for side in (0, 1):
        seen = [p for c in found.changes for p in (c.lost, c.added)[side]]
        seen += [((m.old_id, m.old_index), (m.new_id, m.new_index))[side] for c in found.changes for m in c.moves]
        everything = [(u.code, n) for u in sides[side] for n in range(len(u.statements))]
        # A statement that moved to a unit that is no partner of its own is named by neither change, never by two.
        assert len(seen) == len(set(seen))
        assert set(seen) <= set(everything)


def test_swapped_editions_are_told_by_edition_date_and_version() -> None:
    a, b = edition(unit("ZZA", *BAKE)), edition(unit("ZZA", *BAKE), year="2026")
    assert check_order(a, b) == ()
    with pytest.raises(InputError, match=r"the newer one by its edition \(2026; the second's is 2024\)"):
        check_order(b, a)
    assert "is the newer one" in check_order(b, a, anyway=True)[0]
    assert edition_date("2023年6月第2版") == (2023, 6, 0)
    assert edition_date("Edition 3") is None
    # The same year is no later year; a month decides between two months.
    named = [replace(a, header=replace(a.header, edition=text)) for text in ("2024", "2024-06", "2024-03", "3", "2")]
    assert "do not say which" in check_order(named[0], named[1])[0]
    with pytest.raises(InputError):
        check_order(named[1], named[2])
    with pytest.raises(InputError):
        check_order(named[3], named[4])
    versions = [replace(edition(unit("ZZA", *BAKE, version=v)), header=replace(a.header, edition="")) for v in "12"]
    assert check_order(versions[0], versions[1]) == ()
    with pytest.raises(InputError, match="higher version"):
        check_order(versions[1], versions[0])


def test_words_are_marked_and_nothing_is_run() -> None:
    assert mark("Weigh the flour", "Weigh dry flour") == (
        "Weigh <del>the</del> flour", "Weigh <ins>dry</ins> flour",
    )  # fmt: skip
    assert mark("檢查輪胎", "檢查車胎") == ("檢查<del>輪</del>胎", "檢查<ins>車</ins>胎")
    assert mark("<b>", "<i>") == ("&lt;<del>b</del>&gt;", "&lt;<ins>i</ins>&gt;")
    old = [unit("ZZA", HOSTILE, *BAKE[1:])]
    page = "".join(render_editions(diff(old, [unit("ZZA", HOSTILE, *BAKE[1:4])]), (HOSTILE,), "en"))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    old = edition(unit("ZZA", HOSTILE, *BAKE[1:]), unit("ZZB", *WELD), unit("ZZC", *CUT))
    new = edition(unit("ZZA", HOSTILE, "Weigh the rye flour", *BAKE[2:]), unit("ZZX", *WELD), year="2026")
    for name, framework in (("old.jsonl", old), ("new.jsonl", new)):
        (tmp_path / name).write_bytes(framework_to_bytes(framework))
    return tmp_path / "old.jsonl", tmp_path / "new.jsonl"


def _diff(old: Path, new: Path, **more: Any) -> None:
    """Call the command as the shell does, in this process."""
    plain: dict[str, Any] = {
        "format_": "table", "output": None, "language": "en", "show_unchanged": False, "any_order": False,
        "encoder": "embedded",
    }  # fmt: skip
    command(old, new, **{**plain, **more})


def test_the_command_writes_every_format(
    files: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _diff(*files)
    counted = "0 unchanged, 1 reworded, 1 renumbered, 0 split, 0 merged, 0 regrouped, 1 retired, 0 new"
    assert counted in capsys.readouterr().out
    for name in ("json", "xlsx", "html"):
        for path in (tmp_path / f"a.{name}", tmp_path / f"b.{name}"):
            _diff(*files, format_=name, output=path)
        assert (tmp_path / f"a.{name}").read_bytes() == (tmp_path / f"b.{name}").read_bytes()
    record = json.loads((tmp_path / "a.json").read_text())
    assert [c["kind"] for c in record["changes"]] == ["reworded", "renumbered", "retired"]
    move = next(m for m in record["changes"][0]["moves"] if m["how"] == "words")
    assert (move["old_text"], move["new_text"]) == ("Weigh the flour", "Weigh the rye flour")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    rows = list(book["Changes"].iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["Change", "reworded", "renumbered", "retired"]
    assert rows[1][2].startswith("=cmd")
    assert all(c.data_type != "f" for sheet in book for row in sheet.iter_rows() for c in row)
    capsys.readouterr()
    _diff(*files, language="zh", show_unchanged=True)
    assert "改编号" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("names", "more", "expected"),
    [
        (("new.jsonl", "old.jsonl"), {}, "swap the two, or give --any-order"),
        (("old.jsonl", "gone.jsonl"), {}, "gone.jsonl"),
        (("old.jsonl", "new.jsonl"), {"format_": "html"}, "--format html has no file"),
        (("old.jsonl", "new.jsonl"), {"output": Path("x.txt")}, "--format table is for the terminal"),
    ],
)
def test_faults_of_the_input_are_one_line(
    files: tuple[Path, Path], names: tuple[str, str], more: dict[str, Any], expected: str
) -> None:
    with pytest.raises(InputError, match=expected):
        _diff(files[0].parent / names[0], files[0].parent / names[1], **more)
