"""What may be shared, and when two values are the same.

``==`` will not do: ``1 == True == 1.0``, and a program can tell them apart. So a value has a *key*: two values have equal
keys only if no thread could tell one from the other. What has no such key is refused, for a value that can be changed
in place could be changed without a step, and then no answer of the simulator would be worth anything.
"""

from __future__ import annotations

import dataclasses
import enum
import types
from collections.abc import Callable, Hashable
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

from simulator.errors import MutableValue, correction

PLAIN = frozenset({int, bool, str, bytes, type(None), type(Ellipsis), type(NotImplemented)})
BY_IDENTITY = (type, types.ModuleType, types.BuiltinFunctionType)


class Same:
    """The key of a thing that equals nothing but itself. Holds it, so that its identity is never given to another."""

    __slots__ = ("thing",)

    def __init__(self, thing: Any) -> None:
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.thing is other.thing

    def __hash__(self) -> int:
        return id(self.thing)


class NoKey(Exception):
    """The value has no key: it can be changed in place, or nobody can say whether it can."""


def text_of(value: Any) -> str:
    """``repr(value)``; if that raises, of which class it is, for one odd value must not hide a whole answer."""
    try:
        text = repr(value)
        return text if type(text) is str else str.__str__(text)  # a subclass could say of itself what it likes
    except KeyboardInterrupt:  # it may be a person's, who wants to stop
        raise
    except BaseException as error:
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"


def value_key(value: Any) -> Hashable:
    """Answer a key that is equal for two values only if no thread could tell them apart; raise `NoKey` if there is none.

    An instance of a class that defines ``__eq__`` and ``__hash__`` is believed to be the value that it says it is.
    """
    kind = type(value)
    return (kind, value) if kind in PLAIN else _key(value, ())


def strict_key(value: Any) -> Hashable:
    """The same, but believes nobody: neither a class that is not known to be immutable has a key, nor a function made by
    another one, which may hold something that changes."""
    kind = type(value)
    return (kind, value) if kind in PLAIN else _key(value, None)


Within = tuple[types.FunctionType, ...] | None
"""The functions whose keys are being made, the outermost first, for one can close over itself; None: believe nobody."""


def _key(value: Any, within: Within) -> Hashable:
    kind = type(value)
    if kind in PLAIN:
        return (kind, value)
    if kind is float:
        return (kind, value.hex())
    if kind is tuple or (isinstance(value, tuple) and hasattr(value, "_fields")):
        return (kind, *(_key(part, within) for part in value))
    if kind is frozenset:
        return (kind, frozenset(_key(part, within) for part in value))
    if kind is object or isinstance(value, BY_IDENTITY) or hasattr(value, "is_shared_object"):
        if within is None and not stands_for_itself(value):
            raise NoKey
        return Same(value)
    if kind is types.FunctionType:
        return _function_key(value, within)
    if kind is types.MethodType:
        return (kind, _function_key(value.__func__, within), _key(value.__self__, within))
    if kind is partial:
        keywords = tuple(sorted(value.keywords.items()))
        return (kind, _key(value.func, within), _key(value.args, within), _key(keywords, within))
    if dataclasses.is_dataclass(kind) and kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        return (kind, *(_key(getattr(value, field.name), within) for field in dataclasses.fields(value)))
    return _rarer_key(kind, value, within)


def stands_for_itself(value: Any) -> bool:
    """Whether identity says all about it: nothing in it can be changed by the thread that has made it."""
    if isinstance(value, types.BuiltinFunctionType):
        return value.__self__ is None or isinstance(value.__self__, types.ModuleType | type)
    if isinstance(value, type):
        return "<locals>" not in value.__qualname__
    return True


def _rarer_key(kind: type, value: Any, within: Within) -> Hashable:
    if isinstance(value, enum.Enum):
        return (kind, value.name)
    if kind is complex:
        return (kind, value.real.hex(), value.imag.hex())
    if kind is range:
        return (kind, value.start, value.stop, value.step)
    if kind is Fraction or kind is Decimal:
        return (kind, str(value))
    if within is not None and _says_it_is_a_value(kind, value):
        return (kind, value)
    raise NoKey


def _function_key(function: Any, within: Within) -> Hashable:
    """Functions made anew in every run are the same if their code and all that they close over are."""
    if type(function) is not types.FunctionType or made_once(function):
        return Same(function)
    if within is None:
        raise NoKey
    if function.__dict__:
        return Same(function)
    if function in within:
        return ("closes over itself", within.index(function))
    inner = (*within, function)
    try:
        captured = tuple(_key(cell.cell_contents, inner) for cell in function.__closure__ or ())
        keywords = tuple(sorted((function.__kwdefaults__ or {}).items()))
        defaults = _key((function.__defaults__ or (), keywords), inner)
    except (NoKey, ValueError):  # a value that can change, or an empty cell: only identity is safe
        return Same(function)
    return (types.FunctionType, Same(function.__globals__), function.__code__, captured, defaults)


def made_once(function: types.FunctionType) -> bool:
    """Whether it stands at the top of a module or a class: then nobody can make it anew."""
    return "<locals>" not in function.__code__.co_qualname


def _says_it_is_a_value(kind: type, value: Any) -> bool:
    defined: tuple[object, object] = (kind.__hash__, kind.__eq__)
    if defined[0] in (None, object.__hash__) or defined[1] is object.__eq__:
        return False
    try:
        hash(value)
    except TypeError:
        return False
    return True


INSTEAD: dict[type, tuple[str, Callable[[Any], Any]]] = {
    list: ("a tuple", tuple),
    dict: ("a tuple of pairs", lambda value: tuple(value.items())),
    set: ("a frozenset", frozenset),
    bytearray: ("bytes", bytes),
}


def without_guards(value: Any) -> Any:
    """What an acquire answered, wherever it stands in `value`, as the plain bool that it stands for."""
    if hasattr(value, "is_guard"):
        return bool(value)
    return tuple(map(without_guards, value)) if type(value) is tuple else value


def frozen(value: Any, spelling: str) -> Any:
    """Answer the value as it may be shared, or raise `MutableValue` naming what to write instead.

    ``spelling`` is the user's call with ``{}`` in the place of the value: ``counter.write({})``.
    """
    value = without_guards(value)
    if hasattr(value, "is_operation"):
        got = f"an operation cannot be shared: {spelling.format(value)}. Was a yield forgotten before {value}?"
        raise MutableValue(
            correction(got, (spelling.format(value), ""), (spelling.format(f"(yield {value})"), "share its answer"))
        )
    try:
        value_key(value)
    except NoKey:
        raise MutableValue(_refusal(value, spelling)) from None
    return value


def _refusal(value: Any, spelling: str) -> str:
    shown = text_of(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    name, convert = next((entry for kind, entry in INSTEAD.items() if isinstance(value, kind)), (None, None))
    if name is None or convert is None:
        name, better = "a tuple or a frozen dataclass", "a tuple, or an instance of a frozen dataclass"
    else:
        better = text_of(convert(value))
        better = better if len(better) <= 60 else name
    return correction(
        f"shared values must be immutable: {spelling.format(shown)} could be changed without a step. Use {name}.",
        (spelling.format(shown), "it could be changed without a step"),
        (spelling.format(better), "every change is a step"),
    )
