"""The canonical framework file: what is written is what is read, and the JSON Schema is enforced."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matcher.errors import InputError
from matcher.readers import read_framework, write_framework
from matcher.readers.canonical import framework_from_bytes, framework_to_bytes
from matcher.schema import (
    CONTEXT_KINDS,
    LANGUAGES,
    ROLES,
    ContextLabel,
    Framework,
    FunctionWeight,
    Header,
    Statement,
    Unit,
)

HEADER: dict[str, Any] = {"format": "competency-framework", "format_version": 1, "id": "zz"}
UNIT: dict[str, Any] = {"code": "ZZA", "statements": [{"role": "title", "language": "en", "text": "Cut"}]}

# Any character a UTF-8 file can hold; a text has at least one that is no space (the schema's "\\S").
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(lambda text: f"{text}x")
_optional = st.one_of(st.just(""), _texts)
_codes = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12)
_statements = st.builds(Statement, role=st.sampled_from(ROLES), language=st.sampled_from(LANGUAGES), text=_texts)
_labels = st.builds(ContextLabel, kind=st.sampled_from(CONTEXT_KINDS), language=st.sampled_from(LANGUAGES), text=_texts)
_units = st.builds(
    Unit,
    code=_codes,
    version=st.one_of(st.just(""), _codes),
    revision=st.one_of(st.just(""), _codes),
    level=st.one_of(st.none(), _texts),
    frame=st.one_of(st.none(), _texts),
    credit=st.one_of(st.none(), st.floats(0, 1000)),
    occupation_code=_optional,
    context=st.lists(_labels, max_size=2).map(tuple),
    statements=st.lists(_statements, min_size=1, max_size=3).map(tuple),
    remarks=_optional,
    notes=st.lists(_texts, max_size=2).map(tuple),
)
_per_cent = st.one_of(st.none(), st.floats(0, 1000))
_weights = st.builds(
    FunctionWeight,
    level=_texts,
    function=_texts,
    theory=_per_cent,
    skill=_per_cent,
    occupation_code=_optional,
    occupation=_optional,
    version=_optional,
    kind=_optional,
)
_headers = st.builds(
    Header,
    id=_texts,
    title=_optional,
    jurisdiction=_optional,
    publisher=_optional,
    edition=_optional,
    level_frame=_optional,
    licence=_optional,
    source=_optional,
    retrieved=_optional,
    weights=st.lists(_weights, max_size=3, unique=True).map(tuple),
)
_frameworks = st.builds(
    Framework,
    header=_headers,
    units=st.lists(_units, min_size=1, max_size=4, unique_by=lambda unit: unit.identity).map(tuple),
)


def with_languages(framework: Framework) -> Framework:
    """Return the framework with the header's languages as its units have them, as a reader gives it."""
    present = {language for unit in framework.units for language in unit.languages}
    languages = tuple(language for language in LANGUAGES if language in present)
    return replace(framework, header=replace(framework.header, languages=languages))


def lines(*records: object) -> bytes:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()


@given(framework=_frameworks)
@settings(deadline=None, max_examples=60)
def test_reading_what_was_written_gives_the_same_framework(framework: Framework) -> None:
    data = framework_to_bytes(framework)
    again = framework_from_bytes(data, where="memory")
    assert again == framework
    assert framework_to_bytes(again) == data


@given(framework=_frameworks)
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_file_reader_is_the_inverse_of_the_writer(framework: Framework, tmp_path: Path) -> None:
    framework = with_languages(framework)
    write_framework(framework, tmp_path / "f.jsonl")
    result = read_framework(tmp_path / "f.jsonl")
    assert result.framework == framework
    assert len(result.report.kept) == len(framework.units)
    assert not result.report.repaired
    assert not result.report.refused


def test_the_written_form(tiny_framework: Framework) -> None:
    first, second, third = framework_to_bytes(tiny_framework).decode("utf-8").splitlines()
    assert list(json.loads(first)) == [
        "format", "format_version", "id", "title", "jurisdiction", "publisher", "edition", "level_frame", "languages",
        "licence", "source", "retrieved",
    ]  # fmt: skip
    assert list(json.loads(second)) == ["code", "version", "level", "credit", "context", "statements"]
    # The second unit has a code and a title: everything at its default is left out.
    assert (
        third
        == '{"code": "ZZTS102A", "statements": [{"role": "title", "language": "en", "text": "True a bent wheel"}]}'
    )
    assert "修補" in second


