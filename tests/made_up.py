"""Programs that hypothesis makes up: as data, as Python source, and as a generator that interprets the data.

A thread is a tuple of statements, each a tuple that starts with its kind. `source` spells it as a Python function, so that
it is compiled as anybody's program is; `interpreted` performs the same statements one by one. All threads share the
objects of `World`, made afresh for every program.
"""

import hashlib
import linecache
from queue import Empty, Full
from types import SimpleNamespace

from hypothesis import assume, note
from hypothesis import strategies as st

from simulator import Lock, Program, Queue, Shared, explore, sleep

LOCALS = ("v0", "v1", "v2", "v3", "it0", "it1", "xs", "bump", "bump2")
BOUND = dict.fromkeys(("v0", "v1", "v2"), "0") | dict.fromkeys(("it0", "it1"), "iter([1, 2, 3])")
BOUND |= dict.fromkeys(("bump", "bump2"), "make(0)") | {"xs": "[]"}
"""The local variables that have a value at the start of a function, and which; the others are unbound there."""
MOST_STATES = 2_000
"""So many states are looked at before a program is cut down."""
CAUGHT = "(ValueError, RuntimeError, Empty, Full)"


def make(start):
    """A function that counts: it has a variable that belongs to it alone."""
    count = start

    def bump():
        nonlocal count
        count += 1
        return count

    return bump


def world():
    """The objects of one program, and the names that its source may use."""
    objects = [Shared("x", 0), Shared("y", 0), Lock("L"), Lock("M"), Queue("q", maxsize=1), Queue("u")]
    names = {thing.name: thing for thing in objects}
    return objects, {**names, "sleep": sleep, "make": make, "Empty": Empty, "Full": Full}


# --- the statements ---------------------------------------------------------------------------------------------------

variables = st.sampled_from(("v0", "v1", "v2"))
shared = st.sampled_from(("x", "y"))
locks = st.sampled_from(("L", "M"))
queues = st.sampled_from(("q", "u"))
expressions = st.sampled_from(
    (
        "0",
        "1",
        "True",
        "1.0",
        "(0, 1)",
        "v0",
        "v0 + 1",
        "v0 == 1",
        "not v0",
        "v1",
        "v2",
        "v3",
        "v1 == v0",
        "(v0, v1)",
        "len(xs)",
    )
)
conditions = st.sampled_from(("v0", "not v0", "v0 == 1", "v1", "v0 is True", "len(xs) > 1"))
iterables = st.sampled_from(
    (
        "range(2)",
        "range(2)",
        "[0, 1]",
        "(1, True)",
        "[2]",
        "enumerate([1, 0])",
        "zip((1, 2), [0, 1])",
        "b'ab'",
        "tuple(xs)",
        "it0",
    )
)
computations = st.sampled_from(
    (
        *("v0 = v0 + 1", "v0 = 1", "v0 = True", "v1 = v0", "v0, v1 = v1, v0", "v2 = (v0, v1)", "v3 = v0", "del v3"),
        *("it0 = iter([1, 2])", "it0 = iter(range(2))", "it0 = zip((1, 2), (3, 4))", "it0 = enumerate((7,))", "it1 = it0"),
        *("v0 = next(it0, 7)", "v1 = next(it1, 7)", "it1 = iter([1, 2])", "it1 = map(abs, it0)"),
        *("xs.append(v0)", "xs = []", "xs = [1]", "v1 = xs.pop() if xs else 5", "bump2 = xs.append", "bump2(1)"),
        *("bump = make(v0)", "bump2 = bump", "bump2 = make(0)", "v0 = bump()", "v1 = bump2()"),
        *("it0 = (n + v0 for n in (1, 2))", "v2 = {v0: 1}", "v2 = lambda: v1", "v1 = v2()"),
    )
)


reads_and_writes = st.one_of(
    st.tuples(st.just("read"), variables, shared),
    st.tuples(st.just("write"), shared, expressions),
    st.tuples(st.just("write"), shared, st.just("v0 + 1")),
)
local_work = st.one_of(
    st.tuples(st.just("python"), computations),
    st.tuples(st.just("python"), st.sampled_from(("v0 = 0", "v1 = 0", "v0 = v1 = 0", "del v0, v1; v0 = v1 = 0"))),
)
locking = st.one_of(
    st.tuples(st.just("acquire"), locks),
    st.tuples(st.just("release"), locks),
    st.tuples(st.just("try"), variables, locks, st.sampled_from(("blocking=False", "timeout=2"))),
    st.tuples(st.just("locked"), variables, locks),
)
queueing = st.one_of(
    st.tuples(st.just("put"), queues, expressions, st.sampled_from(("", ", block=False", ", timeout=1"))),
    st.tuples(st.just("get"), variables, queues, st.sampled_from(("", "block=False", "timeout=1"))),
    st.tuples(st.just("size"), variables, queues, st.sampled_from(("qsize", "empty", "full"))),
)
rare = st.one_of(
    st.tuples(st.just("until"), variables, shared, st.sampled_from(("0", "1", "v0"))),
    st.tuples(st.just("sleep")),
    st.tuples(st.just("return"), expressions),
    st.tuples(st.just("raise"), st.sampled_from(("ValueError('boom')", "RuntimeError('bang')", "KeyError('lost')"))),
)
simple_statements = st.one_of(*[reads_and_writes] * 4, *[local_work] * 3, locking, queueing, rare)


