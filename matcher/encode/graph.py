"""The ONNX and OpenVINO back ends: a model's graph, its tokenizer and what follows the graph; no torch.

Optimum, which sentence-transformers uses for these back ends, does not fit the transformers of this project. What it
adds is little: the graph gives one vector a piece, and ``modules.json`` says how they are pooled and which dense layers
follow. The home of onnxruntime and openvino.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from matcher.encode.batches import Coder, encode_blocks
from matcher.encode.folder import graph_file, read_json
from matcher.encode.layers import Head, read_head
from matcher.encode.protocol import Side, Vectors
from matcher.encode.settings import Settings
from matcher.errors import ArtefactError, EncoderError

_INPUTS = ("input_ids", "attention_mask", "token_type_ids", "position_ids")
# Outputs with one vector a piece, by the names that exporters give them.
_TOKENS = ("last_hidden_state", "token_embeddings")
_MAX_LENGTH = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A loaded graph: the inputs that it wants, the rank of the output that is read, and how it is run."""

    inputs: tuple[str, ...]
    rank: int
    run: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEncoder:
    """A graph with its tokenizer and head, for the texts of one side."""

    name: str
    fingerprint: str
    dimension: int
    prompt: str
    skip: int
    graph: Graph
    tokenizer: Tokenizer
    head: Head

    def encode(self, texts: Sequence[str], *, batch_size: int = 64) -> Vectors:
        """Return (n, d) float32, unit rows; 64 times ``batch_size`` texts are held as pieces at a time."""

        def cut(some: Sequence[str]) -> list[list[int]]:
            return [found.ids for found in self.tokenizer.encode_batch([self.prompt + text for text in some])]

        def lengths(some: Sequence[str]) -> list[int]:
            return [len(ids) for ids in cut(some)]

        def prepare(some: Sequence[str]) -> NDArray[np.int64]:
            return np.array(cut(some), np.int64)

        coder = Coder(
            lengths=lengths,
            prepare=prepare,
            compute=self.vectors_of,
            dimension=self.dimension,
            threads=int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1),
        )
        return encode_blocks(texts, coder, batch_size=batch_size)

    def vectors_of(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return (texts, columns) float32, all columns, for (texts, pieces) piece numbers."""
        every = {
            "input_ids": ids,
            "attention_mask": np.ones_like(ids),
            "token_type_ids": np.zeros_like(ids),
            "position_ids": np.broadcast_to(np.arange(ids.shape[1]), ids.shape).copy(),
        }
        found: NDArray[np.float32] = self.graph.run({name: every[name] for name in self.graph.inputs})
        return found if self.graph.rank == 2 else self.head.apply(found, skip=self.skip)


def load_graph(settings: Settings, side: Side) -> GraphEncoder:
    """Load a model whose folder was found safe (``matcher.encode.settings.resolve``).

    Raises:
        EncoderError: The back end is not installed, or the model is broken or of a kind that it cannot run.
    """
    where = f"--encoder {settings.label}"
    path = graph_file(settings.folder, settings.backend, where=where)
    graph = _open_openvino(path, where) if settings.backend == "openvino" else _open_onnx(path, where)
    foreign = sorted(set(graph.inputs) - set(_INPUTS))
    if foreign or "input_ids" not in graph.inputs:
        raise EncoderError(
            f"the graph wants {', '.join(foreign) or 'no input_ids'}",
            where=where,
            expected=f"inputs {', '.join(_INPUTS)}: an export for feature extraction, without a cache of keys",
            do="export it again for feature extraction, or take the back end torch",
        )
    try:
        head = read_head(settings.folder, where=where)
        tokenizer = Tokenizer.from_file(str(settings.folder / "tokenizer.json"))
    except ArtefactError as error:
        raise EncoderError(str(error), where=where) from error
    except Exception as error:  # the tokenizers library raises nothing narrower
        raise EncoderError("has no readable tokenizer.json", where=where, do="copy the model's folder again") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length(settings.folder))
    encoder = GraphEncoder(
        name=settings.label,
        fingerprint=settings.fingerprint(side),
        dimension=1,
        prompt=settings.prompt(side),
        skip=0 if head.include_prompt else prompt_pieces(tokenizer, settings.prompt(side)),
        graph=graph,
        tokenizer=tokenizer,
        head=head,
    )
    return _with_dimension(encoder, settings, where)


def _with_dimension(encoder: GraphEncoder, settings: Settings, where: str) -> GraphEncoder:
    """Ask the graph itself how many columns it gives: exporters name them in many ways."""
    ids = np.array([encoder.tokenizer.encode(encoder.prompt + "a").ids], np.int64)
    try:
        whole = int(encoder.vectors_of(ids).shape[-1])
    except (RuntimeError, ValueError, IndexError) as error:
        raise _broken(error, where) from error
    if (settings.dimension or 0) > whole:
        raise EncoderError(f"has {whole} columns", where=where, expected=f"{settings.dimension} or more")
    return GraphEncoder(
        name=encoder.name,
        fingerprint=encoder.fingerprint,
        dimension=settings.dimension or whole,
        prompt=encoder.prompt,
        skip=encoder.skip,
        graph=encoder.graph,
        tokenizer=encoder.tokenizer,
        head=encoder.head,
    )


def max_length(folder: Path) -> int:
    """Return how many pieces a model reads, from the files that sentence-transformers and transformers write.

    Raises:
        EncoderError: A file cannot be read.
    """
    found = [_MAX_LENGTH * 64]
    names = (
        ("sentence_bert_config.json", "max_seq_length"),
        ("tokenizer_config.json", "model_max_length"),
        ("config.json", "max_position_embeddings"),
    )
    for file, key in names:
        path = folder / file
        record = read_json(path) if path.is_file() else {}
        value = record.get(key) if isinstance(record, dict) else None
        if isinstance(value, int) and 0 < value < 1_000_000:
            # RoBERTa's first two positions are taken (padding_idx + 1).
            roberta = key == "max_position_embeddings" and "roberta" in str(record.get("model_type"))
            found.append(value - 2 if roberta else value)
    return min(found) if len(found) > 1 else _MAX_LENGTH


def prompt_pieces(tokenizer: Tokenizer, prompt: str) -> int:
    """Return how many pieces a prompt takes, less the special one that the tokenizer puts at the end."""
    if not prompt:
        return 0
    found = tokenizer.encode(prompt)
    return len(found.ids) - int(bool(found.special_tokens_mask and found.special_tokens_mask[-1]))


def _open_onnx(path: Path, where: str) -> Graph:
    try:
        import onnxruntime
    except ImportError as error:
        raise _missing("onnxruntime", "onnx", where) from error
    options = onnxruntime.SessionOptions()
    # One thread a block, as in ``batches``; several blocks run at a time.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the library's own kinds of error are not public
        raise _broken(error, where) from error
    name, rank = _choose({output.name: len(output.shape or ()) for output in session.get_outputs()}, where)
    return Graph(
        inputs=tuple(entry.name for entry in session.get_inputs()),
        rank=rank,
        run=lambda feeds: session.run([name], feeds)[0],
    )


def _open_openvino(path: Path, where: str) -> Graph:
    try:
        import openvino
    except ImportError as error:
        raise _missing("openvino", "openvino", where) from error
    try:
        core = openvino.Core()
        settings = {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
        compiled = core.compile_model(core.read_model(str(path)), "CPU", settings)
    except RuntimeError as error:
        raise _broken(error, where) from error
    ranks = {output.get_any_name(): len(output.get_partial_shape()) for output in compiled.outputs}
    name, rank = _choose(ranks, where)

    def run(feeds: dict[str, NDArray[np.int64]]) -> NDArray[np.float32]:
        request = compiled.create_infer_request()
        found: NDArray[np.float32] = np.array(request.infer(feeds)[name], np.float32)
        return found

    return Graph(inputs=tuple(entry.get_any_name() for entry in compiled.inputs), rank=rank, run=run)


def _choose(ranks: dict[str, int], where: str) -> tuple[str, int]:
    """Return the output to read and its rank: one vector a piece where there is such a one, else one a text."""
    known = [name for name in _TOKENS if ranks.get(name) == 3] or [name for name, rank in ranks.items() if rank == 3]
    known = known or [name for name, rank in ranks.items() if rank == 2]
    if not known:
        raise EncoderError("the graph gives no vectors", where=where, expected="an export for feature extraction")
    return known[0], ranks[known[0]]


def _missing(package: str, extra: str, where: str) -> EncoderError:
    return EncoderError(
        f"needs the package {package}, which is not installed here",
        where=where,
        do=f"pip install competency-matcher[{extra}] (or {package} alone), or take the back end torch",
    )


def _broken(error: Exception, where: str) -> EncoderError:
    return EncoderError(
        f"the graph cannot be run ({' '.join(str(error).split())[:160]})", where=where, do="export the model again"
    )
