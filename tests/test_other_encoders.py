"""Other encoders through the one interface: tiny models of every architecture, prompts, cuts, back ends, re-ranking."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.encode import Encoder, encoder_fingerprint, fits_side, load_encoder, space_of
from matcher.encode.batches import Coder, blocks, encode_blocks, height
from matcher.encode.catalogue import catalogue, find_entry, parse
from matcher.encode.layers import Dense, Head, read_head
from matcher.encode.settings import read_spec, resolve, write_spec
from matcher.errors import ArtefactError, EncoderError
from matcher.pipeline import open_source, screen
from matcher.resources import read_text
from matcher.search.index import save_index
from tests import tiny_models
from tests.conftest import RunMatcher

pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("xlm-roberta", "bert", "qwen3", "gemma3_text", "gte")
TEXTS = [
    "apply shampoo and massage the head",
    "洗发与头部按摩",
    "更换变速箱油",
    "replace oil",
    "",
    "照料卧床老年人 工作",
]
# As the known encoders have them: one for both sides, an instruction for one side, one for each.
PROMPTS = {
    "xlm-roberta": ("query: ", "query: "),
    "bert": ("", ""),
    "qwen3": ("instruct: unit\nquery:", ""),
    "gemma3_text": ("task: search | query: ", "title: none | text: "),
    "gte": ("", ""),
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A folder an architecture, with the prompts in the model's own configuration."""
    home = tmp_path_factory.mktemp("tiny-models")
    return {
        kind: tiny_models.build(kind, home / kind, prompts=dict(zip(("query", "document"), PROMPTS[kind], strict=True)))
        for kind in KINDS
    }


