"""Everything that can go wrong, with its data and a way out.

Every message has three parts: what I got, what you probably wrote, what you want. An error made by the person who
wrote the program is raised to whoever runs the program; it is never counted as one more outcome of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class SimulatorError(Exception):
    """The base of everything this package raises on its own account."""


def correction(got: str, incorrect: tuple[str, str], correct: tuple[str, str]) -> str:
    """Lay out a three-part message: what I got, then both spellings with their remarks aligned."""
    width = max(len(incorrect[0]), len(correct[0]))
    lines = [
        f"    {code.ljust(width)}  # {verdict}: {why}" if why else f"    {code.ljust(width)}  # {verdict}"
        for (code, why), verdict in ((incorrect, "incorrect"), (correct, "correct"))
    ]
    return "\n".join([got, "", *lines])


# --- the program says something that cannot be ------------------------------------------------------------------------


class ProgramError(SimulatorError):
    """The program is not one: the person who wrote it has to change it."""

    located = False
    """Whether the message names the user's file and line already."""


class InvalidBody(ProgramError, TypeError):
    """What was given as a thread is not a generator function."""


class InvalidYield(ProgramError, TypeError):
    """A thread yielded something that is not an operation."""


class ForgottenYield(ProgramError, RuntimeError):
    """A thread made an operation and did not yield it, so that it never happened."""


class MissingYield(ProgramError, RuntimeError):
    """An operation, or an object, was used where its answer was meant: ``with lock:``, ``with lock.acquire():``."""


class MutableValue(ProgramError, TypeError):
    """A shared value could be changed without a step."""


class DuplicateName(ProgramError, ValueError):
    """Two objects of one kind carry one name, so that no answer could tell them apart."""


class NondeterministicProgram(ProgramError):
    """The program depends on something that it did not ask for through the simulator."""

    causes = (
        "Threads may depend only on what they read through the simulator. Common causes: random or time in a\n"
        "thread; a plain Python object shared between threads; iteration over a set; an object made inside a thread."
    )

    def __init__(self, what_happened: str) -> None:
        super().__init__(f"{what_happened}\n{self.causes}")


class StepLimit(ProgramError):
    """A thread, or a run, went on for longer than any end in sight."""

    def __init__(self, steps: int, where: str = "") -> None:
        self.steps = steps
        super().__init__(
            f"{steps:,} steps without an end{where}. Often a spin loop under an unfair schedule, or a loop that counts\n"
            "for ever; wait with a blocking operation such as lock.acquire() or shared.until(predicate), give the loop\n"
            "a bound, or raise the limit with max_steps=."
        )


class PredicateError(ProgramError):
    """A function handed in to judge an outcome or a state raised instead of answering."""


class TooManyOutcomes(ProgramError):
    """There are more different outcomes than anybody could read."""


class SearchStopped(SimulatorError):
    """A search was stopped by its budget before anything was found or proved; ``reason`` says by which."""

    def __init__(self, reason: str, so_far: str) -> None:
        self.reason = reason
        super().__init__(
            f"{reason} before an execution was found, or proved not to exist. {so_far}\n"
            "Nothing is known yet: give it more (max_states=, max_seconds=), or ask for less (fewer threads, less text)."
        )


class Interrupted(KeyboardInterrupt):
    """The run was interrupted while a thread was computing between two yields; the message names its line."""


# --- a schedule does not fit ------------------------------------------------------------------------------------------


class ScheduleError(SimulatorError, ValueError):
    """A schedule does not fit the program.

    ``step`` counts from 1 (0: the text itself could not be read); ``wanted`` is the thread it asked for; ``enabled`` are
    the threads that could have moved.
    """

    def __init__(self, message: str, step: int = 0, wanted: str | None = None, enabled: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.step = step
        self.wanted = wanted
        self.enabled = tuple(enabled)


# --- a claim was tested and did not hold ------------------------------------------------------------------------------


class CheckFailed(SimulatorError, AssertionError):
    """A program does not keep its promise; ``execution`` is the simplest one that breaks it, ``exploration`` the rest."""

    def __init__(self, message: str, execution: Any = None, exploration: Any = None) -> None:
        super().__init__(message)
        self.execution = execution
        self.exploration = exploration


class Inconclusive(CheckFailed):
    """Nothing wrong was found, but the exploration was not complete, so that nothing is proved."""


class CrosscheckFailed(SimulatorError, AssertionError):
    """The simulator and real threads differ; the message names the first difference."""


class RealThreadError(SimulatorError):
    """A run on real threads could not go on as it was asked to."""


# --- explorations that are kept, or shared ---------------------------------------------------------------------------


class CheckpointError(SimulatorError, ValueError):
    """A checkpoint cannot be read or written, or not be gone on from."""


class StaleCheckpoint(CheckpointError):
    """A checkpoint is of another program, or of another version of it."""


class ExecutorError(SimulatorError, ValueError):
    """An executor cannot be used: it is none, was shut down, or runs another version of this package."""


# --- pictures and files -----------------------------------------------------------------------------------------------


class RenderError(SimulatorError):
    """A picture could not be drawn."""


class NoRenderer(RenderError):
    """No Graphviz was found: neither the program ``dot`` nor the package ``pygraphviz``."""


class UnknownFormat(RenderError, ValueError):
    """The suffix of a file does not say which of the formats is wanted."""


class UnknownTheme(RenderError, ValueError):
    """There is no theme of this name for pictures."""


class TooLarge(RenderError, ValueError):
    """The picture would be unreadable at this size; the message says what to do instead."""


class LoadError(SimulatorError):
    """A file does not hold the program that was asked for."""
