"""Slides that build an execution up: numbered pictures for Beamer, or one SVG with fragments for reveal.js."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

from simulator.errors import UnknownFormat
from simulator.execution import Execution
from simulator.render.lanes.swimlanes import legend, shown_lanes, timeline_dot
from simulator.render.lanes.text import timeline
from simulator.render.means.engine import FORMATS, draw
from simulator.render.means.files import make_folder, path_of, write_whole
from simulator.render.means.palette import LIGHT, Theme, theme_named
from simulator.texts import printable

TEX = "slides.tex"
FITTING = 'style="max-width:100%"'
"""No wider than the slide that it stands on. The rest is left to the style of the talk."""


def slides(
    execution: Execution,
    path: str | os.PathLike[str],
    *,
    format: str = "pdf",
    caption: str | None = None,
    statements: bool = False,
    theme: str | Theme = LIGHT,
) -> tuple[Path, ...]:
    """Save the timeline step by step, and answer the paths.

    `path` is a folder, which is made if need be: it gets ``step-01.pdf``, ``step-02.pdf`` … (or another ``format``), and for
    Beamer ``slides.tex``, to be read with ``\\input`` inside a frame. Or it ends in .svg, and then it is one picture for
    reveal.js: the groups of each step have ``class="fragment"`` and their ``data-fragment-index``. Put that one *into* the
    page, for an image has no fragments. ``statements`` is that of the timeline; ``caption`` replaces the legend and the
    schedule below: how it ends is not told, for that would give it away. ``theme`` is "light", "dark" or "print".

    All pictures have the same geometry: the step is thick, and later ones are transparent. Raises what `save` raises.
    """
    target, theme = path_of(path, "slides"), theme_named(theme)
    table = shown_lanes(execution, statements)
    if caption is None:
        said = f"schedule {execution.schedule}" if execution.schedule else "no steps"
        caption = "\n".join([*legend(table, theme), said])
    steps = [row.number for row in table.rows]
    if target.suffix.lower() == ".svg":
        text = timeline_dot(execution, caption=caption, statements=statements, theme=theme)
        svg = with_fragments(_drawn(text, "svg", execution).decode(), steps)
        write_whole(target, svg.replace(">", f" {FITTING}>", 1).encode())
        return (target,)
    if format not in FORMATS:
        raise UnknownFormat(f"cannot draw {format!r}. The formats that can be drawn are: {', '.join(FORMATS)}.")
    made: dict[str, bytes] = {}
    for number, step in enumerate(steps or [0], start=1):
        text = timeline_dot(execution, caption=caption, statements=statements, theme=theme, shown=step)
        made[f"step-{number:02}.{format}"] = _drawn(text, format, execution, step)
    if format != "svg":  # which LaTeX cannot read
        made[TEX] = beamer(list(made), printable(target.as_posix())).encode()
    make_folder(target)
    for name, content in made.items():
        write_whole(target / name, content)
    return tuple(target / name for name in made)


def beamer(names: Sequence[str], folder: str) -> str:
    """The lines that show one picture after the other, in a frame of Beamer; in a handout only the last one."""
    fitting = "width=\\linewidth,height=0.85\\textheight,keepaspectratio"
    lines = [
        "% Needs \\usepackage{graphicx}. Inside of a frame:",
        f"%   \\graphicspath{{{{{folder}/}}}} \\input{{{folder}/{TEX}}}",
        *(
            f"\\includegraphics<{number}| handout:{int(number == len(names))}>[{fitting}]{{{name}}}%"
            for number, name in enumerate(names, start=1)
        ),
    ]
    return "\n".join(lines) + "\n"


def with_fragments(svg: str, steps: Sequence[int]) -> str:
    """Mark the groups of each step as fragments of reveal.js, which shows them in the order of their index, from 0.

    What is no part of a page (the XML declaration, the document type, comments) is left out.
    """
    places = {step: place for place, step in enumerate(steps)}

    def marked(match: re.Match[str]) -> str:
        place = places.get(int(match[2]))
        return match[0] if place is None else f'class="{match[1]} fragment" data-fragment-index="{place}"'

    svg = re.sub(r'class="([^"]*\bstep step(\d+))"', marked, svg)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    return svg[svg.index("<svg") :]


def _drawn(text: str, format: str, execution: Execution, step: int | None = None) -> bytes:
    title = "Timeline" if step is None else f"Timeline, step {step} of {len(execution)}"
    return draw(text, format, title=title, description=timeline(execution))
