"""The home of Ray: one worker a machine, which opens the job once; a lost machine's partitions come back as lost.

Actors, not Ray Data: this side keeps the partitions anyway (a partition is written once, by one process, whichever
machine answered), which is all that Ray Data would add here, at the price of pyarrow and pandas.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from matcher.errors import InputError, MatcherError
from matcher.scale.farm import Outcome
from matcher.scale.job import Job
from matcher.scale.partition import screen_partition
from matcher.scale.station import Delivery, contents, make_delivery, open_delivery, read_piece

# Partitions a machine has at a time: the next is there when one is done.
AHEAD = 2
# Seconds that one look for answers takes at most, and between two looks for new machines.
LOOK_SECONDS = 1.0
MACHINES_SECONDS = 3.0
# Seconds without any machine after which a run ends; what is done is kept.
PATIENCE_SECONDS = 60.0
CONNECT_SECONDS = 5.0
# A machine whose worker ends this often is left out.
FAILURES = 3
# Rows are all that travels through it; Ray would take a third of the memory.
STORE_BYTES = 200 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a machine cannot do this screening: the parts of a ``MatcherError``."""

    what: str
    where: str
    expected: str
    do: str


class Worker:
    """The actor: one a machine, with the job open."""

    def __init__(self) -> None:
        self._job: Job | None = None

    def open(self, delivery: Delivery, depot: Any) -> Refusal | None:
        """Open the job; return why it cannot be done here."""
        import ray

        def fetch(name: str, offset: int) -> bytes:
            piece: bytes = ray.get(depot.read.remote(name, offset))
            return piece

        try:
            self._job = open_delivery(delivery, fetch)
        except MatcherError as error:
            return Refusal(what=error.what, where=error.where, expected=error.expected, do=error.do)
        return None

    def screen(self, number: int) -> bytes | Refusal:
        """Return a partition's rows."""
        if self._job is None:
            raise RuntimeError("asked before the job was open")
        try:
            return screen_partition(self._job, number)
        except MatcherError as error:
            return Refusal(what=error.what, where=error.where, expected=error.expected, do=error.do)


class Depot:
    """The actor on this machine that gives out the job's files, to machines that do not see its folder."""

    def __init__(self, folder: str) -> None:
        self._files = contents(Path(folder))

    def read(self, name: str, offset: int) -> bytes:
        """Return the piece of a file that begins at an offset."""
        return read_piece(self._files, name, offset)


