"""The machines of a Ray cluster as a crew: a worker a core; a lost machine's work comes back as lost.

Processes, not threads: the work between two products is Python's. The workers of a machine map the same files.

Actors, not Ray Data: the process that started the run keeps the partitions anyway (written once, by one process,
whichever machine answered), which is all that Ray Data would add here, at the price of pyarrow and pandas.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic

from matcher.errors import InputError
from matcher.scale.actors import Refusal
from matcher.scale.farm import Answer, Outcome

# Partitions a worker has at a time: the next is there when one is done.
AHEAD = 2
# Seconds that one look for answers takes at most, and between two looks for new machines.
LOOK_SECONDS = 1.0
MACHINES_SECONDS = 3.0
# Seconds without any worker after which a run ends; what is done is kept.
PATIENCE_SECONDS = 60.0
# A worker that ends this often is left out.
FAILURES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[Answer]):
    """One kind of work.

    ``worker`` is the actor's class; ``enlist`` makes one ready (its answer is a ``Refusal`` where it cannot be);
    ``ask`` gives it a partition; ``settled`` is called with an actor of a machine all of whose workers are ready.
    """

    worker: type
    enlist: Callable[[Any], Any]
    ask: Callable[[Any, int], Any]
    settled: Callable[[Any], Any]


class _Worker:
    """One worker: where it is, whether it has loaded what it needs, and how many partitions it has."""

    __slots__ = ("actor", "machine", "opening", "place", "ready", "running")

    def __init__(self, place: tuple[str, int], machine: str, actor: Any, opening: Any) -> None:
        self.place, self.machine, self.actor, self.opening = place, machine, actor, opening
        self.ready, self.running = False, 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RayCrew(Generic[Answer]):
    """Workers on the machines of a cluster as a crew, at most ``jobs`` a machine (None: one a core).

    ``say`` is told when a machine is lost or left out. ``workers`` are by machine (Ray's id of it) and number there.
    """

    kind: Kind[Answer]
    jobs: int | None
    say: Callable[[str], None]
    workers: dict[tuple[str, int], _Worker] = field(default_factory=dict)
    tasks: dict[Any, tuple[_Worker, int]] = field(default_factory=dict)
    failures: Counter[tuple[str, int]] = field(default_factory=Counter)
    # When machines were looked for, when a worker was there, when a machine was said to be lost.
    times: dict[str, float] = field(default_factory=dict)

    def give(self, number: int) -> bool:
        """Give a partition to the worker that has least to do."""
        free = [worker for worker in self.workers.values() if worker.ready and worker.running < AHEAD]
        if not free:
            return False
        worker = min(free, key=lambda w: (w.running, w.place))
        self.tasks[self.kind.ask(worker.actor, number)] = (worker, number)
        worker.running += 1
        return True

    def gather(self) -> list[Outcome[Answer]]:
        """Wait a little; return what has become of partitions.

        Raises:
            InputError: No machine is left, or one says that it cannot be done.
        """
        import ray

        self._look_for_machines()
        opening = {worker.opening: worker for worker in self.workers.values() if not worker.ready}
        asked = [*self.tasks, *opening]
        if not asked:
            time.sleep(LOOK_SECONDS)
            return []
        done, _ = ray.wait(asked, num_returns=len(asked), timeout=0)
        if not done:
            done, _ = ray.wait(asked, num_returns=1, timeout=LOOK_SECONDS)
        outcomes = []
        for reference in done:
            worker, number = self.tasks.pop(reference, (opening.get(reference), -1))
            answer = self._answer(reference, worker) if worker is not None else None
            if worker is not None and number >= 0:
                worker.running -= 1
                outcomes.append(Outcome(number=number, answer=answer, machine=f"machine {worker.machine}"))
        return outcomes

    def _answer(self, reference: Any, worker: _Worker) -> Answer | None:
        """Return a worker's answer, None where it was lost or only says that it is ready."""
        import ray

        try:
            answer = ray.get(reference)
        except ray.exceptions.RayTaskError as error:
            # A fault of the program itself: its traceback says where.
            raise error.as_instanceof_cause() from None
        except ray.exceptions.RayError as error:
            self._lose(worker, type(error).__name__)
            return None
        if isinstance(answer, Refusal):
            where = f"machine {worker.machine}" + (f", {answer.where}" if answer.where else "")
            raise InputError(answer.what, where=where, expected=answer.expected, do=answer.do)
        if reference == worker.opening:
            worker.ready = True
            beside = [w for place, w in self.workers.items() if place[0] == worker.place[0]]
            if all(w.ready for w in beside):
                self.kind.settled(worker.actor)
            return None
        kept: Answer = answer
        return kept

    def _lose(self, worker: _Worker, how: str) -> None:
        import ray

        if self.workers.get(worker.place) is not worker:
            return  # another of its partitions told so before
        del self.workers[worker.place]
        self.failures[worker.place] += 1
        # It may only have been cut off: whatever it still does is of no use any more.
        ray.kill(worker.actor)
        now, key = time.monotonic(), f"lost {worker.place[0]}"
        if now - self.times.get(key, -PATIENCE_SECONDS) >= PATIENCE_SECONDS:
            self.say(f"note: machine {worker.machine} was lost ({how}); its partitions are done again")
            self.times[key] = now
        if self.failures[worker.place] == FAILURES:
            self.say(
                f"note: a worker of machine {worker.machine} is left out: it ended {FAILURES} times; "
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
            count = min(cores, self.jobs or cores) if node["Alive"] else 0
            for place in ((identity, number) for number in range(count)):
                if place in self.workers or self.failures[place] >= FAILURES:
                    continue
                # All of a machine's cores are asked for; one that is busy with something else joins when it is free.
                strategy = NodeAffinitySchedulingStrategy(identity, soft=False)
                chosen = ray.remote(self.kind.worker).options(num_cpus=cores // count, scheduling_strategy=strategy)
                actor = chosen.remote()
                name = f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"
                self.workers[place] = _Worker(place, name, actor, self.kind.enlist(actor))
        if any(worker.ready for worker in self.workers.values()):
            self.times["ready"] = now
        waited = now - self.times.setdefault("ready", now)
        given_up = any(count >= FAILURES for count in self.failures.values())
        if not self.workers and (given_up or waited > PATIENCE_SECONDS):
            raise InputError(
                "no machine of the cluster is left", expected="at least one with a processor core to give",
                do="start machines (`ray start --address …`), then run the command again: what is done is kept",
            )  # fmt: skip
