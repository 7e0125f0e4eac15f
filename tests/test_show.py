"""`matcher show`: one unit with everything it says, and the nearest codes where there is none."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from matcher.errors import InputError
from matcher.readers import read_framework
from matcher.schema import Framework
from matcher.search.lookup import find_unit

GOLDEN = Path(__file__).resolve().parent / "golden"
Run = Callable[..., subprocess.CompletedProcess[str]]


def _framework() -> Framework:
    return read_framework(GOLDEN / "hk.jsonl").framework


def test_finds_by_code_in_any_case() -> None:
    framework = _framework()
    for code in ("ZZGLD201A", " zzgld201a "):
        assert find_unit(framework, code) == ("ZZGLD201A", framework.units[0])


def test_names_at_most_five_nearest_codes() -> None:
    framework = _framework()
    many = replace(framework, units=tuple(replace(framework.units[0], code=f"ZZGLD20{n}B") for n in range(9)))
    with pytest.raises(InputError) as caught:
        find_unit(many, "ZZGLD20XB")
    assert 1 <= caught.value.expected.count("ZZGLD20") <= 5


def test_editions_are_told_apart() -> None:
    framework = _framework()
    unit = framework.units[0]
    two = replace(framework, units=(replace(unit, version="1"), replace(unit, version="2")))
    assert find_unit(two, "ZZGLD201A@2") == ("ZZGLD201A@2", two.units[1])
    with pytest.raises(InputError, match="ZZGLD201A@1 or ZZGLD201A@2"):
        find_unit(two, "ZZGLD201A")


def test_prints_everything_the_unit_says(run_matcher: Run) -> None:
    done = run_matcher("show", "ZZGLD201A", "--in", GOLDEN / "hk.jsonl", "--language", "en")
    assert done.returncode == 0
    for part in ("Mend a punctured tube", "修補內胎", "Level 2", "3 credits", "Bicycle repair", "在水中找出穿孔"):
        assert part in done.stdout
    for part in ("Know patches & glues", "Keep the bench tidy", "In a workshop.", "Original text.", "kept as found"):
        assert part in done.stdout


def test_an_unknown_code_is_one_line_and_status_2(run_matcher: Run) -> None:
    done = run_matcher("show", "ZZGLD209A", "--in", GOLDEN / "hk.jsonl")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "ZZGLD201A" in done.stderr
