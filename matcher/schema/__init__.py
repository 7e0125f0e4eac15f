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
    Unit,
)
from matcher.schema.match import AlignedPair, Query, Suggestion, UnitResult

__all__ = [
    "CONTEXT_KINDS",
    "LANGUAGES",
    "ROLES",
    "AlignedPair",
    "ContextKind",
    "ContextLabel",
    "Framework",
    "Header",
    "Language",
    "Query",
    "Role",
    "Statement",
    "Suggestion",
    "Unit",
    "UnitResult",
]
