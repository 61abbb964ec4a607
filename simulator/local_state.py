"""When two runs of one thread have come to the same place: the local state of a suspended generator, as a key.

The local state is the instruction offset plus everything the frame still holds, value stack included.
``gc.get_referents(generator)`` shows exactly that on CPython. Two bodies with equal keys have the same future, so a
machine may treat them as one node. A key is allowed to be absent (None); it is never allowed to be equal by mistake:

* values of immutable types are compared by value, and ``1`` is not ``True``;
* iterators of known types are compared by what they would still give, generators by their own local state;
* whatever can change, or stands for itself (lists, functions, modules, shared objects), is compared by identity, together
  with what it holds now, and is kept alive by the key, so that an identity is never given to another thing;
* one thing that is held twice differs from two equal things: the first place it is met at is remembered;
* anything else has no key.
"""

from __future__ import annotations

import gc
import types
from collections import deque
from collections.abc import Hashable
from functools import partial
from typing import Any

from simulator.body import Body
from simulator.objects.guards import Guard
from simulator.objects.operations import Operation
from simulator.objects.values import NoKey, Same, made_once, stands_for_itself, strict_key

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


def local_state(body: Body) -> Hashable | None:
    """Answer a key for where a thread stands, or None if nothing safe can be said. Equal keys: equal futures."""
    try:
        owed = tuple((release.key, place) for release, place in body.owed)
        if body.generator is None:
            return ("ended", owed, strict_key(body.last_ending))
        asked = body.asked
        assert asked is not None
        return (asked.key, body.place, owed, _Reader().generator(body.generator))
    except NoKey:
        return None


class _Reader:
    """Reads one local state. ``met`` maps the id of every changeable thing to the place where it was first met."""

    def __init__(self) -> None:
        self.met: dict[int, int] = {}

    def generator(self, generator: types.GeneratorType[Any, Any, Any]) -> Hashable:
        if (again := self._met_again(generator)) is not None:
            return again
        if generator.gi_running:
            raise NoKey
        referents = gc.get_referents(generator)
        frame = generator.gi_frame
        if frame is None:
            return ("ended generator", Same(generator.gi_code))
        # Unbound locals are missing among the referents; their names say which, and so which value is whose.
        variables = frame.f_locals
        held = [self.value(thing) for thing in referents if thing is not frame and thing is not variables]
        return (Same(generator.gi_code), frame.f_lasti, tuple(sorted(variables)), *held)

    def value(self, thing: Any) -> Hashable:
        kind = type(thing)
        if kind is types.GeneratorType:
            return self.generator(thing)
        if kind is tuple:
            return (kind, *map(self.value, thing))
        if kind in ITERATORS:
            return self._met_again(thing) or (kind, *map(self.value, thing.__reduce__()))
        if kind in CONTAINERS:
            return self._met_again(thing) or self._container(thing)
        if kind is types.CellType:
            return self._met_again(thing) or self._cell(thing)
        if kind is types.CodeType:
            return Same(thing)
        if kind is types.FunctionType:
            return self._function(thing)
        if kind is types.MethodType:
            return (kind, self.value(thing.__func__), self.value(thing.__self__))
        if kind is types.BuiltinFunctionType and not stands_for_itself(thing):  # the append of one list
            return (kind, thing.__name__, self.value(thing.__self__))
        if kind is partial:
            return (partial, self.value(thing.func), self.value(thing.args), *map(self.value, thing.keywords.items()))
        if isinstance(thing, Guard):
            return (kind, bool(thing), thing.operation.key)
        if isinstance(thing, Operation):
            return (kind, thing.key)
        return strict_key(thing)

    def _met_again(self, thing: Any) -> Hashable | None:
        known = self.met.get(id(thing))
        if known is not None:
            return ("met at", known)
        self.met[id(thing)] = len(self.met)
        return None

    def _function(self, function: types.FunctionType) -> Hashable:
        """A function that the thread has made is what it does and what it holds: that may change while it stays itself."""
        if made_once(function):
            return Same(function)
        if (again := self._met_again(function)) is not None:
            return again
        defaults = (function.__defaults__, *(function.__kwdefaults__ or {}).items(), *function.__dict__.items())
        held = map(self.value, (function.__closure__ or (), defaults))
        return (types.FunctionType, Same(function.__globals__), function.__code__, *held)

    def _container(self, thing: Any) -> Hashable:
        if len(thing) > LARGEST_CONTAINER:
            raise NoKey
        if isinstance(thing, dict):
            return (Same(thing), *((self.value(key), self.value(value)) for key, value in thing.items()))
        if isinstance(thing, set):
            return (Same(thing), frozenset(map(strict_key, thing)))
        return (Same(thing), *map(self.value, thing))

    def _cell(self, cell: types.CellType) -> Hashable:
        """A variable shared with an inner function, which can be in this state only if it is compared by identity."""
        try:
            return ("cell", self.value(cell.cell_contents))
        except ValueError:
            return ("empty cell",)
