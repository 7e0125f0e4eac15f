"""The machines of a Ray cluster as a crew: one worker on each; a lost machine's work comes back as lost.

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

# Partitions a machine has at a time: the next is there when one is done.
AHEAD = 2
# Seconds that one look for answers takes at most, and between two looks for new machines.
LOOK_SECONDS = 1.0
MACHINES_SECONDS = 3.0
# Seconds without any machine after which a run ends; what is done is kept.
PATIENCE_SECONDS = 60.0
# A machine whose worker ends this often is left out.
FAILURES = 3


@dataclass(slots=True, kw_only=True)
class _Machine:
    name: str
    actor: Any
    opening: Any
    ready: bool = False
    running: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RayCrew(Generic[Answer]):
    """Machines of a cluster as a crew.

    ``worker`` is the actor's class; ``enlist`` makes one ready (its answer is a ``Refusal`` where it cannot be);
    ``ask`` gives it a partition; ``say`` is told when a machine is lost or left out.
    """

    worker: type
    enlist: Callable[[Any], Any]
    ask: Callable[[Any, int], Any]
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
        self.tasks[self.ask(self.machines[node].actor, number)] = (node, number)
        self.machines[node].running += 1
        return True

    def gather(self) -> list[Outcome[Answer]]:
        """Wait a little; return what has become of partitions.

        Raises:
            InputError: No machine is left, or one says that it cannot be done.
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

    def _outcome(self, reference: Any) -> Outcome[Answer] | None:
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
            return Outcome(number=number, answer=None, machine=name) if number >= 0 else None
        if isinstance(answer, Refusal):
            where = f"machine {name}" + (f", {answer.where}" if answer.where else "")
            raise InputError(answer.what, where=where, expected=answer.expected, do=answer.do)
        if machine is not None and number < 0:
            machine.ready = True
        elif machine is not None:
            machine.running -= 1
        return Outcome(number=number, answer=answer, machine=name) if number >= 0 else None

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
            actor = ray.remote(self.worker).options(num_cpus=cores, scheduling_strategy=strategy).remote()
            name = f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"
            self.machines[identity] = _Machine(name=name, actor=actor, opening=self.enlist(actor))
        if any(machine.ready for machine in self.machines.values()):
            self.times["ready"] = now
        waited = now - self.times.setdefault("ready", now)
        given_up = any(count >= FAILURES for count in self.failures.values())
        if not self.machines and (given_up or waited > PATIENCE_SECONDS):
            raise InputError(
                "no machine of the cluster is left", expected="at least one with a processor core to give",
                do="start machines (`ray start --address …`), then run the command again: what is done is kept",
            )  # fmt: skip
