"""Programs whose threads fall into groups that share nothing are split: each group is explored alone, and counts multiply.

What the groups are, and why they never notice each other, is told in `simulator.exploration.splitting.grouping`. So

* an execution of the program is a shuffle of one execution of each group. Of lengths l, m, … there are (l + m + …)! /
  (l! m! …) shuffles: interleavings are counted by their length, multiplied, and multiplied by that;
* an execution ends when all groups have ended, one way or another: its outcome is theirs, side by side;
* a scheduler that picks uniformly among all enabled steps, looked at only when it picks one of this group, picks uniformly
  among the enabled steps of this group, whatever the others did: chances multiply. They are kept in fixed point and rounded
  down as in `counting`, so they may differ from those of the unsplit program in the last digits of a float;
* a group that can go on for ever makes the number of interleavings endless; the outcomes are still the products.

All groups are walked on one machine, in which the others stand at their start. There a state is a sum of numbers, and the
start is 0: so the state in which all have ended is the sum of the states in which each has.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any

from simulator.errors import Interrupted, SimulatorError, TooManyOutcomes
from simulator.exploration.budget import Watch
from simulator.exploration.counting import count
from simulator.exploration.layers import count_by_layers
from simulator.exploration.results import Claim, Exploration
from simulator.exploration.search import confirmed
from simulator.exploration.splitting.grouping import (
    MOST_LOOKED_AT,
    Grouping,
    GroupMachine,
    Regrouped,
    Threads,
    look_at_each_alone,
)
from simulator.exploration.splitting.joining import Part, find_ends, join
from simulator.exploration.splitting.joint_examples import JointExamples
from simulator.exploration.spot_checks import spot_check
from simulator.exploration.summaries import Observe, summaries
from simulator.exploration.symmetry import MOST_NAMES, CannotFold, Folding
from simulator.exploration.walks import Walk, interleavings_of
from simulator.exploration.witnesses import MOST_CONFIRMED, path_to
from simulator.machine import Machine
from simulator.outcome import Outcome

PART_OF_SECONDS = 0.5
"""How much of a budget of seconds is spent on groups: if that is not enough, the rest is for exploring without splitting."""
MOST_STATES_UNSPLIT = 10_000_000
"""How many states a program may have that is explored without splitting because its groups have too many ends."""


def explore_in_groups(
    machine: Machine, watch: Watch, observe: Observe | None, *, symmetry: bool, how: Mapping[str, Any]
) -> Exploration | None:
    """Explore each group of threads that share nothing alone, and answer for the whole program; None if there is one group.

    None, too, if a budget runs out or something is wrong with the program: exploring the whole will tell. ``machine`` is a
    new one, made with the arguments ``how``, and is left as it is. Raises `TooManyOutcomes` if nobody could list the
    outcomes, and `NondeterministicProgram`.
    """
    if machine.program.daemons or len(machine.program.names) < 2:
        return None
    grouping = Grouping(machine)
    if not grouping.splits:
        return None
    split = Split(grouping, symmetry, how)
    try:
        return split.answer(observe) if split.walk(watch) else None
    except Interrupted:
        raise
    except KeyboardInterrupt:
        return Exploration(machine.program, Claim("partial", "interrupted"), None, max(1, split.walked), 0, ())
    finally:
        split.close()


class Split:
    """The groups of a program that share nothing, each walked alone, on one machine."""

    def __init__(self, grouping: Grouping, symmetry: bool, how: Mapping[str, Any]) -> None:
        self._grouping = grouping
        self._program = grouping.program
        self._symmetry = symmetry
        self._how = how
        self._machine = self._new_machine()
        self.parts: list[Part] = []
        self.walked = 0
        """How many states were walked in this attempt."""

    def _new_machine(self) -> GroupMachine:
        return GroupMachine(self._grouping, **self._how)

    def close(self) -> None:
        """Let go of the suspended generators."""
        self._machine.close()

    def walk(self, watch: Watch) -> bool:
        """Find the groups, and walk them; False if that came to nothing."""
        in_vain = 0
        with _part_of(watch) as part_of_watch:
            try:
                look_at_each_alone(self._grouping, self._machine)
                while self._grouping.splits and in_vain <= MOST_LOOKED_AT:
                    self.close()
                    self._machine = self._new_machine()  # so that nodes are numbered as without splitting
                    try:
                        return self._walk_all(part_of_watch) and self._can_be_listed()
                    except Regrouped:
                        in_vain += self.walked
                    except CannotFold:
                        self._symmetry = False
            except TooManyOutcomes:
                raise
            except SimulatorError:
                pass
        return False

    def _walk_all(self, watch: Watch) -> bool:
        self.parts, self.walked = [], 0
        for threads in self._grouping.groups():
            with self._machine.only(threads):
                if not self._walk_part(threads, watch):
                    return False
        if self._symmetry and self._unite_interchangeable():
            raise Regrouped
        return sum(1 for part in self.parts if part.walk.transitions) > 1

    def _walk_part(self, threads: Threads, watch: Watch) -> bool:
        """Walk the states of one group; False if the budget ran out."""
        folding = Folding(self._machine, wanted=self._symmetry)
        walk = Walk({folding.folded(self._machine.initial) if folding.active else self._machine.initial: -1})
        before, most = self.walked, watch.max_states
        watch.max_states = None if most is None else max(1, most - before)
        try:
            layered = count_by_layers(self._machine, folding, watch, walk)
            if not layered:
                walk = count(self._machine, folding, watch)
        finally:
            self.walked = before + len(walk.first_from)
            watch.max_states = most
        if walk.stopped == "interrupted":
            raise KeyboardInterrupt
        names = tuple(self._program.names[thread] for thread in threads)
        part = Part(threads, names, self._grouping.objects(threads), folding, walk, [])
        if not walk.stopped:
            find_ends(self._machine, part, layered, watch)
        self.parts.append(part)
        return not walk.stopped

    def _unite_interchangeable(self) -> bool:
        """Keep together what only folding keeps from having too many names; answer whether there was any.

        Interchangeable threads in different groups touch nothing at all. If they may end in different ways, thanks to a
        `choose`, there are far fewer ends up to names than ends.
        """
        kinds = self._program.kinds()
        several_ends = [thread for part in self.parts if len(part.ends) > 1 for thread in part.threads]
        return sum(self._grouping.unite(thread, kinds[thread]) for thread in several_ends) > 0

    def _can_be_listed(self) -> bool:
        """False if there are many ends, but exploring without splitting could be tried; raises if there are too many."""
        ways = math.prod(len(part.ends) for part in self.parts)
        if ways <= MOST_NAMES:
            return True
        if math.prod(len(part.walk.first_from) for part in self.parts) <= MOST_STATES_UNSPLIT:
            return False
        raise TooManyOutcomes(
            f"the threads fall into groups that share nothing: {self._shown()}. They can end in {ways:,} ways together.\n"
            "Explore each group as a program of its own, as in explore(Program(A=body, B=body))."
        )

    def _shown(self) -> str:
        return ", ".join(" and ".join(names) for names in self.groups())

    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The names of the threads of each group."""
        return tuple(part.names for part in self.parts)

    def answer(self, observe: Observe | None) -> Exploration:
        """What exploring the whole would have answered, but for the number of states: of those that were walked."""
        machine = self._machine
        moving = [part.walk for part in self.parts if part.walk.transitions]
        walk = Walk({machine.initial: -1}, join(self.parts))
        walk.endless = any(part.endless for part in moving)
        walk.transitions = sum(part.transitions for part in moving)
        self._compare(walk)
        total = None if walk.endless else sum(map(interleavings_of, walk.ends.values()))

        def examples(key: Callable[[Outcome], Any]) -> JointExamples:
            return JointExamples(machine, self.parts, key, observe is not None)

        folding = Folding(machine, wanted=self._symmetry)
        outcomes = summaries(machine, folding, walk, total, True, observe, examples)
        claim = Claim("partial", walk.stopped) if walk.stopped else Claim("complete")
        states = sum(len(part.first_from) for part in moving)
        return Exploration(
            self._program, claim, total, states, walk.transitions, outcomes, walk.endless, groups=self.groups()
        )

    def _compare(self, walk: Walk) -> None:
        """Re-run some of it on the live scheduler."""
        try:
            self._confirm(walk)
            spot_check(self._machine)
        except Interrupted:
            raise
        except KeyboardInterrupt:
            walk.stopped = "interrupted"

    def _confirm(self, walk: Walk) -> None:
        """Re-run a witness for some of the outcomes, and for each way in which a group ends: one group after the other."""
        found: list[list[tuple[tuple[int, ...], int]]] = []
        for part in self.parts:
            with self._machine.only(part.threads):
                first = [end.state for end in part.ends[:MOST_CONFIRMED]]
                found.append([path_to(self._machine, part.folding, part.walk, state) for state in first])
        if not walk.ends:
            return
        for number in range(max(map(len, found))):
            chosen = [ways[number % len(ways)] for ways in found]
            path = tuple(code for part_of_path, _ in chosen for code in part_of_path)
            confirmed(self._machine, path, self._machine.outcome(sum(state for _, state in chosen)))


def _part_of(watch: Watch) -> Watch:
    """A watch that began when this one did, and stops earlier."""
    part = copy.copy(watch)
    part.max_seconds = None if watch.max_seconds is None else watch.max_seconds * PART_OF_SECONDS
    return part
