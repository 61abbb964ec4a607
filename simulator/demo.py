"""The whole path on two programs: the lost update counted, replayed, explained and drawn; a deadlock; real threads."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from simulator.errors import NoRenderer, RenderError
from simulator.execution import Execution
from simulator.exploration.statespace import explore
from simulator.objects import Lock, Operation, Shared
from simulator.program import Program
from simulator.testing import crosscheck, story

Say = Callable[[str], object]
Steps = Generator[Operation[Any], Any, None]

counter = Shared("counter", 0)
left, right = Lock("left"), Lock("right")


def increment() -> Steps:
    """COUNTER += 1: reading and writing are two steps."""
    value = yield counter.read()
    yield counter.write(value + 1)


def left_then_right() -> Steps:
    """Take both locks, the left one first."""
    with (yield left.acquire()), (yield right.acquire()):
        pass


def right_then_left() -> Steps:
    """Take both locks, the right one first."""
    with (yield right.acquire()), (yield left.acquire()):
        pass


racy = Program(A=increment, B=increment)
opposite = Program(A=left_then_right, B=right_then_left)


def show(folder: Path, say: Say) -> bool:
    """Tell it all, and leave pictures in `folder`. Answers whether a renderer for them is missing."""
    _make(folder)
    say("1. COUNTER += 1 in two threads. Every interleaving:\n")
    result = explore(racy)
    say(f"{result}\n")
    lost = result.example(lambda outcome: outcome.final[counter] == 1)
    assert lost is not None, "the lost update is there, or this is not the program it says it is"
    say(f"2. The lost update, in its simplest form:\n\n{story(lost)}\n")
    say(f"3. Ten threads at once:\n\n{explore(Program.copies(increment, 10))}\n")
    stuck = explore(opposite).deadlocks[0].example
    say(f"4. Two locks in opposite order:\n\n{story(stuck)}\n")
    say(f"5. The same on real threads:\n\n{crosscheck(racy, runs=100)}\n")
    return _pictures(folder, lost, stuck, say)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RenderError(f"cannot make the folder {folder}: {error.strerror or error}") from None


def _pictures(folder: Path, lost: Execution, stuck: Execution, say: Say) -> bool:
    from simulator import analysis, render

    wait_for = analysis.wait_for_graph(stuck)
    allocation = analysis.resource_allocation_graph(stuck)
    pictures = {"lost_update": lost, "deadlock_wait_for": wait_for, "deadlock_resources": allocation}
    missing = False
    written = []
    for name, value in pictures.items():
        for suffix in (".svg", ".png", ".dot", ".json"):
            path = folder / f"{name}{suffix}"
            try:
                render.save(value, path)
                written.append(path.name)
            except NoRenderer as error:
                if not missing:
                    say(str(error))
                missing = True
    say("\n  ".join([f"6. Pictures in {folder}:\n", *written]))
    return missing
