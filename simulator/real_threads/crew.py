"""A crew: one real thread for each thread of a program, what they share for real, and a way to end them all.

A generator lives on its own real thread from its first line to its last: it is made, primed, advanced and closed there.
Who may go when is none of the crew's business; that is what `pacing` and `free` are for.
"""

from __future__ import annotations

import ctypes
import random
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Protocol, Self

from simulator.body import Body, Failed, Returned, unwind
from simulator.errors import ProgramError, RealThreadError
from simulator.location import Location, is_ours
from simulator.objects.base import SharedObject
from simulator.objects.operations import Operation, Raised
from simulator.objects.threads import RealWorker
from simulator.outcome import Final, Outcome
from simulator.program import Program
from simulator.scheduler import duplicate_name

SECONDS_TO_LEAVE = 0.2
"""How long a thread that was told to end may take to see it; then it is interrupted."""
SECONDS_TO_GIVE_UP = 2.0
"""How long a thread is interrupted again and again, if it catches that, before it is reported as impossible to end."""

GATES = (Body._advance.__code__, unwind.__code__)
"""The functions of ours through which the user's code is entered."""


class Stopped(SystemExit):
    """Thrown into a thread that computes for ever. A `SystemExit`, for that one may reach the end of a thread unreported."""


class Life(Protocol):
    """What a real thread does, from the first line of its generator until that has ended or it is told to stop."""

    def __call__(self, member: Member, /) -> None: ...


class Member(threading.Thread):
    """One real thread: the body it runs, and how it is made to end."""

    def __init__(self, crew: Crew, name: str, live: Life) -> None:
        # A daemon, so that one which cannot be ended at all does not keep the interpreter from ending.
        super().__init__(name=name, daemon=True)
        self.crew = crew
        self.live = live
        self.body: Body | None = None
        self.turn = closed_gate()
        self._ending = threading.Lock()
        self._interrupted = self._gone = False

    @property
    def pending(self) -> Operation[Any] | None:
        """The operation that it asks for next; None before it has begun and after it has ended."""
        return self.body.pending if self.body is not None else None

    @property
    def has_ended(self) -> bool:
        """Whether its generator has come to its end."""
        return self.body is not None and self.body.pending is None

    def begin(self) -> Body:
        """Make the generator and let it compute up to its first yield; on this thread, as everything else."""
        self.body = Body(self.crew.program, self.name)
        return self.body

    def run(self) -> None:
        # Each of these may be cut short by `Stopped` at any point, and is then begun again: by then the crew is stopping,
        # so that there is nothing more to live for.
        duties = [self._leave, self._close, self._live]
        while duties:
            try:
                duties[-1]()
                duties.pop()
            except Stopped:
                continue

    def _live(self) -> None:
        if self.crew.stopping:
            return
        try:
            self.live(self)
        except Stopped:
            raise
        except BaseException as error:
            self.crew.fail(error)

    def _close(self) -> None:
        if self.body is not None:
            self.body.close()

    def _leave(self) -> None:
        """From here on nobody interrupts: an exception in the last lines of `threading` would leave a ghost behind."""
        with self._ending:
            self._gone = True
            if self._interrupted:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(threading.get_ident()), None)

    def end(self) -> bool:
        """Wait until the thread has ended, by force if need be; answer whether it has. The crew is stopping by now."""
        if self.ident is None:
            return True
        self.join(SECONDS_TO_LEAVE)
        limit = time.monotonic() + SECONDS_TO_GIVE_UP
        while self.is_alive() and time.monotonic() < limit:
            self._interrupt()
            self.join(0.01)
        return not self.is_alive()

    def _interrupt(self) -> None:
        with self._ending:
            if not self._gone and self.ident is not None:
                self._interrupted = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident), ctypes.py_object(Stopped))

    def whereabouts(self) -> str:
        """What the thread is doing right now, and on which line of the user's."""
        computing = line_of(sys._current_frames().get(self.ident or 0))
        place = computing or (self.body.place if self.body is not None else None)
        doing = "computing" if computing is not None else f"at {self.pending}"
        return f"{self.name} is {doing}, {place}: {place.source}" if place is not None else f"{self.name} is {doing}"


