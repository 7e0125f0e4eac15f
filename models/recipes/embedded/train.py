"""Training: symmetric in-batch contrast over pairs, and the teacher's similarity structure, on one static table.

Losses: InfoNCE both ways, plus relational distillation: the KL divergence between the teacher's and the student's
softmax over the similarities of one batch of English texts. Smaller sizes are not trained for: the exported table is
rotated to its principal axes, so that its first columns are the best smaller table (``project``).

Batches are a function of (seed, step) alone, so that a run that was stopped goes on with the batch it would have seen.
"""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as functional
from numpy.typing import NDArray

from models.recipes.embedded.bags import Bags


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a run is; stored beside its result."""

    steps: int = 2_000
    batch: int = 2_048
    dimension: int = 1_024
    learning_rate: float = 0.02
    warm_up: int = 100
    scale: float = 11.0
    # Shares of a batch: dictionary, sentences, interface strings, titles, trilingual (en-cn, en-hk, hk-cn), talk.
    mix: tuple[float, ...] = (0.30, 0.25, 0.08, 0.04, 0.27, 0.06)
    distil_weight: float = 1.5
    # Teacher texts a step: work texts, our statements, general text.
    distil_counts: tuple[int, int, int] = (300, 256, 340)
    seed: int = 1
    threads: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """All a run reads. ``pools`` are rows of ``left`` and ``right`` by kind, in the order of ``Settings.mix``."""

    left: Bags
    right: Bags
    pools: tuple[NDArray[np.int64], ...]
    teacher: NDArray[np.float16]
    teacher_english: Bags
    teacher_counts: tuple[int, int, int]
    components: Bags
    pieces: int


class Table:
    """Rows updated by Adam only where a batch touched them (lazy Adam: untouched moments stay as they are)."""

    def __init__(self, pieces: int, dimension: int) -> None:
        self.weight = torch.randn(pieces, dimension) * 0.1
        self.first = torch.zeros(pieces, dimension)
        self.second = torch.zeros(pieces, dimension)
        self.updates = 0

    def rows(self, ids: NDArray[np.int64]) -> torch.Tensor:
        """Return a differentiable copy of some rows."""
        self.ids = torch.from_numpy(ids)
        self.active = self.weight[self.ids].requires_grad_(True)
        return self.active

    def update(self, learning_rate: float) -> None:
        """Take one Adam step on the rows of the last ``rows`` call."""
        gradient = self.active.grad
        if gradient is None:
            raise RuntimeError("update without a backward pass")
        self.updates += 1
        first = self.first[self.ids].mul_(0.9).add_(gradient, alpha=0.1)
        second = self.second[self.ids].mul_(0.999).addcmul_(gradient, gradient, value=0.001)
        self.first[self.ids], self.second[self.ids] = first, second
        bias = math.sqrt(1 - 0.999**self.updates) / (1 - 0.9**self.updates)
        self.weight[self.ids] = self.active.detach() - learning_rate * bias * first / (second.sqrt() + 1e-8)

    def save(self, path: Path) -> None:
        """Keep the state for resuming."""
        arrays = {"weight": self.weight.numpy(), "first": self.first.numpy(), "second": self.second.numpy()}
        temporary = path.with_suffix(".part.npz")
        np.savez(temporary, updates=np.array(self.updates), **arrays)
        temporary.replace(path)

    def load(self, path: Path) -> None:
        """Take up a kept state."""
        with np.load(path, allow_pickle=False) as kept:
            self.weight, self.first, self.second = (torch.from_numpy(kept[n]) for n in ("weight", "first", "second"))
            self.updates = int(kept["updates"])


class Sampler:
    """Gives each step its rows; keeps the current shuffle of every pool."""

    def __init__(self, corpus: Corpus, settings: Settings) -> None:
        share = np.array(settings.mix) / sum(settings.mix)
        self.counts = [int(part * settings.batch) for part in share]
        self.pools = corpus.pools
        self.seed = settings.seed
        self.order: dict[tuple[int, int], NDArray[np.int64]] = {}

    def rows(self, step: int) -> NDArray[np.int64]:
        """Return the pair rows of a step."""
        out = []
        for number, (pool, count) in enumerate(zip(self.pools, self.counts, strict=True)):
            epoch, place = divmod(step, max(1, len(pool) // count))
            if (number, epoch) not in self.order:
                self.order = {key: value for key, value in self.order.items() if key[0] != number}
                generator = np.random.default_rng([self.seed, number, epoch])
                self.order[number, epoch] = generator.permutation(len(pool))
            out.append(pool[self.order[number, epoch][place * count : (place + 1) * count]])
        return np.concatenate(out)


def _relational(similarity: torch.Tensor, teacher: torch.Tensor, scale: float) -> torch.Tensor:
    diagonal = torch.eye(len(teacher), dtype=torch.bool)
    wanted = functional.log_softmax((teacher * scale).masked_fill(diagonal, -1e4), 1)
    found = functional.log_softmax((similarity * scale).masked_fill(diagonal, -1e4), 1)
    return functional.kl_div(found, wanted, log_target=True, reduction="batchmean")


def _contrast(left: torch.Tensor, right: torch.Tensor, settings: Settings) -> torch.Tensor:
    labels = torch.arange(len(left))
    # The product alone runs in bfloat16 (matrix units); the softmax is float32.
    a, b = (functional.normalize(side, dim=1).to(torch.bfloat16) for side in (left, right))
    scores = (a @ b.T).float() * settings.scale
    return (functional.cross_entropy(scores, labels) + functional.cross_entropy(scores.T, labels)) / 2


def _teacher_rows(corpus: Corpus, settings: Settings, step: int) -> NDArray[np.int64]:
    """Return the teacher rows of a step."""
    generator = np.random.default_rng([settings.seed, 99, step])
    starts = np.cumsum([0, *corpus.teacher_counts])
    return np.concatenate(
        [
            starts[part] + generator.choice(corpus.teacher_counts[part], settings.distil_counts[part], replace=False)
            for part in range(3)
        ]
    )


def baked(own: Table, parts: Table, corpus: Corpus, ids: NDArray[np.int64]) -> torch.Tensor:
    """Return the rows of some pieces: their own vector plus the mean of their components'."""
    flat, offsets = corpus.components.take(ids)
    unique, inverse = np.unique(flat, return_inverse=True)
    mean = functional.embedding_bag(
        torch.from_numpy(inverse), parts.rows(unique), torch.from_numpy(offsets), mode="mean"
    )
    return own.rows(ids) + mean


