"""Choices: an input that the environment picks."""

from __future__ import annotations

from typing import Any

from simulator.errors import ProgramError, correction
from simulator.objects.operations import Operation, mistake, noted
from simulator.objects.values import frozen

MOST_OPTIONS = 256


def choose(*options: Any) -> Operation[Any]:
    """Ask the environment for one of the options: a step that touches nothing, and whose answer can be any of them.

    Every option is explored. In a schedule the step says which one it is, counted from 0: ``A=1``. An interleaving is then
    an order of the steps together with what was chosen; the probability takes each option as equally likely as a step.

    Raises ValueError without an option, or with more than 256, and `MutableValue` for one that could be changed.

    >>> choose("heads", "tails")
    choose('heads', 'tails')
    """
    if not 0 < len(options) <= MOST_OPTIONS:
        got = f"choose() was expecting 1 to {MOST_OPTIONS} options, but got {len(options)}."
        raise ValueError(correction(got, ("choose()", ""), ("choose(1, 2, 3)", "")))
    try:
        values = tuple(frozen(option, "choose({})") for option in options)
    except ProgramError as error:
        mistake(error)
    operation: Operation[Any] = Operation(None, "choose", values)
    noted(operation)
    return operation
