"""The only place where the stages meet: frameworks in, ranked and explained candidates out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from matcher import __version__
from matcher.artefact import sha256_of_bytes
from matcher.compare.align import align, compare
from matcher.compare.examples import Grades, Relations, judged_subjects, make_examples
from matcher.compare.fit import fit_rescorer
from matcher.compare.group import GroupBy, group_suggestions
from matcher.compare.levels import level_evidence
from matcher.compare.model import Rescorer, shipped_rescorer, to_json
from matcher.compare.rerank import Reranker, rerank
from matcher.compare.rescore import adapted, judge, sample_rows
from matcher.compare.signals import Pair, find_candidates, make_pair
from matcher.compare.suggest import explain, suggestions
from matcher.encode import Side, fits_side, load_encoder, space_of
from matcher.errors import ArtefactError, InputError
from matcher.opening import Source as Source
from matcher.opening import open_source as open_source
from matcher.opening import text_framework as text_framework
from matcher.schema import (
    LANGUAGES,
    AlignedPair,
    Framework,
    Language,
    LevelEvidence,
    Query,
    Suggestion,
    UnitResult,
)
from matcher.search.affinity import make_groups
from matcher.search.index import FrameworkIndex, build_index, framework_digest
from matcher.search.lexical import make_lexicon, word_table
from matcher.search.retrieve import Searcher
from matcher.search.view import make_view

SubjectLanguage = Literal["en", "zh", "both"]
_LANGUAGES_OF: dict[SubjectLanguage, tuple[Language, ...]] = {
    "en": ("en",),
    "zh": ("zh-Hant", "zh-Hans"),
    "both": LANGUAGES,
}
# Subjects are searched in blocks of this many: the block bounds memory and cannot change a result.
BLOCK = 256
# A group is as good as its best unit: this many units a wanted group are looked at.
UNITS_PER_GROUP = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What a screening is asked for.

    ``rescorer`` None means the one that the package ships. ``reranker`` names a cross-encoder for the first candidates.
    """

    k: int
    subject_language: SubjectLanguage = "both"
    unit_ids: tuple[str, ...] | None = None
    group: GroupBy | None = None
    explain: bool = True
    rescorer: Rescorer | None = None
    reranker: Reranker | None = None


