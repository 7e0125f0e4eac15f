"""python -m models.recipes.embedded --data DATA: train the embedded encoder and write its artefact folder."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from models.recipes.embedded import bags, sources, teacher, vocabulary
from models.recipes.embedded.export import export, project
from models.recipes.embedded.train import Corpus, Settings, train

ROOT = Path(__file__).resolve().parents[3]
KINDS = ("dict", "sentence", "ui", "title")
# English sides of the general pairs that the teacher sees, by kind.
GENERAL = {"sentence": 60_000, "dict": 15_000, "title": 8_000, "ui": 12_000}
PIECES = 70_000


def _read(
    data: Path, more: Path | None
) -> tuple[list[sources.Pair], list[tuple[str, str, str]], list[str], dict[str, int]]:
    """Return pairs, trilingual lines and work texts, less every sentence of the test sets; and the counts."""
    test = sources.read_test_sentences(data)
    files = [data / "train/pairs.tsv.gz", *([more / "more.tsv.gz"] if more else [])]
    pairs = [pair for file in files for pair in sources.read_public_pairs(file) if pair.left and pair.right]
    unique: dict[tuple[str, str], sources.Pair] = {}
    for pair in pairs:
        unique.setdefault((pair.left, pair.right), pair)
    clean = [pair for pair in unique.values() if pair.left not in test and pair.right not in test]
    lines = [line[2:] for line in sources.read_trilingual([ROOT / "corpora/trilingual"])]
    lines = [line for line in lines if all(line) and not any(text in test for text in line)]
    work = [text for text in sources.read_work_texts(data) if text not in test]
    counts = dict(Counter(pair.source for pair in clean))
    counts |= {"trilingual": len(lines), "work texts": len(work), "removed as test sentences": len(unique) - len(clean)}
    return clean, lines, work, counts


def _tokenizer(
    folder: Path, pairs: list[sources.Pair], lines: list[tuple[str, str, str]], work: list[str]
) -> Tokenizer:
    path = folder / "tokenizer.json"
    if not path.is_file():
        texts = list(dict.fromkeys(text for pair in pairs for text in (pair.left, pair.right)))
        texts += [text for line in lines for text in line] * 3 + work * 2
        order = np.random.default_rng(1).permutation(len(texts))
        pieces = vocabulary.train_pieces([texts[i] for i in order], size=PIECES, folder=folder, processes=2)
        vocabulary.to_tokenizer(pieces).save(str(path))
    return Tokenizer.from_file(str(path))


def _corpus(
    folder: Path, pairs: list[sources.Pair], lines: list[tuple[str, str, str]], work: list[str], tokenizer: Tokenizer
) -> Corpus:
    left = [pair.left for pair in pairs]
    right = [pair.right for pair in pairs]
    kinds = np.array([KINDS.index(pair.kind) for pair in pairs])
    talk = np.array([pair.source.startswith("tatoeba") for pair in pairs])
    for english, hong_kong, mainland in lines:
        left += [english, english, hong_kong]
        right += [mainland, hong_kong, mainland]
    pools = [np.flatnonzero(kinds == kind) for kind in range(len(KINDS))]
    generator = np.random.default_rng(1)
    chosen = np.concatenate(
        [generator.choice(pools[KINDS.index(kind)], min(n, len(pools[KINDS.index(kind)])), replace=False)
         for kind, n in GENERAL.items()]
    )  # fmt: skip
    # Embedded part by part: new lines of ours do not make the teacher read everything again.
    english_parts = (work, [line[0] for line in lines], [left[i] for i in chosen])
    english = [text for part in english_parts for text in part]
    return Corpus(
        left=bags.from_texts(left, tokenizer),
        right=bags.from_texts(right, tokenizer),
        pools=(
            pools[0],
            np.setdiff1d(pools[1], np.flatnonzero(talk)),
            *pools[2:],
            np.arange(len(pairs), len(left)),
            np.flatnonzero(talk),
        ),
        teacher=np.concatenate([teacher.embed(part, folder) for part in english_parts]),
        teacher_english=bags.from_texts(english, tokenizer),
        teacher_counts=(len(work), len(lines), len(chosen)),
        components=bags.from_lists(vocabulary.components(tokenizer)),
        pieces=tokenizer.get_vocab_size(),
    )


def _record(counts: dict[str, int], more: Path | None) -> dict[str, dict[str, object]]:
    """Return rows and licence of every source; of the gathered ones also the package's file and hash."""
    gathered = json.loads((more / "more.json").read_text(encoding="utf-8")) if more else {}
    out: dict[str, dict[str, object]] = {}
    for source, rows in sorted(counts.items()):
        known = [licence for key, licence in sources.LICENCES.items() if source.startswith(key)]
        if source in gathered:
            out[source] = {"rows": rows} | {key: gathered[source][key] for key in ("licence", "file", "sha256")}
        elif known:
            out[source] = {"rows": rows, "licence": known[0]}
    return out


def main() -> int:
    """Run the recipe."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("MATCHER_DATA"), help="data folder (or MATCHER_DATA)")
    parser.add_argument("--more", type=Path, help="folder that models.recipes.embedded.gather wrote")
    parser.add_argument("--build", type=Path, default=ROOT / "build/embedded", help="intermediate files, resumable")
    parser.add_argument("--out", type=Path, default=ROOT / "matcher/data/encoder", help="the artefact folder")
    parser.add_argument("--steps", type=int, default=Settings().steps)
    arguments = parser.parse_args()
    if not arguments.data:
        print("skipped: the training text is not part of the repository; give its folder with --data or MATCHER_DATA")
        return 0
    arguments.build.mkdir(parents=True, exist_ok=True)
    settings = replace(Settings(), steps=arguments.steps)
    pairs, lines, work, counts = _read(Path(arguments.data), arguments.more)
    print(json.dumps(counts), flush=True)
    tokenizer = _tokenizer(arguments.build, pairs, lines, work)
    corpus = _corpus(arguments.build, pairs, lines, work, tokenizer)
    table = project(train(corpus, settings, arguments.build), corpus)
    fields = {
        "name": "embedded",
        "dimension": int(table.shape[1]),
        "pieces": int(table.shape[0]),
        "settings": asdict(settings),
        "sources": _record(counts, arguments.more),
        "teacher": "all-MiniLM-L6-v2 (Apache-2.0), training only",
        "licence": "CC BY 4.0",
    }
    export(table, arguments.build / "tokenizer.json", arguments.out, fields=fields)
    print(f"wrote {arguments.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
