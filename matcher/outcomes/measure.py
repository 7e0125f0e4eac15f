"""Rules held against what is covered."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from matcher.outcomes.cover import Amount, Covered, SideCover
from matcher.outcomes.model import SideName
from matcher.outcomes.rules import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """A rule's outcome: what there is, what is needed, of which total; ``met`` is None where it cannot be said.

    ``reason`` says why not: "no credits" (no unit names any: a share of nothing), "no hours", "nothing".
    ``candidates`` where the outcome rests on candidates that nobody has reviewed.
    """

    rule: Rule
    side: SideName
    have: Fraction
    need: Fraction
    total: Fraction
    met: bool | None
    reason: str = ""
    candidates: bool = False


def apply_rules(covered: Covered) -> tuple[RuleResult, ...]:
    """Return the outcome of every rule."""
    return tuple(_apply(rule, covered) for rule in covered.counting.rules)


def _side_of(rule: Rule, covered: Covered) -> SideName:
    if rule.side in ("source", "target"):
        return "source" if rule.side == "source" else "target"
    source, target = covered.source, covered.target
    if rule.of in ("credits", "hours"):
        return "source" if source.credits is not None or target.credits is None else "target"
    weighed = [any(level.weights.weighing != "items" for level in side.levels) for side in (source, target)]
    return "target" if weighed[1] or not weighed[0] else "source"


def _amount(rule: Rule, side: SideCover) -> Amount | None:
    if rule.of == "weight":
        part, one = side.weight, Fraction(100)
        # Weights are counted by share alone: per cent of the examination.
        return Amount(
            total=one,
            whole=part.share * one,
            share=part.share * one,
            whole_reviewed=part.reviewed * one,
            share_reviewed=part.reviewed * one,
        )
    return {"credits": side.credits, "hours": side.hours, "items": side.units, "statements": side.statements}[rule.of]


def _apply(rule: Rule, covered: Covered) -> RuleResult:
    name = _side_of(rule, covered)
    amount = _amount(rule, covered.of(name))
    zero = Fraction(0)
    if amount is None or amount.total == 0:
        # A share of nothing would be met by nothing at all.
        reason = f"no {rule.of}" if rule.of in ("credits", "hours") else "nothing"
        return RuleResult(rule=rule, side=name, have=zero, need=zero, total=zero, met=None, reason=reason)
    reviewed = amount.whole_reviewed if rule.count == "whole" else amount.share_reviewed
    have = reviewed if rule.reviewed else amount.whole if rule.count == "whole" else amount.share
    need = rule.need(amount.total)
    met = have >= need
    return RuleResult(
        rule=rule,
        side=name,
        have=have,
        need=need,
        total=amount.total,
        met=met,
        candidates=met and reviewed < need,
    )
