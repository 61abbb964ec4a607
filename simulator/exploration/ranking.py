"""The k-th interleaving directly, and back: by counting, for each step, how many interleavings begin with it.

In lexicographic order all interleavings that begin with the same steps stand together. So the k-th one takes the first step
if more than k interleavings begin with it, and otherwise the search goes on with the next step, with k less by so many
(A. Nijenhuis and H. S. Wilf, *Combinatorial Algorithms*, 1978, chapter 13, for the paths of any acyclic graph).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from simulator.errors import NondeterministicProgram, ScheduleError, SimulatorError
from simulator.execution import Execution
from simulator.exploration.budget import Watch
from simulator.exploration.completions import Completions
from simulator.exploration.search import confirmed
from simulator.exploration.symmetry import CannotFold, Folding
from simulator.learned import THREAD_STEPS, Reconsider
from simulator.machine import Machine
from simulator.program import Program
from simulator.schedule import Schedule
from simulator.scheduler import replay
from simulator.tables import OPTION_BITS
from simulator.words import count

T = TypeVar("T")


class NoSuchInterleaving(SimulatorError, IndexError):
    """There are not as many interleavings; ``interleavings`` says how many there are."""

    def __init__(self, message: str, interleavings: int) -> None:
        super().__init__(message)
        self.interleavings = interleavings


def interleaving(
    program: Program, k: int, *, merge: bool = True, symmetry: bool = True, max_steps: int = THREAD_STEPS
) -> Execution:
    """Answer the k-th execution, from 0, in the order of `interleavings`, without making those before it.

    The states of the program are counted once, so that a number beyond all enumerating is no obstacle. ``merge``,
    ``symmetry`` and ``max_steps`` are those of `explore`. Raises an IndexError (`NoSuchInterleaving`) if there are not so
    many, `Endless` if there is no end to them, and `NondeterministicProgram` if the live scheduler disagrees.

    >>> from simulator import Program, sleep
    >>> def one_step():
    ...     yield sleep(1)
    >>> interleaving(Program.copies(one_step, 10), 3_628_799).schedule
    Schedule('JIHGFEDCBA')
    """
    if not isinstance(k, int) or isinstance(k, bool):
        raise TypeError(f"interleaving(program, k) was expecting the number of an interleaving, from 0, but got {k!r}")

    def answer(machine: Machine, completions: Completions) -> Execution:
        total = completions.of(machine.initial)
        if not 0 <= k < total:
            raise NoSuchInterleaving(_out_of_range(k, total), total)
        path = unranked(machine, completions, k)
        return confirmed(machine, path, machine.outcome(_end(machine, path)))

    return _counted(program, answer, merge=merge, symmetry=symmetry, max_steps=max_steps)


def index_of(
    program: Program,
    schedule: Sequence[str] | Execution,
    *,
    merge: bool = True,
    symmetry: bool = True,
    max_steps: int = THREAD_STEPS,
) -> int:
    """Answer the place of a schedule, from 0, in the order of `interleavings`: the inverse of `interleaving`.

    The schedule in any of the forms that `replay` takes. Raises `ScheduleError` if it does not fit the program, as `replay`
    does, or if it stops before the end or goes on beyond it; and `Endless` if the interleavings have no numbers.
    """
    steps = replay(program, schedule).schedule

    def answer(machine: Machine, completions: Completions) -> int:
        return rank(machine, completions, steps)

    return _counted(program, answer, merge=merge, symmetry=symmetry, max_steps=max_steps)


def _counted(
    program: Program, answer: Callable[[Machine, Completions], T], *, merge: bool, symmetry: bool, max_steps: int
) -> T:
    """Ask with a machine that fits the program: one without folding, or a new one, where that turns out to be needed."""
    folds = symmetry
    while True:
        machine = Machine(program, merge=merge, max_thread_steps=max_steps)
        try:
            return answer(machine, Completions(machine, Folding(machine, wanted=folds), watch=Watch(None, None, False)))
        except CannotFold:
            folds = False
        except Reconsider:
            continue
        finally:
            machine.close()


def unranked(machine: Machine, completions: Completions, k: int) -> tuple[int, ...]:
    """The path of the k-th interleaving, as codes of steps. There are more than `k`."""
    state, path = machine.initial, []
    while moves := machine.moves(state):
        for (code, after), number in zip(moves, completions.after(state, moves), strict=True):
            if k < number:
                path.append(code)
                state = after
                break
            k -= number
        else:
            raise AssertionError("the numbers of the states after a state add up to its own")
    return tuple(path)


def rank(machine: Machine, completions: Completions, schedule: Schedule) -> int:
    """The place of a schedule that can be replayed."""
    state, before = machine.initial, 0
    for step, name in enumerate(schedule, start=1):
        wanted, moves = machine.code(name), machine.moves(state)
        if not moves:
            raise _goes_beyond(machine, schedule, step)
        for (code, after), number in zip(moves, completions.after(state, moves), strict=True):
            if code == wanted:
                state = after
                break
            before += number
        else:
            raise NondeterministicProgram(
                f"step {step} of {str(schedule)!r} was possible when the program was run, and is not when it is explored."
            )
    if machine.successors(state):
        raise _stops_early(machine, completions, schedule, state, before)
    return before


def _end(machine: Machine, path: Iterable[int]) -> int:
    state = machine.initial
    for code in path:
        after = machine.step(state, code)
        assert after is not None, "a path of the machine leads through steps that can be done"
        state = after
    return state


def _out_of_range(k: int, total: int) -> str:
    many = count(total, "interleaving")
    which = f"they are numbered from 0 to {total - 1:,}" if total > 1 else "its number is 0"
    return f"interleaving(program, k) got k = {k:,}, but the program has {many}: {which}."


def _stops_early(machine: Machine, completions: Completions, schedule: Schedule, state: int, before: int) -> ScheduleError:
    number = completions.of(state)
    could = tuple(dict.fromkeys(machine.program.names[code >> OPTION_BITS] for code, _ in machine.moves(state)))
    numbers = f"number {before:,}" if number == 1 else f"numbers {before:,} to {before + number - 1:,}"
    return ScheduleError(
        f"the schedule {str(schedule)!r} is no interleaving yet: it stops where {' and '.join(could)} can still step.\n"
        f"index_of was expecting a schedule up to the end. {count(number, 'interleaving')} "
        f"begin{'s' if number == 1 else ''} like this: {numbers}.",
        len(schedule) + 1,
        None,
        could,
    )


def _goes_beyond(machine: Machine, schedule: Schedule, step: int) -> ScheduleError:
    left = " and ".join(machine.program.daemons)
    ends = str(Schedule(schedule[: step - 1]))
    return ScheduleError(
        f"step {step} of {str(schedule)!r} wants {schedule[step - 1]}, but the execution has ended by then: only {left} "
        f"can go on, as daemon{'s' if len(machine.program.daemons) > 1 else ''}.\nThe interleaving is {ends!r}.",
        step,
        schedule[step - 1],
    )