detours = st.tuples(  # an execution that takes it comes to the same place after more steps
    st.just("if"),
    st.sampled_from(("v0", "v0 == 1", "not v1")),
    st.sampled_from(((("read", "v1", "y"), ("python", "v0 = v1 = 0")), (("sleep",), ("python", "v0 = v1 = 0")))),
    st.just((("python", "v0 = v1 = 0"),)),
)


def larger_statements(body):
    return st.one_of(
        detours,
        st.tuples(st.just("with"), locks, body),
        st.tuples(st.just("for"), st.sampled_from(("v0", "v1", "v2")), iterables, body),
        st.tuples(st.just("for"), st.sampled_from(("v0", "v1", "v2")), iterables, body),
        st.tuples(st.just("if"), conditions, body, body),
        st.tuples(st.just("catch"), body, body),
        st.tuples(st.just("finally"), body, computations),
        st.tuples(st.just("call"), variables, body),
    )


def bodies_of(statement, least, most):
    return st.lists(statement, min_size=least, max_size=most).map(tuple)


statements = simple_statements
for _ in range(3):
    statements = st.one_of(simple_statements, larger_statements(bodies_of(statements, 1, 3)))
bodies = bodies_of(statements, 2, 5)


@st.composite
def programs(draw):
    """Two to four threads; some of them may run the same function."""
    touched = st.one_of(  # so that there is something to tell interleavings apart
        st.tuples(reads_and_writes, reads_and_writes),
        st.tuples(
            st.tuples(st.just("read"), st.just("v0"), shared), detours, st.tuples(st.just("write"), shared, expressions)
        ),
    )
    scripts = [draw(touched) + body for body in draw(st.lists(bodies, min_size=1, max_size=3))]
    which = draw(st.lists(st.integers(0, len(scripts) - 1), min_size=2, max_size=4))
    return tuple(scripts), tuple(which)


# --- as Python source -------------------------------------------------------------------------------------------------


def source(name, script):
    """A Python function that performs the statements."""
    return "\n".join([f"def {name}():", *_opening(), *_block(script, 1, [0]), ""])


def _opening():
    unbound = " = ".join(LOCALS)
    return [f"    if 0: {unbound} = None", *(f"    {name} = {value}" for name, value in BOUND.items()), "    yield from ()"]


def _block(script, depth, calls):
    lines = []
    for statement in script:
        lines += ["    " * depth + line for line in _statement(statement, calls)]
    return lines


def _statement(statement, calls):
    def inner(script):
        return _block(script, 1, calls)

    match statement:
        case ("read", variable, thing):
            return [f"{variable} = yield {thing}.read()"]
        case ("write", thing, value):
            return [f"yield {thing}.write({value})"]
        case ("until", variable, thing, least):
            return [f"{variable} = yield {thing}.until(lambda value, least={least}: value == least)"]
        case ("python", line):
            return [line]
        case ("acquire" | "release" as method, lock):
            return [f"yield {lock}.{method}()"]
        case ("try", variable, lock, how):
            return [f"{variable} = yield {lock}.acquire({how})"]
        case ("locked", variable, lock):
            return [f"{variable} = yield {lock}.locked()"]
        case ("put", thing, value, how):
            return [f"yield {thing}.put({value}{how})"]
        case ("get", variable, thing, how):
            return [f"{variable} = yield {thing}.get({how})"]
        case ("size", variable, thing, method):
            return [f"{variable} = yield {thing}.{method}()"]
        case ("sleep",):
            return ["yield sleep(1)"]
        case ("return", value):
            return [f"return {value}"]
        case ("raise", error):
            return [f"raise {error}"]
        case ("with", lock, script):
            return [f"with (yield {lock}.acquire()):", *inner(script)]
        case ("for", variable, iterable, script):
            return [f"for {variable} in {iterable}:", *inner(script)]
        case ("if", condition, then, otherwise):
            return [f"if {condition}:", *inner(then), "else:", *inner(otherwise)]
        case ("catch", script, handler):
            return ["try:", *inner(script), f"except {CAUGHT}:", *inner(handler)]
        case ("finally", script, line):
            return ["try:", *inner(script), "finally:", f"    {line}"]
        case ("call", variable, script):
            calls[0] += 1
            name = f"call_{calls[0]}"
            return [f"def {name}():", *_opening(), *inner(script), f"{variable} = yield from {name}()"]
    raise AssertionError(statement)


