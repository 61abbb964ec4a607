"""One interleaving for each equivalence class: optimal dynamic partial order reduction.

Two interleavings are equivalent if one becomes the other by swapping neighbouring steps that do not conflict (A.
Mazurkiewicz, "Trace theory", LNCS 255, 1987). Steps of one thread conflict; so do executed operations on one object, unless
both only read. A blocked attempt is no step. What other tools count instead: docs/design.md.

The algorithm is Optimal-DPOR (P. A. Abdulla, S. Aronis, B. Jonsson and K. Sagonas, "Source sets: a foundation for optimal
dynamic partial order reduction", JACM 64(4), 2017, algorithm 2): a depth-first search in which every race that is seen, two
conflicting steps with none between them that orders them, asks for its reversal at the place where its first step was taken.
Sleep sets and wakeup trees see to it that no class is met twice, and that nothing is begun that comes to nothing.

Deviations from the paper:

* The machine knows the state of every prefix, and independent steps add up: nothing is ever executed again.
* The paper looks at all races of every complete execution, each time with all that the execution has to say. Here a race is
  reversed once, when its second step is taken. If a sleeping step refuses the reversal although it is no part of it, the
  refusal is *watched*: it is asked for again as soon as the execution takes a step that wakes the sleeper. (Never asking
  again would be cheaper, and loses classes of about one small program in three hundred.)
* Blocking operations. What conflicts with an acquire and comes last before it is the release that made it possible: these
  two cannot be reversed. So the search for the first step of a race goes on, backwards, to one before which the second
  was possible. Whoever is still blocked at the end takes part as if it came next.
* `choose`: the other options of a step are asked for as if each of them raced with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from simulator.errors import StepLimit
from simulator.exploration.classes.steps import Step, StepTable
from simulator.machine import Machine
from simulator.tables import OPTION, OPTION_BITS

Tree = list[tuple[Step, Any]]
"""A wakeup tree: the steps to be taken at a place, in this order, each with the tree of what has to follow it."""

Place = tuple[int, dict[int, Step], Tree, Sequence["Refusal"], int]
"""Where a step was taken: the state, the steps that sleep there, what is left to be taken there, the refusals that were
watched there, and the place of the previous step of the thread that stepped (or -1)."""

Refusal = tuple[int, int, Step]
"""A reversal that was refused: the place of the race's first step, the code of the second, the sleeper that refused it."""


