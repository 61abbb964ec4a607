"""Whether anything happens when a thing is gone: nobody can leave out of account what would.

A local variable that is never read again is overwritten some time. Mostly nothing comes of that; but the ``finally`` blocks
of a suspended generator are run then, so is ``__del__``, and weak references are told.
"""

from __future__ import annotations

import gc
import types
import weakref
from collections import deque
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from functools import partial
from typing import Any

from simulator.objects.base import SharedObject
from simulator.objects.guards import Guard
from simulator.objects.operations import Operation
from simulator.objects.values import PLAIN, made_once, stands_for_itself

ITERATORS = frozenset(
    map(
        type,
        (
            *(iter(()), iter([]), iter(range(0)), iter(range(2**70)), iter(""), iter("é"), iter(b""), reversed([])),
            *(enumerate(()), zip(), map(str, ()), filter(None, ()), reversed(())),
        ),
    )
)
"""Iterators whose ``__reduce__`` tells exactly what is left in them, on every supported CPython."""

CONTAINERS = (list, dict, set, deque, bytearray)
LARGEST_CONTAINER = 1_000
"""Containers beyond this are not compared: reading them at every node would cost more than merging saves."""

LEAVES: tuple[Any, ...] = (
    *PLAIN,
    float,
    complex,
    range,
    Fraction,
    Decimal,
    Guard,
    SharedObject,
    types.CodeType,
    types.ModuleType,
)
"""Types of things that hold nothing which would have to be told that they are gone."""
HOLDERS = (*CONTAINERS, *ITERATORS, frozenset, types.CellType, types.MethodType, types.BuiltinFunctionType, partial)
"""Types of things that do nothing when they are gone, but to let go of what they hold."""


def _is_frozen(kind: type) -> bool:
    parameters = getattr(kind, "__dataclass_params__", None)
    return parameters is not None and bool(parameters.frozen)


def goes_unnoticed(thing: Any, met: set[int]) -> bool:
    """Whether nothing happens when the last name for a thing is gone.

    What is not known is taken to be noticed. ``met`` are the ids of what has been looked at already.
    """
    kind = type(thing)
    if id(thing) in met:
        return True
    if kind is types.GeneratorType:
        return thing.gi_frame is None
    if len(met) > LARGEST_CONTAINER or hasattr(kind, "__del__"):
        return False
    met.add(id(thing))
    if isinstance(thing, LEAVES):
        return True
    if isinstance(thing, type | Enum):
        return stands_for_itself(thing if isinstance(thing, type) else kind)
    if isinstance(thing, Operation):
        return all(goes_unnoticed(part, met) for part in (*thing.arguments, *dict(thing.keywords).values()))
    known = kind in HOLDERS or isinstance(thing, tuple) or _is_frozen(kind)
    parts = gc.get_referents(thing)
    if kind is types.FunctionType:
        if made_once(thing):
            return True
        known, parts = True, [part for part in parts if part is not thing.__globals__ and part is not thing.__builtins__]
    return known and not weakref.getweakrefcount(thing) and all(goes_unnoticed(part, met) for part in parts)
