"""How coverage is counted, and rules ("60 % of the credits or 72, whichever is lower"): data, checked when read."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from matcher.errors import InputError
from matcher.levels import level_frames
from matcher.readers.tables import read_bytes
from matcher.resources import read_text

MAX_BYTES = 200_000
MAX_RULES = 50
_OF = ("credits", "hours", "weight", "items", "statements")
_SIDES = ("source", "target", "auto")
_COUNTS = ("whole", "share")
_TAKES = ("lower", "higher")
_ACCEPT = ("exact", "close", "broad", "narrow", "related", "unnamed")
_SAYS = ("both", "source", "target", "statements")
_LANGUAGES = ("en", "zh-Hant", "zh-Hans")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What must be covered: a share of the total, an amount, or the lower or higher of both."""

    id: str
    titles: Mapping[str, str]
    of: str
    side: str
    count: str
    share: Fraction | None
    amount: Fraction | None
    take: str
    reviewed: bool

    def title(self, language: str) -> str:
        """Return the rule's title in a language, else in any, else its id."""
        return self.titles.get(language) or next(iter(self.titles.values()), self.id)

    def need(self, total: Fraction) -> Fraction:
        """Return what must be covered of a total."""
        parts = [self.share * total] if self.share is not None else []
        parts += [self.amount] if self.amount is not None else []
        return min(parts) if self.take == "lower" else max(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """How coverage is counted (see ``matcher/data/outcomes/coverage.toml``)."""

    whole: Fraction
    accept: Mapping[str, str]
    confidence: float
    most: int
    part: str
    keep_odd_sums: bool
    top_level_only: bool
    hours: Mapping[str, Fraction]
    rules: tuple[Rule, ...]


class _Reader:
    """Reads values of one file and names the place of a fault."""

    def __init__(self, where: str) -> None:
        self.where = where

    def fault(self, place: str, what: str, expected: str) -> InputError:
        return InputError(what, where=f"{self.where}, {place}", expected=expected, do="correct the rules")

    def number(self, value: object, place: str, *, low: float, high: float) -> Fraction:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.fault(place, f"{str(value)[:40]!r} is no number", f"a number from {low:g} to {high:g}")
        if not low <= value <= high:
            raise self.fault(place, f"is {value:g}", f"a number from {low:g} to {high:g}")
        # Through the text: 0.6 is six tenths, not the nearest binary number.
        return Fraction(str(value))

    def one_of(self, value: object, place: str, allowed: tuple[str, ...]) -> str:
        if value not in allowed:
            raise self.fault(place, f"is {str(value)[:40]!r}", ", ".join(allowed))
        return str(value)

    def table(self, value: object, place: str, allowed: tuple[str, ...]) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            raise self.fault(place, "is no table", ", ".join(allowed))
        strange = sorted(set(value) - set(allowed))
        if strange:
            raise self.fault(place, f"{strange[0]!r} is not known", ", ".join(allowed))
        return value


def read_counting(path: Path | None = None) -> Counting:
    """Return how coverage is counted: the shipped way, changed by what a file says.

    Raises:
        InputError: The file cannot be read, or says something that is not known.
    """
    shipped = tomllib.loads(read_text("outcomes", "coverage.toml"))
    if path is None:
        return _counting(shipped, _Reader("coverage.toml"))
    where = str(path)
    raw = read_bytes(path)
    try:
        if len(raw) > MAX_BYTES:
            raise ValueError(f"{len(raw)} bytes")
        own = tomllib.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"is no TOML ({' '.join(str(error).split())[:80]})", where=where, expected="rules", do="correct the rules"
        ) from error
    reader = _Reader(where)
    sections = tuple(shipped)
    reader.table(own, "top", sections)
    merged: dict[str, Any] = dict(shipped)
    for name in sections:
        if name == "rules" and name in own:
            merged[name] = own[name]
        elif name in own:
            merged[name] = {**shipped[name], **reader.table(own[name], f"[{name}]", _keys(name, shipped))}
    if isinstance(accept := own.get("covered", {}).get("accept"), dict):
        merged["covered"]["accept"] = {**shipped["covered"]["accept"], **accept}
    return _counting(merged, reader)


def _keys(section: str, shipped: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(level_frames())) if section == "hours" else tuple(shipped[section])


def _counting(data: Mapping[str, Any], reader: _Reader) -> Counting:
    covered, candidates, weights = data["covered"], data["candidates"], data["weights"]
    accept = reader.table(covered["accept"], "covered.accept", _ACCEPT)
    most = reader.number(candidates["most"], "candidates.most", low=0, high=100)
    rules = data["rules"]
    if not isinstance(rules, list) or len(rules) > MAX_RULES:
        raise reader.fault("rules", "is no list of rules", f"at most {MAX_RULES} tables [[rules]]")
    return Counting(
        # Above nothing: an item without a covered statement is not covered.
        whole=reader.number(covered["whole"], "covered.whole", low=0.01, high=1),
        accept={name: reader.one_of(said, f"covered.accept.{name}", _SAYS) for name, said in accept.items()},
        confidence=float(reader.number(candidates["confidence"], "candidates.confidence", low=0, high=1)),
        most=int(most),
        part=reader.one_of(weights["part"], "weights.part", ("skill", "theory")),
        keep_odd_sums=reader.one_of(weights["sum"], "weights.sum", ("scale", "refuse")) == "scale",
        top_level_only=reader.one_of(weights["levels"], "weights.levels", ("mean", "top")) == "top",
        hours={
            frame: reader.number(value, f"hours.{frame}", low=0, high=1000) for frame, value in data["hours"].items()
        },
        rules=tuple(_rule(entry, f"rule {number}", reader) for number, entry in enumerate(rules, 1)),
    )


def _rule(entry: object, place: str, reader: _Reader) -> Rule:
    table = reader.table(entry, place, ("id", "title", "of", "side", "count", "share", "amount", "take", "reviewed"))
    rule_id = table.get("id", place)
    if not isinstance(rule_id, str) or not rule_id.strip():
        raise reader.fault(f"{place}, id", "is no text", "a short name")
    titles = table.get("title", {})
    titles = {"en": titles} if isinstance(titles, str) else reader.table(titles, f"{place}, title", _LANGUAGES)
    if not all(isinstance(text, str) for text in titles.values()):
        raise reader.fault(f"{place}, title", "is no text", "a text a language")
    share, amount = table.get("share"), table.get("amount")
    if share is None and amount is None:
        raise reader.fault(place, "needs neither a share nor an amount", "share, amount or both")
    reviewed = table.get("reviewed", False)
    if not isinstance(reviewed, bool):
        raise reader.fault(f"{place}, reviewed", f"is {str(reviewed)[:40]!r}", "true or false")
    return Rule(
        id=rule_id,
        titles={language: " ".join(text.split()) for language, text in titles.items()},
        of=reader.one_of(table.get("of", "credits"), f"{place}, of", _OF),
        side=reader.one_of(table.get("side", "auto"), f"{place}, side", _SIDES),
        count=reader.one_of(table.get("count", "whole"), f"{place}, count", _COUNTS),
        share=None if share is None else reader.number(share, f"{place}, share", low=0, high=1),
        amount=None if amount is None else reader.number(amount, f"{place}, amount", low=0, high=1_000_000),
        take=reader.one_of(table.get("take", "lower"), f"{place}, take", _TAKES),
        reviewed=reviewed,
    )
