"""Which units need which look: triage of a screening, and its counts by area and level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from matcher.export.rows import DisplayLanguage, context, level_words
from matcher.schema import Query, Suggestion, UnitResult

# "strong": one candidate is probably comparable; "look": a person has to see; "none": probably nothing is comparable;
# "unknown": the run has no calibrated confidence, so nothing can be said.
Triage = Literal["strong", "look", "none", "unknown"]
TRIAGES: tuple[Triage, ...] = get_args(Triage)
# A choice of ours, not a finding: two in three for the first group, and more probable than not for the third.
STRONG = 2 / 3
NOTHING = 1 / 2
# Confidences are counted in tenths.
BINS = 10


def triage(result: UnitResult) -> Triage:
    """Return the triage of a unit's candidates.

    "none" where the probability of no counterpart is above ``NOTHING``, or the conformal set is known and empty;
    "strong" where the best confidence is at least ``STRONG`` and the conformal set, where known, holds that candidate;
    "look" where anything else is known.
    """
    best = max((s for s in result.suggestions if s.confidence is not None), key=_confidence, default=None)
    known = [s.in_set for s in result.suggestions if s.in_set is not None]
    if result.no_counterpart is None and best is None and not known:
        return "unknown"
    if (result.no_counterpart or 0.0) > NOTHING or (known and not any(known)):
        return "none"
    if best is not None and _confidence(best) >= STRONG and best.in_set is not False:
        return "strong"
    return "look"


def _confidence(suggestion: Suggestion) -> float:
    return suggestion.confidence or 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Counts of one area or level; ``name`` is "" for units that name none."""

    name: str
    counts: Mapping[Triage, int]

    @property
    def total(self) -> int:
        """How many units it has."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A screening in numbers.

    ``confidences`` counts the best candidates' confidences in tenths, ``set_sizes`` the conformal sets by size; both
    are empty where the run has none. ``unanswered`` are units without any candidate.
    """

    whole: Part
    areas: tuple[Part, ...]
    levels: tuple[Part, ...]
    confidences: tuple[int, ...] = ()
    set_sizes: Mapping[int, int] = field(default_factory=dict)
    unanswered: int = 0


def area_of(result: UnitResult) -> str:
    """Return the unit's area, or what stands for it in frameworks without areas."""
    return next(filter(None, (context(result.subject, kind) for kind in ("area", "function", "occupation"))), "")


class Tally:
    """Counts results as they pass by, so that a large screening need not be held in memory."""

    def __init__(self, query: Query, display: DisplayLanguage) -> None:
        self._query = query
        self._display = display
        self._whole: Counter[Triage] = Counter()
        self._areas: dict[str, Counter[Triage]] = {}
        self._levels: dict[tuple[str, str], Counter[Triage]] = {}
        self._bins = [0] * BINS
        self._sizes: Counter[int] = Counter()
        self._unanswered = 0

    def watch(self, results: Iterable[UnitResult]) -> Iterator[UnitResult]:
        """Yield the results and count each."""
        for result in results:
            self._add(result)
            yield result

    def _add(self, result: UnitResult) -> None:
        kind = triage(result)
        self._whole[kind] += 1
        self._areas.setdefault(area_of(result), Counter())[kind] += 1
        words = level_words(self._query.subjects, result.subject, self._display)
        self._levels.setdefault((result.subject.level or "", words), Counter())[kind] += 1
        confidences = [s.confidence for s in result.suggestions if s.confidence is not None]
        if confidences:
            self._bins[min(BINS - 1, int(max(confidences) * BINS))] += 1
        known = [s.in_set for s in result.suggestions if s.in_set is not None]
        if known:
            self._sizes[sum(known)] += 1
        self._unanswered += not result.suggestions

    def summary(self) -> Summary:
        """Return the counts so far; areas by name, levels in the order of their ids."""
        return Summary(
            whole=_part("", self._whole),
            areas=tuple(_part(name, self._areas[name]) for name in sorted(self._areas)),
            levels=tuple(_part(level[1], self._levels[level]) for level in sorted(self._levels)),
            confidences=tuple(self._bins) if any(self._bins) else (),
            set_sizes=dict(sorted(self._sizes.items())),
            unanswered=self._unanswered,
        )


def summarise(results: Iterable[UnitResult], query: Query, display: DisplayLanguage) -> Summary:
    """Return a screening's counts."""
    tally = Tally(query, display)
    for _ in tally.watch(results):
        pass
    return tally.summary()


def _part(name: str, counts: Counter[Triage]) -> Part:
    return Part(name=name, counts={kind: counts[kind] for kind in TRIAGES})


TRIAGE_WORDS: Mapping[Literal["en", "zh"], Mapping[Triage, str]] = {
    "en": {
        "strong": "Strong candidate",
        "look": "Needs a look",
        "none": "Nothing comparable",
        "unknown": "Cannot say",
    },
    "zh": {"strong": "候选较强", "look": "需要人工查看", "none": "无可比内容", "unknown": "无法判断"},
}