def _losses(
    own: Table, parts: Table, corpus: Corpus, settings: Settings, pairs: NDArray[np.int64], step: int
) -> tuple[torch.Tensor, torch.Tensor]:
    rows = _teacher_rows(corpus, settings, step)
    bags = [corpus.left.take(pairs), corpus.right.take(pairs), corpus.teacher_english.take(rows)]
    ends = np.cumsum([0, *(len(ids) for ids, _ in bags)])
    offsets = np.concatenate([starts + end for (_, starts), end in zip(bags, ends, strict=False)])
    unique, inverse = np.unique(np.concatenate([ids for ids, _ in bags]), return_inverse=True)
    texts = functional.embedding_bag(
        torch.from_numpy(inverse), baked(own, parts, corpus, unique), torch.from_numpy(offsets), mode="mean"
    )
    count = len(pairs)
    contrast = _contrast(texts[:count], texts[count : 2 * count], settings)
    english = functional.normalize(texts[2 * count :], dim=1)
    vectors = torch.from_numpy(corpus.teacher[rows].astype(np.float32))
    distil = settings.distil_weight * _relational(english @ english.T, vectors @ vectors.T, settings.scale)
    return contrast, distil


def train(corpus: Corpus, settings: Settings, folder: Path, *, checkpoint: int = 1_000) -> NDArray[np.float32]:
    """Train, or go on from the folder's last checkpoint; return the baked table (pieces, d).

    Writes a line of losses to ``log.jsonl`` every 100 steps.
    """
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    own, parts = Table(corpus.pieces, settings.dimension), Table(corpus.pieces, settings.dimension)
    state = folder / "state.json"
    first = 0
    if state.is_file() and json.loads(state.read_text())["settings"] == json.loads(json.dumps(asdict(settings))):
        first = int(json.loads(state.read_text())["step"])
        own.load(folder / "own.npz")
        parts.load(folder / "parts.npz")
    sampler = Sampler(corpus, settings)
    begun = time.monotonic()
    for step in range(first, settings.steps):
        rate = settings.learning_rate * max(0.01, 1 - step / settings.steps) * min(1.0, (step + 1) / settings.warm_up)
        contrast, distil = _losses(own, parts, corpus, settings, sampler.rows(step), step)
        (contrast + distil).backward()
        own.update(rate)
        parts.update(rate)
        if (step + 1) % 100 == 0:
            line = {"step": step + 1, "contrast": round(contrast.item(), 4), "distil": round(distil.item(), 4)}
            with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")
            left = (time.monotonic() - begun) / (step + 1 - first) * (settings.steps - step - 1)
            print(f"{line} about {left / 60:.0f} min left", flush=True)
        if (step + 1) % checkpoint == 0 and step + 1 < settings.steps:
            own.save(folder / "own.npz")
            parts.save(folder / "parts.npz")
            state.write_text(json.dumps({"step": step + 1, "settings": asdict(settings)}), encoding="utf-8")
    with torch.no_grad():
        blocks = [
            baked(own, parts, corpus, np.arange(start, min(corpus.pieces, start + 8_192))).numpy()
            for start in range(0, corpus.pieces, 8_192)
        ]
    return np.concatenate(blocks).astype(np.float32)
