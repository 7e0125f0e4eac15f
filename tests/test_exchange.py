"""Mapping files: ESCO table, CASE, SKOS and SSSOM, each read back equal and looked at by a second tool."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.errors import InputError
from matcher.review.mapping import (
    PREDICATES,
    Item,
    Mapping,
    MappingSet,
    Source,
    join_names,
    make_set,
    split_names,
    unit_uri,
)
from matcher.review.mapping_case import NOT_RELATED, read_case_mappings, write_case
from matcher.review.mapping_esco import COLUMNS, read_table, write_table
from matcher.review.mapping_import import READERS, import_mappings
from matcher.review.mapping_skos import SKOS, SSSOM, read_skos, write_skos
from matcher.review.mapping_sssom import read_sssom
from matcher.review.run import Run
from matcher.review.settle import settle
from matcher.review.sssom import mapping_set
from matcher.review.turtle import Iri, Literal, parse
from matcher.store import RELATIONS, Decision, Relation, Store, Verdict, current, new_id, open_store
from tests.conftest import RunMatcher

SCHEMA = Path(__file__).parent / "data" / "case-1.1-package.schema.json"
HOSTILE = "=1+1 \"'\\ <b> & | ; , \t 範圍\nsecond line @en ^^x . \u00a0\U00020000 {{id}}"
_BREAKS = "\x00\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\ufffe\uffff"
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters=_BREAKS), max_size=30).filter(
    lambda text: all(c in "\t\n" or ord(c) >= 32 for c in text)
)
LINE = TEXT.filter(lambda text: text.strip() == text != "" and "\n" not in text)


def item(code: str, *titles: str) -> Item:
    languages: tuple[Any, ...] = ("en", "zh-Hant", "zh-Hans")
    return Item(id=code, uri=unit_uri("zz hk", code), labels=tuple(zip(languages, titles, strict=False)))


def plain(*mappings: Mapping) -> MappingSet:
    return MappingSet(
        run="0123456789abcdef", version="2026-11-29.3", licence="https://w3id.org/sssom/license/unspecified",
        subjects=Source(id="zz hk", edition="2026", title="A \"title\""), objects=Source(id="zz-cn"),
        mappings=mappings,
    )  # fmt: skip


EXAMPLE = plain(
    Mapping(
        subject=item("ZZA 1", HOSTILE, "修補內胎"), object=item("ZZ-1", "补胎"), verdict="accept", relation="exact",
        reviewers=("Chan|Li", "李 \\p"), date="2026-11-29", comment=HOSTILE, confidence=1 / 3, adjudicated=True,
    ),
    Mapping(subject=item("ZZA 1", HOSTILE, "修補內胎"), object=item("ZZ-2"), verdict="reject", relation="broad",
            reviewers=("Chan",), date="2026-11-28", blind=True),
    Mapping(subject=item("ZZB", "True a wheel"), object=item("ZZ-1", "补胎"), verdict="partly", reviewers=("Chan",),
            date="2026-11-28"),
    Mapping(subject=item("ZZC", "No such thing"), object=None, verdict="no_counterpart", reviewers=("Li",),
            date="2026-11-01"),
)  # fmt: skip

FORMATS = {
    "esco": (".csv", write_table, read_table),
    "case": (".json", lambda found: write_case(found).encode(), read_case_mappings),
    "skos": (".ttl", lambda found: write_skos(found).encode(), read_skos),
}


def back(kind: str, found: MappingSet, folder: Path) -> MappingSet:
    ending, write, read = FORMATS[kind]
    path = folder / f"m{ending}"
    data: bytes = write(found)
    assert write(found) == data
    path.write_bytes(data)
    result, notes = read(path)
    assert notes == ()
    return result


@pytest.mark.parametrize("kind", FORMATS)
def test_a_set_comes_back_equal(kind: str, tmp_path: Path) -> None:
    assert back(kind, EXAMPLE, tmp_path) == EXAMPLE
    assert back(kind, plain(), tmp_path) == plain()


@pytest.mark.parametrize("kind", FORMATS)
@settings(max_examples=60, deadline=None)
@given(
    code=LINE, title=LINE,
    comment=TEXT, names=st.lists(TEXT.filter(lambda t: t.strip() != ""), min_size=1, max_size=3, unique=True),
    confidence=st.none() | st.floats(0, 1), relation=st.sampled_from(RELATIONS),
    verdict=st.sampled_from(["accept", "partly", "reject"]),
)  # fmt: skip
def test_any_text_comes_back(
    kind: str, code: str, title: str, comment: str, names: list[str], confidence: float | None, relation: Relation,
    verdict: Verdict, tmp_path_factory: pytest.TempPathFactory,
) -> None:  # fmt: skip
    one = Mapping(
        subject=item(code, title), object=item("ZZ-1", title, title), verdict=verdict, relation=relation,
        reviewers=tuple(names), date="2026-11-29", comment=comment, confidence=confidence,
    )  # fmt: skip
    folder = tmp_path_factory.getbasetemp() / kind
    folder.mkdir(exist_ok=True)
    assert back(kind, plain(one), folder) == plain(one)


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from("a|\\p "), min_size=1), max_size=4))
def test_names_share_a_cell(names: list[str]) -> None:
    assert split_names(join_names(tuple(names))) == tuple(names)


def test_case_passes_a_schema_of_the_specification() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="the package jsonschema is not installed")
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    package = json.loads(write_case(EXAMPLE))
    assert [error.message for error in validator.iter_errors(package)] == []
    assert [a["associationType"] for a in package["CFAssociations"]] == ["exactMatchOf", NOT_RELATED, "isRelatedTo"]
    # The schema sees faults: a type that CASE does not know, and an end without an identifier.
    for path, value in ((("associationType",), "exactMatch"), (("originNodeURI", "identifier"), "x")):
        broken = json.loads(write_case(EXAMPLE))
        place = broken["CFAssociations"][0]
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = value
        assert list(validator.iter_errors(broken))


def test_skos_means_the_same_to_rdflib() -> None:
    rdflib = pytest.importorskip("rdflib", reason="the package rdflib is not installed")
    text = write_skos(EXAMPLE)
    graph = rdflib.Graph().parse(data=text, format="turtle")
    theirs = {
        (str(s), str(p), (str(o), str(getattr(o, "language", None) or ""), str(getattr(o, "datatype", None) or "")))
        for s, p, o in graph
    }
    ours = {
        (s, p, (o.value, o.language, o.datatype) if isinstance(o, Literal) else (o.value, "", ""))
        for s, p, o in parse(text, where="text")
    }
    assert {(s, p, o[0], o[1].lower()) for s, p, o in theirs} == {(s, p, o[0], o[1].lower()) for s, p, o in ours}
    assert len(graph) == len(ours)
    skos = rdflib.Namespace(SKOS)
    subject, target = (rdflib.URIRef(unit_uri("zz hk", code)) for code in ("ZZA 1", "ZZ-1"))
    assert (subject, skos.exactMatch, target) in graph
    # Rejected and missing counterparts are no SKOS mapping.
    mapped = [
        name for name in PREDICATES.values()
        for _ in graph.triples((None, rdflib.URIRef(name.replace("skos:", SKOS)), None))
    ]  # fmt: skip
    assert sorted(mapped) == ["skos:exactMatch", "skos:mappingRelation"]
    # SKOS integrity condition S14: at most one preferred label a language.
    for concept in graph.subjects(rdflib.RDF.type, skos.Concept):
        languages = [label.language for label in graph.objects(concept, skos.prefLabel)]
        assert len(languages) == len(set(languages))


def test_what_rdflib_writes_is_read(tmp_path: Path) -> None:
    rdflib = pytest.importorskip("rdflib", reason="the package rdflib is not installed")
    graph = rdflib.Graph().parse(data=write_skos(EXAMPLE), format="turtle")
    path = tmp_path / "again.ttl"
    path.write_text(graph.serialize(format="turtle"), encoding="utf-8")
    found, _ = read_skos(path)
    # rdflib writes a double with seven digits.
    assert [m.confidence for m in found.mappings] == [pytest.approx(1 / 3, abs=1e-6), None, None, None]
    kept = [replace(m, confidence=e.confidence) for m, e in zip(found.mappings, EXAMPLE.mappings, strict=True)]
    assert replace(found, mappings=tuple(kept)) == EXAMPLE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a:b> <c:d> [ <e:f> 1 ] .", "cannot be read here"),
        ("<a:b> <c:d> ( 1 2 ) .", "cannot be read here"),
        ("x:y <c:d> <e:f> .", "'x:y' cannot be read here"),
        ("<a:b> <c:d> <e:f>", "the end"),
        ("<a:b> <c:d> \"open .", "cannot be read"),
        ("<a:b> <c:d> \"\\q\" .", "is no escape"),
        ("<a:b> <c:d> \"\\uD800\" .", "does not exist"),
    ],
)  # fmt: skip
def test_turtle_that_cannot_be_read_is_refused(text: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        parse(text, where="x.ttl")


def test_turtle_in_its_other_ways() -> None:
    text = (
        'PREFIX : <http://a/>\n:s a :C ; :p \'one\', """two "q" \n"""@zh-Hant , 3 , 4.5, true. # done\n'
        "<http://b> :q :s."
    )
    assert parse(text, where="x") == [
        ("http://a/s", "http://www.w3.org/1999/02/22-rdf-syntax-ns#type", Iri(value="http://a/C")),
        ("http://a/s", "http://a/p", Literal(value="one")),
        ("http://a/s", "http://a/p", Literal(value='two "q" \n', language="zh-Hant")),
        ("http://a/s", "http://a/p", Literal(value="3", datatype="http://www.w3.org/2001/XMLSchema#integer")),
        ("http://a/s", "http://a/p", Literal(value="4.5", datatype="http://www.w3.org/2001/XMLSchema#decimal")),
        ("http://a/s", "http://a/p", Literal(value="true", datatype="http://www.w3.org/2001/XMLSchema#boolean")),
        ("http://b", "http://a/q", Iri(value="http://a/s")),
    ]


def test_skos_from_elsewhere(tmp_path: Path) -> None:
    path = tmp_path / "other.ttl"
    path.write_text(
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n<http://a/1> skos:prefLabel \"Baker\"@en ;"
        " skos:closeMatch <http://b/x>, <http://b/y> .\n", encoding="utf-8",
    )  # fmt: skip
    found, _ = read_skos(path)
    assert [(m.subject.id, m.subject.label, m.object and m.object.id, m.relation) for m in found.mappings] == [
        ("1", "Baker", "x", "close"), ("1", "Baker", "y", "close"),
    ]  # fmt: skip
    path.write_text("<http://a/1> <http://a/2> <http://a/3> .\n")
    with pytest.raises(InputError, match="holds no mapping"):
        read_skos(path)


def test_a_case_file_with_unknown_association_types(tmp_path: Path) -> None:
    package = json.loads(write_case(EXAMPLE))
    for kind in ("isChildOf", "isSimilarTo", "isSimilarTo", "ext:own"):
        package["CFAssociations"].append({**package["CFAssociations"][0], "associationType": kind})
    path = tmp_path / "m.json"
    path.write_text(json.dumps({"CFPackage": package}), encoding="utf-8")
    found, notes = read_case_mappings(path)
    assert found.mappings == EXAMPLE.mappings
    assert notes == (
        "1 associations of type ext:own (not of CASE) left out", "1 associations of type isChildOf left out",
        "2 associations of type isSimilarTo (not of CASE) left out",
    )  # fmt: skip


def test_case_from_elsewhere(tmp_path: Path) -> None:
    ends = [{"title": t, "identifier": i, "uri": f"https://x/{i}"} for t, i in (("A", "a1"), ("B", "b1"))]
    link = {"associationType": "isRelatedTo", "originNodeURI": ends[0], "destinationNodeURI": ends[1]}
    items = [{"identifier": "a1", "uri": "https://x/a1", "humanCodingScheme": "ZZA", "fullStatement": "Bake bread"}]
    path = tmp_path / "m.json"
    path.write_text(json.dumps({"CFDocument": {}, "CFItems": items, "CFAssociations": [link]}))
    (one,) = read_case_mappings(path)[0].mappings
    assert one.object is not None
    assert (one.subject.id, one.subject.label, one.object.id, one.verdict, one.relation) == (
        "ZZA", "Bake bread", "b1", "accept", "related",
    )  # fmt: skip


def test_a_mapping_table_as_countries_publish_it(tmp_path: Path) -> None:
    path = tmp_path / "country.csv"
    path.write_text(
        "Mapping name;Example\n;\nClassification 1 URI;Classification 1 PrefLabel;Mapping relation;Classification 2 ID;"
        "Classification 2 PrefLabel\nhttp://data.europa.eu/esco/occupation/abc;baker;narrowMatch;7512;Bäcker\n"
        "http://data.europa.eu/esco/occupation/def;cook;skos:exactMatch;5120;Koch\n;;no relation;9999;Anderes\n"
        "http://data.europa.eu/esco/occupation/ghi;juggler;no relation;;\n", encoding="utf-8",
    )  # fmt: skip
    found, notes = read_table(path)
    assert [(m.subject.id, m.object and m.object.id, m.verdict, m.relation) for m in found.mappings] == [
        ("abc", "7512", "accept", "narrow"), ("def", "5120", "accept", "exact"), ("ghi", None, "no_counterpart", ""),
    ]  # fmt: skip
    assert notes == ("1 rows without an end on the first side left out",)
    path.write_text(path.read_text().replace("narrowMatch", "sameAs"))
    with pytest.raises(InputError, match="mapping relation 'skos:sameAs'"):
        read_table(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="is no mapping table"):
        read_table(path)


def test_the_table_in_libreoffice(tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        pytest.skip("LibreOffice is not installed")
    (tmp_path / "m.csv").write_bytes(write_table(EXAMPLE))
    filters = ("--infilter=CSV:44,34,76,1", "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1")
    home = f"-env:UserInstallation=file://{tmp_path}/home"
    subprocess.run(
        ["soffice", home, "--headless", *filters, "--outdir", "out", "m.csv"],
        cwd=tmp_path, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with (tmp_path / "out" / "m.csv").open(encoding="utf-8-sig", newline="") as handle:
        rows = list(csv.reader(handle))
    heading = next(n for n, row in enumerate(rows) if row[:1] == [COLUMNS[0]])
    ours = list(csv.reader(write_table(EXAMPLE).decode("utf-8-sig").splitlines(keepends=True)))
    for row, want in zip(rows[heading + 1 :], ours[ours.index(list(COLUMNS)) + 1 :], strict=True):
        # Labels, relation and ids: what the table is for. Dates and numbers take the program's own form.
        assert row[:7] == want[:7]
    # No text became a formula's result.
    assert not any(cell == "2" for row in rows for cell in row)


@pytest.fixture
def decided(reviewed: tuple[Run, bytes], tmp_path: Path) -> Store:
    run = reviewed[0]
    store = open_store(tmp_path / "a.db")
    store.save_run(run.id, reviewed[1])
    made = []
    verdicts: tuple[tuple[Verdict, Relation], ...] = (
        ("accept", "exact"), ("accept", "close"), ("partly", "broad"), ("reject", ""), ("accept", ""),
        ("reject", "related"),
    )  # fmt: skip
    for number, result in enumerate(run.results[:60]):
        verdict, relation = verdicts[number % len(verdicts)]
        for name in ("Chan", "李"):
            common: dict[str, Any] = {
                "id": new_id(), "run": run.id, "subject": result.subject_id, "reviewer": name,
                "decided_at": f"2026-11-{number % 28 + 1:02d}T08:00:00.000000Z",
            }  # fmt: skip
            if number % 10 == 9:
                made.append(Decision(**common, object="", verdict="no_counterpart"))
            else:
                made.append(
                    Decision(
                        **common, object=result.suggestions[number % 5].object_id, verdict=verdict, relation=relation,
                        comment=HOSTILE if number == 3 else "",
                    )
                )  # fmt: skip
    store.append(made)
    return store


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_settled_is_settled_again_in_another_store(
    kind: str, decided: Store, reviewed: tuple[Run, bytes], tmp_path: Path, run_matcher: RunMatcher
) -> None:
    ending = FORMATS[kind][0]
    path = tmp_path / f"out{ending}"
    done = run_matcher("decisions", "export", "--format", kind, "--store", tmp_path / "a.db", "-o", path)
    assert done.returncode == 0, done.stderr
    assert "60 mappings, 0 conflicts" in done.stderr
    with open_store(tmp_path / "b.db") as other:
        other.save_run(reviewed[0].id, reviewed[1])
        found, notes = READERS[ending][1](path)
        assert notes == ()
        assert import_mappings(other, found, reviewed[0], source=kind).kept == 120
        assert import_mappings(other, found, reviewed[0], source=kind).kept == 0
        sets = [
            make_set(settle(current(store.log())), reviewed[0], version="1") for store in (decided, other)
        ]  # fmt: skip
        # Two reviewers' comments are one text in a mapping; everything else is the same.
        assert [replace(m, comment="", confidence=None) for m in sets[0].mappings] == [
            replace(m, comment="", confidence=None) for m in sets[1].mappings
        ]


def test_sssom_is_read_back(decided: Store, reviewed: tuple[Run, bytes], tmp_path: Path) -> None:
    outcome = settle(current(decided.log()))
    path = tmp_path / "m.sssom.tsv"
    path.write_text(mapping_set(outcome, {reviewed[0].id: reviewed[0]}, version="1"), encoding="utf-8")
    found, _ = read_sssom(path)
    wanted = make_set(outcome, reviewed[0], version="1")

    def core(m: Mapping) -> tuple[object, ...]:
        shown = None if m.confidence is None else f"{m.confidence:.6g}"
        target = m.object.id if m.object else None
        return (m.subject.id, target, m.verdict, m.relation, m.reviewers, m.date, shown, " ".join(m.comment.split()))

    assert [core(m) for m in found.mappings] == [core(m) for m in wanted.mappings]
    assert (found.run, found.version, found.subjects.id) == (wanted.run, "1", wanted.subjects.id)


def test_mappings_about_other_units_are_counted_and_left_out(
    decided: Store, reviewed: tuple[Run, bytes], tmp_path: Path, run_matcher: RunMatcher
) -> None:
    known = make_set(settle(current(decided.log())), reviewed[0], version="1")
    mixed = replace(known, run="", mappings=(*known.mappings[:2], *EXAMPLE.mappings))
    path = tmp_path / "mixed.csv"
    path.write_bytes(write_table(mixed))
    done = run_matcher("decisions", "import", path, "--store", tmp_path / "a.db", "--reviewer", "Wong")
    assert done.returncode == 0, done.stderr
    assert "6 mappings, 4 new decisions, 0 already in the store, 4 mappings about no candidate" in done.stdout
    path.write_bytes(write_table(EXAMPLE))
    done = run_matcher("decisions", "import", path, "--store", tmp_path / "a.db")
    assert done.returncode == 2
    assert "none of the 4 mappings is about a candidate" in done.stderr
    assert f"{SSSOM}Mapping" not in done.stderr
