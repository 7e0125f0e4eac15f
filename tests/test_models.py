"""`matcher models`: fetching from a hub on this machine, verifying, choosing, listing; and the recipe without one."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from matcher.cli.models import use
from matcher.cli.options import chosen_encoder
from matcher.config import EncoderChoice, config_file, models_home, read_choice, write_choice
from matcher.encode import encoder_fingerprint
from matcher.encode.catalogue import catalogue
from matcher.encode.fetch import fetch
from matcher.encode.folder import LOCK, read_by, read_lock
from matcher.encode.verify import verify
from matcher.errors import EncoderError, InputError, MatcherError
from tests import tiny_models
from tests.conftest import RunMatcher
from tests.hub_server import REVISION, Hub, files_of, serving

pytest.importorskip("sentence_transformers", reason="sentence-transformers is not installed")

REPOSITORY = "zz/tiny"
WEIGHTS = f"/{REPOSITORY}/resolve/{REVISION}/model.safetensors"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_models.build("xlm-roberta", tmp_path_factory.mktemp("fetched"))


@pytest.fixture
def hub(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with the tiny model, a pickle, a card and code that nobody asks for; an empty home for models."""
    files = {
        **files_of(tiny),
        "pytorch_model.bin": b"\x80\x04N.",
        "README.md": b"card",
        "train.py": b"raise SystemExit",
    }
    monkeypatch.setenv("MATCHER_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("MATCHER_CONFIG", str(tmp_path / "config"))
    monkeypatch.delenv("HTTP_PROXY", raising=False)
    monkeypatch.delenv("http_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "")
    with serving(Hub(repository=REPOSITORY, files=files)) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running


def quiet(_file: str, _here: int, _size: int) -> None:
    return


def fault(name: str = REPOSITORY) -> str:
    with pytest.raises(MatcherError) as caught:
        fetch(name, progress=quiet)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_fetched_model_is_the_model(hub: Hub, tiny: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    folder = fetch(REPOSITORY, progress=lambda *step: seen.append(step))
    names = {name for name in files_of(folder) if name != LOCK}
    # Neither the pickle nor the code nor the card is fetched, and nothing else is asked of the hub.
    assert names == set(files_of(tiny))
    assert all(path.startswith((f"/api/models/{REPOSITORY}", f"/{REPOSITORY}/resolve/")) for path, _ in hub.asked)
    assert {file for file, here, size in seen if here == size} == names
    assert encoder_fingerprint(REPOSITORY) == encoder_fingerprint(str(folder))
    lock = read_lock(folder)
    assert lock is not None
    assert (lock.repository, lock.revision, set(lock.files)) == (REPOSITORY, REVISION, names)
    # Again: nothing is sent a second time.
    before = len(hub.asked)
    fetch(REPOSITORY, progress=quiet)
    assert [path for path, _ in hub.asked[before:]] == [f"/api/models/{REPOSITORY}"]


def test_a_dropped_connection_goes_on_where_it_stopped(hub: Hub) -> None:
    hub.drops["model.safetensors"] = [3_000, 2_000]
    folder = fetch(REPOSITORY, progress=quiet)
    assert [asked for path, asked in hub.asked if path == WEIGHTS] == ["", "bytes=3000-", "bytes=5000-"]
    assert (folder / "model.safetensors").read_bytes() == hub.files["model.safetensors"]


def test_a_stopped_fetch_is_taken_up_by_the_next(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matcher.encode.fetch.TRIES", 1)
    hub.drops["model.safetensors"] = [4_000]
    assert "what is here already is kept" in fault()
    with pytest.raises(EncoderError, match="not on this machine"):
        encoder_fingerprint(REPOSITORY)
    hub.asked.clear()
    fetch(REPOSITORY, progress=quiet)
    sent = [(path, asked) for path, asked in hub.asked if "/resolve/" in path]
    assert sent == [(WEIGHTS, "bytes=4000-")]
    assert encoder_fingerprint(REPOSITORY)


def test_a_wrong_hash_is_thrown_away(hub: Hub) -> None:
    hub.hashes["model.safetensors"] = "0" * 64
    assert "came with SHA-256" in fault()
    folder = models_home() / "zz--tiny"
    assert not list(folder.glob("model.safetensors*"))
    assert read_lock(folder) is None
    hub.hashes.clear()
    assert fetch(REPOSITORY, progress=quiet) == folder


def test_a_repository_with_pickles_only_is_refused(hub: Hub) -> None:
    del hub.files["model.safetensors"]
    assert "pytorch_model.bin, but pickled weights can run code and are refused" in fault()
    assert not any("/resolve/" in path for path, _ in hub.asked)
    hub.files["onnx/model.onnx"] = b"graph"
    assert "--backend onnx" in fault()


def test_a_model_with_code_of_its_own_is_refused_before_its_weights_are_fetched(hub: Hub) -> None:
    hub.files["config.json"] = b'{"auto_map": {"AutoModel": "modeling.Model"}}'
    assert "config.json names code of the model's own (auto_map)" in fault()
    assert WEIGHTS not in [path for path, _ in hub.asked]


@pytest.mark.parametrize("name", ["../../etc/cron.json", "/etc/x.json", "a\\..\\b.json", "C:x.json"])
def test_a_file_outside_the_folder_is_refused(name: str, hub: Hub) -> None:
    hub.files[name] = b"{}"
    assert "outside its folder" in fault()


def test_terms_and_names(hub: Hub) -> None:
    hub.gated = True
    assert "accept them, set HF_TOKEN" in fault()
    assert "is not at http://127.0.0.1" in fault("zz/other")
    assert "is not known" in fault("other")
    assert "needs program code from the hub and is refused" in fault("Alibaba-NLP/gte-multilingual-base")


def test_a_proxy_is_asked(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    # The hub's own name means nothing here: only by way of the proxy, which is our server, can it be reached.
    from huggingface_hub import close_session

    monkeypatch.setenv("HF_ENDPOINT", "http://hub.invalid")
    monkeypatch.setenv("HTTP_PROXY", hub.url)
    close_session()
    try:
        fetch(REPOSITORY, progress=quiet)
    finally:
        close_session()
    assert WEIGHTS in [path for path, _ in hub.asked]


@pytest.mark.usefixtures("hub")
def test_an_unreachable_hub_is_one_line_with_the_recipe(
    tiny: Path, run_matcher: RunMatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    done = run_matcher("models", "fetch", "multilingual-e5-small", timeout=300)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    folder = models_home() / "multilingual-e5-small"
    for part in (
        "the hub http://127.0.0.1:9 cannot be reached",
        "HTTPS_PROXY",
        "HF_ENDPOINT",
        "https://huggingface.co/intfloat/multilingual-e5-small/tree/main",
        "1_Pooling/config.json",
        f"copy them into {folder} here",
        "`matcher models verify multilingual-e5-small --record`",
    ):
        assert part in done.stderr
    # The recipe works: copied by hand and recorded, the model is found by its name, with its prompts.
    shutil.copytree(tiny, folder)
    with pytest.raises(EncoderError, match="not on this machine"):
        encoder_fingerprint("multilingual-e5-small")
    _, lines = verify("multilingual-e5-small", record=True)
    assert {found.rpartition(", ")[2] for _, found in lines} == {"not recorded"}
    assert encoder_fingerprint("multilingual-e5-small") == encoder_fingerprint(str(folder))
    assert encoder_fingerprint("intfloat/multilingual-e5-small") == encoder_fingerprint(str(folder))


@pytest.mark.usefixtures("hub")
def test_verify_sees_damage_pickles_and_code() -> None:
    folder = fetch(REPOSITORY, progress=quiet)
    assert {found.rpartition(", ")[2] for _, found in verify(REPOSITORY, record=False)[1]} == {"as recorded"}
    weights = folder / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    for call in (lambda: verify(REPOSITORY, record=True), lambda: encoder_fingerprint(REPOSITORY)):
        with pytest.raises(EncoderError, match=r"is not .*recorded"):
            call()
    weights.unlink()
    with pytest.raises(EncoderError, match="has no weights"):
        verify(REPOSITORY, record=False)
    weights.write_bytes(whole)
    (folder / "2_Normalize" / "config.json").unlink()
    with pytest.raises(EncoderError, match=r"2_Normalize/config\.json is missing"):
        verify(REPOSITORY, record=False)
    for name, what in (("pytorch_model.bin", "is a pickle"), ("x.py", "is program code"), ("a/b.pkl", "is a pickle")):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"\x80\x04N.")
        with pytest.raises(EncoderError, match=what):
            verify(str(folder), record=False)
        path.unlink()
    # The weights of an OpenVINO graph are no pickle.
    (folder / "openvino").mkdir()
    for name in ("openvino_model.xml", "openvino_model.bin"):
        (folder / "openvino" / name).write_bytes(b"<net/>")
    with pytest.raises(EncoderError, match="is missing"):
        verify(str(folder), record=False)


def test_what_each_back_end_reads() -> None:
    names = [
        "config.json", "tokenizer.json", "1_Pooling/config.json", "2_Dense/model.safetensors", "model.safetensors",
        "onnx/model.onnx", "onnx/model.onnx_data", "onnx/Constant_7_attr__value", "onnx/model_quantized.onnx",
        "openvino/openvino_model.xml", "openvino/openvino_model.bin", "pytorch_model.bin", "modeling.py", "README.md",
        "tf_model.h5", "sentencepiece.bpe.model", "imgs/x.json",
    ]  # fmt: skip
    both = {"config.json", "tokenizer.json", "1_Pooling/config.json", "2_Dense/model.safetensors"}
    both |= {"sentencepiece.bpe.model"}
    onnx = {"onnx/model.onnx", "onnx/model.onnx_data", "onnx/Constant_7_attr__value"}
    vino = {"openvino/openvino_model.xml", "openvino/openvino_model.bin"}
    assert {name for name in names if read_by(name, "torch")} == both | {"model.safetensors"}
    assert {name for name in names if read_by(name, "onnx")} == both | onnx
    assert {name for name in names if read_by(name, "openvino")} == both | onnx | vino
    # What the recipe tells people to copy is what the usual back end of each model reads.
    for entry in catalogue().values():
        assert [name for name in entry.files if not read_by(name, entry.backend)] == []


@pytest.mark.usefixtures("hub")
def test_use_writes_a_choice_that_flag_and_environment_override(
    tiny: Path, run_matcher: RunMatcher, monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    assert (read_choice(), chosen_encoder("")) == (None, "embedded")
    choice = EncoderChoice(name="a b/c", dimension=8, subject_prompt='query "x"\n\x7f\t', object_prompt="段落：")
    assert write_choice(choice) == config_file()
    assert read_choice() == choice
    assert chosen_encoder("fast") == "fast"
    with pytest.raises(EncoderError, match="matcher models fetch nobody/nothing"):
        use("nobody/nothing")
    assert read_choice() == choice, "a choice that cannot be used is not written"
    use(str(tiny), dimension=16)
    assert read_choice() == EncoderChoice(name=str(tiny), dimension=16)
    listed = run_matcher("models", "list", timeout=300)
    assert listed.returncode == 0, listed.stderr
    assert "* in use:" in listed.stdout
    assert all(name in listed.stdout for name in catalogue())
    match = ("match", "ZZTS101A", "--from", data / "hk.csv", "--to", data / "cn.csv", "--format", "json")
    assert chosen_encoder("") == f"{tiny}+dimension=16"
    use("fast")
    assert '"encoder": "fast"' in run_matcher(*match).stdout
    monkeypatch.setenv("MATCHER_ENCODER", "embedded")
    assert '"encoder": "embedded"' in run_matcher(*match).stdout
    use("embedded")
    assert read_choice() is None


@pytest.mark.parametrize(
    "text",
    ["[encoder", "[encoder]\nname = 7", "[encoder]\ndimension = 8", '[encoder]\nname = "a"\ndevice = "x"', "\xff"],
)
@pytest.mark.usefixtures("hub")
def test_a_configuration_that_is_none_of_ours_is_one_line(text: str) -> None:
    config_file().parent.mkdir(parents=True)
    config_file().write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match="cannot be used"):
        chosen_encoder("")
