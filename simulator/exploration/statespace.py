"""Explore: every state once, and the exact number of interleavings for each outcome."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from os import PathLike
from typing import Any, Literal

from simulator.errors import Interrupted
from simulator.exploration.bounds import Bound, distinct_states, folding_of, is_bounded
from simulator.exploration.budget import Watch
from simulator.exploration.classes.exploring import explore_by_classes, refuse_by_classes
from simulator.exploration.counting import count
from simulator.exploration.helpers.help import Help
from simulator.exploration.results import Claim, Exploration
from simulator.exploration.splitting.split import explore_in_groups
from simulator.exploration.spot_checks import spot_check
from simulator.exploration.summaries import Verdicts, summaries, violations
from simulator.exploration.symmetry import CannotFold, Folding
from simulator.exploration.walks import Walk, interleavings_of
from simulator.exploration.witnesses import confirm
from simulator.learned import THREAD_STEPS, Reconsider
from simulator.machine import Machine
from simulator.outcome import Final
from simulator.program import Program


def explore(
    program: Program,
    *,
    invariant: Callable[[Final], object] | None = None,
    observe: Callable[[Final], Any] | None = None,
    by: Literal["states", "classes"] = "states",
    preemptions: int | None = None,
    delays: int | None = None,
    max_states: int | None = None,
    max_seconds: float | None = None,
    max_memory: int | None = None,
    symmetry: bool = True,
    merge: bool = True,
    liveness: bool = True,
    split: bool = True,
    max_steps: int = THREAD_STEPS,
    progress: bool = False,
    checkpoint: str | PathLike[str] | None = None,
    checkpoint_seconds: float | None = None,
    executor: Executor | None = None,
) -> Exploration:
    """Visit every state of a program once and answer the `Exploration`: exact numbers, examples, and what they are worth.

    * ``invariant`` is asked of the values in every state; the result lists the simplest executions that break it.
    * ``observe`` groups outcomes by what it answers about the final values, instead of by everything.
    * ``by="classes"`` looks at one interleaving of each equivalence class (see `representatives`) instead of every state:
      outcomes, each with the number of its classes. For programs that have far more states than classes. It knows no
      invariant, and no budget of states.
    * ``preemptions`` is a bound: only the interleavings with at most so many are examined, all of them, and counted
      exactly; the claim is "bounded", or "complete" if no interleaving has more. A step of another thread is a preemption if
      the one before could have gone on (M. Musuvathi and S. Qadeer, PLDI 2007). ``delays`` is another bound: on how often a
      round-robin scheduler that never preempts is made to pass over a thread, as `WithinDelays` says exactly (M. Emmi, S.
      Qadeer and Z. Rakamaric, POPL 2011). No probability is told within a bound.
    * ``max_states``, ``max_seconds``, ``max_memory`` are budgets; when one runs out, or at Ctrl-C, the claim is "partial".
      Within a bound a state counts towards ``max_states`` once for each way in which it has to be told apart.
      ``max_memory`` is in bytes: what the process may take in addition to what it has. Where it is not given, exploring
      stops before the machine has to swap: when three quarters of what was free are used up.
    * ``symmetry=False``, ``merge=False``, ``liveness=False`` and ``split=False`` switch the reductions off, to cross-check
      them. States are told apart by local variables that will never be read again only without liveness. Programs whose
      threads fall into groups that share nothing are split, and the states are those of the groups, added up; but not with
      an invariant, within a bound, or with daemons.
    * ``max_steps`` is how many steps one thread may take before `StepLimit` is raised.
    * ``progress`` shows a live line on stderr, if that is a terminal.
    * ``checkpoint`` is a file in which the walk is kept, every ``checkpoint_seconds`` (30), and when a budget runs out or at
      Ctrl-C. If there is one, exploring goes on from there, and the answer is what it would have been; a budget of seconds
      counts anew. It is deleted when the answer is complete. Groups of threads that are split off are explored without.
    * ``executor`` expands large layers of states on more cores or machines, and the answer is the same to the last digit;
      only where a budget stops it may differ. A program whose states are reached after different numbers of steps is
      explored here. It cannot be had within a bound.

    Raises what is wrong with the program (`ProgramError`), `NondeterministicProgram` among it; and `ValueError` or
    `TypeError` for a budget or a bound that is none; `CheckpointError` for a file that is no checkpoint of this program,
    with these options, or is damaged; `ExecutorError` for an executor that is shut down.
    """
    bound = Bound.of(preemptions, delays)
    how: dict[str, Any] = {"merge": merge, "liveness": liveness, "max_thread_steps": max_steps}
    if by != "states":
        refuse_by_classes(
            by, invariant=invariant, delays=delays, max_states=max_states, executor=executor, checkpoint=checkpoint
        )
        with Watch(None, max_seconds, progress, max_memory) as watch:
            return explore_by_classes(program, watch, observe, bound, how)
    help = Help.of(executor, checkpoint, checkpoint_seconds, bound, {"symmetry": symmetry, **how})
    with Watch(max_states, max_seconds, progress, max_memory) as watch:
        while True:
            machine = Machine(program, **how)
            try:
                if split and bound is None and invariant is None:
                    answer = explore_in_groups(machine, watch, observe, symmetry=symmetry, how=how)
                    if answer is not None:
                        return help.done(answer)
                return help.done(_explore(machine, watch, invariant, observe, symmetry, bound, help))
            except Reconsider:
                continue
            finally:
                machine.close()


def _explore(
    machine: Machine,
    watch: Watch,
    invariant: Callable[[Final], object] | None,
    observe: Callable[[Final], Any] | None,
    symmetry: bool,
    bound: Bound | None,
    help: Help,
) -> Exploration:
    space = machine if bound is None else bound.over(machine)
    try:
        folding = folding_of(space, symmetry)
        walk = _walk(space, folding, watch, invariant, help)
    except CannotFold:
        folding = folding_of(space, False)
        walk = _walk(space, folding, watch, invariant, help)
    _compare(machine, space, folding, walk)
    return _answer(space, folding, walk, observe, invariant, bound)


def _walk(space: Machine, folding: Folding, watch: Watch, invariant: Callable[[Final], object] | None, help: Help) -> Walk:
    """Count, and ask the invariant of all states that were met."""
    watch.listen(lambda end: space.outcome(end).key)
    walk = count(space, folding, watch, help.keeper, help.crew)
    if invariant is not None:  # asked at the end, when every object is known, so that it may name objects
        breaks = Verdicts(space, invariant)
        try:
            for state in walk.first_from:
                if breaks(state):
                    walk.broken.append(state)
        except Interrupted:
            raise
        except KeyboardInterrupt:
            walk.stopped = walk.stopped or "interrupted"
    return walk


def _compare(machine: Machine, space: Machine, folding: Folding, walk: Walk) -> None:
    """Re-run some of it on the live scheduler; what nobody waited for is not proved, but known all the same."""
    try:
        confirm(space, folding, walk)
        if not walk.stopped:
            spot_check(machine)
    except Interrupted:
        raise
    except KeyboardInterrupt:
        walk.stopped = walk.stopped or "interrupted"


def _answer(
    space: Machine,
    folding: Folding,
    walk: Walk,
    observe: Callable[[Final], Any] | None,
    invariant: Callable[[Final], object] | None,
    bound: Bound | None,
) -> Exploration:
    """What a walk comes to."""
    beyond = bool(walk.stopped) or is_bounded(space, walk.first_from)
    counted = not walk.endless and not (walk.stopped and not any(walk.ends.values()))
    total = sum(map(interleavings_of, walk.ends.values())) if counted else None
    broken = violations(space, folding, walk, invariant)
    outcomes = summaries(space, folding, walk, total, not beyond, observe)
    return Exploration(
        space.program,
        _claim(walk, bound if beyond else None),
        total,
        distinct_states(space, folding, walk.first_from),
        walk.transitions,
        outcomes,
        walk.endless,
        broken,
    )


def _claim(walk: Walk, bound: Bound | None) -> Claim:
    """What the answer is worth, given the bound if there is anything beyond it."""
    if walk.stopped:
        return Claim("partial", walk.stopped if bound is None else f"{walk.stopped}; bound: {bound}")
    return Claim("complete") if bound is None else Claim("bounded", str(bound))