@pytest.fixture(scope="module")
def graphs(tiny: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Copies of some of these models with an ONNX graph beside their weights."""
    pytest.importorskip("onnx", reason="the package onnx, which exports the graph, is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    home = tmp_path_factory.mktemp("tiny-graphs")
    for kind in ("bert", "xlm-roberta", "qwen3"):
        shutil.copytree(tiny[kind], home / kind)
        tiny_models.export_onnx(home / kind)
    return {kind: home / kind for kind in ("bert", "xlm-roberta", "qwen3")}


def one_by_one(encoder: Encoder, texts: list[str]) -> bytes:
    return np.concatenate([encoder.encode([text], batch_size=1) for text in texts]).tobytes()


@pytest.mark.parametrize("kind", KINDS)
def test_every_architecture_encodes_both_languages_with_its_prompts(kind: str, tiny: dict[str, Path]) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(tiny[kind]), device="cpu", local_files_only=True)
    subject, object_ = (load_encoder(str(tiny[kind]), side) for side in ("subject", "object"))
    for encoder, prompt in zip((subject, object_), PROMPTS[kind], strict=True):
        found = encoder.encode(TEXTS)
        expected = np.stack([theirs.encode(text, prompt=prompt or None, show_progress_bar=False) for text in TEXTS])
        assert found.shape == (len(TEXTS), tiny_models.WIDTH) == (len(TEXTS), encoder.dimension)
        assert found == pytest.approx(expected, abs=2e-6)
        assert np.linalg.norm(found, axis=1) == pytest.approx(1.0, abs=1e-6)
        # No neighbour, order or batch size changes a bit.
        assert one_by_one(encoder, TEXTS) == found.tobytes()
        assert encoder.encode(TEXTS[::-1], batch_size=2)[::-1].tobytes() == found.tobytes()
    same = PROMPTS[kind][0] == PROMPTS[kind][1]
    assert (subject.encode(TEXTS).tobytes() == object_.encode(TEXTS).tobytes()) is same
    assert (subject.fingerprint == object_.fingerprint) is same
    assert space_of(subject.fingerprint) == space_of(object_.fingerprint)
    # The embedded encoder has no sides.
    assert load_encoder("embedded", "subject").fingerprint == load_encoder("embedded", "object").fingerprint


@given(st.lists(st.integers(0, 200), max_size=60))
def test_blocks_depend_on_lengths_alone(lengths: list[int]) -> None:
    seen = []
    for rows, count in blocks(lengths):
        (length,) = {lengths[row] for row in rows}
        assert len(rows) == height(length)
        assert set(rows[count:]) <= {rows[count - 1]}
        seen += rows[:count]
    assert sorted(seen) == [number for number, length in enumerate(lengths) if length]


def test_short_texts_stand_together_and_long_ones_alone() -> None:
    # 128 pieces a block, at most 16 texts: 128/7 -> 16 (capped), 128/12 -> 10, 128/48 -> 2, above 64 alone.
    assert [height(n) for n in (1, 7, 12, 48, 65, 500)] == [16, 16, 10, 2, 1, 1]


@pytest.mark.parametrize(("rows", "fault"), [([[1.0, np.nan]], "not finite"), ([[1.0]], "shape")])
def test_what_is_no_vector_is_one_line(rows: list[list[float]], fault: str) -> None:
    found = np.array(rows, np.float32)
    coder = Coder(lengths=lambda some: [100] * len(some), prepare=list, compute=lambda _: found, dimension=2, threads=1)
    with pytest.raises(EncoderError, match=fault):
        encode_blocks(["a"], coder, batch_size=8)


def test_a_cut_keeps_the_first_columns_at_length_one(tiny: dict[str, Path]) -> None:
    whole, cut = (load_encoder(f"{tiny['qwen3']}{end}", "subject") for end in ("", "+dimension=8"))
    first = whole.encode(TEXTS)[:, :8]
    assert cut.encode(TEXTS) == pytest.approx(first / np.linalg.norm(first, axis=1, keepdims=True), abs=1e-6)
    assert (cut.dimension, cut.name) == (8, "qwen3+dimension=8")
    with pytest.raises(EncoderError, match="has 32 columns; expected 64 or more"):
        load_encoder(f"{tiny['qwen3']}+dimension=64")


def test_fingerprints_change_with_what_changes_vectors(tiny: dict[str, Path], tmp_path: Path) -> None:
    folder = str(tiny["bert"])
    endings = ["", "+dimension=8", "+dimension=16", "+subject_prompt=a ", "+subject_prompt=a%0A", "+object_prompt=b"]
    prints = [encoder_fingerprint(folder + ending, side="subject") for ending in endings]
    assert len({space_of(found) for found in prints}) == len(endings)
    assert [fits_side(found, "object") for found in prints] == [True, True, True, False, False, False]
    assert encoder_fingerprint(folder) == load_encoder(folder).fingerprint
    # What no back end reads changes nothing; a weight does.
    shutil.copytree(tiny["bert"], tmp_path / "bert")
    (tmp_path / "bert" / "README.md").write_text("a card")
    assert encoder_fingerprint(str(tmp_path / "bert")) == prints[0]
    weights = tmp_path / "bert" / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert encoder_fingerprint(str(tmp_path / "bert")) != prints[0]


@pytest.mark.parametrize("kind", ["bert", "xlm-roberta", "qwen3"])
def test_onnx_gives_the_vectors_of_torch(kind: str, graphs: dict[str, Path]) -> None:
    torch_, onnx = (load_encoder(f"{graphs[kind]}{end}", "subject") for end in ("", "+backend=onnx"))
    found = onnx.encode(TEXTS)
    assert found == pytest.approx(torch_.encode(TEXTS), abs=5e-6)
    assert one_by_one(onnx, TEXTS) == found.tobytes()
    assert space_of(onnx.fingerprint) != space_of(torch_.fingerprint)
    assert onnx.name == f"{kind}+backend=onnx"
    cut = load_encoder(f"{graphs[kind]}+backend=onnx+dimension=8", "subject").encode(TEXTS)
    assert cut == pytest.approx(load_encoder(f"{graphs[kind]}+dimension=8", "subject").encode(TEXTS), abs=5e-5)


def test_openvino_gives_the_vectors_of_torch(graphs: dict[str, Path]) -> None:
    pytest.importorskip("openvino", reason="openvino is not installed (180 MB; the extra [openvino])")
    for kind in ("bert", "qwen3"):
        torch_, openvino = (load_encoder(f"{graphs[kind]}{end}", "subject") for end in ("", "+backend=openvino"))
        assert openvino.encode(TEXTS) == pytest.approx(torch_.encode(TEXTS), abs=5e-6)
        assert one_by_one(openvino, TEXTS) == openvino.encode(TEXTS).tobytes()


def test_a_graph_that_is_missing_or_broken_is_one_line(
    tiny: dict[str, Path], graphs: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(EncoderError, match=r"has no onnx/model\.onnx"):
        load_encoder(f"{tiny['gte']}+backend=onnx")
    shutil.copytree(graphs["bert"], tmp_path / "bert")
    (tmp_path / "bert" / "onnx" / "model.onnx").write_bytes(b"\x08\x07nonsense")
    with pytest.raises(EncoderError, match="cannot be run"):
        load_encoder(f"{tmp_path / 'bert'}+backend=onnx")
    (tmp_path / "bert" / "tokenizer.json").write_text("{}")
    shutil.copy(graphs["bert"] / "onnx" / "model.onnx", tmp_path / "bert" / "onnx" / "model.onnx")
    with pytest.raises(EncoderError, match=r"no readable tokenizer\.json"):
        load_encoder(f"{tmp_path / 'bert'}+backend=onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(EncoderError, match=r"pip install competency-matcher\[onnx\]"):
        load_encoder(f"{graphs['bert']}+backend=onnx+dimension=4")


def test_pooling_and_layers_by_hand(tmp_path: Path) -> None:
    # One text, three pieces of two columns; the first piece is a prompt's.
    pieces = np.array([[[1.0, 0.0], [2.0, 4.0], [6.0, 0.0]]], np.float32)
    expected = {"cls": [1, 0], "lasttoken": [6, 0], "mean": [3, 4 / 3], "max": [6, 4]}
    for pooling, vector in expected.items():
        assert Head(pooling=pooling).apply(pieces)[0] == pytest.approx(vector)
    assert Head(pooling="mean").apply(pieces, skip=1)[0] == pytest.approx([4, 2])
    # (3, 4/3) through [[1, 0], [0, 3]] and a bias of (1, -4): (4, 0), then tanh.
    layer = Dense(weight=np.array([[1, 0], [0, 3]], np.float32), bias=np.array([1, -4], np.float32), activation=np.tanh)
    assert Head(pooling="mean", layers=(layer,)).apply(pieces)[0] == pytest.approx([np.tanh(4), 0], abs=1e-6)
    (tmp_path / "1_Pooling").mkdir()
    module = {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}
    (tmp_path / "modules.json").write_text(json.dumps([module]))
    (tmp_path / "1_Pooling" / "config.json").write_text(
        '{"pooling_mode_mean_tokens": false, "pooling_mode_lasttoken": true}'
    )
    assert read_head(tmp_path, where="x").pooling == "lasttoken"
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode": "weightedmean"}')
    with pytest.raises(EncoderError, match="pooling weightedmean"):
        read_head(tmp_path, where="x")


@pytest.mark.parametrize(
    ("file", "change", "fault"),
    [
        ("config.json", {"auto_map": {"AutoModel": "owner/model--modeling.Model"}}, "auto_map"),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["tok.Tok", None]}}, "auto_map"),
        ("modules.json", [{"idx": 0, "path": "", "type": "custom_st.Transformer"}], "custom_st"),
        ("modules.json", [{"idx": 0, "path": "../x", "type": "sentence_transformers.models.Pooling"}], "outside"),
        ("modules.json", {"not": "a list"}, "no list of modules"),
        ("modeling.py", None, "program code"),
    ],
)
@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_code_of_the_models_own_is_refused(
    file: str, change: object, fault: str, backend: str, tiny: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "bert"
    shutil.copytree(tiny["bert"], folder)
    path = folder / file
    if isinstance(change, dict) and path.is_file() and "auto_map" in change:
        change = {**json.loads(path.read_text()), **change}
    path.write_text("raise SystemExit(99)" if change is None else json.dumps(change))
    with pytest.raises(EncoderError, match=fault) as caught:
        load_encoder(f"{folder}+backend={backend}")
    assert "\n" not in str(caught.value)


def test_a_pickled_layer_is_refused_and_a_pickle_beside_safetensors_is_not_read(
    tiny: dict[str, Path], tmp_path: Path
) -> None:
    folder = tmp_path / "bert"
    shutil.copytree(tiny["bert"], folder)
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04cposix\nsystem\n.")
    assert load_encoder(str(folder)).fingerprint == encoder_fingerprint(str(tiny["bert"]))
    (folder / "2_Dense" / "model.safetensors").rename(folder / "2_Dense" / "pytorch_model.bin")
    with pytest.raises(EncoderError, match=r"found 2_Dense/pytorch_model\.bin.*refused"):
        load_encoder(str(folder) + "+dimension=4")


def test_settings_are_read_back_as_written(tiny: dict[str, Path]) -> None:
    spec = "a/b+backend=onnx+dimension=256+subject_prompt=Instruct: x%0AQuery: +object_prompt="
    choice = read_spec(spec)
    assert (choice.name, choice.backend, choice.dimension) == ("a/b", "onnx", 256)
    assert (choice.subject_prompt, choice.object_prompt) == ("Instruct: x\nQuery: ", "")
    assert read_spec(write_spec(choice)) == choice
    assert read_spec("C:\\models\\c++ encoder").name == "C:\\models\\c++ encoder"
    odd = replace(choice, subject_prompt="a+b=c%d\ne 查询：")
    assert read_spec(write_spec(odd)) == odd
    for bad in ("x+dimension=0", "x+dimension=many", "x+backend=jax", "x+dimension=8+dimension=9"):
        with pytest.raises(EncoderError):
            read_spec(bad)
    with pytest.raises(EncoderError, match="prompt is too long"):
        resolve(f"{tiny['bert']}+subject_prompt={'x' * 3000}")


def test_the_list_is_the_one_under_models() -> None:
    """After a change: `cp models/encoders.toml matcher/data/`."""
    assert read_text("encoders.toml") == (ROOT / "models" / "encoders.toml").read_text(encoding="utf-8")
    card = (ROOT / "models" / "cards" / "encoders.md").read_text(encoding="utf-8")
    assert len(catalogue()) == 10
    for entry in catalogue().values():
        assert entry.name in card
        assert entry.repository in card
        assert all(len(digest) == 64 for digest in entry.sha256.values())
        assert all(cut < entry.dimension for cut in entry.matryoshka)
        assert any(name.endswith((".safetensors", ".onnx")) for name in entry.files)
    with pytest.raises(ArtefactError, match="list of encoders is damaged"):
        parse("format_version = 9\n[models]")


def test_known_models_bring_their_settings(tiny: dict[str, Path], tmp_path: Path) -> None:
    # A folder that has the name of a known model, as it is after copying it by hand, has that model's prompts.
    folder = tmp_path / "multilingual-e5-small"
    shutil.copytree(tiny["gte"], folder)
    settings = resolve(str(folder))
    assert (settings.label, settings.subject_prompt, settings.object_prompt) == (
        "multilingual-e5-small",
        "query: ",
        "query: ",
    )
    with pytest.raises(EncoderError, match=r"cannot be cut to 128 columns.*not trained to be cut"):
        resolve(f"{folder}+dimension=128")
    qwen = find_entry("qwen/qwen3-embedding-0.6b")
    assert qwen is not None
    assert qwen.subject.startswith("Instruct: ")
    assert qwen.object == ""
    with pytest.raises(EncoderError, match=r"refused.*needs program code.*alibaba-nlp-community/gte"):
        load_encoder("Alibaba-NLP/gte-multilingual-base")


def test_two_prompts_two_sides_one_space(tiny: dict[str, Path], data: Path, tmp_path: Path) -> None:
    name = f"{tiny['bert']}+subject_prompt=query: "
    left = open_source(data / "hk.csv", name, side="subject").index
    right = open_source(data / "cn.csv", name, side="object").index
    assert left.encoder_fingerprint.endswith(".subject")
    assert right.encoder_fingerprint.endswith(".object")
    results = list(screen(left, right, k=2))
    assert all(result.suggestions for result in results)
    with pytest.raises(ArtefactError, match="prompt of the other side"):
        list(screen(right, left, k=2))
    # An index for the other side is encoded again, and gives what the file would have given.
    save_index(left, tmp_path / "hk.index")
    save_index(right, tmp_path / "hk-cn.index")
    turned = open_source(tmp_path / "hk-cn.index", name, side="subject")
    assert turned.again
    assert turned.index.encoder_fingerprint == left.encoder_fingerprint
    assert turned.index.units.tobytes() != right.units.tobytes()
    kept = [open_source(tmp_path / "hk.index", name, side="subject"), open_source(tmp_path / "hk-cn.index", name)]
    assert [source.again for source in kept] == [False, False]
    assert list(screen(kept[0].index, kept[1].index, k=2)) == results


def test_match_and_rerank_end_to_end(
    tiny: dict[str, Path], data: Path, tmp_path: Path, run_matcher: RunMatcher
) -> None:
    cross = tiny_models.build_cross_encoder(tmp_path / "cross")
    command = ("match", "ZZTS101A", "--from", data / "hk.csv", "--to", data / "cn.csv", "--format", "json")
    plain = run_matcher(*command, "--encoder", tiny["xlm-roberta"], "--batch-size", "3", timeout=400)
    again = run_matcher(*command, "--encoder", tiny["xlm-roberta"], "--rerank", cross, timeout=400)
    assert (plain.returncode, again.returncode) == (0, 0), plain.stderr + again.stderr
    assert "fitted for another encoder" in plain.stderr
    assert "fitted for another encoder" in again.stderr
    first, second = (json.loads(done.stdout) for done in (plain, again))
    orders = [[c["object"]["code"] for c in answer["units"][0]["candidates"]] for answer in (first, second)]
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1], "random weights order these candidates otherwise"


def test_a_cross_encoder_reads_pairs(tmp_path: Path) -> None:
    from matcher.encode.cross import load_cross_encoder

    scorer = load_cross_encoder(str(tiny_models.build_cross_encoder(tmp_path / "cross")))
    pairs = [("洗发", "洗发与头部按摩"), ("replace oil", "更换变速箱油"), ("洗发", "照料")]
    scores = scorer.predict(pairs)
    assert scorer.name == "cross"
    assert len(set(scores)) == 3
    assert scores[::-1] == scorer.predict(pairs[::-1])
    assert all(0 < score < 1 for score in scores)  # one label: a sigmoid
    (tmp_path / "cross" / "modeling.py").write_text("raise SystemExit(99)")
    with pytest.raises(EncoderError, match=r"--rerank .*program code"):
        load_cross_encoder(str(tmp_path / "cross"))
    with pytest.raises(EncoderError, match=r"--rerank nobody/nothing.*not on this machine"):
        load_cross_encoder("nobody/nothing")
