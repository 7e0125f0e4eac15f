"""A framework with its vectors: built in memory, kept as a folder with a manifest.

Three kinds of vectors, each of the normal form: *units* (all of a unit's text in one language), *labels* (context and
title only: short targets are real life, and long texts drown a short subject), *statements* (the evidence). Beside them
the content words of every statement with a vector each: the lexical side works across languages through them, and a
prepared index needs neither encoder nor jieba. Vectors are stored as the encoder gave them; ``matcher.search.view``
removes the genre's mean.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matcher.artefact import atomic_folder, read_manifest, sha256_of_bytes, write_manifest
from matcher.encode.protocol import Encoder, Vectors
from matcher.errors import ArtefactError, InputError
from matcher.readers.canonical import framework_to_bytes, line_starts, stored_framework
from matcher.resources import read_text
from matcher.schema import LANGUAGES, ROLES, Framework, Language, Unit
from matcher.search.columns import OTHER, Columns, make_columns, statement_marks, unit_facts
from matcher.text.demand import demand, level_cues
from matcher.text.normalize import normal_form, normal_form_fingerprint
from matcher.text.terms import content_words

KIND = "framework-index"
FORMAT_VERSION = 3
_ARRAYS = (
    "unit_rows",
    "units",
    "labels",
    "statement_rows",
    "statements",
    "genre",
    "term_rows",
    "term_vectors",
    "demand",
)
# The facts of units and statements, and where each line of the framework's file starts.
_COLUMNS = ("column_units", "column_statements", "lines")
_TERMS = "terms.txt"
_NAMES = "names.json"
_FRAMEWORK = "framework.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkIndex:
    """A framework, its units sorted by id, and their vectors.

    ``unit_rows`` is (m, 2) int32: unit number and language number (in ``LANGUAGES``) of each row of ``units`` and
    ``labels``, both (m, d) float32. ``statement_rows`` is (s, 2) int32: unit number and statement number of each row
    of ``statements``, (s, d) float32. ``genre`` is (3, d) float64: the genre's mean vector by language.
    ``terms`` are the content words of all statements, sorted, with ``term_vectors`` (v, d) float32; ``term_rows`` is
    (t, 3) int32: row in ``statements``, term number, count. ``demand`` is (m,) float64: what the level cues of each row
    of ``units`` tell (``matcher.text.demand``). ``columns`` are facts of units and statements.
    """

    framework: Framework
    ids: tuple[str, ...]
    encoder_name: str
    encoder_fingerprint: str
    unit_rows: NDArray[np.int32]
    units: Vectors
    labels: Vectors
    statement_rows: NDArray[np.int32]
    statements: Vectors
    genre: NDArray[np.float64]
    terms: tuple[str, ...]
    term_rows: NDArray[np.int32]
    term_vectors: Vectors
    demand: NDArray[np.float64]
    columns: Columns
    digest: str = ""


def sort_units(framework: Framework) -> Framework:
    """Return the framework with its units in the order of their ids: results must not depend on the file's order."""
    ids = framework.unit_ids()
    order = sorted(range(len(ids)), key=lambda number: ids[number])
    return Framework(header=framework.header, units=tuple(framework.units[number] for number in order))


def _texts(unit: Unit, place: str) -> tuple[list[str], list[str], list[str]]:
    """Return a unit's whole text and its label, each in every language it has, and its statements: normal forms."""
    normal = [normal_form(s.text, language=s.language, jurisdiction=place) for s in unit.statements]
    whole, label = [], []
    for language in unit.languages:
        labels = [(c.kind, normal_form(c.text, language=language, jurisdiction=place)) for c in unit.context
                  if c.language == language]  # fmt: skip
        own = [(s, text) for s, text in zip(unit.statements, normal, strict=True) if s.language == language]
        # The context is left to the label vector, but for the function (职业功能): it is part of what the work is.
        whole.append(" ".join([*(text for kind, text in labels if kind == "function"), *(text for _, text in own)]))
        raw = [c.text for c in unit.context if c.language == language]
        named = dict(zip(raw, (text for _, text in labels), strict=True))
        named |= {s.text: text for s, text in own if s.role == "title"}
        label.append(" ".join(named.values()))
    return whole, label, normal


def genre_means(encoder: Encoder) -> NDArray[np.float64]:
    """Return the mean vector of the genre's sample statements by language: (3, d) float64 in ``LANGUAGES`` order."""
    lines = [line.split("\t") for line in read_text("genre.tsv").splitlines() if not line.startswith("#")][1:]
    places = {"en": ("", "en"), "hk": ("HK", "zh-Hant"), "cn": ("CN", "zh-Hans")}
    means: dict[str, NDArray[np.float64]] = {}
    for column, (jurisdiction, language) in enumerate(places.values()):
        tag = next(known for known in LANGUAGES if known == language)
        texts = [normal_form(line[column], language=tag, jurisdiction=jurisdiction) for line in lines]
        means[tag] = encoder.encode(texts).astype(np.float64).mean(axis=0)
    return np.stack([means[language] for language in LANGUAGES])


