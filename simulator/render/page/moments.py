"""What a page of the player knows: the steps of an execution and every moment of it, as plain lists for JSON.

Texts, operations and places stand in tables, and everywhere else only their numbers, so that a page grows by a few dozen
characters with each step. A moment is ``v`` (the number of the text of every object's value), ``t`` (for every thread its
state, its operation or error, and its place) and ``w`` (who waits: thread, sentence, object in the way, threads in the
way). A step is ``t`` (thread), ``s`` (as in a schedule), ``o`` (operation), ``a`` (answer), ``p`` (place), and ``x`` and
``w``: the object it is about, and whether it may have changed it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from simulator.analysis.explanations import explain_deadlock
from simulator.analysis.lacks import lack
from simulator.analysis.moments import JOINED, Moment, Standing, moments
from simulator.errors import TooLarge
from simulator.execution import Execution
from simulator.location import Location
from simulator.objects.base import SharedObject
from simulator.objects.operations import Operation
from simulator.objects.queues import Queue
from simulator.objects.values import text_of
from simulator.render.graphs.waiting_text import IN_THE_WAY
from simulator.render.lanes.states import state_text
from simulator.render.means.phrases import LONGEST, shorten
from simulator.render.page.code import Sources
from simulator.texts import printable
from simulator.words import listed

MOST_STEPS = 300
ENABLED, BLOCKED, ENDED, FAILED, NEW = range(5)
STATES = {"enabled": ENABLED, "blocked": BLOCKED, "ended": ENDED, "failed": FAILED, "not started": NEW}
NOTHING = -1
LONGEST_SENTENCE = 300

Data = dict[str, Any]
Standings = list[list[int]]


class Tables:
    """The tables of one page: every text, operation and place is in them once."""

    def __init__(self, threads: Sequence[str], objects: Collection[SharedObject], counted: Collection[SharedObject]) -> None:
        self.threads = tuple(threads)
        self.objects = {object: number for number, object in enumerate(sorted(objects, key=lambda each: each.serial))}
        self._counted = counted
        self._sources = Sources()
        self._texts: dict[str, int] = {}
        self._operations: dict[tuple[str, str | None], int] = {}
        self._places: dict[tuple[tuple[int, int], ...], int] = {}
        self._blocks: list[dict[int, None]] = [{} for _ in threads]

    def text(self, text: str, longest: int = LONGEST) -> int:
        """The number of a text, shortened to one line."""
        return self._texts.setdefault(shorten(text, longest), len(self._texts))

    def operation(self, operation: Any) -> int:
        """The number of an operation: what stands before its brackets, and what stands in them, which a quiz can hide."""
        shown, head = repr(operation), ""
        if isinstance(operation, Operation):
            head = f"{operation.target.name}.{operation.method}" if operation.target else operation.method
        else:  # read from a file: only its text is known
            head = shown.partition("(")[0]
        if shown.startswith(f"{head}(") and shown.endswith(")"):
            entry: tuple[str, str | None] = shorten(head), shorten(shown[len(head) + 1 : -1])
        else:
            entry = shorten(shown), None
        return self._operations.setdefault(entry, len(self._operations))

    def place(self, thread: int, location: Location | None) -> int:
        """The number of a place, with the lines that called it; `NOTHING` if it is not known."""
        lines: list[tuple[int, int]] = []
        while isinstance(location, Location):
            lines.append(self._sources.line(location))
            location = location.caller
        if not lines:
            return NOTHING
        self._blocks[thread].update(dict.fromkeys(block for block, _ in reversed(lines)))
        return self._places.setdefault(tuple(lines), len(self._places))

    def values(self, states: Mapping[SharedObject, Any]) -> list[int]:
        """What to show of every object; one that was not used yet is as it started."""
        found = ((object, states.get(object, object.initial)) for object in self.objects)
        return [self.text(state_text(object, state, self.threads, LONGEST, self._counted)) for object, state in found]

    def step(self, spelled: str, thread: int, operation: Any, answer: Any, location: Any) -> Data:
        """One step."""
        place = self.place(thread, location)
        data: Data = {"t": thread, "s": spelled, "o": self.operation(operation), "a": NOTHING, "p": place}
        if answer is not None:
            data["a"] = self.text(text_of(answer))
        if place == NOTHING and location:
            data["l"] = self.text(str(location))
        target = operation.target if isinstance(operation, Operation) else None
        if target in self.objects:
            data |= {"x": self.objects[target], "w": int(not target.reads_only(operation, answer))}
        return data

    def data(self) -> Data:
        """The tables, as they stand in the page."""
        threads = [
            {"name": printable(name), "blocks": list(blocks)}
            for name, blocks in zip(self.threads, self._blocks, strict=True)
        ]
        objects = [{"name": shorten(object.name), "plain": int(not object.synchronises)} for object in self.objects]
        return {
            "threads": threads,
            "objects": objects,
            "code": [block.data() for block in self._sources.blocks],
            "texts": list(self._texts),
            "operations": [list(entry) for entry in self._operations],
            "places": [[list(line) for line in lines] for lines in self._places],
        }


def counted_queues(operations: Collection[Any]) -> set[SharedObject]:
    """The queues of which somebody wants to know how many items are unfinished."""
    asked = [operation for operation in operations if isinstance(operation, Operation)]
    return {each.target for each in asked if isinstance(each.target, Queue) and each.method in ("join", "task_done")}


def check_steps(execution: Execution) -> None:
    """Refuse what nobody would step through; raises `TooLarge`."""
    if len(execution) > MOST_STEPS:
        raise TooLarge(
            f"the execution has {len(execution):,} steps, and nobody would step through more than {MOST_STEPS}.\n"
            "Find a simpler one with find(program, goal), which answers a shortest; or play its beginning:\n"
            f"replay(program, execution.schedule[:{MOST_STEPS}])."
        )


def all_moments(execution: Execution) -> tuple[Moment, ...]:
    """The moments of an execution; none if it was read from a file, for then nobody knows its program."""
    return () if execution.program is None else moments(execution)


def play_data(execution: Execution, found: Sequence[Moment], tables: Tables) -> Data:
    """The steps, the moments and the end of an execution."""
    positions = {name: position for position, name in enumerate(tables.threads)}
    steps = [
        tables.step(spelled, positions[event.thread], event.operation, event.answer, event.location)
        for spelled, event in zip(execution.schedule, execution.trace, strict=True)
    ]
    stuck = bool(found) and execution.outcome.status == "deadlock"
    return {
        "steps": steps,
        "moments": [_moment(now, tables) for now in found] or _from_steps(execution, tables),
        "ending": shorten(str(execution.outcome), LONGEST_SENTENCE),
        "why": _why(execution) if stuck else [],
        "schedule": str(execution.schedule),
    }


def _why(execution: Execution) -> list[str]:
    """Why it will never go on. The lines are left out: they are marked in the code."""
    explained = explain_deadlock(execution)
    reasons = [reason.sentence for reason in explained.reasons]
    cures = [f"Usual cure: {cure}" for cure in explained.cures]
    lines = [explained.headline, *reasons, *explained.conclusions, *cures]
    return [shorten(line, LONGEST_SENTENCE) for line in lines]


def _moment(now: Moment, tables: Tables) -> Data:
    threads = []
    for position, thread in enumerate(now.threads):
        said = NOTHING
        if thread.operation is not None:
            said = tables.operation(thread.operation)
        elif thread.error is not None:
            said = tables.text(thread.error)
        threads.append([STATES[thread.state], said, tables.place(position, thread.location)])
    waits = [_wait(thread, now, tables) for thread in now.threads if thread.state == "blocked"]
    return {"v": tables.values(now.states), "t": threads, "w": waits}


def _wait(thread: Standing, now: Moment, tables: Tables) -> list[Any]:
    obstacle = tables.text(thread.obstacle.name) if thread.obstacle else NOTHING
    if thread.in_the_way:
        sentence = waiting_sentence(thread.name, thread.obstacle, thread.in_the_way, thread.how)
    else:
        sentence = f"{thread.name} waits {': '.join([(missing := lack(thread, now)).where, missing.what])}"
    holders = [tables.threads.index(name) for name in thread.in_the_way]
    return [tables.threads.index(thread.name), tables.text(sentence, LONGEST_SENTENCE), obstacle, holders]


def waiting_sentence(name: str, obstacle: SharedObject | None, holders: Sequence[str], how: str) -> str:
    """``B waits for lock, held by A``."""
    if how == JOINED or obstacle is None:
        return f"{name} waits for the end of {listed(holders)}"
    who = "itself" if list(holders) == [name] else listed(holders)
    return f"{name} waits for {obstacle.name}, {IN_THE_WAY[how]} {who}"


def _from_steps(execution: Execution, tables: Tables) -> list[Data]:
    """Moments of an execution that was read from a file: only what every thread does next is known, from its next step."""
    outcome = execution.outcome
    pending = {name: [ENABLED, tables.operation(operation), NOTHING] for name, operation in execution.waiting.items()}
    pending |= {name: [FAILED, tables.text(error), NOTHING] for name, error in outcome.failures.items()}
    stands = [pending.get(name, [ENDED, NOTHING, NOTHING]) for name in tables.threads]
    found = [stands]
    for event in reversed(execution.trace):
        stands = list(stands)
        stands[tables.threads.index(event.thread)] = [ENABLED, tables.operation(event.operation), NOTHING]
        found.append(stands)
    return [{"v": [], "t": each, "w": []} for each in reversed(found)]
