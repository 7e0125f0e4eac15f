"""What runs on the machines of a cluster: each class a worker, which loads what it needs once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matcher.encode.protocol import Encoder, Vectors
from matcher.errors import MatcherError
from matcher.scale.job import Job
from matcher.scale.partition import screen_partition
from matcher.scale.station import Delivery, contents, load_same_encoder, open_delivery, read_piece, remove_copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a machine cannot do this: the parts of a ``MatcherError``."""

    what: str
    where: str
    expected: str
    do: str


class Screener:
    """The actor that screens, with the job open."""

    def __init__(self) -> None:
        self._job: Job | None = None

    def open(self, delivery: Delivery, depot: Any) -> Refusal | None:
        """Open the job; return why it cannot be done here."""
        import ray

        def fetch(name: str, offset: int) -> bytes:
            piece: bytes = ray.get(depot.read.remote(name, offset))
            return piece

        try:
            self._job = open_delivery(delivery, fetch, machine=_machine())
        except MatcherError as error:
            return _refusal(error)
        return None

    def screen(self, number: int) -> bytes | Refusal:
        """Return a partition's rows."""
        if self._job is None:
            raise RuntimeError("asked before the job was open")
        try:
            return screen_partition(self._job, number)
        except MatcherError as error:
            return _refusal(error)

    def tidy(self, delivery: Delivery) -> None:
        """Remove this machine's copy of the job, which every worker of it has mapped by now."""
        remove_copy(delivery, machine=_machine())


class Reader:
    """The actor that encodes, with the encoder loaded."""

    def __init__(self) -> None:
        self._encoder: Encoder | None = None

    def load(self, name: str, fingerprint: str) -> Refusal | None:
        """Load the encoder; return why it cannot be used here."""
        try:
            self._encoder = load_same_encoder(name, fingerprint)
        except MatcherError as error:
            return _refusal(error)
        return None

    def encode(self, texts: Sequence[str], batch_size: int) -> Vectors:
        """Return the texts' vectors: (n, d) float32."""
        if self._encoder is None:
            raise RuntimeError("asked before the encoder was loaded")
        return self._encoder.encode(texts, batch_size=batch_size)


def _machine() -> str:
    import ray

    return str(ray.get_runtime_context().get_node_id())


def _refusal(error: MatcherError) -> Refusal:
    return Refusal(what=error.what, where=error.where, expected=error.expected, do=error.do)


class Depot:
    """The actor on this machine that gives out the job's files, to machines that do not see its folder."""

    def __init__(self, folder: str) -> None:
        self._files = contents(Path(folder))

    def read(self, name: str, offset: int) -> bytes:
        """Return the piece of a file that begins at an offset."""
        return read_piece(self._files, name, offset)