def build_index(
    framework: Framework, encoder: Encoder, *, batch_size: int = 64, genre: NDArray[np.float64] | None = None
) -> FrameworkIndex:
    """Encode a framework.

    Args:
        framework: The framework.
        encoder: The encoder of the side that it will stand on.
        batch_size: Texts encoded at a time.
        genre: The genre's means where an index of the same encoder already has them; None encodes the sample.

    Raises:
        InputError: The framework has no unit.
    """
    if not framework.units:
        raise InputError("the framework has no unit", where=framework.header.id, do="check the file")
    framework = sort_units(framework)
    place = framework.header.jurisdiction
    unit_rows = [(n, LANGUAGES.index(lang)) for n, unit in enumerate(framework.units) for lang in unit.languages]
    statement_rows = [(n, s) for n, unit in enumerate(framework.units) for s in range(len(unit.statements))]
    unit_texts: list[str] = []
    label_texts: list[str] = []
    statement_texts: list[str] = []
    demands: list[float] = []
    facts: list[tuple[str, ...]] = []
    marks: list[tuple[int, int, int]] = []
    # Everything of a unit at once: its texts are folded for several ends, and kept for so long.
    for unit in framework.units:
        whole, label, normal = _texts(unit, place)
        unit_texts += whole
        label_texts += label
        statement_texts += normal
        demands += [demand(level_cues(unit, (language,))) for language in unit.languages]
        facts.append(unit_facts(framework, unit))
        marks += statement_marks(unit)
    terms, term_rows = _count_terms(statement_texts, [t.language for unit in framework.units for t in unit.statements])
    vectors = _encode_once(encoder, [*unit_texts, *label_texts, *statement_texts, *terms], batch_size=batch_size)
    count, last = len(unit_texts), len(vectors) - len(terms)
    return FrameworkIndex(
        framework=framework,
        ids=framework.unit_ids(),
        encoder_name=encoder.name,
        encoder_fingerprint=encoder.fingerprint,
        unit_rows=np.array(unit_rows, np.int32).reshape(-1, 2),
        units=vectors[:count],
        labels=vectors[count : 2 * count],
        statement_rows=np.array(statement_rows, np.int32).reshape(-1, 2),
        statements=vectors[2 * count : last],
        genre=genre_means(encoder) if genre is None else genre,
        terms=terms,
        term_rows=term_rows,
        term_vectors=vectors[last:],
        demand=np.array(demands),
        columns=make_columns(facts, marks),
    )


