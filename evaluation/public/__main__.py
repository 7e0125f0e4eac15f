"""Measure the public sets and write evaluation/reports/public.{md,json}: figures and ids only, never their texts.

python -m evaluation.public --data FOLDER [--encoder NAME] [--out FOLDER] [--trec FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from evaluation.facts import program_facts
from evaluation.public.melo import PUBLISHED, melo_runs
from evaluation.public.occupations import measure_occupations
from evaluation.public.relations import features, lay_out, predict_out_of_fold
from evaluation.public.tables import RELATIONS, read_crosswalk, read_melo, read_occupations
from matcher.artefact import sha256_of
from matcher.encode import encoder_fingerprint, load_encoder
from matcher.encode.protocol import Encoder
from matcher.evaluate import agreement, evaluate_run, write_trec
from matcher.evaluate.bootstrap import unit_interval
from matcher.evaluate.verdicts import Figure

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = "real/cn_osta_functions_weights.tsv"
MELO, CROSSWALK, ESCO = "eval/melo", "eval/crosswalks/crosswalk_esco_onet.csv", "real/esco/occupations.csv"
SHOWN = ("MRR", "hit@1", "hit@5", "hit@10")


def measure_melo(data: Path, encoder: Encoder, trec: Path | None) -> dict[str, tuple[Figure, ...]]:
    """Return the figures of each run over MELO's queries."""
    melo = read_melo(data / MELO)
    figures = {}
    for name, run in melo_runs(melo, encoder).items():
        report = evaluate_run(run, melo.gold)
        figures[name] = tuple(figure for figure in report.overall if figure.measure in SHOWN)
        if trec is not None:
            write_trec(run, melo.gold, trec / f"melo {name}".replace(" ", "-"))
    return figures


def measure_relations(data: Path, encoder: Encoder) -> dict[str, object]:
    """Return the figures and the confusion of the typed crosswalk, out of fold."""
    pairs = read_crosswalk(data / CROSSWALK)
    table, names = features(lay_out(encoder, pairs, read_occupations(data / ESCO)), pairs)
    gold = np.array([RELATIONS.index(pair.relation) for pair in pairs])
    predicted = predict_out_of_fold(table, gold, np.array([pair.major_group for pair in pairs]))
    codes = sorted({pair.code for pair in pairs})
    owner = np.array([codes.index(pair.code) for pair in pairs])
    occupations = np.array([not pair.is_group for pair in pairs])

    def matrices(weights: agreement.Floats, kept: np.ndarray) -> agreement.Floats:
        return agreement.confusions(gold[kept], predicted[kept], weights[:, owner[kept]], classes=len(RELATIONS))

    def figure(name: str, statistic: object, kept: np.ndarray) -> Figure:
        value, low, high = unit_interval(lambda w: statistic(matrices(w, kept)), len(codes))  # type: ignore[operator]
        return Figure(measure=name, value=round(value, 9), low=round(low, 9), high=round(high, 9), n=int(kept.sum()))

    every = np.ones(len(pairs), bool)
    confusion = matrices(np.ones((1, len(codes))), every)[0][:, : len(RELATIONS)]
    shares = {}
    for row, name in enumerate(RELATIONS):
        for column, said in enumerate(RELATIONS):
            found = figure(f"{name} said {said}", _share(row, column), every)
            shares[f"{name} > {said}"] = {"share": found.value, "low": found.low, "high": found.high}
    return {
        "pairs": len(pairs),
        "O*NET occupations": len(codes),
        "features": len(names),
        "majority": float(np.bincount(gold).max() / len(gold)),
        "figures": [
            asdict(figure("macro-F1", agreement.macro_f1, every)),
            asdict(figure("accuracy", agreement.accuracy, every)),
            asdict(figure("macro-F1 without the ISCO groups", agreement.macro_f1, occupations)),
            asdict(figure("accuracy without the ISCO groups", agreement.accuracy, occupations)),
            *(asdict(figure(f"F1 of {name}", _f1_of(place), every)) for place, name in enumerate(RELATIONS)),
        ],
        "confusion": {"relations": RELATIONS, "counts": confusion.astype(int).tolist(), "shares": shares},
    }


def _share(row: int, column: int) -> object:
    return lambda matrices: agreement.ratio(matrices[:, row, column], matrices[:, row].sum(axis=1))


def _f1_of(place: int) -> object:
    return lambda m: agreement.ratio(2 * m[:, place, place], m[:, place].sum(axis=1) + m[:, :, place].sum(axis=1))


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def occupations_as_markdown(figures: Mapping[str, tuple[Figure, ...]]) -> list[str]:
    """Return the section on the real Mainland occupations."""
    lines = ["", "## Sample units to the real Mainland occupations", ""]
    lines += [
        "Sample units of seven trades against the functions (职业功能) of 447 real occupations, names only, by",
        "`--group occupation`: is an occupation of the trade among the first? The rescorer was fitted on these",
        "units with other targets; no pair with a real occupation was ever judged.",
        "",
    ]
    lines += ["| subjects | n | hit@1 | hit@5 | hit@10 |", "|---|---|---|---|---|"]
    for language, found in figures.items():
        cells = [f"{f.value:.3f} ({f.low:.3f}-{f.high:.3f})" for f in found]
        lines.append(_row(({"en": "English only", "zh": "Chinese only"}[language], found[0].n, *cells)))
    return lines


