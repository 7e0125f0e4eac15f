"""PostgreSQL as teams have it: out of reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from matcher.errors import InputError
from matcher.store import open_store


def test_a_server_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be reached") as caught:
        open_store(f"postgresql+psycopg://u:secret@/d?host={tmp_path}")
    assert "secret" not in str(caught.value)
