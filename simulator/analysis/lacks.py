"""What is missing where a thread waits for something that nobody holds: a notification, a party, an item, a signal.

One function for each kind of object. The steps taken so far know what the state does not: a notification that came before
anybody waited, an event that was cleared again, an item that was got and never told to be done.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator.analysis.ledgers import Deed, deeds_on
from simulator.analysis.moments import Moment, Standing
from simulator.objects.barriers import Barrier
from simulator.objects.conditions import Condition
from simulator.objects.events import Event
from simulator.objects.queues import Queue
from simulator.objects.semaphores import Semaphore
from simulator.objects.values import text_of
from simulator.objects.variables import Shared, satisfies
from simulator.words import count, listed, times

GET_CURE = "put one item for every get that is to come, or call {name}.shutdown() after the last one."
PUT_CURE = "let somebody get until the last item is there; or do not put what nobody gets."
JOIN_CURE = "call {name}.task_done() once for every item that was got, also if dealing with it fails (in a 'finally')."
LEFT_CURE = "get every item that is put, and call {name}.task_done() for it: only then can {name}.join() go on."
BEFORE_CURE = "look before you wait, under the lock, whether it has come already: 'while not …: yield from {name}.wait()'."
WRONG_ONE_CURE = "use {name}.notify_all(), and wait in a loop that looks again: 'while not …: yield from {name}.wait()'."
NEVER_CURE = "notify after every change that others wait for, while holding the lock, on every way out."
BARRIER_CURE = "let as many threads come as the barrier has parties; one that gives up should call {name}.abort()."
SET_CURE = "set {name} on every way out, also after an exception (in a 'finally')."
CLEARED_CURE = "do not clear {name} while somebody may still have to see it: use a new Event for each round, or a Condition."
SIGNAL_CURE = "release {name} once for every acquire that is to come, on every way out."
CHANGE_CURE = "change {name} on every way out, also after an exception: somebody waits for it."
OTHER_CURE = "make sure that someone still puts, sets, changes or notifies, before the others stop waiting for it."


@dataclass(frozen=True, slots=True)
class Lack:
    """What is missing. ``where`` and ``what`` make a sentence, as in "for orders.get()" and "orders is empty".

    ``conclusions`` say why it will not come, and ``cure`` what usually helps. (They are about the end of an execution.)
    """

    where: str
    what: str
    conclusions: tuple[str, ...]
    cure: str


def lack(thread: Standing, now: Moment) -> Lack:
    """What is missing for a blocked thread that waits for nobody in particular."""
    operation, object = thread.operation, thread.obstacle
    assert operation is not None
    match object:
        case Condition():
            return _notification(thread, object, now)
        case Barrier() if operation.method == "depart":
            return _party(thread, object, now)
        case Event():
            return _setting(thread, object, now)
        case Queue() if operation.method == "get":
            return _item(thread, object, now)
        case Queue() if operation.method == "put":
            return _room(thread, object, now)
        case Queue() if operation.method == "join":
            return _end_of_tasks(thread, object, now)
        case Semaphore():
            return _unit(thread, object, now)
        case Shared() if operation.method == "until":
            return _change(thread, object, now)
    name = operation.target.name if operation.target else "anything"
    nobody = _nobody(thread, now, f"set or notify {name}")
    return Lack(f"for {operation}", "nothing has made it possible", (nobody,), OTHER_CURE)


def whereabouts(threads: Sequence[Standing], without: str = "", waiting: str = "too") -> str:
    """Why none of these threads will do anything any more."""
    waits = [thread.name for thread in threads if thread.runs]
    ended = [thread.name for thread in threads if thread.state == "ended"]
    new = [thread.name for thread in threads if thread.state == "not started"]
    parts = [f"{thread.name} failed with {thread.error}" for thread in threads if thread.state == "failed"]
    parts += [f"{listed(ended)} {'has' if len(ended) == 1 else 'have'} ended{without}"] if ended else []
    parts += [f"{listed(new)} {'was' if len(new) == 1 else 'were'} never started"] if new else []
    parts += [f"{listed(waits)} {'waits' if len(waits) == 1 else 'wait'} {waiting}"] if waits else []
    return "; ".join(parts)


def _nobody(thread: Standing, now: Moment, deed: str) -> str:
    """``Nobody is left to put into orders for C: P has ended.``"""
    who = whereabouts([other for other in now.threads if other.name != thread.name])
    return f"Nobody is left to {deed} for {thread.name}{': ' + who if who else ''}."


def _notification(thread: Standing, condition: Condition, now: Moment) -> Lack:
    slept = [deed.number for deed in deeds_on(condition, now.deeds, "wait") if deed.thread == thread.name]
    asleep = slept[-1] if slept else 0
    notified = deeds_on(condition, now.deeds, "notify", "notify_all")
    before = [deed for deed in notified if deed.number < asleep]
    passed_over = [deed for deed in notified if deed.number > asleep and _woken_by(deed, condition, now)]
    name, since = condition.name, f"in {condition.name}.wait() since step {asleep}"
    nobody = _nobody(thread, now, f"notify {name}")
    if passed_over:
        last = passed_over[-1]
        others = _woken_by(last, condition, now)
        again = [other for other in others if other in _sleepers(condition, now)]
        notify = f"{last.thread}'s {last.operation.method} at step {last.number}"
        what = f"{notify} woke {listed(others)}, which had waited longer"
        if again:
            what += f"; {listed(again)} {'waits' if len(again) == 1 else 'wait'} again"
        return Lack(since, what, (nobody,), WRONG_ONE_CURE.format(name=name))
    if before:
        early, cure = _came_before(thread, before[-1], condition, now)
        return Lack(since, f"nobody has notified {name} since then", (early, nobody), cure.format(name=name))
    return Lack(since, f"nobody has notified {name}", (nobody,), NEVER_CURE)


def _came_before(thread: Standing, last: Deed, condition: Condition, now: Moment) -> tuple[str, str]:
    """What became of a notification that came before the thread fell asleep, and what helps."""
    others = _woken_by(last, condition, now)
    notify = f"{last.thread}'s {last.operation.method} at step {last.number}"
    if not others:
        return f"{notify} came before anybody waited: a notification is not kept.", BEFORE_CURE
    if thread.name not in others:
        return f"{notify} came before {thread.name} waited, and woke {listed(others)}.", BEFORE_CURE
    slept_then = [now.program.names[position] for position, _ in last.before[0][0]]
    passed_over = [name for name in _sleepers(condition, now) if name in slept_then and name not in others]
    early = f"{notify} woke {thread.name} itself, which waits again."
    return early, WRONG_ONE_CURE if passed_over else NEVER_CURE


def _woken_by(deed: Deed, condition: Condition, now: Moment) -> list[str]:
    """The threads that a notification woke: as many as it was told, of those that had waited longest."""
    waiting: tuple[tuple[int, int], ...] = deed.before[0][0]
    n = len(waiting) if deed.operation.method == "notify_all" else max(0, deed.operation.argument("n", 1))
    return [now.program.names[position] for position, _ in waiting[:n]]


def _sleepers(condition: Condition, now: Moment) -> list[str]:
    return [now.program.names[position] for position, _ in now.states[condition][0]]


def _party(thread: Standing, barrier: Barrier, now: Moment) -> Lack:
    inside = int(now.states[barrier][1])
    there = [other for other in now.threads if _is_inside(other, barrier)]
    missing = [other for other in now.threads if other not in there]
    came = {deed.thread for deed in deeds_on(barrier, now.deeds, "arrive")}
    never = [other for other in missing if other.name not in came]
    again = [other for other in missing if other.name in came]
    who = [
        whereabouts(never, " without coming", "elsewhere"),
        whereabouts(again, " and will not come again", "elsewhere"),
        f"the program has only {count(len(now.threads), 'thread')}" if len(now.threads) < barrier.parties else "",
    ]
    lacking = count(barrier.parties - inside, "party", "parties")
    why = "; ".join(filter(None, who))
    conclusion = f"{barrier.name} is short of {lacking}{': ' + why if why else ''}."
    what = f"{inside} of {barrier.parties} parties {'is' if inside == 1 else 'are'} there"
    return Lack(f"at {barrier.name}", what, (conclusion,), BARRIER_CURE.format(name=barrier.name))


def _is_inside(thread: Standing, barrier: Barrier) -> bool:
    operation = thread.operation
    return operation is not None and operation.target is barrier and operation.method == "depart"


def _setting(thread: Standing, event: Event, now: Moment) -> Lack:
    where, nobody = f"for {thread.operation}", _nobody(thread, now, f"set {event.name}")
    settings = deeds_on(event, now.deeds, "set")
    if not settings:
        return Lack(where, f"nobody has set {event.name}", (nobody,), SET_CURE.format(name=event.name))
    last = settings[-1]
    cleared = next(deed for deed in deeds_on(event, now.deeds, "clear") if deed.number > last.number)
    who = "" if cleared.thread == last.thread else f"{cleared.thread} "
    what = f"{last.thread} set {event.name} at step {last.number}, but {who}cleared it again at step {cleared.number}"
    return Lack(where, what, (nobody,), CLEARED_CURE.format(name=event.name))


def _item(thread: Standing, queue: Queue, now: Moment) -> Lack:
    nobody = _nobody(thread, now, f"put into {queue.name}")
    return Lack(f"for {thread.operation}", f"{queue.name} is empty", (nobody,), GET_CURE.format(name=queue.name))


def _room(thread: Standing, queue: Queue, now: Moment) -> Lack:
    nobody = _nobody(thread, now, f"get from {queue.name}")
    what = f"{queue.name} is full, with room for {count(queue.maxsize, 'item')}"
    return Lack(f"for {thread.operation}", what, (nobody,), PUT_CURE)


def _end_of_tasks(thread: Standing, queue: Queue, now: Moment) -> Lack:
    items, unfinished, _ = now.states[queue]
    put = len(deeds_on(queue, now.deeds, "put"))
    got, done = (_by_thread(deeds_on(queue, now.deeds, method)) for method in ("get", "task_done"))
    forgot = {name: number for name, number in got.items() if number > done.get(name, 0)}
    conclusions = [
        f"{name} got {count(number, 'item')} from {queue.name}, but called task_done() {_only(done.get(name, 0))}."
        for name, number in forgot.items()
    ]
    if items:
        conclusions.append(f"{count(len(items), 'item')} {'is' if len(items) == 1 else 'are'} left in {queue.name}.")
    deed = "get from" if items and not forgot else "call task_done() on"
    conclusions.append(_nobody(thread, now, f"{deed} {queue.name}"))
    what = f"{unfinished} of {count(put, 'item')} {'is' if unfinished == 1 else 'are'} unfinished"
    cure = LEFT_CURE if items and not forgot else JOIN_CURE
    return Lack(f"for {thread.operation}", what, tuple(conclusions), cure.format(name=queue.name))


def _by_thread(deeds: Sequence[Deed]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for deed in deeds:
        numbers[deed.thread] = numbers.get(deed.thread, 0) + 1
    return numbers


def _only(number: int) -> str:
    return f"only {times(number)}" if number else times(number)


def _unit(thread: Standing, semaphore: Semaphore, now: Moment) -> Lack:
    released = sum(deed.operation.argument("n", 1) for deed in deeds_on(semaphore, now.deeds, "release"))
    taken = sum(1 for deed in deeds_on(semaphore, now.deeds, "acquire") if deed.answer)
    what = f"no unit is left ({semaphore.units()} at first, {released} released, {taken} taken)"
    nobody = _nobody(thread, now, f"release {semaphore.name}")
    return Lack(f"for {thread.operation}", what, (nobody,), SIGNAL_CURE.format(name=semaphore.name))


def _change(thread: Standing, variable: Shared[Any], now: Moment) -> Lack:
    operation, value = thread.operation, now.values[variable]
    assert operation is not None
    what = f"{variable.name} is {text_of(value)}"
    over = [deed for deed in now.deeds if deed.operation.target is variable and satisfies(deed.before[0], operation)]
    if over:
        last = over[-1]
        what += f", and was {text_of(last.before[0])} only until {last.thread}'s step {last.number}"
    nobody = _nobody(thread, now, f"change {variable.name}")
    return Lack(f"for {operation}", what, (nobody,), CHANGE_CURE.format(name=variable.name))