def _count_terms(texts: Sequence[str], languages: Sequence[Language]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    known: dict[str, Counter[str]] = {}
    found = []
    for text, language in zip(texts, languages, strict=True):
        key = f"{language}\t{text}"
        if key not in known:
            known[key] = Counter(content_words(text, language))
        found.append(known[key])
    terms = tuple(sorted(set().union(*found)))
    number = {term: n for n, term in enumerate(terms)}
    rows = [(row, number[term], count) for row, words in enumerate(found) for term, count in sorted(words.items())]
    return terms, np.array(rows, np.int32).reshape(-1, 3)


def _encode_once(encoder: Encoder, texts: Sequence[str], *, batch_size: int) -> Vectors:
    # The same sentence stands in many units (safety, training): each is encoded once.
    unique = {text: row for row, text in enumerate(dict.fromkeys(texts))}
    vectors = encoder.encode(list(unique), batch_size=batch_size)
    return vectors[[unique[text] for text in texts]]


def save_index(index: FrameworkIndex, folder: Path) -> None:
    """Write the index folder, whole or not at all.

    Raises:
        InputError: The folder is something else, or cannot be written.
    """
    data = framework_to_bytes(index.framework)
    columns = index.columns
    further: tuple[NDArray[Any], ...] = (columns.units, columns.statements, np.array(line_starts(data), np.int64))
    with atomic_folder(folder) as temporary:
        (temporary / _FRAMEWORK).write_bytes(data)
        names = {"ids": index.ids, "texts": columns.texts}
        (temporary / _NAMES).write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8", errors="replace")
        for name, array in zip(_COLUMNS, further, strict=True):
            np.save(temporary / f"{name}.npy", array, allow_pickle=False)
        (temporary / _TERMS).write_text("\n".join(index.terms), encoding="utf-8", newline="\n")
        for name in _ARRAYS:
            np.save(temporary / f"{name}.npy", getattr(index, name), allow_pickle=False)
        write_manifest(
            temporary,
            kind=KIND,
            version=FORMAT_VERSION,
            fields={
                "encoder": index.encoder_name,
                "encoder_fingerprint": index.encoder_fingerprint,
                "normal_form": normal_form_fingerprint(),
                "dimension": int(index.units.shape[1]),
                "units": len(index.ids),
                "statements": int(index.statements.shape[0]),
                "framework_sha256": sha256_of_bytes(data),
            },
        )


def load_index(folder: Path, *, verify: bool = False) -> FrameworkIndex:
    """Read an index folder; its files are checked against the manifest first.

    Small files are hashed each time; large ones when their size or time is not that of the last time (``verify``: all).
    The framework's units are read from the file when they are asked for.

    Raises:
        ArtefactError: The folder is damaged, truncated, foreign or of another version.
    """
    manifest = read_manifest(folder, kind=KIND, version=FORMAT_VERSION, trust_stamp=not verify)
    if manifest.get("normal_form") != normal_form_fingerprint():
        raise ArtefactError(
            f"was built with another normal form ({manifest.get('normal_form')})",
            where=str(folder),
            expected=normal_form_fingerprint(),
            do="build it again with `matcher index`",
        )
    try:
        named = (*_ARRAYS, *_COLUMNS)
        arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False) for name in named}
        names = json.loads((folder / _NAMES).read_bytes())
        ids, texts = tuple(map(str, names["ids"])), tuple(map(str, names["texts"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArtefactError("an array cannot be read", where=str(folder), do="build the index again") from error
    terms = tuple((folder / _TERMS).read_text(encoding="utf-8").split("\n"))
    if len(terms) != len(arrays["term_vectors"]):
        terms = ()  # a framework without a single content word: the file's one empty line is no term
    _check_arrays(arrays, folder, units=len(ids), terms=len(terms), texts=len(texts))
    # Plain arrays over the maps: every slice of a memmap object would cost a Python call.
    plain = {name: array.view(np.ndarray) for name, array in arrays.items()}
    lines, units, statements = (plain.pop(name) for name in ("lines", "column_units", "column_statements"))
    return FrameworkIndex(
        framework=stored_framework(folder / _FRAMEWORK, lines.tolist(), ids),
        ids=ids,
        encoder_name=str(manifest.get("encoder")),
        encoder_fingerprint=str(manifest.get("encoder_fingerprint")),
        terms=terms,
        columns=Columns(units=units, statements=statements, texts=texts),
        digest=str(manifest["files"][_FRAMEWORK]["sha256"]),
        **plain,
    )


def framework_digest(index: FrameworkIndex) -> str:
    """Return the SHA-256 of an index's framework in its canonical form."""
    return index.digest or sha256_of_bytes(framework_to_bytes(index.framework))


def _check_arrays(arrays: dict[str, NDArray[Any]], folder: Path, *, units: int, terms: int, texts: int) -> None:
    rows, dimension = arrays["units"].shape if arrays["units"].ndim == 2 else (-1, -1)
    count = arrays["statements"].shape[0]
    wanted = {
        "unit_rows": ((rows, 2), np.int32),
        "units": ((rows, dimension), np.float32),
        "labels": ((rows, dimension), np.float32),
        "statement_rows": ((count, 2), np.int32),
        "statements": ((count, dimension), np.float32),
        "genre": ((len(LANGUAGES), dimension), np.float64),
        "term_rows": ((arrays["term_rows"].shape[0], 3), np.int32),
        "term_vectors": ((terms, dimension), np.float32),
        "demand": ((rows,), np.float64),
        "column_units": ((units, 6), np.int32),
        "column_statements": ((count, 3), np.int8),
        "lines": ((units + 2,), np.int64),
    }
    for name, (shape, kind) in wanted.items():
        if arrays[name].shape != shape or arrays[name].dtype != kind:
            raise ArtefactError(
                f"{name}.npy is {arrays[name].shape} {arrays[name].dtype}",
                where=str(folder),
                expected=f"{shape} {np.dtype(kind)}",
                do="build the index again",
            )
    for name, column, limit in (
        ("unit_rows", 0, units),
        ("statement_rows", 0, units),
        ("term_rows", 0, count),
        ("term_rows", 1, terms),
        *(("column_units", column, texts) for column in range(6)),
        ("column_statements", 0, OTHER + 1),
        ("column_statements", 1, len(ROLES)),
    ):
        numbers = np.asarray(arrays[name])[:, column].astype(np.int64)
        if numbers.size and (numbers.min() < 0 or numbers.max() >= limit):
            raise ArtefactError(f"{name}.npy names a row that is not there", where=str(folder), do="build it again")
