"""The store of decisions: append-only, in a SQLite file or a PostgreSQL database."""

from matcher.store.database import Store, open_store
from matcher.store.decision import RELATIONS, VERDICTS, Decision, Relation, Verdict, current, new_id, now
from matcher.store.transfer import export_jsonl, import_jsonl

__all__ = [
    "RELATIONS",
    "VERDICTS",
    "Decision",
    "Relation",
    "Store",
    "Verdict",
    "current",
    "export_jsonl",
    "import_jsonl",
    "new_id",
    "now",
    "open_store",
]
