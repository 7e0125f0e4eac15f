"""Speed of the embedded encoder beside the architecture of multilingual MiniLM-L12, in one run on one machine.

The other model has random weights (speed does not depend on them) and gets the pieces of our tokenizer without their
making being counted, sorted by length: every doubt is in its favour. Load time and peak memory are those of a process
that loads the encoder and encodes once.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from matcher.encode.static import StaticEncoder

RUNS = 3
# Layers, width, heads and vocabulary as in paraphrase-multilingual-MiniLM-L12-v2's configuration.
LAYERS, WIDTH, HEADS, VOCABULARY = 12, 384, 12, 250_037
_ONCE = (
    "import time, sys\n"
    "import numpy\n"
    "begun = time.perf_counter()\n"
    "from matcher.encode.static import load_embedded\n"
    "encoder = load_embedded(fast=sys.argv[1] == 'fast')\n"
    "encoder.encode(['replace the gearbox oil'])\n"
    # Not getrusage: its peak is the parent's where that was higher.
    "peak = [line for line in open('/proc/self/status') if line.startswith('VmHWM')][0].split()[1]\n"
    "print(time.perf_counter() - begun, int(peak) / 1024)\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Sentences a second of one encoder, how often that of the other, seconds to load, megabytes at the peak."""

    rate: float
    ratio: float
    load: float
    memory: float


def _rate(run: Callable[[], object], count: int) -> float:
    seconds = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begun)
    return count / statistics.median(seconds)


def _afresh(encoder: StaticEncoder, texts: Sequence[str]) -> None:
    # No token is known from the run before: what is measured is a text's first encoding.
    for cutter in encoder.cutters:
        cutter.kept.clear()
    encoder.encode(texts)


def minilm_rate(encoder: StaticEncoder, texts: Sequence[str], *, batch: int = 64) -> float:
    """Return the sentences a second of the MiniLM-L12 architecture on this machine's cores."""
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=VOCABULARY, hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
        intermediate_size=4 * WIDTH,
    )  # fmt: skip
    model = BertModel(config).eval()
    ids = sorted((e.ids[:126] or [0] for e in encoder.tokenizer.encode_batch_fast(list(texts))), key=len)

    def run() -> None:
        with torch.inference_mode():
            for start in range(0, len(ids), batch):
                block = ids[start : start + batch]
                width = max(map(len, block))
                mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in block])
                tokens = torch.tensor([row + [0] * (width - len(row)) for row in block])
                hidden = model(input_ids=tokens, attention_mask=mask).last_hidden_state
                (hidden * mask[..., None]).sum(1)

    return _rate(run, len(texts))


def measure(encoders: dict[str, StaticEncoder], texts: Sequence[str]) -> tuple[dict[str, Speed], float]:
    """Return the speed of each encoder, and the other architecture's sentences a second."""
    other = minilm_rate(next(iter(encoders.values())), texts[: len(texts) // 4])
    out = {}
    for name, encoder in encoders.items():
        encoder.encode(texts[:512])
        rate = _rate(partial(_afresh, encoder, texts), len(texts))
        runs = []
        for _ in range(RUNS):
            done = subprocess.run([sys.executable, "-c", _ONCE, name], capture_output=True, text=True, check=True)  # noqa: S603
            runs.append(tuple(float(word) for word in done.stdout.split()))
        load, memory = (float(np.median([run[place] for run in runs])) for place in (0, 1))
        out[name] = Speed(rate=rate, ratio=rate / other, load=load, memory=memory)
    return out, other
