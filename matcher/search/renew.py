"""An index after an edit: units that did not change are taken over, the others are encoded; the same as a new build.

A unit's rows depend on its own text alone, so that an index put together from two is the one that a build would give.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from matcher.encode.protocol import Encoder
from matcher.readers.canonical import framework_to_bytes
from matcher.schema import Framework
from matcher.search.columns import Columns, make_columns, spans
from matcher.search.index import FrameworkIndex, build_index, sort_units


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """An index, and how many of its units were taken over."""

    index: FrameworkIndex
    kept: int


def renew_index(old: FrameworkIndex, framework: Framework, encoder: Encoder, *, batch_size: int = 64) -> Renewed:
    """Return the index of a framework, taking over what an older index of it already has.

    Args:
        old: An index that this program built with the same normal form.
        framework: The framework as it is now.
        encoder: The encoder; nothing is taken over from an index of another.
        batch_size: Texts encoded at a time.

    Raises:
        InputError: The framework has no unit.
    """
    framework = sort_units(framework)
    same = (
        old.encoder_fingerprint == encoder.fingerprint
        and old.framework.header.jurisdiction == framework.header.jurisdiction
        and old.framework.header.level_frame == framework.header.level_frame
    )
    number_of = {line: number for number, line in enumerate(_lines(old.framework))} if same else {}
    place = [number_of.get(line, -1) for line in _lines(framework)]
    changed = [number for number, found in enumerate(place) if found < 0]
    if len(changed) == len(place):
        return Renewed(index=build_index(framework, encoder, batch_size=batch_size), kept=0)
    parts, source = [old], np.array([[0, found] for found in place], np.int64)
    if changed:
        some = replace(framework, units=tuple(framework.units[number] for number in changed))
        fresh = build_index(some, encoder, batch_size=batch_size)
        # The build sorts by the ids that these units have among themselves.
        order = {id(unit): number for number, unit in enumerate(fresh.framework.units)}
        source[changed] = [[1, order[id(framework.units[number])]] for number in changed]
        parts.append(fresh)
    joined = _join(parts, source, framework, encoder_name=encoder.name)
    return Renewed(index=joined, kept=len(place) - len(changed))


def _lines(framework: Framework) -> list[bytes]:
    """Return the canonical line of every unit."""
    return framework_to_bytes(framework).split(b"\n")[1:-1]


def _ranges(
    parts: Sequence[FrameworkIndex], columns: Sequence[NDArray[np.int32]], source: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return which rows the units have in the parts' arrays laid end to end, and how many each has.

    Args:
        parts: The indexes.
        columns: The unit number of each row, sorted, a part.
        source: (n, 2) part and number of each unit.
    """
    starts = [
        np.searchsorted(column, np.arange(len(part.ids) + 1)) for part, column in zip(parts, columns, strict=True)
    ]
    shift = np.cumsum([0, *map(len, columns)])
    begin, end = np.zeros(len(source), np.int64), np.zeros(len(source), np.int64)
    for number, found in enumerate(starts):
        mine = source[:, 0] == number
        begin[mine] = found[source[mine, 1]] + shift[number]
        end[mine] = found[source[mine, 1] + 1] + shift[number]
    return spans(begin, end), end - begin


def _taken(arrays: Sequence[NDArray[np.generic]], rows: NDArray[np.int64]) -> NDArray[np.generic]:
    """Return rows of arrays laid end to end, without laying them out."""
    out = np.empty((len(rows), *arrays[0].shape[1:]), arrays[0].dtype)
    first = 0
    for array in arrays:
        here = (rows >= first) & (rows < first + len(array))
        out[here] = array[rows[here] - first]
        first += len(array)
    return out


def _join(
    parts: Sequence[FrameworkIndex], source: NDArray[np.int64], framework: Framework, *, encoder_name: str
) -> FrameworkIndex:
    units, unit_counts = _ranges(parts, [part.unit_rows[:, 0] for part in parts], source)
    statements, counts = _ranges(parts, [part.statement_rows[:, 0] for part in parts], source)
    numbers = np.arange(len(source))
    unit_rows = _taken([part.unit_rows for part in parts], units).astype(np.int32)
    unit_rows[:, 0] = np.repeat(numbers, unit_counts)
    statement_rows = _taken([part.statement_rows for part in parts], statements).astype(np.int32)
    statement_rows[:, 0] = np.repeat(numbers, counts)
    terms, term_rows, term_vectors = _terms(parts, statements)
    return FrameworkIndex(
        framework=framework,
        ids=framework.unit_ids(),
        encoder_name=encoder_name,
        encoder_fingerprint=parts[0].encoder_fingerprint,
        unit_rows=unit_rows,
        units=_taken([part.units for part in parts], units).astype(np.float32),
        labels=_taken([part.labels for part in parts], units).astype(np.float32),
        statement_rows=statement_rows,
        statements=_taken([part.statements for part in parts], statements).astype(np.float32),
        genre=np.asarray(parts[0].genre),
        terms=terms,
        term_rows=term_rows,
        term_vectors=term_vectors,
        demand=_taken([part.demand for part in parts], units).astype(np.float64),
        columns=_columns(parts, source, statements),
    )


def _terms(
    parts: Sequence[FrameworkIndex], statements: NDArray[np.int64]
) -> tuple[tuple[str, ...], NDArray[np.int32], NDArray[np.float32]]:
    """Return the words that still occur, sorted, which statement has which, and their vectors."""
    starts = [np.searchsorted(part.term_rows[:, 0], np.arange(len(part.statements) + 1)) for part in parts]
    first = np.cumsum([0, *(len(part.term_rows) for part in parts)])
    begin = np.concatenate([found[:-1] + first[number] for number, found in enumerate(starts)])[statements]
    end = np.concatenate([found[1:] + first[number] for number, found in enumerate(starts)])[statements]
    chosen = spans(begin, end)
    rows = _taken([part.term_rows for part in parts], chosen).astype(np.int64)
    of_part = np.searchsorted(first, chosen, side="right") - 1
    words = [part.terms for part in parts]
    most = max(1, *map(len, words))
    keys, inverse = np.unique(of_part * most + rows[:, 1], return_inverse=True)
    kinds = np.stack([keys // most, keys % most], axis=1)
    names = [words[number][word] for number, word in kinds.tolist()]
    terms = tuple(sorted(set(names)))
    number_of = {name: number for number, name in enumerate(terms)}
    new = np.array([number_of[name] for name in names], np.int64).reshape(-1)
    vectors = np.zeros((len(terms), parts[0].term_vectors.shape[1]), np.float32)
    for (number, word), name in zip(kinds.tolist(), new.tolist(), strict=True):
        vectors[name] = parts[number].term_vectors[word]
    out = np.stack([np.repeat(np.arange(len(statements)), end - begin), new[inverse], rows[:, 2]], axis=1)
    return terms, out.astype(np.int32), vectors


def _columns(parts: Sequence[FrameworkIndex], source: NDArray[np.int64], statements: NDArray[np.int64]) -> Columns:
    facts = [
        tuple(part.columns.texts[text] for text in part.columns.units[unit].tolist())
        for part, unit in ((parts[number], unit) for number, unit in source.tolist())
    ]
    joined = make_columns(facts, [])
    return replace(joined, statements=_taken([part.columns.statements for part in parts], statements).astype(np.int8))
