"""Encoders: the embedded one against its definition and model2vec, a tiny sentence-transformers model, and refusals."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from matcher.encode import Encoder, encoder_fingerprint, load_encoder
from matcher.encode.hub import save_static_as_sentence_transformer
from matcher.encode.static import Rest, load_embedded, load_static, read_rest, read_tensors
from matcher.errors import ArtefactError, EncoderError, MatcherError
from matcher.pipeline import open_source, screen
from matcher.readers import read_framework
from matcher.resources import resource
from matcher.text.normalize import normal_form

ROOT = Path(__file__).resolve().parents[1]
TEXTS = ["apply shampoo and massage the head", "洗发与头部按摩", "3d打印 md5 校验", "", "更换变速箱油 (atf)"]


def sample_texts(count: int) -> list[str]:
    units = read_framework(ROOT / "corpora/samples/hk.jsonl").framework.units
    texts = [normal_form(s.text, language=s.language, jurisdiction="HK") for u in units for s in u.statements]
    return texts[:count]


def test_a_vector_is_the_mean_of_its_rows() -> None:
    encoder = load_embedded(fast=True)
    ids = [i for i in encoder.tokenizer.encode(TEXTS[0], add_special_tokens=False).ids if i]
    mean = encoder.table[ids].astype(np.float64).mean(axis=0)
    assert encoder.encode([TEXTS[0]])[0] == pytest.approx(mean / np.linalg.norm(mean), abs=1e-6)


def test_int4_columns_unpack_as_written() -> None:
    # Two pieces, four columns: steps (-7, 0, 3, 7) and (1, -1, 0, -2), each plus 8, the even column in the low half.
    # Row 1 is (1 | 8 << 4, 11 | 15 << 4); row 2 is (9 | 7 << 4, 8 | 6 << 4). Sums (-6, -1, 3, 5) times the scales.
    packed = np.array([[1 | 8 << 4, 11 | 15 << 4], [9 | 7 << 4, 8 | 6 << 4]], np.uint8)
    rest = Rest(packed=packed, scales=np.array([1.0, 2.0, 0.5, 10.0], np.float32))
    assert rest.sums(np.array([[0, 1], [0, 0]])).tolist() == [[-6.0, -2.0, 1.5, 50.0], [-14.0, 0.0, 3.0, 140.0]]


def test_the_fast_encoder_is_the_first_columns() -> None:
    whole, fast = load_embedded(), load_embedded(fast=True)
    assert fast.dimension < whole.dimension == fast.dimension + 640
    assert fast.fingerprint != whole.fingerprint
    assert load_encoder("fast").dimension == fast.dimension
    assert encoder_fingerprint("fast") == fast.fingerprint
    cut = whole.encode([TEXTS[0]])[0, : fast.dimension]
    assert fast.encode([TEXTS[0]])[0] == pytest.approx(cut / np.linalg.norm(cut), abs=1e-6)


@pytest.mark.parametrize("name", ["embedded", "fast"])
def test_sentence_transformers_loads_what_is_exported(name: str, tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    from sentence_transformers import SentenceTransformer

    save_static_as_sentence_transformer(name, tmp_path / "st")
    theirs = SentenceTransformer(str(tmp_path / "st"), device="cpu", local_files_only=True)
    texts = [text for text in sample_texts(1_000) if text]
    ours = load_encoder(name).encode(texts)
    assert len(texts) == 1_000
    assert (theirs.encode(texts, show_progress_bar=False) * ours).sum(axis=1).min() >= 0.999
    with pytest.raises(EncoderError, match="not an embedded encoder"):
        save_static_as_sentence_transformer("bge-m3", tmp_path / "other")


def test_rows_do_not_depend_on_batches_or_neighbours() -> None:
    encoder = load_embedded()
    whole = encoder.encode(TEXTS, batch_size=64)
    one_by_one = np.concatenate([encoder.encode([text], batch_size=1) for text in TEXTS])
    assert whole.tobytes() == one_by_one.tobytes()
    assert not whole[3].any()  # no known piece: zeros
    assert np.linalg.norm(whole[[0, 1, 2, 4]], axis=1) == pytest.approx(1.0, abs=1e-6)


def test_two_languages_meet() -> None:
    vectors = load_embedded().encode(["replace the gearbox oil", "更换变速箱油", "照料卧床老年人"])
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_model2vec_reads_the_same_folder() -> None:
    model2vec = pytest.importorskip("model2vec")
    texts = [text for text in sample_texts(1_000) if text]
    theirs = model2vec.StaticModel.from_pretrained(str(resource("encoder"))).encode(texts, max_length=None)
    ours = load_embedded(fast=True).encode(texts)
    cosines = (theirs * ours).sum(axis=1) / np.linalg.norm(theirs, axis=1)
    assert cosines.min() >= 0.999


def test_a_damaged_artefact_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(str(resource("encoder")), folder)
    copy = load_static(folder, name="copy", verify=True)
    assert copy.fingerprint == encoder_fingerprint()
    weights = folder / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ArtefactError, match="SHA-256"):
        load_static(folder, name="copy", verify=True)
    weights.write_bytes(data[:1000])
    with pytest.raises(ArtefactError, match="truncated"):
        load_static(folder, name="copy")


def test_columns_of_another_table_are_refused(tmp_path: Path) -> None:
    save_file({"rest": np.zeros((3, 2), np.uint8), "scales": np.ones(4, np.float32)}, tmp_path / "rest.safetensors")
    assert read_tensors(tmp_path / "rest.safetensors")["scales"].tolist() == [1.0] * 4
    with pytest.raises(ArtefactError, match="does not belong"):
        read_rest(tmp_path / "rest.safetensors", pieces=4)
    (tmp_path / "rest.safetensors").write_bytes(b"\xff" * 64)
    with pytest.raises(ArtefactError, match="no readable tensors"):
        read_rest(tmp_path / "rest.safetensors", pieces=3)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of one layer with random weights, saved as sentence-transformers saves."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("sentence_transformers")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("tiny")
    characters = sorted({c for text in [*TEXTS, *sample_texts(400)] for c in text if not c.isspace()})
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters, *(f"##{c}" for c in characters)]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    BertTokenizer(vocab=str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    config = BertConfig(vocab_size=len(vocabulary), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                        intermediate_size=64, max_position_embeddings=128)  # fmt: skip
    BertModel(config).save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"))
    model = SentenceTransformer(modules=[transformer, Pooling(32)], device="cpu")
    model.save(str(folder / "st"))
    return folder / "st"


def test_any_sentence_transformers_folder(tiny: Path) -> None:
    encoder: Encoder = load_encoder(str(tiny))
    assert encoder.dimension == 32
    whole = encoder.encode(TEXTS, batch_size=64)
    single = np.concatenate([encoder.encode([text], batch_size=1) for text in TEXTS])
    assert whole.tobytes() == single.tobytes()
    subjects = open_source(ROOT / "corpora/samples/hk.jsonl", str(tiny)).index
    objects = open_source(ROOT / "corpora/samples/cn.jsonl", str(tiny)).index
    (result,) = screen(subjects, objects, k=4, unit_ids=["ZZHDSC201A"])
    assert len(result.suggestions) == 4
    embedded = open_source(ROOT / "corpora/samples/cn.jsonl", "embedded").index
    with pytest.raises(ArtefactError, match="two sides were encoded"):
        list(screen(subjects, embedded, k=1))


def test_pickled_weights_are_refused(tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path / "st")
    for path in (tmp_path / "st").rglob("*.safetensors"):
        path.rename(path.with_name("pytorch_model.bin"))
    with pytest.raises(EncoderError, match="safetensors"):
        load_encoder(str(tmp_path / "st"))


def test_a_name_that_cannot_be_had_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in ("nobody/nothing-here", "nonsense"):
        with pytest.raises(MatcherError) as caught:
            load_encoder(name)
        assert "\n" not in str(caught.value)
