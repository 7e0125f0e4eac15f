"""Fit the shipped rescorer on the development gold, and measure it on trades that it was not fitted on.

    python -m evaluation.fit [--encoder NAME] [--out FILE] [--runs FOLDER] [--no-ship]

Writes matcher/data/rescorer.json (all trades) and rescorer-fast.json, and into --runs one run a subject language in
which every trade was answered by a rescorer fitted without it (`loto.en.jsonl` …, the form of `matcher screen --format
jsonl`; the default encoder's, or with --encoder that one's).

Every unit is fitted twice: in the pool of the nine trades, and in a pool with work contents of all the subjects of
corpora/trilingual beside them (evaluation/distractors.py), because a real pool holds hundreds of other occupations.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np

from evaluation.distractors import add_distractors
from matcher.artefact import sha256_of, write_atomic
from matcher.compare.examples import make_examples
from matcher.compare.fit import Example, fit_rescorer
from matcher.compare.model import SHIPPED, Rescorer, to_json
from matcher.compare.rescore import judge
from matcher.compare.signals import SIGNALS, find_candidates, make_pair
from matcher.encode import DEFAULT_ENCODER, FAST_ENCODER, load_encoder
from matcher.pipeline import SubjectLanguage, open_source
from matcher.search.index import FrameworkIndex, build_index
from matcher.search.view import make_view

ROOT = Path(__file__).resolve().parents[1]
HK, CN = ROOT / "corpora/samples/hk.jsonl", ROOT / "corpora/samples/cn.jsonl"
QRELS, JUDGEMENTS = ROOT / "evaluation/gold/qrels.tsv", ROOT / "evaluation/gold/judgements.jsonl"
LANGUAGES = {"en": ("en",), "zh": ("zh-Hant", "zh-Hans"), "both": ("en", "zh-Hant", "zh-Hans")}
PROVENANCE = (
    "Both sides of the gold were written by AI from general knowledge of the trades, each without sight of the other, "
    "and every pair within a trade was judged independently by two AI judges. No human expert has reviewed it."
)
DEPTH = 50


def trade_of(unit_id: str) -> str:
    """Return the trade that a sample unit's code names (ZZHDSC201A: HD)."""
    return unit_id[2:4]


def read_labels(subjects: FrameworkIndex) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, tuple[str, ...]]]]:
    """Return grades and the judges' relations by unit and work content; every sample unit was judged."""
    grades: dict[str, dict[str, int]] = {unit_id: {} for unit_id in subjects.ids}
    for line in QRELS.read_text(encoding="utf-8").splitlines():
        subject, _, item, grade = line.split()
        grades[subject][item] = int(grade)
    relations: dict[str, dict[str, tuple[str, ...]]] = {}
    for line in JUDGEMENTS.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        votes = tuple(record[key] for key in ("relation_a", "relation_b") if record[key])
        relations.setdefault(record["hk"], {})[record["cn"]] = votes
    return grades, relations


def all_examples(subjects: FrameworkIndex, objects: FrameworkIndex) -> dict[str, list[Example]]:
    """Return the examples by subject language."""
    grades, relations = read_labels(subjects)
    return {
        language: make_examples(
            make_view(subjects, languages=LANGUAGES[language]),  # type: ignore[arg-type]
            make_view(objects),
            grades=grades,
            relations=relations,
            group_of=trade_of,
        )
        for language in get_args(SubjectLanguage)
    }


def wide_index(objects: FrameworkIndex, encoder: str) -> FrameworkIndex:
    """Return the objects with work contents of many other occupations beside them."""
    return build_index(add_distractors(objects.framework), load_encoder(encoder))


def wide_examples(subjects: FrameworkIndex, wide: FrameworkIndex) -> dict[str, list[Example]]:
    """Return the examples in the pool with distractors, by subject language and ``/wide``."""
    return {f"{language}/wide": found for language, found in all_examples(subjects, wide).items()}


def leave_one_trade_out(
    examples: Mapping[str, Sequence[Example]], *, encoder_fingerprint: str, names: tuple[str, ...] = SIGNALS
) -> dict[str, Rescorer]:
    """Return, for each trade, a rescorer fitted on all the others."""
    every = [example for found in examples.values() for example in found]
    return {
        trade: fit_rescorer(
            [example for example in every if example.group != trade],
            encoder_fingerprint=encoder_fingerprint,
            names=names,
        )
        for trade in sorted({example.group for example in every})
    }


