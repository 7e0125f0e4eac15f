"""The rescorer as data: a readable JSON file, checked when read, stamped with the encoder it was fitted for."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from matcher.compare.features import CONFIDENCE, NONE, RELATION
from matcher.compare.signals import SIGNALS
from matcher.errors import ArtefactError
from matcher.resources import read_text

KIND = "rescorer"
FORMAT_VERSION = 1
MAX_BYTES = 1_000_000
# The rescorers of the package, that of the default encoder first; each is stamped with its encoder.
SHIPPED = ("rescorer.json", "rescorer-fast.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """A linear function of named features: each is centred, scaled and weighted, then all are summed."""

    names: tuple[str, ...]
    centres: tuple[float, ...]
    scales: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescorer:
    """Everything that turns signals into a ranking, probabilities and a set.

    ``ranking`` gives the score; ``confidence`` and ``none`` the log-odds of a counterpart, of no counterpart at all;
    ``relations`` one function a relation (their softmax). ``set_gap`` and ``set_gap_across`` are how far below the best
    a candidate of the ``coverage`` set may score, where the unit is seen in a language of the objects or not; a unit
    whose probability of no counterpart reaches ``empty_from`` has an empty set.
    """

    encoder_fingerprint: str
    ranking: Linear
    confidence: Linear
    none: Linear
    relations: Mapping[str, Linear]
    set_gap: float
    set_gap_across: float
    empty_from: float
    coverage: float
    facts: Mapping[str, Any] = field(default_factory=dict)


def _linear_record(linear: Linear) -> dict[str, Any]:
    rows = zip(linear.names, linear.centres, linear.scales, linear.weights, strict=True)
    named = {name: {"centre": c, "scale": s, "weight": w} for name, c, s, w in rows}
    return {"intercept": linear.intercept, "features": named}


def to_json(rescorer: Rescorer) -> str:
    """Return the rescorer as JSON text."""
    record = {
        "kind": KIND,
        "format_version": FORMAT_VERSION,
        "encoder_fingerprint": rescorer.encoder_fingerprint,
        "facts": dict(rescorer.facts),
        "ranking": _linear_record(rescorer.ranking),
        "confidence": _linear_record(rescorer.confidence),
        "no_counterpart": _linear_record(rescorer.none),
        "relations": {name: _linear_record(linear) for name, linear in rescorer.relations.items()},
        "set": {
            "coverage": rescorer.coverage,
            "gap": rescorer.set_gap,
            "gap_across_languages": rescorer.set_gap_across,
            "empty_from": rescorer.empty_from,
        },
    }
    return json.dumps(record, ensure_ascii=False, indent=1) + "\n"


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is no number")
    return float(value)


def _linear(record: Mapping[str, Any]) -> Linear:
    features = record["features"]
    columns = {key: tuple(_number(entry[key]) for entry in features.values()) for key in ("centre", "scale", "weight")}
    if any(scale <= 0 for scale in columns["scale"]):
        raise ValueError("a scale is not above 0")
    return Linear(
        names=tuple(features),
        centres=columns["centre"],
        scales=columns["scale"],
        weights=columns["weight"],
        intercept=_number(record["intercept"]),
    )


def _check_names(rescorer: Rescorer) -> None:
    strange = sorted(set(rescorer.ranking.names) - set(SIGNALS))
    if strange:
        raise ValueError(f"no signal is called {strange[0]}")
    wanted = [(rescorer.confidence, CONFIDENCE), (rescorer.none, NONE)]
    wanted += [(linear, RELATION) for linear in rescorer.relations.values()]
    if any(linear.names != names for linear, names in wanted):
        raise ValueError("its features are those of another version")


def from_json(text: str, *, where: str) -> Rescorer:
    """Read a rescorer.

    Args:
        text: The file's text.
        where: The file, for messages.

    Raises:
        ArtefactError: It is no rescorer, damaged, or of another version.
    """
    try:
        record = json.loads(text) if len(text) <= MAX_BYTES else None
        if not isinstance(record, dict) or record.get("kind") != KIND:
            raise ValueError("no rescorer")
        if record.get("format_version") != FORMAT_VERSION:
            raise ValueError(f"format version {record.get('format_version')}, not {FORMAT_VERSION}")
        rescorer = Rescorer(
            encoder_fingerprint=str(record["encoder_fingerprint"]),
            ranking=_linear(record["ranking"]),
            confidence=_linear(record["confidence"]),
            none=_linear(record["no_counterpart"]),
            relations={str(name): _linear(entry) for name, entry in record["relations"].items()},
            set_gap=_number(record["set"]["gap"]),
            set_gap_across=_number(record["set"]["gap_across_languages"]),
            empty_from=_number(record["set"]["empty_from"]),
            coverage=_number(record["set"]["coverage"]),
            facts=dict(record["facts"]),
        )
        _check_names(rescorer)
        return rescorer
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ArtefactError(
            f"is not a rescorer that this program reads ({str(error)[:80]})",
            where=where,
            expected="the JSON file that `matcher refit` writes",
            do="make it again with `matcher refit`, or leave --rescorer out",
        ) from error


def shipped_rescorer(encoder_fingerprint: str = "") -> Rescorer:
    """Return the rescorer that the package ships for an encoder; that of the default encoder where it has none.

    Raises:
        ArtefactError: The file is damaged.
    """
    for name in SHIPPED:
        rescorer = from_json(read_text(name), where=f"{name} of the package")
        if rescorer.encoder_fingerprint == encoder_fingerprint:
            return rescorer
    return from_json(read_text(SHIPPED[0]), where=f"{SHIPPED[0]} of the package")
