"""Score an encoder on the public bitext tests and on the development gold by vectors alone.

    python -m models.recipes.embedded.score --data DATA [--encoder NAME]

Bitext F1 is MTEB's: scikit-learn's weighted F1 of nearest-neighbour ids. Writes evaluation/reports/encoder.{md,json}.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matcher.encode import Encoder, load_encoder
from matcher.evaluate import read_gold
from matcher.evaluate.measures import ndcg
from matcher.readers import read_framework
from matcher.search.index import build_index
from matcher.search.view import make_view
from matcher.text.normalize import fold

ROOT = Path(__file__).resolve().parents[3]
# F1 as published in the MTEB result files (embeddings-benchmark/results@f4cc6c8), in the order of COLUMNS.
PUBLISHED = {
    "LaBSE (471M)": (0.9510, 0.9914, 0.9913, 0.9880, 0.9902),
    "paraphrase-multilingual-MiniLM-L12-v2 (118M)": (0.9493, 0.9314, 0.9229, 0.9447, 0.9411),
    "multilingual-e5-small (118M)": (0.9017, 0.9262, 0.9361, 0.9214, 0.9610),
    "static-similarity-mrl-multilingual-v1 (108M, static)": (0.8996, 0.9507, 0.9335, 0.9657, 0.9601),
    "potion-multilingual-128M (static)": (0.6172, 0.6989, 0.6911, 0.6913, 0.7263),
    "all-MiniLM-L6-v2 (22M)": (0.0192, 0.0704, 0.0600, 0.1385, 0.1418),
}
COLUMNS = ("Tatoeba cmn-eng", "NTREX en→Hans", "NTREX Hans→en", "NTREX en→Hant", "NTREX Hant→en")


def bitext_f1(queries: NDArray[np.float32], documents: NDArray[np.float32]) -> float:
    """Return the weighted F1 of each query's nearest document."""
    from sklearn.metrics import f1_score

    nearest = (queries @ documents.T).argmax(axis=1)
    return float(f1_score(np.arange(len(queries)), nearest, average="weighted"))


def _encode(encoder: Encoder, path: Path) -> NDArray[np.float32]:
    lines = path.read_text(encoding="utf-8").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return encoder.encode([fold(line) for line in lines])


def bitext(encoder: Encoder, data: Path) -> dict[str, float]:
    """Return the public sets' figures; Tatoeba is the mean of both directions."""
    chinese = _encode(encoder, data / "eval/tatoeba/tatoeba.cmn-eng.cmn")
    english = _encode(encoder, data / "eval/tatoeba/tatoeba.cmn-eng.eng")
    out = {"Tatoeba zh→en": bitext_f1(chinese, english), "Tatoeba en→zh": bitext_f1(english, chinese)}
    out["Tatoeba cmn-eng"] = (out["Tatoeba zh→en"] + out["Tatoeba en→zh"]) / 2
    source = _encode(encoder, data / "eval/ntrex/newstest2019-src.eng.txt")
    for name, region in (("Hans", "CN"), ("Hant", "TW")):
        target = _encode(encoder, data / f"eval/ntrex/newstest2019-ref.zho-{region}.txt")
        out[f"NTREX en→{name}"] = bitext_f1(source, target)
        out[f"NTREX {name}→en"] = bitext_f1(target, source)
    return out


def gold_vectors(encoder: Encoder) -> dict[str, tuple[float, int]]:
    """Return nDCG@10 and n of centred unit vectors alone (no labels, no hub correction) by subject language."""
    subjects = build_index(read_framework(ROOT / "corpora/samples/hk.jsonl").framework, encoder)
    objects = make_view(build_index(read_framework(ROOT / "corpora/samples/cn.jsonl").framework, encoder))
    grades = read_gold(ROOT / "evaluation/gold/qrels.tsv").grades
    out = {}
    for name, languages in (("gold EN", ("en",)), ("gold ZH", ("zh-Hant", "zh-Hans"))):
        view = make_view(subjects, languages=languages)  # type: ignore[arg-type]
        scores = np.round(view.units.astype(np.float64) @ objects.units.astype(np.float64).T, 6)
        values = []
        for row, unit_id in enumerate(view.ids):
            found = grades.get(unit_id, {})
            if max(found.values(), default=0) >= 2:
                ranking = [objects.ids[i] for i in np.argsort(-scores[row], kind="stable")[:10]]
                values.append(ndcg(ranking, found))
        out[name] = (float(np.mean(values)), len(values))
    return out


def main() -> int:
    """Score and write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", default=os.environ.get("MATCHER_DATA"))
    parser.add_argument("--encoder", default="embedded")
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation/reports")
    arguments = parser.parse_args()
    encoder = load_encoder(arguments.encoder)
    gold = gold_vectors(encoder)
    lines = [
        "# The encoder alone",
        "",
        f"Encoder: `{arguments.encoder} ({encoder.fingerprint})`, {encoder.dimension} dimensions.",
        "",
        "Development gold (AI-written, AI-judged twice, not reviewed by human experts), centred unit vectors alone, "
        "nine trades in the pool, nDCG@10: "
        + ", ".join(f"{name[5:]} {value:.4f} (n = {n})" for name, (value, n) in gold.items())
        + ".",
    ]
    record: dict[str, object] = {"fingerprint": encoder.fingerprint, "gold": gold}
    if arguments.data:
        figures = bitext(encoder, Path(arguments.data))
        record["bitext"] = figures
        lines += ["", "| model | " + " | ".join(COLUMNS) + " |", "|---|" + "---|" * len(COLUMNS)]
        lines.append("| **ours, measured** | " + " | ".join(f"**{figures[name]:.4f}**" for name in COLUMNS) + " |")
        lines += [f"| {name} | " + " | ".join(f"{v:.4f}" for v in row) + " |" for name, row in PUBLISHED.items()]
        lines += ["", "F1 as in MTEB; the other rows are published figures (embeddings-benchmark/results@f4cc6c8). "
                  "Tatoeba: n = 1,000, mean of both directions; NTREX: n = 1,997."]  # fmt: skip
    else:
        print("skipped: the public test sets are not in the repository; name their folder with --data or MATCHER_DATA")
    if arguments.data:
        (arguments.out / "encoder.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (arguments.out / "encoder.json").write_text(
            json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
