"""A decision to put into stores in tests."""

from __future__ import annotations

from typing import Any

from matcher.store import Decision, new_id, now


def decision(**fields: Any) -> Decision:
    plain: dict[str, Any] = {
        "id": new_id(), "run": "r1", "subject": "ZZA", "object": "ZZ-1", "verdict": "accept", "reviewer": "Chan",
        "decided_at": now(),
    }  # fmt: skip
    return Decision(**{**plain, **fields})