def write_runs(
    subjects: FrameworkIndex, objects: FrameworkIndex, rescorers: Mapping[str, Rescorer], folder: Path
) -> None:
    """Write one run a subject language; every unit is answered by the rescorer that has not seen its trade."""
    folder.mkdir(parents=True, exist_ok=True)
    right = make_view(objects)
    for language, tags in LANGUAGES.items():
        left = make_view(subjects, languages=tags)  # type: ignore[arg-type]
        pair = make_pair(left, right, rows=range(len(left.ids)))
        rows = np.arange(len(left.ids), dtype=np.int64)
        lines = []
        for row, (candidates, _) in zip(rows.tolist(), find_candidates(pair, rows, k=DEPTH), strict=True):
            name = left.ids[row]
            judgement = judge(pair, row, candidates, rescorers[trade_of(name)], k=DEPTH)
            for rank, judged in enumerate(judgement.candidates, 1):
                record = {
                    "subject": name,
                    "object": right.ids[judged.position],
                    "rank": rank,
                    "score": judged.score,
                    "confidence": judged.confidence,
                    "relation": judged.relation,
                    "in_set": judged.in_set,
                }
                lines.append(json.dumps(record))
            lines.append(json.dumps({"subject": name, "no_counterpart": judgement.no_counterpart}))
        write_atomic(folder / f"loto.{language}.jsonl", ("\n".join(lines) + "\n").encode())


def fit_for(encoder: str, out: Path | None, *, runs: Path | None, wide_runs: Path | None) -> None:
    """Fit a rescorer to an encoder.

    Args:
        encoder: The encoder's name.
        out: Where to write it; None only measures.
        runs: Where the runs that leave a trade out are written; None leaves them out.
        wide_runs: The same in the pool with distractors.
    """
    subjects, objects = open_source(HK, encoder).index, open_source(CN, encoder).index
    wide = wide_index(objects, encoder)
    examples = {**all_examples(subjects, objects), **wide_examples(subjects, wide)}
    fingerprint = subjects.encoder_fingerprint
    if runs is not None or wide_runs is not None:
        rescorers = leave_one_trade_out(examples, encoder_fingerprint=fingerprint)
        for pool, folder in ((objects, runs), (wide, wide_runs)):
            if folder is not None:
                write_runs(subjects, pool, rescorers, folder)
    if out is not None:
        every = [example for found in examples.values() for example in found]
        facts = {
            "encoder": subjects.encoder_name,
            "fitted_on": f"{len({e.subject for e in every})} units of {len({e.group for e in every})} trades, "
            f"each seen in English, in Chinese and in both where it has them, in pools of {len(objects.ids)} and "
            f"{len(wide.ids)} work contents",
            "provenance": PROVENANCE,
            "gold_sha256": sha256_of(QRELS)[:16],
        }
        rescorer = replace(fit_rescorer(every, encoder_fingerprint=fingerprint), facts=facts)
        write_atomic(out, to_json(rescorer).encode())
        print(f"wrote {out}")


def main() -> None:
    """Fit, write the rescorers, and write the runs of the default encoder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", help="only this one (default: those that the package ships a rescorer for)")
    parser.add_argument("--out", type=Path, help="the rescorer's file (default: the package's, by encoder)")
    parser.add_argument("--runs", type=Path, default=ROOT / "evaluation/reports")
    parser.add_argument("--wide-runs", type=Path, help="the same runs in the pool with distractors")
    parser.add_argument("--no-ship", action="store_true", help="only measure")
    arguments = parser.parse_args()
    shipped = dict(zip((DEFAULT_ENCODER, FAST_ENCODER), SHIPPED, strict=True))
    for encoder in [arguments.encoder] if arguments.encoder else list(shipped):
        place = arguments.out or (ROOT / "matcher/data" / shipped[encoder] if encoder in shipped else None)
        if place is None and not arguments.no_ship:
            parser.error(f"the package ships no rescorer for {encoder}: name a file with --out, or add --no-ship")
        first = encoder == (arguments.encoder or DEFAULT_ENCODER)
        fit_for(
            encoder,
            None if arguments.no_ship else place,
            runs=arguments.runs if first else None,
            wide_runs=arguments.wide_runs if first else None,
        )


if __name__ == "__main__":
    main()
