"""Every interleaving, one after the other, in lexicographic order of the positions of the threads."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.errors import StepLimit
from simulator.execution import Execution
from simulator.learned import THREAD_STEPS
from simulator.machine import Machine
from simulator.outcome import Outcome
from simulator.program import Program


def interleavings(program: Program, *, merge: bool = True, max_steps: int = THREAD_STEPS) -> Iterator[Execution]:
    """Yield every execution of a program, lazily: the first thread first, depth first.

    Each comes without its trace, which is made when it is asked for. Raises `StepLimit` where an interleaving has no end
    within `max_steps` steps of the whole program.

    >>> def one_step():
    ...     yield sleep(1)
    >>> from simulator import sleep
    >>> [str(execution.schedule) for execution in interleavings(Program(A=one_step, B=one_step))]
    ['AB', 'BA']
    """
    machine = Machine(program, merge=merge, max_thread_steps=max_steps, keep_all=True)
    outcomes: dict[int, Outcome] = {}
    try:
        for path, end in paths(machine, max_steps):
            if end not in outcomes:
                outcomes[end] = machine.outcome(end)
            yield machine.execution(path, outcomes[end])
    finally:
        machine.close()


def paths(machine: Machine, max_steps: int) -> Iterator[tuple[list[int], int]]:
    """Every path through the machine and the state it ends in. The list is the same one every time: copy it."""
    path: list[int] = []
    moves = machine.moves(machine.initial)
    if not moves:
        yield path, machine.initial
        return
    open_moves = [iter(moves)]
    while open_moves:
        move = next(open_moves[-1], None)
        if move is None:
            open_moves.pop()
            if path:
                path.pop()
            continue
        code, state = move
        path.append(code)
        following = machine.moves(state)
        if following:
            if len(path) >= max_steps:
                raise StepLimit(max_steps)
            open_moves.append(iter(following))
        else:
            yield path, state
            path.pop()
