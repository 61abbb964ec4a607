"""When two runs of one thread have come to the same place: the local state of a suspended generator, as a key.

The local state is the place in the code plus everything the frame still holds, value stack included.
``gc.get_referents(generator)`` shows exactly that on CPython. Two bodies with equal keys have the same future, so a
machine may treat them as one node. A key is allowed to be absent (None); it is never allowed to be equal by mistake:

* values of immutable types are compared by value, and ``1`` is not ``True``;
* iterators of known types are compared by what they would still give, generators by their own local state;
* whatever can change, or stands for itself (lists, functions, modules, shared objects), is compared by identity, together
  with what it holds now, and is kept alive by the key, so that an identity is never given to another thing;
* a local variable that is never read again is left out, unless somebody would notice that what it holds is gone;
* one thing that is held twice differs from two equal things: the first place it is met at is remembered;
* anything else has no key.
"""

from __future__ import annotations

import gc
import sys
import types
from collections.abc import Generator, Hashable, Mapping, Sequence
from functools import partial
from typing import Any

from simulator.body import Body
from simulator.bytecode import place_of
from simulator.letting_go import CONTAINERS, ITERATORS, LARGEST_CONTAINER, goes_unnoticed
from simulator.liveness import dead_locals, looks_at_frames
from simulator.objects.guards import Guard
from simulator.objects.operations import Operation
from simulator.objects.values import NoKey, Same, made_once, stands_for_itself, strict_key


def _first_place() -> int:
    """Where the first local variable stands among the referents of a generator: it depends on the version of CPython."""

    def holds_one(variable: object) -> Generator[None]:
        yield
        del variable

    unique = object()
    generator = holds_one(unique)
    next(generator)
    place = next(place for place, thing in enumerate(gc.get_referents(generator)) if thing is unique)
    generator.close()
    return place


FIRST_PLACE = _first_place()
ONLY_HERE = 5
"""How many references a thing has that a frame holds, a list of referents, a part of it, a loop, and the question itself."""


def local_state(body: Body, *, liveness: bool = True) -> Hashable | None:
    """Answer a key for where a thread stands, or None if nothing safe can be said. Equal keys: equal futures.

    ``liveness=False`` makes it depend on all local variables, also on those that are never read again, and tells copies of
    the same byte code apart.
    """
    try:
        owed = tuple((release.key, place) for release, place in body.owed)
        if body.generator is None:
            return ("ended", owed, strict_key(body.last_ending))
        asked = body.asked
        assert asked is not None
        reader = _Reader(liveness)
        stands = reader.generator(body.generator)
        if liveness and reader.looked_at:
            stands = _Reader(liveness=False).generator(body.generator)
        return (asked.key, body.place, owed, stands)
    except NoKey:
        return None


class _Reader:
    """Reads one local state. ``met`` maps the id of every changeable thing to the place where it was first met.

    ``looked_at`` tells afterwards whether anything was met that may look at local variables without naming them: then
    none of them may be left out.
    """

    def __init__(self, liveness: bool) -> None:
        self.met: dict[int, int] = {}
        self.liveness = liveness
        self.looked_at = False

    def generator(self, generator: types.GeneratorType[Any, Any, Any]) -> Hashable:
        if (again := self._met_again(generator)) is not None:
            return again
        if generator.gi_running:
            raise NoKey
        referents = gc.get_referents(generator)
        frame = generator.gi_frame
        if frame is None:
            return ("ended generator", Same(generator.gi_code))
        for thing in referents[:FIRST_PLACE]:
            if type(thing) is dict and sys.getrefcount(thing) > ONLY_HERE:
                raise NoKey  # somebody keeps what `locals()` answered, and a look would change it before Python 3.13
        variables = frame.f_locals
        known = dict(variables)
        held = [thing for thing in referents if thing is not frame and thing is not variables]
        if isinstance(variables, dict):  # before Python 3.13 the frame keeps it, and so all that the variables hold
            code = frame.f_code
            for name in known.keys() & {*code.co_varnames, *code.co_cellvars, *code.co_freevars}:
                del variables[name]
        dead = self._dead(frame, known, held)
        # Unbound locals are missing among the referents; their names say which, and so which value is whose.
        names = tuple(sorted(name for name in known if name not in dead))
        left_out = set(dead.values())
        live = [self.value(thing) for place, thing in enumerate(held) if place not in left_out]
        same, place = Same(generator.gi_code), frame.f_lasti
        return (same, place if self.looked_at or not self.liveness else place_of(same, place), names, *live)

    def _dead(self, frame: types.FrameType, variables: Mapping[str, Any], held: Sequence[Any]) -> dict[str, int]:
        """The variables that are never read again and can be left out, and their places among what is held.

        Each is found by its place and by its value. If the two ever disagree, nothing is left out.
        """
        code = Same(frame.f_code)
        if not self.liveness or self._looks_at_frames(code, frame.f_globals):
            return {}
        never_read = dead_locals(code, frame.f_lasti)
        dead, place = {}, FIRST_PLACE
        for name in frame.f_code.co_varnames if never_read else ():
            if name in frame.f_code.co_cellvars:
                place += 1
            elif name in variables:
                if place >= len(held) or held[place] is not variables[name]:
                    return {}
                if name in never_read and goes_unnoticed(held[place], set()):
                    dead[name] = place
                place += 1
        return dead

    def _looks_at_frames(self, code: Same, namespace: dict[str, Any]) -> bool:
        self.looked_at = self.looked_at or (self.liveness and looks_at_frames(code, Same(namespace)))
        return self.looked_at

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
        self._looks_at_frames(Same(function.__code__), function.__globals__)
        if made_once(function):
            return Same(function)
        if (again := self._met_again(function)) is not None:
            return again
        defaults = (function.__defaults__, *(function.__kwdefaults__ or {}).items(), *function.__dict__.items())
        held = map(self.value, (function.__closure__ or (), defaults))
        return (types.FunctionType, Same(function.__globals__), function.__code__, *held)

    def _container(self, thing: Any) -> Hashable:
        if len(thing) > LARGEST_CONTAINER or not goes_unnoticed(thing, set()):  # the key keeps it: it would never go
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
