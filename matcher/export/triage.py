"""Which units need which look: triage of a screening, and its counts by area and level."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
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
class Spread:
    """How shares between 0 and 1 are spread: the ends, the quartiles and the median of ``n`` of them."""

    n: int
    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float


def spread_of(values: Sequence[float]) -> Spread | None:
    """Return how values are spread, None without any; quartiles between two values by proportion.

    That is type 7 of Hyndman & Fan (1996), Sample quantiles in statistical packages, Am. Stat. 50, as Excel's
    QUARTILE.INC has it.
    """
    if not values:
        return None
    a, b, c = quantiles(values, n=4, method="inclusive") if len(values) > 1 else [values[0]] * 3
    return Spread(n=len(values), low=min(values), quarter=a, median=b, three_quarters=c, high=max(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Counts of one area or level; ``name`` is "" for units that name none.

    ``confidence`` and ``coverage`` are those of each unit's best candidate (coverage: how much of the unit it
    covers), None where the run has none.
    """

    name: str
    counts: Mapping[Triage, int]
    confidence: Spread | None = None
    coverage: Spread | None = None

    @property
    def total(self) -> int:
        """How many units it has."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A screening in numbers.

    ``confidences`` and ``coverages`` count those of the best candidates in tenths, ``set_sizes`` the conformal sets by
    size; they are empty where the run has none. ``unanswered`` are units without any candidate.
    """

    whole: Part
    areas: tuple[Part, ...]
    levels: tuple[Part, ...]
    confidences: tuple[int, ...] = ()
    coverages: tuple[int, ...] = ()
    set_sizes: Mapping[int, int] = field(default_factory=dict)
    unanswered: int = 0


def area_of(result: UnitResult) -> str:
    """Return the unit's area, or what stands for it in frameworks without areas."""
    return next(filter(None, (context(result.subject, kind) for kind in ("area", "function", "occupation"))), "")


class _Group:
    """What is counted of one area, of one level or of all."""

    def __init__(self) -> None:
        self.counts: Counter[Triage] = Counter()
        self.confidences: list[float] = []
        self.coverages: list[float] = []

    def add(self, kind: Triage, best: Suggestion | None) -> None:
        self.counts[kind] += 1
        if best is not None and best.confidence is not None:
            self.confidences.append(best.confidence)
        if best is not None and best.coverage is not None:
            self.coverages.append(best.coverage.subject)

    def part(self, name: str) -> Part:
        return Part(
            name=name,
            counts={kind: self.counts[kind] for kind in TRIAGES},
            confidence=spread_of(self.confidences),
            coverage=spread_of(self.coverages),
        )


class Tally:
    """Counts results as they pass by, so that a large screening need not be held in memory."""

    def __init__(self, query: Query, display: DisplayLanguage) -> None:
        self._query = query
        self._display = display
        self._whole = _Group()
        self._areas: defaultdict[str, _Group] = defaultdict(_Group)
        self._levels: defaultdict[tuple[str, str], _Group] = defaultdict(_Group)
        self._sizes: Counter[int] = Counter()
        self._unanswered = 0

    def watch(self, results: Iterable[UnitResult]) -> Iterator[UnitResult]:
        """Yield the results and count each."""
        for result in results:
            self._add(result)
            yield result

    def _add(self, result: UnitResult) -> None:
        kind = triage(result)
        # The most confident candidate, or the first where the run has no confidence; of two alike the first.
        best = max(result.suggestions, key=_confidence, default=None)
        words = level_words(self._query.subjects, result.subject, self._display)
        for group in (
            self._whole,
            self._areas[area_of(result)],
            self._levels[result.subject.level or "", words],
        ):
            group.add(kind, best)
        known = [s.in_set for s in result.suggestions if s.in_set is not None]
        if known:
            self._sizes[sum(known)] += 1
        self._unanswered += not result.suggestions

    def summary(self) -> Summary:
        """Return the counts so far; areas by name, levels in the order of their ids."""
        return Summary(
            whole=self._whole.part(""),
            areas=tuple(self._areas[name].part(name) for name in sorted(self._areas)),
            levels=tuple(self._levels[level].part(level[1]) for level in sorted(self._levels)),
            confidences=_binned(self._whole.confidences),
            coverages=_binned(self._whole.coverages),
            set_sizes=dict(sorted(self._sizes.items())),
            unanswered=self._unanswered,
        )


def _binned(values: Iterable[float]) -> tuple[int, ...]:
    """Count shares in tenths; 1.0 belongs to the last."""
    bins = [0] * BINS
    for value in values:
        bins[min(BINS - 1, int(value * BINS))] += 1
    return tuple(bins) if any(bins) else ()


def summarise(results: Iterable[UnitResult], query: Query, display: DisplayLanguage) -> Summary:
    """Return a screening's counts."""
    tally = Tally(query, display)
    for _ in tally.watch(results):
        pass
    return tally.summary()


TRIAGE_WORDS: Mapping[Literal["en", "zh"], Mapping[Triage, str]] = {
    "en": {
        "strong": "Strong candidate",
        "look": "Needs a look",
        "none": "Nothing comparable",
        "unknown": "Cannot say",
    },
    "zh": {"strong": "候选较强", "look": "需要人工查看", "none": "无可比内容", "unknown": "无法判断"},
}