class Reduction:
    """A depth-first search that takes each class of interleavings to its end once. Use it once."""

    def __init__(self, machine: Machine, table: StepTable, max_steps: int) -> None:
        self.machine = machine
        self.max_steps = max_steps
        self.table = table
        self.steps: list[Step] = []
        """The execution so far."""
        self.pasts: list[int] = []
        """What happens before each of its steps: a set of places, as bits, its own included."""
        self.places: list[Place] = []
        """Where each of its steps was taken."""
        self.last = [-1] * len(machine.program.names)
        """For each thread the place of its last step."""
        threads = range(len(self.last))
        self.order = [[*threads[first:], *threads[:first]] for first in threads]
        """For each thread: itself, those after it, those before it."""
        self.accesses: dict[int, list[int]] = {}
        """For each object (a bit) the places of the steps that touched it, in order."""
        self.refused: list[Refusal] = []
        """What the step that is being looked at was refused."""
        self.taken = 0
        """How many steps were taken altogether."""

    def ends(self) -> Iterator[int]:
        """The state in which one execution of each class ends; its `steps` and their `pasts` are there to be looked at."""
        state = self.machine.initial
        sleeping: dict[int, Step] = {}
        tree: Tree = []
        watching: Sequence[Refusal] = ()
        arrived = True
        while True:
            if arrived and not tree:
                chosen = self._any(state, sleeping)
                if chosen is not None:
                    tree = [(chosen, [])]
                else:
                    self._reverse_what_is_blocked(state)
                    yield state
            if tree:
                step, following = tree.pop(0)
                self.places.append((state, sleeping, tree, watching, self.last[step.thread]))
                watching = self._take(step, watching)
                state += step.delta
                sleeping = awake_after(step, sleeping) if sleeping else {}
                tree = following
                arrived = True
            elif self.steps:
                step = self.steps.pop()
                self.pasts.pop()
                state, sleeping, tree, watching, self.last[step.thread] = self.places.pop()
                for object in step.objects:
                    self.accesses[object].pop()
                sleeping[step.code] = step
                arrived = False
            else:
                return

    def _any(self, state: int, sleeping: dict[int, Step]) -> Step | None:
        """A step that is possible and does not sleep, of the last thread if it has one, else of the next one that has.

        None if the execution has ended.
        """
        options = self.table.options
        asleep = False
        for thread in self.order[self.steps[-1].thread if self.steps else 0]:
            for step in options(state, thread):
                if step.code not in sleeping:
                    return step
                asleep = True
        assert not asleep, "an optimal search never begins what comes to nothing"
        return None

    def _take(self, step: Step, watching: Sequence[Refusal]) -> Sequence[Refusal]:
        """Add a step to the execution, and ask for the reversal of its races; answer the refusals to be watched."""
        place, thread = len(self.steps), step.thread
        if place >= self.max_steps:
            raise StepLimit(self.max_steps)
        self.taken += 1
        before = self.last[thread]
        past = self.pasts[before] if before >= 0 else 0
        if step.objects:
            past = self._races(step.code, step.objects, step.changed, past)
            for object in step.objects:
                self.accesses.setdefault(object, []).append(place)
        past |= 1 << place
        self.steps.append(step)
        self.pasts.append(past)
        self.last[thread] = place
        if step.options > 1:
            for option in range(step.options):
                if option != step.code & OPTION:
                    self._reverse(place, thread << OPTION_BITS | option)
        if watching:
            watching = self._ask_again(step, past, watching)
        if self.refused:
            watching = [*watching, *self.refused]
            self.refused.clear()
        return watching

    def _races(self, code: int, objects: Sequence[int], changed: int, known: int) -> int:
        """Reverse the races of a step that comes next, of which ``known`` is what its thread knows; answer what precedes it.

        Backwards through what was done to its objects. A hot loop: almost every step touches one object.
        """
        steps, pasts = self.steps, self.pasts
        ordered = past = known
        if len(objects) > 1:
            for place in self._conflicting(objects, changed):
                past |= pasts[place]
                if not ordered >> place & 1 and self._reverse(place, code):
                    ordered |= pasts[place]
            return past
        (object,) = objects
        nearest = True
        for place in reversed(self.accesses.get(object, ())):
            changes = steps[place].changed & object
            if not changes and not changed:
                nearest = False
                continue
            past |= pasts[place]
            if not ordered >> place & 1:
                # A step that sleeps where the race began, and that nothing came between, has been taken there already.
                known_there = nearest and code in self.places[place][1] and not known >> place
                if not known_there and not self._reverse(place, code):
                    continue  # blocked before that one: look further back
                ordered |= pasts[place]
            if changes:
                break  # it comes after everything before it
            nearest = False
        return past

    def _conflicting(self, objects: Sequence[int], changed: int) -> list[int]:
        """The places of the steps that conflict with one that touches these objects, the last one first."""
        places = {
            place
            for object in objects
            for place in self.accesses.get(object, ())
            if (self.steps[place].changed | changed) & object
        }
        return sorted(places, reverse=True)

    def _reverse(self, place: int, code: int) -> bool:
        """Ask for the step `code` to be taken before the one at `place`; False if it would be blocked there.

        What is asked for is the sequence of all steps since then that do not come after the one at `place`, then this one.
        """
        after, bit = place + 1, 1 << place
        steps, pasts = self.steps, self.pasts
        sequence = [steps[later] for later in range(after, len(steps)) if not pasts[later] & bit]
        state, sleeping, tree, _, _ = self.places[place]
        for step in sequence:
            state += step.delta
        possible = self.table.options(state, code >> OPTION_BITS)
        if not possible:
            return False
        sequence.append(possible[code & OPTION])
        refused_by = None
        for sleeper in sleeping.values():
            thread, touched, changed = sleeper.thread, sleeper.touched, sleeper.changed
            for step in sequence:
                if step.thread == thread:
                    if step.code == sleeper.code:
                        return True  # this sequence, and every longer one, has been met where the sleeper was put to sleep
                    break
                if step.changed & touched or step.touched & changed:
                    break
            else:
                refused_by = sleeper
        if refused_by is not None:
            self.refused.append((place, code, refused_by))
        else:
            insert(tree, sequence)
        return True

    def _ask_again(self, step: Step, past: int, watching: Sequence[Refusal]) -> Sequence[Refusal]:
        """Ask again for the reversals whose sleeper has something to do with a step; answer the other refusals."""
        thread, touched, changed = step.thread, step.touched, step.changed
        woken = [
            refusal
            for refusal in watching
            if (changed & refusal[2].touched or touched & refusal[2].changed or thread == refusal[2].thread)
            and not past >> refusal[0] & 1
        ]
        if not woken:
            return watching
        for place, code, _ in woken:
            self._reverse(place, code)
        return [refusal for refusal in watching if refusal not in woken]

    def _reverse_what_is_blocked(self, state: int) -> None:
        """At the end of an execution: threads that are blocked might have come earlier, too."""
        for thread, last in enumerate(self.last):
            objects = self.table.asked(state, thread)
            if objects:
                changed = sum(objects)  # nobody knows what it would have done
                self._races(thread << OPTION_BITS, objects, changed, self.pasts[last] if last >= 0 else 0)
        self.refused.clear()  # there is no more to come that could wake a sleeper


def awake_after(step: Step, sleeping: dict[int, Step]) -> dict[int, Step]:
    """The steps that still sleep after a step: those that it does not conflict with."""
    thread, touched, changed = step.thread, step.touched, step.changed
    return {
        code: sleeper
        for code, sleeper in sleeping.items()
        if sleeper.thread != thread and not sleeper.changed & touched and not sleeper.touched & changed
    }


def insert(tree: Tree, sequence: list[Step]) -> None:
    """Add a sequence to a wakeup tree, unless what is there will come to an equivalent one (JACM 2017, definition 6.4).

    It will if a branch begins with a *weak initial* of the sequence: a step of it that could as well come first, or one that
    is no part of it and would not mind. A hot loop.
    """
    while True:
        for known, following in tree:
            thread, touched, changed = known.thread, known.touched, known.changed
            for at, step in enumerate(sequence):  # noqa: B007  it is used after the loop
                if step.thread == thread:
                    initial = step.code == known.code
                    break
                if step.changed & touched or step.touched & changed:
                    initial = False
                    break
            else:
                at, initial = len(sequence), True
            if not initial:
                continue
            if not following:
                return
            if at < len(sequence):
                sequence = sequence[:at] + sequence[at + 1 :]
            tree = following
            break
        else:
            for step in sequence:
                following = []
                tree.append((step, following))
                tree = following
            return