def as_markdown(melo: dict[str, tuple[Figure, ...]], relations: dict[str, object], facts: dict[str, str]) -> str:
    """Return the report as a page to read."""
    lines = ["# Public sets", "", *(f"- {name}: `{value}`" for name, value in facts.items()), ""]
    lines += ["Value with 95 % bootstrap interval (2,000 resamples). Figures and ids only: the texts are not ours.", ""]
    lines += ["## MELO usa_q_en_c_en: O*NET titles to ESCO surface forms", ""]
    lines += [
        "633 queries, 33,809 surface forms; every surface form of the right concept counts, as in the benchmark",
        "(trec_eval's recip_rank and success_k over the first 100). Nothing is trained on it; the rules",
        "for titles (singular, what “Except …” excludes) were written for O*NET's titles. The encoder's",
        "training saw O*NET's and ESCO's English texts one by one, never which belongs to which.",
        "",
    ]
    lines += [_row(("run", "n", *SHOWN)), "|---|---|" + "---|" * len(SHOWN)]
    for name, figures in melo.items():
        by_name = {f.measure: f for f in figures}
        cells = [f"{by_name[m].value:.4f} ({by_name[m].low:.3f}-{by_name[m].high:.3f})" for m in SHOWN]
        lines.append(_row((name, figures[0].n, *cells)))
    lines += [
        _row((f"published [Avature/melo-benchmark@014982f]: {name}", 633, f"{value:.4f}", "", "", ""))
        for name, value in PUBLISHED.items()
    ]
    figures = [Figure(**record) for record in relations["figures"]]  # type: ignore[attr-defined]
    lines += ["", "## O*NET to ESCO: the relation of each pair of the official crosswalk", ""]
    lines += [
        f"{relations['pairs']} pairs of {relations['O*NET occupations']} O*NET occupations; five-fold cross-validation "
        "over O*NET major groups;",
        f"logistic regression over {relations['features']} features. Always saying “broad” gives an accuracy of "
        f"{relations['majority']:.3f}.",
        "The 43 pairs with an ISCO group (exactISCO) count as exact; lines without them stand below. Intervals draw",
        "whole O*NET occupations.",
        "",
        _row(("measure", "value", "95 % interval", "n")),
        "|---|---|---|---|",
    ]
    lines += [_row((f.measure, f"{f.value:.4f}", f"{f.low:.3f}-{f.high:.3f}", f.n)) for f in figures]
    table = relations["confusion"]
    lines += ["", "Rows: the crosswalk's relation; columns: predicted; count, and share of the row with interval.", ""]
    lines += [_row(("", *RELATIONS)), "|---|" + "---|" * len(RELATIONS)]
    for name, counts in zip(RELATIONS, table["counts"], strict=True):  # type: ignore[index]
        cells = []
        for said, count in zip(RELATIONS, counts, strict=True):
            share = table["shares"][f"{name} > {said}"]  # type: ignore[index]
            cells.append(f"{count}: {share['share']:.2f} ({share['low']:.2f}-{share['high']:.2f})")
        lines.append(_row((f"**{name}**", *cells)))
    return "\n".join(lines) + "\n"


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.public", description=__doc__)
    parser.add_argument("--data", default=os.environ.get("MATCHER_DATA"), help="data folder (or MATCHER_DATA)")
    parser.add_argument("--encoder", default="embedded")
    parser.add_argument("--out", type=Path, default=ROOT / "evaluation/reports")
    parser.add_argument("--trec", type=Path, help="write MELO's runs and qrels for trec_eval there")
    arguments = parser.parse_args()
    if not arguments.data:
        print("skipped: the public sets need --data FOLDER or MATCHER_DATA (evaluation/README.md names the files)")
        return 0
    data, encoder = Path(arguments.data), load_encoder(arguments.encoder)
    files = (
        f"{MELO}/queries.tsv",
        f"{MELO}/corpus_elements.tsv",
        f"{MELO}/annotations.tsv",
        CROSSWALK,
        ESCO,
        FUNCTIONS,
    )
    facts = {
        **program_facts(),
        "encoder": f"{arguments.encoder} ({encoder_fingerprint(arguments.encoder)})",
        **{name: sha256_of(data / name)[:16] for name in files if (data / name).is_file()},
    }
    melo, relations = measure_melo(data, encoder, arguments.trec), measure_relations(data, encoder)
    page = as_markdown(melo, relations, facts)
    occupations = measure_occupations(data / FUNCTIONS, arguments.encoder)
    page += "\n".join(occupations_as_markdown(occupations)) + "\n"
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "public.md").write_text(page, encoding="utf-8")
    record = {
        "facts": facts,
        "melo": {name: [asdict(figure) for figure in figures] for name, figures in melo.items()},
        "relations": relations,
        "occupations": {language: [asdict(figure) for figure in found] for language, found in occupations.items()},
    }
    (arguments.out / "public.json").write_text(
        json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