class Crew:
    """All real threads of one run. Use it in a ``with`` block: no thread outlives that, however it is left."""

    def __init__(self, program: Program, live: Life) -> None:
        self.program = program
        self.twins: dict[SharedObject, Any] = {}
        self.stopping = False
        self.error: BaseException | None = None
        self.done = closed_gate()
        """Opened when the run is over, or when an error has ended it."""
        self._twin_making = threading.Lock()
        self.members = {name: Member(self, name, live) for name in program.names}
        self.workers: dict[str, RealWorker] = {name: self.twin(worker) for name, worker in program.workers.items()}
        """What stands for the threads that have to be started by others."""

    def __enter__(self) -> Self:
        try:
            for member in self.members.values():
                member.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def wake(self, member: Member) -> None:
        """Let the thread see that the crew is stopping, wherever it waits."""
        open_gate(member.turn)

    def stop(self) -> None:
        """End all threads, one after the other. Raises `RealThreadError` if one cannot be ended."""
        self.stopping = True
        left = []
        for member in self.members.values():
            self.wake(member)
            if not member.end():
                left.append(member)
        for twin in list(self.twins.values()):
            if isinstance(twin, RealWorker):
                twin.dismiss()
        if left:
            raise RealThreadError(
                "real threads could not be ended, and are left behind: "
                + "; ".join(member.whereabouts() for member in left)
                + ".\nA thread can be interrupted only while it runs Python code, and only if it does not catch everything."
            )

    def fail(self, error: BaseException) -> None:
        """Note what went wrong on a real thread, and end the run. The first error counts."""
        if self.error is None:
            self.error = error
        open_gate(self.done)

    def raise_error(self) -> None:
        """Raise what went wrong on a real thread, if anything did."""
        if self.error is not None:
            error, self.error = self.error, None  # or the error, its traceback and the crew would keep each other alive
            raise error

    def twin(self, object: SharedObject) -> Any:
        """The real thing that stands for an object in this run; made when it is first asked for."""
        if object in self.twins:
            return self.twins[object]
        with self._twin_making:
            return self._one_twin(object)

    def _one_twin(self, object: SharedObject) -> Any:
        """One and only one, however many conditions share a lock that is also used directly."""
        if object not in self.twins:
            for known in self.twins:
                if known.name == object.name and known.kind == object.kind:
                    raise duplicate_name(object)
            self.twins[object] = object.twin(*[self._one_twin(companion) for companion in object.companions])
        return self.twins[object]

    def perform(self, operation: Operation[Any], patience: float, option: int | None = None) -> Any:
        """Do it for real, waiting at most `patience` seconds: the answer as a trace records it, or ``BLOCKED``.

        A choice answers the given option, or any of them.
        """
        target = operation.target
        if operation.options:
            return random.choice(operation.options) if option is None else operation.options[option]
        if target is None:
            if operation.method != "sleep":
                raise RealThreadError(f"{operation} cannot be performed on real threads")
            time.sleep(min(patience, float(operation.arguments[0])))
            return None
        twin = self.twin(target)
        try:
            return target.attempt(twin, operation, patience)
        except ProgramError:
            raise
        except Exception as error:
            return Raised(type(error), *error.args)

    def is_new(self, name: str) -> bool:
        """Whether the thread is a worker that nobody has started yet."""
        return name in self.workers and self.workers[name].is_new

    def bury(self, member: Member) -> None:
        """If this is a worker that has come to its end, have it really dead before anybody can ask."""
        if member.has_ended and member.name in self.workers:
            self.workers[member.name].end()

    def unfinished(self) -> Mapping[str, Operation[Any]]:
        """The threads that run and have not ended, and what each asks for next."""
        return {
            name: member.pending
            for name, member in self.members.items()
            if member.pending is not None and not self.is_new(name)
        }

    def only_daemons_left(self) -> bool:
        """Whether every thread has ended but those that are meant to run for ever."""
        return all(name in self.program.daemons for name in self.unfinished())

    def final(self) -> Final:
        """What the objects hold; to be asked only while no thread is moving."""
        return Final({object: object.twin_value(twin) for object, twin in list(self.twins.items())})

    def outcome(self, status: str, final: Final) -> Outcome:
        """How the run ended, put together as the simulator does."""
        endings = {
            name: member.body.ending
            for name, member in self.members.items()
            if member.body is not None and not self.is_new(name)
        }
        return Outcome(
            status,
            final,
            {name: ending.text for name, ending in endings.items() if isinstance(ending, Failed)},
            {name: ending.value for name, ending in endings.items() if isinstance(ending, Returned)},
        )


def closed_gate() -> threading.Lock:
    """Something to wait at; a plain lock, since nothing else in `threading` hands over as fast."""
    gate = threading.Lock()
    gate.acquire()
    return gate


def open_gate(gate: threading.Lock) -> None:
    """Let through whoever waits there, or is about to. To open an open gate does no harm."""
    with suppress(RuntimeError):
        gate.release()


def line_of(frame: FrameType | None) -> Location | None:
    """The innermost line of the user's that a real thread is on; None if none of the user's code is running there."""
    innermost: Location | None = None
    while frame is not None and frame.f_code not in GATES:
        if innermost is None and not _is_library(frame):
            innermost = Location(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        frame = frame.f_back
    return innermost if frame is not None else None


def _is_library(frame: FrameType) -> bool:
    """By module, not by file: what a dataclass generates belongs to no file."""
    module = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    return is_ours(frame.f_code.co_filename) or module == "simulator" or module in sys.stdlib_module_names
