"""Matching end to end on the samples: contract, determinism, and what a user relies on."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from matcher.artefact import MANIFEST
from matcher.encode import encoder_fingerprint, load_encoder
from matcher.encode.protocol import Vectors
from matcher.errors import ArtefactError, InputError
from matcher.evaluate import evaluate_run, read_gold, read_run
from matcher.export import render_results, write_results
from matcher.pipeline import open_source, query_of, screen, text_framework
from matcher.readers import read_framework
from matcher.schema import ContextLabel, Framework, Header, Statement, Unit
from matcher.search.index import FrameworkIndex, build_index, load_index, save_index
from matcher.search.retrieve import fused, make_space, retrieve
from matcher.search.vector import nearest
from matcher.search.view import make_view

ROOT = Path(__file__).resolve().parents[1]
HK = ROOT / "corpora/samples/hk.jsonl"
CN = ROOT / "corpora/samples/cn.jsonl"
GOLD = ROOT / "evaluation/gold/qrels.tsv"


@pytest.fixture(scope="module")
def hk() -> FrameworkIndex:
    return open_source(HK, "embedded").index


@pytest.fixture(scope="module")
def cn() -> FrameworkIndex:
    return open_source(CN, "embedded").index


def _bytes(hk: FrameworkIndex, cn: FrameworkIndex) -> bytes:
    return render_results(screen(hk, cn, k=5), query=query_of(hk, cn), format="json")


def _shuffled(path: Path, seed: int) -> Framework:
    framework = read_framework(path).framework
    units = list(framework.units)
    random.Random(seed).shuffle(units)
    return replace(framework, units=tuple(units))


def test_same_bytes_whatever_the_order_and_batch_size(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    encoder = load_encoder()
    again = _bytes(
        build_index(_shuffled(HK, 1), encoder, batch_size=1), build_index(_shuffled(CN, 2), encoder, batch_size=7)
    )
    assert again == _bytes(hk, cn)


def test_same_bytes_with_one_thread_and_two(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    import faiss

    threads = faiss.omp_get_max_threads()
    try:
        outputs = []
        for count in (1, 2):
            faiss.omp_set_num_threads(count)
            outputs.append(_bytes(hk, cn))
    finally:
        faiss.omp_set_num_threads(threads)
    assert outputs[0] == outputs[1]


@pytest.mark.parametrize(("language", "floor", "n"), [("en", 0.76, 79), ("zh", 0.86, 82)])
def test_quality_on_the_samples(
    hk: FrameworkIndex, cn: FrameworkIndex, language: str, floor: float, n: int, tmp_path: Path
) -> None:
    results = screen(hk, cn, k=50, subject_language=language, explain=False)  # type: ignore[arg-type]
    run = tmp_path / "run.trec"
    write_results(results, query=query_of(hk, cn), format="trec", path=run)
    chosen = make_view(hk, languages=("en",) if language == "en" else ("zh-Hant", "zh-Hans")).ids
    report = evaluate_run(read_run(run), read_gold(GOLD), units=hk.framework, subjects=frozenset(chosen))
    assert report.overall[0].n == n
    assert report.overall[0].value >= floor


def test_search_equals_brute_force(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    space = make_space(make_view(hk), make_view(cn))
    rows = np.arange(20)
    every = np.stack([fused(space, row, np.arange(290)) for row in rows.tolist()])
    for row, hits in zip(rows, retrieve(space, rows, k=7), strict=True):
        best = np.argsort(-every[row], kind="stable")[:7]
        assert [hit.object for hit in hits] == best.tolist()


def test_nearest_refuses_what_does_not_fit() -> None:
    good: Vectors = np.eye(3, dtype=np.float32)
    with pytest.raises(ArtefactError, match="shape"):
        nearest(good[:, :2], good, 1)
    with pytest.raises(ArtefactError, match="finite"):
        nearest(good, good * np.float32("nan"), 1)
    assert nearest(good, good, 9).shape == (3, 3)


def test_english_view_never_sees_chinese(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    # The Chinese of every unit replaced by other units' Chinese: English-only results must not move.
    framework = read_framework(HK).framework
    bare = tuple(
        replace(
            unit,
            statements=tuple(s for s in unit.statements if s.language == "en"),
            context=tuple(c for c in unit.context if c.language == "en"),
        )
        for unit in framework.units
        if "en" in unit.languages
    )
    english = build_index(replace(framework, units=bare), load_encoder())
    with_chinese = list(screen(hk, cn, k=5, subject_language="en", explain=False))
    without = list(screen(english, cn, k=5, explain=False))
    assert [(r.subject_id, [(s.object_id, s.score) for s in r.suggestions]) for r in with_chinese] == [
        (r.subject_id, [(s.object_id, s.score) for s in r.suggestions]) for r in without
    ]


def test_reasons_are_pairs_of_real_statements(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    (result,) = screen(hk, cn, k=3, unit_ids=["ZZHDSC201A"])
    best = result.suggestions[0]
    assert best.object_id == "ZZ-HD-5-2.1"  # washing hair
    assert best.alignment
    similarities = [pair.similarity for pair in best.alignment]
    assert similarities == sorted(similarities, reverse=True)
    assert len({pair.subject_index for pair in best.alignment}) == len(best.alignment)
    assert len({pair.object_index for pair in best.alignment}) == len(best.alignment)


def test_reverse_direction_and_groups(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    (back,) = screen(cn, hk, k=2, unit_ids=["ZZ-HD-5-2.1"])
    assert back.suggestions[0].object_id == "ZZHDSC201A"
    (grouped,) = screen(hk, cn, k=3, unit_ids=["ZZHDSC201A"], group="occupation")
    assert grouped.suggestions[0].object_id == "美发师"
    assert grouped.suggestions[0].members[0].object_id == "ZZ-HD-5-2.1"
    (levels,) = screen(hk, cn, k=3, unit_ids=["ZZHDSC201A"], group="level")
    assert levels.suggestions[0].object_id == "美发师/5"
    with pytest.raises(InputError, match="no occupation"):
        list(screen(cn, hk, k=1, group="occupation"))


def test_free_text_in_either_language(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    for text in ("Shampoo the client's hair\nWash and rinse the hair at the basin", "為顧客洗頭\n沖洗頭髮"):
        index = build_index(text_framework(text, like=hk.framework.header), load_encoder())
        (result,) = screen(index, cn, k=3, explain=False)
        assert "ZZ-HD-5-2.1" in [s.object_id for s in result.suggestions]


def test_always_k_rows_and_all_where_there_are_fewer(hk: FrameworkIndex, cn: FrameworkIndex) -> None:
    assert {len(r.suggestions) for r in screen(hk, cn, k=50, explain=False)} == {50}
    assert {len(r.suggestions) for r in screen(hk, cn, k=999, explain=False)} == {290}


def test_jsonl_contract(hk: FrameworkIndex, cn: FrameworkIndex, tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old", encoding="utf-8")
    write_results(screen(hk, cn, k=2, explain=False), query=query_of(hk, cn), format="jsonl", path=path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 126 * 3
    assert set(lines[0]) == {"subject", "object", "rank", "score", "confidence", "relation", "in_set"}
    assert lines[2].keys() == {"subject", "no_counterpart"}
    assert lines[2]["subject"] == lines[0]["subject"]
    assert 0.0 <= lines[2]["no_counterpart"] <= 1.0
    assert all(0.0 <= line["confidence"] <= 1.0 for line in lines if "object" in line)
    assert list(tmp_path.iterdir()) == [path]


def test_two_editions_of_a_code_are_told_apart() -> None:
    statement = Statement(role="title", language="en", text="Weld pipes")
    units = (
        Unit(code="ZZA", version="1", statements=(statement,)),
        Unit(code="ZZA", version="2", statements=(statement,)),
        Unit(code="ZZB", statements=(statement,)),
    )
    assert Framework(header=Header(id="zz"), units=units).unit_ids() == ("ZZA@1", "ZZA@2", "ZZB")


def test_index_folder_round_trip_and_damage(cn: FrameworkIndex, hk: FrameworkIndex, tmp_path: Path) -> None:
    folder = tmp_path / "cn.index"
    save_index(cn, folder)
    save_index(cn, folder)  # replaced without a question
    assert _bytes(hk, load_index(folder)) == _bytes(hk, cn)
    assert encoder_fingerprint() == cn.encoder_fingerprint

    array = folder / "units.npy"
    whole = array.read_bytes()
    array.write_bytes(whole[:-100])
    with pytest.raises(ArtefactError, match="truncated"):
        load_index(folder)
    array.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ArtefactError, match="SHA-256"):
        load_index(folder)
    array.write_bytes(whole)

    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    (folder / MANIFEST).write_text(json.dumps({**manifest, "encoder_fingerprint": "other"}), encoding="utf-8")
    with pytest.raises(ArtefactError, match="built with the encoder"):
        open_source(folder, "embedded")
    (folder / MANIFEST).write_text(json.dumps({**manifest, "normal_form": "other"}), encoding="utf-8")
    with pytest.raises(ArtefactError, match="another normal form"):
        load_index(folder)
    (folder / MANIFEST).write_text(json.dumps({**manifest, "kind": "something"}), encoding="utf-8")
    with pytest.raises(ArtefactError, match="something"):
        load_index(folder)
    (folder / MANIFEST).unlink()
    with pytest.raises(ArtefactError, match=r"no manifest\.json"):
        load_index(folder)


def test_a_folder_of_the_users_is_never_replaced(cn: FrameworkIndex, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.docx").write_text("precious", encoding="utf-8")
    with pytest.raises(InputError, match="not a folder that this program wrote"):
        save_index(cn, mine)
    assert (mine / "thesis.docx").read_text(encoding="utf-8") == "precious"


def test_title_only_units_are_compared_by_label() -> None:
    def bare(code: str, occupation: str, title: str) -> Unit:
        return Unit(
            code=code,
            context=(ContextLabel(kind="occupation", language="zh-Hans", text=occupation),),
            statements=(Statement(role="title", language="zh-Hans", text=title),),
        )

    objects = Framework(
        header=Header(id="zz-short", jurisdiction="CN"),
        units=(
            bare("ZZ1", "电梯安装维修工", "安装调试"),
            bare("ZZ2", "茶艺师", "冲泡茶叶"),
            bare("ZZ3", "保育师", "照料幼儿"),
        ),
    )
    encoder = load_encoder()
    subject = build_index(text_framework("沖泡茶葉\n選茶葉", like=Header(id="h", jurisdiction="HK")), encoder)
    (result,) = screen(subject, build_index(objects, encoder), k=3)
    assert result.suggestions[0].object_id == "ZZ2"