def compiled(scripts, names):
    """The thread functions, compiled from source that tracebacks and messages can show."""
    text = "\n\n".join(source(f"thread_{number}", script) for number, script in enumerate(scripts))
    file = f"made_up_{hashlib.sha256(text.encode()).hexdigest()[:12]}.py"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    namespace = {**names, "__name__": "made_up"}
    exec(compile(text, file, "exec"), namespace)
    return [namespace[f"thread_{number}"] for number in range(len(scripts))], text


# --- as data, interpreted ---------------------------------------------------------------------------------------------


def interpreted(script, names):
    """A thread function that performs the statements one by one; its local variables are a dictionary."""

    def thread():
        return (yield from _perform_call(script, names))

    return thread


def _perform_call(script, names):
    local = {name: _value(text, names, {}) for name, text in BOUND.items()}
    done = yield from _perform_all(script, names, local)
    return done[0] if done is not None else None


def _perform_all(script, names, local):
    """None, or the tuple of the value that a ``return`` has returned."""
    for statement in script:
        done = yield from _perform(statement, names, local)
        if done is not None:
            return done
    return None


def _value(text, names, local):
    try:
        return eval(text, {**names, **local})
    except NameError as error:
        raise _unbound(error) from None


def _execute(line, names, local):
    """Lambdas and generator expressions see the variables as they are now, so those lines are left to the source form."""
    try:
        exec(line, names, local)
    except NameError as error:
        raise _unbound(error) from None


def _unbound(error):
    return UnboundLocalError(f"cannot access local variable '{error.name}' where it is not associated with a value")


def _ask(text, names, local):
    return (yield _value(text, names, local))


def _perform(statement, names, local):
    match statement:
        case ("return", value):
            return (_value(value, names, local),)
        case ("raise", error):
            raise _value(error, names, local)
        case ("python", line):
            _execute(line, names, local)
        case ("with", lock, script):
            with (yield names[lock].acquire()):
                return (yield from _perform_all(script, names, local))
        case ("for", variable, iterable, script):
            for item in _value(iterable, names, local):
                local[variable] = item
                done = yield from _perform_all(script, names, local)
                if done is not None:
                    return done
        case ("if", condition, then, otherwise):
            chosen = then if _value(condition, names, local) else otherwise
            return (yield from _perform_all(chosen, names, local))
        case ("catch", script, handler):
            try:
                return (yield from _perform_all(script, names, local))
            except (ValueError, RuntimeError, Empty, Full):
                return (yield from _perform_all(handler, names, local))
        case ("finally", script, line):
            try:
                return (yield from _perform_all(script, names, local))
            finally:
                _execute(line, names, local)
        case ("call", variable, script):
            local[variable] = yield from _perform_call(script, names)
        case _:
            yield from _perform_operation(statement, names, local)
    return None


def _perform_operation(statement, names, local):
    (line,) = _statement(statement, [0])
    variable, equals, text = line.partition(" = yield ")
    if not equals:
        variable, text = None, line.removeprefix("yield ")
    answer = yield _value(text, names, local)
    if variable is not None:
        local[variable] = answer


# --- programs that are small enough -----------------------------------------------------------------------------------


def build(made, form="source"):
    """A `Program` of a made-up description, with the objects it uses and a text to show when it goes wrong."""
    scripts, which = made
    objects, names = world()
    functions, text = compiled(scripts, names)
    if form != "source":
        functions = [interpreted(script, names) for script in scripts]
    threads = {name: functions[number] for name, number in zip("ABCD", which, strict=False)}
    shown = f"{text}\nProgram({', '.join(f'{name}={body.__name__}' for name, body in threads.items())})"
    return SimpleNamespace(program=Program(**threads), objects=objects, text=shown, made=made)


def smaller(made):
    """A smaller program: without its last thread if there are many, or without the last statement of the longest script."""
    scripts, which = made
    longest = max(range(len(scripts)), key=lambda number: len(repr(scripts[number])))
    if len(which) > 3 or (len(which) > 2 and len(scripts[longest]) <= 2):
        return scripts, which[:-1]
    cut = _cut(scripts[longest])
    return tuple(cut if number == longest else script for number, script in enumerate(scripts)), which


def small_enough(made, most, form="source"):
    """Build a made-up program, cut down until it has at most so many interleavings."""
    for _ in range(100):
        built = build(made, form)
        first_look = explore(built.program, max_states=MOST_STATES)
        if first_look.claim == "complete" and 0 < (first_look.interleavings or 0) <= most:
            note(built.text)
            return built
        made = smaller(made)
    assume(False)
    return None


def _cut(script):
    """The script without its last statement; if it has only one, with what is inside of that."""
    if len(script) > 1:
        return script[:-1]
    inner = [part for part in script[0][1:] if isinstance(part, tuple)]
    return _cut(inner[0]) if inner else (("sleep",),)
