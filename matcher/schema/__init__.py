"""The nouns of the project: frozen records that every stage takes and returns."""

from matcher.schema.framework import (
    CONTEXT_KINDS,
    LANGUAGES,
    ROLES,
    ContextKind,
    ContextLabel,
    Framework,
    Header,
    Language,
    Role,
    Statement,
    StoredUnits,
    Unit,
)
from matcher.schema.match import AlignedPair, Coverage, LevelEvidence, Query, Suggestion, TermLink, UnitResult

__all__ = [
    "CONTEXT_KINDS",
    "LANGUAGES",
    "ROLES",
    "AlignedPair",
    "ContextKind",
    "ContextLabel",
    "Coverage",
    "Framework",
    "Header",
    "Language",
    "LevelEvidence",
    "Query",
    "Role",
    "Statement",
    "StoredUnits",
    "Suggestion",
    "TermLink",
    "Unit",
    "UnitResult",
]
