"""Tiny models with random weights, of the architectures that the known encoders have, as sentence-transformers folders.

Their tokenizers know single characters; what follows the transformer is as in the model each is named after.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Split
from tokenizers.processors import TemplateProcessing

WIDTH = 32
_CHARACTERS = sorted(
    set("abcdefghijklmnopqrstuvwxyz0123456789 ,.:;|()-")
    | set(
        "洗发水与头部按摩更换变速箱油照料卧床老年人能为顾客围好毛巾和防布避免弄湿衣领修补内胎车轮自行检查操作安全工作"
    )
)

# What precedes and follows a text in pieces, by architecture.
_TEMPLATES: Mapping[str, tuple[str, str]] = {
    "xlm-roberta": ("<s>", "</s>"),
    "bert": ("[CLS]", "[SEP]"),
    "qwen3": ("", "<|endoftext|>"),
    "gemma3_text": ("<bos>", "<eos>"),
    "gte": ("<s>", "</s>"),
}


def _tokenizer(kind: str) -> Any:
    t: Any = import_module("transformers")
    first, last = _TEMPLATES[kind]
    special = ["<pad>", "<unk>", *filter(None, (first, last))]
    vocabulary = {piece: number for number, piece in enumerate([*special, *_CHARACTERS])}
    core = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    core.pre_tokenizer = Split(Regex("."), "isolated")
    core.post_processor = TemplateProcessing(
        single=f"{first} $A {last}".strip(),
        special_tokens=[(piece, vocabulary[piece]) for piece in filter(None, (first, last))],
    )
    return t.PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", unk_token="<unk>", eos_token=last, cls_token=first or None,
        model_max_length=24,
    )  # fmt: skip


def _transformer(kind: str, vocabulary: int) -> Any:
    t: Any = import_module("transformers")
    small = {"vocab_size": vocabulary, "hidden_size": WIDTH, "num_hidden_layers": 1, "intermediate_size": 64}
    heads = {"num_attention_heads": 2}
    decoder = {"num_key_value_heads": 1, "head_dim": 16, "max_position_embeddings": 128}
    makers: Mapping[str, Callable[[], Any]] = {
        "bert": lambda: t.BertModel(t.BertConfig(**small, **heads, max_position_embeddings=128)),
        "xlm-roberta": lambda: t.XLMRobertaModel(
            t.XLMRobertaConfig(**small, **heads, max_position_embeddings=130, pad_token_id=0)
        ),
        "qwen3": lambda: t.Qwen3Model(t.Qwen3Config(**small, **heads, **decoder, pad_token_id=0)),
        "gemma3_text": lambda: t.Gemma3TextModel(
            t.Gemma3TextConfig(
                **small, **heads, **decoder, pad_token_id=0, use_bidirectional_attention=True, sliding_window=64
            )
        ),
        "gte": lambda: t.GteModel(t.GteConfig(**small, **heads, max_position_embeddings=128, pad_token_id=0)),
    }
    return makers[kind]()


def build(kind: str, folder: Path, *, prompts: Mapping[str, str] | None = None) -> Path:
    """Write a tiny model of an architecture (a key of ``_TEMPLATES``); return its folder."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer

    torch.manual_seed(7)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bare = folder / "bare"
        tokenizer = _tokenizer(kind)
        tokenizer.save_pretrained(bare)
        model = _transformer(kind, len(tokenizer))
        # Random weights of the usual spread make all texts alike: spread them out.
        for parameter in model.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.3)
        model.save_pretrained(bare)
        identity = torch.nn.Identity()
        follows: Mapping[str, list[Any]] = {
            "bert": [Pooling(WIDTH, "cls"), Dense(WIDTH, WIDTH, activation_function=torch.nn.Tanh())],
            "xlm-roberta": [Pooling(WIDTH, "mean")],
            "qwen3": [Pooling(WIDTH, "lasttoken")],
            "gemma3_text": [
                Pooling(WIDTH, "mean"),
                Dense(WIDTH, 96, bias=False, activation_function=identity),
                Dense(96, WIDTH, bias=False, activation_function=identity),
            ],
            "gte": [Pooling(WIDTH, "cls")],
        }
        whole = SentenceTransformer(
            modules=[Transformer(str(bare)), *follows[kind], Normalize()], device="cpu", prompts=dict(prompts or {})
        )
        whole.save(str(folder / kind), create_model_card=False)
    return folder / kind


def export_onnx(folder: Path) -> None:
    """Write ``onnx/model.onnx`` beside a tiny model's weights, from its transformer, as exporters do."""
    import torch
    from transformers import AutoModel

    class Bare(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            return self.inner(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    ids = torch.ones((2, 9), dtype=torch.long)
    (folder / "onnx").mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Bare(),
            (ids, torch.ones_like(ids)),
            str(folder / "onnx" / "model.onnx"),
            dynamo=False,
            input_names=["input_ids", "attention_mask"],
            output_names=["last_hidden_state"],
            dynamic_axes={
                name: {0: "texts", 1: "pieces"} for name in ("input_ids", "attention_mask", "last_hidden_state")
            },
        )


def build_cross_encoder(folder: Path) -> Path:
    """Write a tiny cross-encoder (BERT, one label) with random weights; return its folder."""
    import torch

    t: Any = import_module("transformers")
    torch.manual_seed(11)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokenizer = _tokenizer("bert")
        tokenizer.sep_token = "[SEP]"
        ids = {name: tokenizer.convert_tokens_to_ids(name) for name in ("[CLS]", "[SEP]")}
        tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
            single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=list(ids.items())
        )
        tokenizer.save_pretrained(folder)
        config = t.BertConfig(
            vocab_size=len(tokenizer), hidden_size=WIDTH, num_hidden_layers=2, num_attention_heads=2,
            intermediate_size=64, max_position_embeddings=128, num_labels=1,
        )  # fmt: skip
        model = t.BertForSequenceClassification(config)
        for parameter in model.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.3)
        model.save_pretrained(folder)
    return folder
