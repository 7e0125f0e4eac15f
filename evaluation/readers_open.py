"""O*NET against ESCO: both read by their readers, screened, and compared with the official crosswalk."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from matcher.evaluate.bootstrap import interval
from matcher.pipeline import screen
from matcher.readers import read_framework
from matcher.readers.read import read_frameworks
from matcher.schema import Framework

DEPTH = 10


def crosswalk(path: Path) -> dict[str, dict[str, str]]:
    """Return O*NET code -> ESCO address -> relation."""
    out: dict[str, dict[str, str]] = {}
    with path.open(encoding="utf-8-sig", newline="") as handle:
        for row in csv.reader(handle):
            if len(row) >= 7 and row[0][:2].isdigit() and "/esco/occupation/" in row[3]:
                out.setdefault(row[0].strip(), {})[row[3].strip()] = row[6].strip()
    return out


def _texts(framework: Framework) -> list[str]:
    return [" ".join(s.text for s in unit.statements) for unit in framework.units]


def _tfidf(subjects: Framework, objects: Framework) -> np.ndarray[Any, Any]:
    """Return for each subject the ten best objects by character TF-IDF (3 to 5 characters inside words)."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2)
    right = vectors.fit_transform(_texts(objects))
    left = vectors.transform(_texts(subjects))
    best = []
    for start in range(0, left.shape[0], 200):
        scores = (left[start : start + 200] @ right.T).toarray()
        best.append(np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH])
    found: np.ndarray[Any, Any] = np.concatenate(best)
    return found


def open_data(_folder: Path, data: Path) -> dict[str, Any]:
    """Return hit@10 of the crosswalk, any relation, for the embedded encoder and for character TF-IDF."""
    from matcher.encode import load_encoder
    from matcher.search.index import build_index

    real, pairs = data / "real", data / "eval/crosswalks/crosswalk_esco_onet.csv"
    if not str(data) or not pairs.is_file():
        print("open: no data folder (--data or MATCHER_DATA): passed over")
        return {}
    esco = read_framework(real / "esco/occupations.csv")
    onet = read_frameworks([real / "onet/Occupation_Data.txt", real / "onet/Task_Statements.txt"])
    addresses = {unit.remarks: unit.code for unit in esco.framework.units}
    wanted = {
        code: {addresses[address] for address in found if address in addresses}
        for code, found in crosswalk(pairs).items()
    }
    relations = Counter(kind for found in crosswalk(pairs).values() for kind in found.values())
    codes = [unit.code for unit in onet.framework.units]
    asked = [code for code in codes if wanted.get(code)]
    encoder = load_encoder("embedded")
    subjects, objects = (build_index(result.framework, encoder) for result in (onet, esco))
    ours = {
        result.subject_id: {s.object_id for s in result.suggestions}
        for result in screen(subjects, objects, k=DEPTH, explain=False)
    }
    rows = _tfidf(onet.framework, esco.framework)
    theirs = {code: {esco.framework.units[i].code for i in row} for code, row in zip(codes, rows.tolist(), strict=True)}
    out: dict[str, Any] = {
        "esco_units": len(esco.framework.units), "onet_units": len(codes), "n": len(asked),
        "refused": len(esco.report.refused) + len(onet.report.refused), "relations": dict(relations.most_common()),
    }  # fmt: skip
    for name, found in (("embedded encoder", ours), ("character TF-IDF", theirs)):
        hits = [float(bool(found.get(code, set()) & wanted[code])) for code in asked]
        low, high = interval(hits)
        out[name] = {"hit@10": sum(hits) / len(hits), "low": low, "high": high}
    return out