@pytest.mark.parametrize("name", ["hk", "cn"])
def test_the_samples_are_in_the_written_form(name: str, root: Path) -> None:
    path = root / "corpora" / "samples" / f"{name}.jsonl"
    result = read_framework(path)
    assert framework_to_bytes(result.framework) == path.read_bytes()
    assert not result.report.refused


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "Z Z"}, "code"),
        ({"code": None}, "code"),
        ({"statements": []}, "statements"),
        ({"statements": [{"role": "duty", "language": "en", "text": "x"}]}, "role"),
        ({"statements": [{"role": "skill", "language": "fr", "text": "x"}]}, "language"),
        ({"statements": [{"role": "skill", "language": "en", "text": " "}]}, "text"),
        ({"credit": "3"}, "credit"),
        ({"credit": -1}, "credit"),
        ({"context": [{"kind": "place", "language": "en", "text": "x"}]}, "kind"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_unit_that_does_not_fit_is_refused_and_the_rest_kept(
    change: dict[str, Any], said: str, tmp_path: Path
) -> None:
    (tmp_path / "f.jsonl").write_bytes(lines(HEADER, {**UNIT, "code": "ZZOK"}, {**UNIT, **change}))
    result = read_framework(tmp_path / "f.jsonl")
    assert [unit.code for unit in result.framework.units] == ["ZZOK"]
    (row,) = result.report.refused
    assert row.row == 3
    assert said in row.reason
    with pytest.raises(InputError, match="line 3"):
        framework_from_bytes((tmp_path / "f.jsonl").read_bytes(), where="f.jsonl")


@pytest.mark.parametrize("change", [{"id": " "}, {"languages": ["de"]}, {"colour": "red"}, {"title": 3}])
def test_a_header_that_does_not_fit_is_an_error(change: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "f.jsonl").write_bytes(lines({**HEADER, **change}, UNIT))
    with pytest.raises(InputError, match="line 1"):
        read_framework(tmp_path / "f.jsonl")


def test_what_other_writers_do_is_read() -> None:
    # A BOM, Windows line ends, an empty line, keys in another order, defaults spelt out.
    unit = {"statements": UNIT["statements"], "remarks": "", "level": None, "notes": [], "code": "ZZA"}
    data = b"\xef\xbb\xbf" + lines(HEADER, unit).replace(b"\n", b"\r\n\r\n")
    assert framework_from_bytes(data, where="m").units == framework_from_bytes(lines(HEADER, UNIT), where="m").units


_STATEMENTS = json.dumps(UNIT["statements"])


@pytest.mark.parametrize(
    "unit",
    [
        '{"code": "ZZB", "credit": NaN, "statements": ' + _STATEMENTS + "}",
        '{"code": "ZZB", "credit": 1e999, "statements": ' + _STATEMENTS + "}",
        pytest.param(
            '{"code": "ZZB", "credit": 1' + "0" * 400 + ', "statements": ' + _STATEMENTS + "}",
        ),
        pytest.param(
            '{"code": "ZZB\\ud800", "statements": ' + _STATEMENTS + "}",
        ),
        pytest.param(
            '{"code": "ZZB", "statements": ' + "[" * 900 + "]" * 900 + "}",
        ),
    ],
    ids=["nan", "infinity", "digits", "surrogate", "nested"],
)
def test_a_hostile_value_refuses_its_line(unit: str, tmp_path: Path) -> None:
    (tmp_path / "f.jsonl").write_text(lines(HEADER, UNIT).decode() + unit + "\n", encoding="utf-8")
    result = read_framework(tmp_path / "f.jsonl")
    assert [row.row for row in result.report.refused] == [3]
    assert len(result.framework.units) == 1


def test_an_empty_level_is_no_level(tmp_path: Path) -> None:
    (tmp_path / "f.jsonl").write_bytes(lines(HEADER, {**UNIT, "level": ""}))
    assert read_framework(tmp_path / "f.jsonl").framework.units[0].level is None


def test_a_file_without_weights_is_written_as_before() -> None:
    assert b"weights" not in framework_to_bytes(framework_from_bytes(lines(HEADER, UNIT), where="memory"))


@pytest.mark.parametrize(
    "weight",
    [{"level": "5"}, {"level": "5", "function": "F", "skill": "40"}, {"level": "5", "function": "F", "theory": -1}],
)
def test_a_weight_that_does_not_fit_is_an_error(weight: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="weights/0"):
        framework_from_bytes(lines({**HEADER, "weights": [weight]}, UNIT), where="memory")


def test_a_unit_finds_the_weight_of_its_function_at_its_level() -> None:
    def unit(code: str, level: str, *labels: tuple[Any, str]) -> Unit:
        context = tuple(ContextLabel(kind=kind, language="zh-Hans", text=text) for kind, text in labels)
        return Unit(code=code, level=level, version="2020", occupation_code="ZZ-1", context=context)

    weight = FunctionWeight(level="5", function="作业准备", skill=40, occupation_code="ZZ-1", version="2020")
    weights = (
        weight,
        replace(weight, level="4", skill=30),
        replace(weight, version="2010", skill=99),
        replace(weight, occupation_code="ZZ-2", skill=98),
        replace(weight, kind="样本甲工", skill=20),
    )
    framework = Framework(header=Header(id="zz", weights=weights))
    plain = (("function", "作业准备"), ("occupation", "样本工"))
    assert [getattr(framework.weight_of(unit("a", level, *plain)), "skill", None) for level in "543"] == [40, 30, None]
    # The table of the unit's own kind of work comes first; another function has no weight.
    assert framework.weight_of(unit("b", "5", *plain, ("occupation", "样本甲工"))) == weights[4]
    assert framework.weight_of(unit("c", "5", ("function", "设备操作"))) is None
