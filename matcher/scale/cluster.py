"""A Ray cluster: the way to it, and its machines as a crew for one kind of work."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from matcher.encode.protocol import Encoder, Vectors
from matcher.errors import InputError
from matcher.scale.actors import Depot, Reader, Screener
from matcher.scale.crew import Kind, RayCrew
from matcher.scale.station import Delivery, make_delivery

CONNECT_SECONDS = 5.0
# Rows and vectors of one partition are all that travels through it; Ray would take a third of the memory.
STORE_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How to reach a cluster and use it.

    ``address`` is its "host:port", or "auto" for the one that this machine belongs to; None starts Ray on this machine
    alone. ``jobs`` are workers a machine at most (None: one a core). ``say`` is told in one line what happens to
    machines.
    """

    address: str | None
    jobs: int | None
    say: Callable[[str], None]


@contextlib.contextmanager
def screeners(folder: Path, way: Way, *, delivery: Delivery | None = None) -> Iterator[RayCrew[bytes]]:
    """Give the machines of a cluster as a crew that screens a job's partitions.

    Args:
        folder: The job.
        way: The cluster.
        delivery: What machines are told of the job, where that is not what ``make_delivery`` says.

    Raises:
        InputError: Ray is not installed, or there is no cluster at the address.
    """
    with _connected(way.address) as here:
        import ray

        told = delivery or make_delivery(folder)
        depot = ray.remote(Depot).options(num_cpus=0, scheduling_strategy=here).remote(str(folder))
        kind: Kind[bytes] = Kind(
            worker=Screener,
            enlist=lambda actor: actor.open.remote(told, depot),
            ask=lambda actor, number: actor.screen.remote(number),
            settled=lambda actor: actor.tidy.remote(told),
        )
        crew = RayCrew(kind=kind, jobs=way.jobs, say=way.say)
        try:
            yield crew
        finally:
            machines = {worker.place[0]: worker.actor for worker in crew.workers.values() if worker.ready}
            tidied = [actor.tidy.remote(told) for actor in machines.values()]
            if tidied:
                ray.wait(tidied, num_returns=len(tidied), timeout=CONNECT_SECONDS)


@contextlib.contextmanager
def readers(
    encoder: Encoder, blocks: Sequence[Sequence[str]], way: Way, *, batch_size: int
) -> Iterator[RayCrew[Vectors]]:
    """Give the machines of a cluster as a crew that encodes blocks of texts.

    Raises:
        InputError: Ray is not installed, or there is no cluster at the address.
    """
    with _connected(way.address):
        kind: Kind[Vectors] = Kind(
            worker=Reader,
            enlist=lambda actor: actor.load.remote(encoder.name, encoder.fingerprint),
            ask=lambda actor, number: actor.encode.remote(blocks[number], batch_size),
            settled=lambda _: None,
        )
        yield RayCrew(kind=kind, jobs=way.jobs, say=way.say)


@contextlib.contextmanager
def _connected(address: str | None) -> Iterator[Any]:
    """Connect to a cluster, or start Ray on this machine alone; give what places an actor on this machine."""
    if find_spec("ray") is None:
        raise InputError("Ray is not installed", where="--engine ray", do="pip install 'competency-matcher[ray]'")
    if address is not None and "://" in address:
        raise InputError(
            "a cluster is reached from one of its machines", where=f"--address {address}", expected="host:port or auto",
            do="run the command on a machine of the cluster (`ray start --address host:port` makes this one of them)",
        )  # fmt: skip
    # Before the import: Ray reads them then. Nothing of a run leaves the cluster.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if address is None:
        # Ray listens on every interface and runs what it is sent: a key made for this run keeps others out.
        os.environ["RAY_AUTH_MODE"] = "token"
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # Ray prints the logs of a lost machine on standard output; what a person needs of them is said in a line.
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        try:
            _connect(address)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            yield NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        finally:
            ray.shutdown()


def _connect(address: str | None) -> None:
    import ray

    if address is None:
        ray.init(
            address="local", include_dashboard=False, object_store_memory=STORE_BYTES, logging_level="ERROR",
            log_to_driver=False,
        )  # fmt: skip
        return
    silent = InputError(
        "no Ray cluster answers", where=f"--address {address}", expected="host:port of a running head, or auto",
        do="start one with `ray start --head`, with the same Ray and Python on every machine",
    )  # fmt: skip
    try:
        if address != "auto":
            # Ray itself would try for most of a minute.
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()
        ray.init(address=address, logging_level="ERROR", log_to_driver=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise silent from error
