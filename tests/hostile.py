"""Names and values that mean something to DOT, HTML, Mermaid, Markdown, LaTeX or a terminal, in a program that deadlocks."""

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
    "</title></svg></script><!--<b onload=x>]]>",
    '"]; evil [label="x"]; //{|}',
    "\x1b[31mred\x1b]0;title\x07\x9b1m",
    "a\x00\x08\x7f\r\x0b\x0c\x85\u2028\u2029",
    "Z\u0351\u036b\u0489\u20dd\ufe0f",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u2066x\u2069\u200f\u061c\ufeff",
    "\ufffe\uffff\ue000\U0010ffff",
    "a\u00a0b\u3000c",
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
