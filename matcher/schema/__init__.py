"""The nouns of the project: frozen records that every stage takes and returns."""

from matcher.schema.framework import (
    CONTEXT_KINDS,
    LANGUAGES,
    OTHER_SCRIPT,
    ROLES,
    ContextKind,
    ContextLabel,
    Framework,
    FunctionWeight,
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
    "OTHER_SCRIPT",
    "ROLES",
    "AlignedPair",
    "ContextKind",
    "ContextLabel",
    "Coverage",
    "Framework",
    "FunctionWeight",
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