def screen(
    subjects: FrameworkIndex,
    objects: FrameworkIndex,
    *,
    k: int,
    subject_language: SubjectLanguage = "both",
    unit_ids: Sequence[str] | None = None,
    group: GroupBy | None = None,
    explain: bool = True,
) -> Iterator[UnitResult]:
    """Yield each unit's k best candidates in the order of unit ids.

    Args:
        subjects: The source side.
        objects: The target side.
        k: How many candidates a unit; fewer only where there are fewer objects.
        subject_language: The language of the subjects that the matcher sees; units without it are left out.
        unit_ids: Only these subjects.
        group: Roll units up to occupations, or to occupations at one level.
        explain: Align the statements of every candidate, and add coverage and level evidence.

    Raises:
        InputError: No unit has text in the language, or k is not positive.
        ArtefactError: The two indexes are of different encoders.
    """
    return run_screening(
        subjects,
        objects,
        Screening(
            k=k,
            subject_language=subject_language,
            unit_ids=tuple(unit_ids) if unit_ids is not None else None,
            group=group,
            explain=explain,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """Both sides laid out for a screening, with the positions of the asked subjects in the order of their results.

    A subject's result depends on this and on nothing else: not on which other rows are screened beside it.
    """

    pair: Pair
    rescorer: Rescorer
    wanted: Screening
    rows: NDArray[np.int64]
    searcher: Searcher

    @property
    def depth(self) -> int:
        """How many candidates a subject are ranked."""
        wanted = self.wanted
        return wanted.k if wanted.group is None else max(2_000, wanted.k * UNITS_PER_GROUP)


def lay_out(subjects: FrameworkIndex, objects: FrameworkIndex, wanted: Screening) -> Pair:
    """Lay out both sides: the part of ``prepare`` that takes long.

    Raises:
        InputError: No unit has text in the language, or k is not positive.
        ArtefactError: The two indexes are of different encoders.
    """
    if wanted.k < 1:
        raise InputError(f"k is {wanted.k}", where="-k", expected="1 or more")
    if space_of(subjects.encoder_fingerprint) != space_of(objects.encoder_fingerprint):
        raise ArtefactError(
            f"the two sides were encoded by {subjects.encoder_name} and {objects.encoder_name}",
            expected="one encoder",
            do="build both indexes with the same --encoder",
        )
    for index, side in ((subjects, "subject"), (objects, "object")):
        if not fits_side(index.encoder_fingerprint, cast("Side", side)):
            raise ArtefactError(
                "was encoded with the prompt of the other side",
                where=index.framework.header.id,
                expected=f"vectors for the {side} side",
                do="build the index again with `matcher index --side`",
            )
    left = make_view(subjects, languages=_LANGUAGES_OF[wanted.subject_language])
    right = make_view(objects)
    ids = wanted.unit_ids
    rows = range(len(left.ids)) if ids is None else [left.position(i) for i in ids]
    foreign = _rescorer_of(subjects, wanted).encoder_fingerprint != subjects.encoder_fingerprint
    return make_pair(left, right, rows=np.union1d(rows, sample_rows(left)).tolist() if foreign else rows)


def _rescorer_of(subjects: FrameworkIndex, wanted: Screening) -> Rescorer:
    return wanted.rescorer or shipped_rescorer(subjects.encoder_fingerprint)


def prepare(
    subjects: FrameworkIndex, objects: FrameworkIndex, wanted: Screening, *, pair: Pair | None = None
) -> Prepared:
    """Lay out both sides for a screening.

    Args:
        subjects: The source side.
        objects: The target side.
        wanted: What is asked for.
        pair: Both sides laid out, where that was done before.

    Raises:
        InputError: No unit has text in the language, or k is not positive.
        ArtefactError: The two indexes are of different encoders, or the rescorer is damaged.
    """
    pair = pair or lay_out(subjects, objects, wanted)
    ids = wanted.unit_ids
    rows = [pair.subjects.position(i) for i in ids] if ids is not None else range(len(pair.subjects.ids))
    rescorer = _rescorer_of(subjects, wanted)
    foreign = rescorer.encoder_fingerprint != subjects.encoder_fingerprint
    return Prepared(
        pair=pair,
        rescorer=adapted(rescorer, pair) if foreign else rescorer,
        wanted=wanted,
        rows=np.array(rows, np.int64),
        searcher=Searcher(pair.space),
    )


def screen_rows(prepared: Prepared, rows: NDArray[np.int64]) -> Iterator[UnitResult]:
    """Yield the results of some of the prepared rows (positions of subjects), in their order."""
    pair, wanted, depth = prepared.pair, prepared.wanted, prepared.depth
    found = find_candidates(pair, rows, k=depth, searcher=prepared.searcher)
    for row, (candidates, rest) in zip(rows.tolist(), found, strict=True):
        judgement = judge(pair, row, candidates, prepared.rescorer, k=depth)
        if wanted.reranker is not None:
            judgement = rerank(wanted.reranker, pair, row, judgement)
        ranked = suggestions(pair, row, judgement, rest, k=depth)
        yield _result(pair, row, ranked, judgement.no_counterpart, wanted)


def run_screening(
    subjects: FrameworkIndex, objects: FrameworkIndex, wanted: Screening, *, pair: Pair | None = None
) -> Iterator[UnitResult]:
    """Yield each unit's best candidates in the order of unit ids; ``pair`` as ``prepare`` takes it.

    Raises:
        InputError: No unit has text in the language, or k is not positive.
        ArtefactError: The two indexes are of different encoders, or the rescorer is damaged.
    """
    prepared = prepare(subjects, objects, wanted, pair=pair)
    for start in range(0, len(prepared.rows), BLOCK):
        yield from screen_rows(prepared, prepared.rows[start : start + BLOCK])


def refit(
    subjects: FrameworkIndex,
    objects: FrameworkIndex,
    grades: Grades,
    relations: Relations,
    *,
    subject_language: SubjectLanguage = "both",
) -> tuple[Rescorer, int]:
    """Fit a rescorer to decisions, starting from the shipped one; return it and how many units it saw.

    Units are left out by group (industry, occupation) where there are at least three, else in five folds.

    Raises:
        InputError: Too few units were judged.
    """
    left, right = make_view(subjects, languages=_LANGUAGES_OF[subject_language]), make_view(objects)
    groups = make_groups(left).of.tolist()
    name_of = {name: f"group {group}" for name, group in zip(left.ids, groups, strict=True)}
    examples = make_examples(left, right, grades=grades, relations=relations, group_of=name_of.__getitem__)
    fitted = fit_rescorer(
        examples, encoder_fingerprint=subjects.encoder_fingerprint, prior=shipped_rescorer(subjects.encoder_fingerprint)
    )
    return fitted, judged_subjects(examples)


def count_subjects(subjects: FrameworkIndex, *, subject_language: SubjectLanguage = "both") -> int:
    """Return how many units a screening will answer."""
    wanted = [LANGUAGES.index(language) for language in _LANGUAGES_OF[subject_language]]
    return int(np.unique(subjects.unit_rows[np.isin(subjects.unit_rows[:, 1], wanted), 0]).size)


def _result(
    pair: Pair, row: int, ranked: Sequence[Suggestion], no_counterpart: float | None, wanted: Screening
) -> UnitResult:
    def explained(found: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
        if not wanted.explain:
            return tuple(found)
        return tuple(explain(pair, row, [pair.objects.position(s.object_id) for s in found], found))

    if wanted.group is None:
        kept = explained(ranked)
    else:
        groups = group_suggestions(ranked, by=wanted.group, k=wanted.k)
        kept = tuple(replace(g, members=explained(g.members)) for g in groups)
    return UnitResult(
        subject_id=pair.subjects.ids[row],
        subject=pair.subjects.unit(row),
        suggestions=kept,
        no_counterpart=no_counterpart,
    )


def query_of(subjects: FrameworkIndex, objects: FrameworkIndex) -> Query:
    """Return what outputs need to know of the two sides."""
    return Query(subjects=subjects.framework, objects=objects.framework, encoder=subjects.encoder_name)


def explain_pairs(
    subjects: Framework, objects: Framework, pairs: Sequence[tuple[str, str]], *, encoder: str = "embedded"
) -> dict[tuple[str, str], tuple[AlignedPair, ...]]:
    """Return the aligned statements of given (subject, object) pairs; only the units in them are encoded.

    Pairs with an id that its framework does not have, or without a common language, are left out.

    Args:
        subjects: The source framework.
        objects: The target framework.
        pairs: Ids as ``Framework.unit_ids`` gives them.
        encoder: The encoder's name.
    """
    wanted = frozenset(pairs)
    sides = []
    for framework, ids in ((subjects, {s for s, _ in wanted}), (objects, {o for _, o in wanted})):
        kept = [(i, unit) for i, unit in zip(framework.unit_ids(), framework.units, strict=True) if i in ids]
        sides.append((tuple(i for i, _ in kept), replace(framework, units=tuple(unit for _, unit in kept))))
    if not all(ids for ids, _ in sides):
        return {}
    left = build_index(sides[0][1], load_encoder(encoder, "subject"))
    right = build_index(sides[1][1], load_encoder(encoder, "object"))
    # A code that was shared in the whole framework may be alone here: ids go by position.
    names = [dict(zip(framework.unit_ids(), ids, strict=True)) for ids, framework in sides]
    return {
        pair: suggestion.alignment
        for result in screen(left, right, k=len(names[1]))
        for suggestion in result.suggestions
        if (pair := (names[0][result.subject_id], names[1][suggestion.object_id])) in wanted
    }


def link_evidence(
    subjects: FrameworkIndex, objects: FrameworkIndex, pairs: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[tuple[AlignedPair, ...], LevelEvidence]]:
    """Return the aligned statements and the level evidence of given (subject, object) pairs.

    Both sides are seen whole, as in a screening, so that a pair has the same evidence whatever else is asked.
    Pairs with an id that its side does not have are left out.
    """
    left, right = make_view(subjects), make_view(objects)
    rows, places = ({name: position for position, name in enumerate(view.ids)} for view in (left, right))
    asked: dict[int, list[int]] = {}
    for one, other in sorted(set(pairs)):
        if one in rows and other in places:
            asked.setdefault(rows[one], []).append(places[other])
    lexicon = make_lexicon(left, right, rows=sorted(asked))
    out = {}
    for row, positions in asked.items():
        candidates = np.array(positions, np.int64)
        table = word_table(lexicon, row, candidates)
        for position, found in zip(positions, compare(left, row, right, candidates), strict=True):
            level = level_evidence(
                left.unit(row), subjects.framework, right.unit(position), objects.framework, languages=left.languages
            )
            out[left.ids[row], right.ids[position]] = align(left, right, table, found), level
    return out


def subject_ids(subjects: FrameworkIndex, *, subject_language: SubjectLanguage = "both") -> tuple[str, ...]:
    """Return the ids of the units that a screening will answer, in the order of its results."""
    return tuple(make_view(subjects, languages=_LANGUAGES_OF[subject_language]).ids)


def screening_fingerprint(
    subjects: FrameworkIndex, objects: FrameworkIndex, wanted: Screening, *, reranker: str = ""
) -> str:
    """Return a hash of all that a screening's results depend on; ``reranker`` is the cross-encoder's name."""
    parts = [f"{framework_digest(side)} {side.encoder_fingerprint}" for side in (subjects, objects)]
    options = (wanted.k, wanted.subject_language, wanted.group, wanted.explain, reranker)
    weights = to_json(_rescorer_of(subjects, wanted))
    return sha256_of_bytes("\0".join([*parts, repr(options), weights, __version__]).encode())
