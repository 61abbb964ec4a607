"""Names and values that mean something to DOT, HTML, Mermaid, Markdown or LaTeX, in a program that deadlocks."""

from simulator import Lock, Program, Scheduler, Shared

NAMES = [
    'a "b" <c> &amp; \\N',
    "<script>alert(1)</script>",
    "end",
    "`code`",
    "1. list",
    "- item",
    "# head; line",
    "style x:#f00;",
    "%%{init}%%",
    "$$x$$ \\input{x} 5% {a}_^~",
    "--> ->> --",
    "שלום",
    "😀 é →",
    "‮gnirts",
    "\ud800",
    "x\ny",
]


def hostile(name):
    """An execution that ends in a deadlock, with a hostile name for a thread, a lock and a variable, and as a value."""
    lock, other, shared = Lock(name), Lock("other"), Shared(name, name)
    word = "".join(name.split()).replace("*", "").replace("=", "") if name.isprintable() else "A"

    def first():
        value = yield shared.read()
        yield shared.write(value + "!")
        with (yield lock.acquire()), (yield other.acquire()):
            pass

    def second():
        with (yield other.acquire()), (yield lock.acquire()):
            pass

    program = Program(**{word: first, "Z": second})
    with Scheduler(program) as scheduler:
        for step in (word, word, word, "Z"):
            scheduler.step(step)
        return scheduler.execution()
