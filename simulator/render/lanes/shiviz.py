"""An execution as a log for ShiViz, which draws space-time diagrams to explore in a browser (TOSEM 29(2), 2020).

Such a file begins with the regular expression that reads it and with one that separates executions, here none; then there
are two lines for each event: thread and vector clock, and what it did.
"""

from __future__ import annotations

import json

from simulator.execution import Event, Execution
from simulator.objects.values import text_of
from simulator.render.means.phrases import place_text
from simulator.texts import printable

PARSER = r"(?<host>\S*) (?<clock>{.*})\n(?<event>.*)"
"""What ShiViz wants to have pasted if the log is pasted, too; a file that is uploaded has it in its first line."""


def shiviz(execution: Execution) -> str:
    """Write the log, with the vector clocks of happens-before. Raises ValueError if the execution was read from a file."""
    from simulator.analysis.ordering import ordering

    order = ordering(execution)
    names = execution.program.names if execution.program else ()
    lines = [PARSER, ""]
    for event in execution.trace:
        clock = {_host(name): steps for name, steps in zip(names, order.clocks[event.index], strict=True) if steps}
        lines += [f"{_host(event.thread)} {json.dumps(clock, ensure_ascii=False)}", _said(event)]
    return "\n".join(lines)


def _host(name: str) -> str:
    """A name in one word, as the regular expression wants it."""
    return "_".join(printable(name).split()) or "_"


def _said(event: Event) -> str:
    said = repr(event.operation) if event.answer is None else f"{event.operation!r} -> {text_of(event.answer)}"
    where = f"  [{place_text(event)}]" if event.location else ""
    return printable(f"{event.index + 1}: {said}{where}")
