"""Training text: where each line comes from, under which licence, and proof that no test sentence is in it."""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from matcher.text.normalize import fold, strip_opening

csv.field_size_limit(sys.maxsize)

# Licences as stated at each source (the data folder's README repeats them).
LICENCES = {
    "ecdict": "MIT",
    "cc-cedict": "CC BY-SA 4.0",
    "python-docs-zh-cn": "CC0 / PSF",
    "odoo": "LGPL-3.0",
    "ms-terminology": "MIT",
    "tatoeba": "CC BY 2.0",
    "ofbiz": "Apache-2.0",
    "tldr": "CC BY 4.0",
    "trilingual": "CC BY 4.0 (this project)",
    "onet": "O*NET, CC BY 4.0 (English only, distillation)",
    "esco": "ESCO, (c) European Union (English only, distillation)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One training pair, both sides folded."""

    kind: str
    source: str
    left: str
    right: str


def read_public_pairs(path: Path) -> Iterator[Pair]:
    """Yield the English-Chinese pairs of ``train/pairs.tsv.gz``, or of what ``gather`` wrote."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as handle:
        header = handle.readline()
        if header.rstrip("\n").split("\t") != ["source", "kind", "en", "zh"]:
            raise SystemExit(f"{path}: unexpected header {header!r}")
        for line in handle:
            source, kind, english, chinese = line.rstrip("\n").split("\t")
            yield Pair(kind=kind, source=source, left=fold(english), right=fold(chinese))


def read_trilingual(folders: list[Path]) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield (trade, kind, en, hk, cn), folded, from every ``*.tsv`` of the folders in name order."""
    for folder in folders:
        for path in sorted(folder.glob("*.tsv")):
            trade, kind = path.name.removesuffix(".tsv").rsplit(".", 1)
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if not line.strip():
                    continue
                cells = line.split("\t")
                if len(cells) != 3:
                    raise SystemExit(f"{path}:{number}: expected 3 columns, found {len(cells)}")
                if cells == ["en", "hk", "cn"]:
                    continue
                # The form that texts have at run time, but with the Hong Kong words left in, so that they are learnt.
                english = strip_opening(fold(cells[0].strip()), "en")
                hong_kong = strip_opening(fold(cells[1].strip()), "zh-Hant")
                mainland = strip_opening(fold(cells[2].strip()), "zh-Hans")
                yield trade, kind, english, hong_kong, mainland


def read_work_texts(data: Path) -> list[str]:
    """Return the English work texts (O*NET tasks and titles, ESCO labels and descriptions), folded and unique."""
    texts: dict[str, None] = {}
    with (data / "real/onet/Task_Statements.txt").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            texts[fold(row["Task"])] = None
    with (data / "real/onet/Occupation_Data.txt").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle, delimiter="\t"):
            texts[fold(row["Title"])] = None
            texts[fold(row["Description"])[:400]] = None
    for name in ("occupations.csv", "skillGroups.csv", "skills_en_labels.csv"):
        with (data / "real/esco" / name).open(encoding="utf-8-sig", newline="") as handle:
            for row in csv.DictReader(handle):
                cells = {column.lower(): value or "" for column, value in row.items()}
                texts[fold(cells.get("description", ""))[:400]] = None
                for column in ("preferredlabel", "altlabels"):
                    for label in cells[column].splitlines():
                        texts[fold(label)] = None
    texts.pop("", None)
    return list(texts)


def read_test_sentences(data: Path) -> set[str]:
    """Return every folded sentence of the public test sets, on either side."""
    out: set[str] = set()
    for folder in ("eval/tatoeba", "eval/ntrex"):
        for path in sorted((data / folder).iterdir()):
            if path.name == "SOURCE.txt":
                continue
            for line in path.read_text(encoding="utf-8").splitlines():
                for cell in line.split("\t"):
                    out.add(fold(cell.strip()))
    out.discard("")
    return out
