"""The nouns of the project: frozen records that every stage takes and returns."""

from matcher.schema.framework import (
    CONTEXT_KINDS,
    LANGUAGES,
    ROLES,
    ContextKind,
    ContextLabel,
    Framework,
    FunctionWeight,
    Header,
    Language,
    Role,
    Statement,
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
    "FunctionWeight",
    "Header",
    "Language",
    "LevelEvidence",
    "Query",
    "Role",
    "Statement",
    "Suggestion",
    "TermLink",
    "Unit",
    "UnitResult",
]