@dataclass(slots=True, kw_only=True)
class _Machine:
    name: str
    actor: Any
    opening: Any
    ready: bool = False
    running: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RayCrew:
    """Machines of a cluster as a crew; ``say`` is told when one joins late, is lost or is left out."""

    delivery: Delivery
    depot: Any
    say: Callable[[str], None]
    machines: dict[str, _Machine] = field(default_factory=dict)
    tasks: dict[Any, tuple[str, int]] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    # When machines were looked for, and when there was one: changes, in a record that is otherwise fixed.
    times: dict[str, float] = field(default_factory=dict)

    def give(self, number: int) -> bool:
        """Give a partition to the machine that has least to do."""
        free = [(m.running, node) for node, m in self.machines.items() if m.ready and m.running < AHEAD]
        if not free:
            return False
        _, node = min(free)
        self.tasks[self.machines[node].actor.screen.remote(number)] = (node, number)
        self.machines[node].running += 1
        return True

    def gather(self) -> list[Outcome]:
        """Wait a little; return what has become of partitions.

        Raises:
            InputError: No machine is left, or one says that the screening cannot be done.
        """
        import ray

        self._look_for_machines()
        asked = [*self.tasks, *(m.opening for m in self.machines.values() if not m.ready)]
        if not asked:
            time.sleep(LOOK_SECONDS)
            return []
        done, _ = ray.wait(asked, num_returns=len(asked), timeout=0)
        if not done:
            done, _ = ray.wait(asked, num_returns=1, timeout=LOOK_SECONDS)
        return [outcome for reference in done if (outcome := self._outcome(reference)) is not None]

    def _outcome(self, reference: Any) -> Outcome | None:
        import ray

        node, number = self.tasks.pop(reference, ("", -1))
        if not node:
            node = next((n for n, m in self.machines.items() if m.opening == reference), "")
        machine = self.machines.get(node)
        name = machine.name if machine is not None else "a machine that was lost"
        try:
            answer = ray.get(reference)
        except ray.exceptions.RayTaskError as error:
            # A fault of the program itself: its traceback says where.
            raise error.as_instanceof_cause() from None
        except ray.exceptions.RayError as error:
            self._lose(node, error)
            return Outcome(number=number, rows=None, machine=name) if number >= 0 else None
        if isinstance(answer, Refusal):
            where = f"machine {name}" + (f", {answer.where}" if answer.where else "")
            raise InputError(answer.what, where=where, expected=answer.expected, do=answer.do)
        if machine is not None and number < 0:
            machine.ready = True
        elif machine is not None:
            machine.running -= 1
        return Outcome(number=number, rows=answer, machine=name) if number >= 0 else None

    def _lose(self, node: str, error: Exception) -> None:
        import ray

        machine = self.machines.pop(node, None)
        if machine is None:
            return
        self.failures[node] += 1
        # It may only have been cut off: whatever it still does is of no use any more.
        ray.kill(machine.actor)
        kind = type(error).__name__
        self.say(f"note: machine {machine.name} was lost ({kind}); its partitions are done again")
        if self.failures[node] >= FAILURES:
            self.say(
                f"note: machine {machine.name} is left out: its worker ended {FAILURES} times; "
                "is competency-matcher[ray] installed there, and is there enough memory?"
            )

    def _look_for_machines(self) -> None:
        import ray
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        now = time.monotonic()
        if now - self.times.get("looked", -MACHINES_SECONDS) < MACHINES_SECONDS:
            return
        self.times["looked"] = now
        for node in sorted(ray.nodes(), key=lambda n: str(n["NodeID"])):
            identity, cores = str(node["NodeID"]), int(node["Resources"].get("CPU", 0))
            if not node["Alive"] or cores < 1 or identity in self.machines or self.failures[identity] >= FAILURES:
                continue
            # A machine is used whole; one that is busy with something else joins when it is free.
            strategy = NodeAffinitySchedulingStrategy(identity, soft=False)
            actor = ray.remote(Worker).options(num_cpus=cores, scheduling_strategy=strategy).remote()
            name = f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"
            self.machines[identity] = _Machine(
                name=name, actor=actor, opening=actor.open.remote(self.delivery, self.depot)
            )
        if any(machine.ready for machine in self.machines.values()):
            self.times["ready"] = now
        waited = now - self.times.setdefault("ready", now)
        given_up = any(count >= FAILURES for count in self.failures.values())
        if not self.machines and (given_up or waited > PATIENCE_SECONDS):
            raise InputError(
                "no machine of the cluster is left", expected="at least one with a processor core to give",
                do="start machines (`ray start --address …`), then run the command again: what is done is kept",
            )  # fmt: skip


@contextlib.contextmanager
def hire(folder: Path, *, address: str | None, say: Callable[[str], None]) -> Iterator[RayCrew]:
    """Connect to a cluster, or start Ray on this machine alone, and give its machines as a crew for a job.

    Args:
        folder: The job.
        address: Of the cluster ("host:port", or "auto" for the one that this machine belongs to); None for this
            machine alone.
        say: Told in one line what happens to machines.

    Raises:
        InputError: Ray is not installed, or there is no cluster at the address.
    """
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
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # Ray prints the logs of a lost machine on standard output; what a person needs of them is said in a line.
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        try:
            _connect(address)
            for number, handler in handlers.items():
                signal.signal(number, handler)
            here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
            depot = ray.remote(Depot).options(num_cpus=0, scheduling_strategy=here).remote(str(folder))
            yield RayCrew(delivery=make_delivery(folder), depot=depot, say=say)
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
