"""TikZ from a picture that Graphviz has laid out: what it would draw, stroke by stroke, as paths and texts of LaTeX.

Nothing is placed here: every coordinate is Graphviz's (it answers them as JSON, in points of 1/72 inch, y upwards). The
package dot2tex is not used: it cannot read labels like HTML, which nearly all of our pictures have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from simulator.render.means.engine import laid_out
from simulator.texts import printable

PREAMBLE = r"""% Compile it as it is, or put it into a document that says \usepackage{tikz,standalone}: \input{%NAME%}
\documentclass[tikz]{standalone}
\ifdefined\Umathchar\else\usepackage[T1]{fontenc}\fi
\begin{document}
% What a font may lack: engines that read Unicode show it, others its code.
\providecommand{\codepoint}[1]{\ifdefined\Umathchar\char"#1\relax\else\texttt{\tiny U+#1}\fi}%
"""
SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{\char34}",
    "'": r"{\char39}",
    "`": r"\textasciigrave{}",
    "-": "{-}",  # two of them in a row are two of them, and no dash
    "[": "{[}",
    "]": "{]}",
    "→": r"$\rightarrow$",
    "←": r"$\leftarrow$",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "…": r"\ldots{}",
    "⋮": r"$\vdots$",
    "×": r"$\times$",
    "✗": r"$\times$",
    "●": r"$\bullet$",
    "∞": r"$\infty$",
    "≈": r"$\approx$",
    "–": "--",
}
BOLD, ITALIC = 1, 2
FLAGS = {BOLD: r"\bfseries", ITALIC: r"\itshape"}
ANCHORS = {"l": "base west", "c": "base", "r": "base east"}
STYLES = ("dashed", "dotted")
PARTS = ("_draw_", "_hdraw_", "_tdraw_", "_ldraw_", "_hldraw_", "_tldraw_")


def tikz(dot_text: str, title: str = "", name: str = "picture.tex") -> str:
    """Lay a picture out and write it as a LaTeX document with one ``tikzpicture``.

    Every object has a comment with its name and class before it, so that it can be found. Raises what `draw` raises.
    """
    layout = json.loads(laid_out(dot_text))
    colours: dict[str, str] = {}
    body: list[str] = []
    for object in _in_order(layout):
        in_cells = "<TABLE" in str(object.get("label", "")).upper()
        lines = [line for part in PARTS for line in _strokes(object.get(part, ()), colours, in_cells)]
        if lines:
            body += [f"  % {_comment(object)}", *lines]
    shown = [f"  \\definecolor{{{name}}}{{HTML}}{{{code}}}" for code, name in colours.items()]
    how = "x=1bp,y=1bp,line cap=butt,line join=miter,execute at begin picture=\\frenchspacing"
    begin = [f"\\begin{{tikzpicture}}[{how}] % {_one_line(title)}", *shown]
    head = PREAMBLE.replace("%NAME%", _one_line(re.sub(r"\.tex$", "", name)))
    return head + "\n".join([*begin, *body, r"\end{tikzpicture}", r"\end{document}"]) + "\n"


def _in_order(layout: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The page, then nodes and edges in the order in which Graphviz was asked to put them out."""
    yield layout
    nodes, edges = layout.get("objects", ()), layout.get("edges", ())
    edges_first = layout.get("outputorder") == "edgesfirst"
    yield from [*edges, *nodes] if edges_first else [*nodes, *edges]


def _comment(object: dict[str, Any]) -> str:
    said = object.get("id") or object.get("name", "")
    kind = object.get("class", "")
    return _one_line(f"{said} ({kind})" if kind else said)


def _one_line(text: str) -> str:
    """For a comment: nothing can end it but the end of the line."""
    return printable(text).encode("ascii", "replace").decode()


def _strokes(operations: Sequence[dict[str, Any]], colours: dict[str, str], in_cells: bool) -> Iterator[str]:
    """Follow the pen of Graphviz: what it has in hand stays there until it is told otherwise.

    Outside of the cells of a table, every line of a label is in the middle. So it stays there, however wide the fonts of
    LaTeX are.
    """
    pen: dict[str, Any] = {"c": "#000000", "C": "#000000", "width": 1.0, "style": "", "flags": 0, "size": 10.0, "face": ""}
    for operation in operations:
        match operation["op"]:
            case "c" | "C" as which if operation.get("grad", "none") == "none":
                pen[which] = operation["color"]
            case "S":
                _style(pen, operation["style"])
            case "F":
                pen["size"], pen["face"] = operation["size"], operation["face"]
            case "t":
                pen["flags"] = operation["fontchar"]
            case "T":
                yield from _text(pen, operation, colours, centred=not in_cells or bool(pen["flags"] & BOLD))
            case "P" | "p" | "L" | "b" | "B" | "E" | "e" as which:
                yield from _shape(pen, which, operation, colours)


def _style(pen: dict[str, Any], style: str) -> None:
    if style.startswith("setlinewidth("):
        pen["width"] = float(style[len("setlinewidth(") : -1])
    elif style in STYLES:
        pen["style"] = style
    elif style == "solid":
        pen["style"] = ""


def _shape(pen: dict[str, Any], which: str, operation: dict[str, Any], colours: dict[str, str]) -> Iterator[str]:
    line, fill = _colour(pen["c"], colours), _colour(pen["C"], colours) if which in "PEB" else ""
    options = [f"draw={line}" if line else "", f"fill={fill}" if fill else ""]
    if not any(options):
        return
    options += [f"line width={pen['width']:g}bp" if line else "", pen["style"] if line else ""]
    yield f"  \\path[{','.join(filter(None, options))}] {_path(which, operation)};"


def _path(which: str, operation: dict[str, Any]) -> str:
    if which in "Ee":
        x, y, across, up = operation["rect"]
        return f"({x:g},{y:g}) ellipse [x radius={across:g},y radius={up:g}]"
    points = [f"({x:g},{y:g})" for x, y in operation["points"]]
    if which in "bB":
        curves = (points[place : place + 3] for place in range(1, len(points) - 2, 3))
        return points[0] + "".join(f" .. controls {first} and {second} .. {end}" for first, second, end in curves)
    return " -- ".join(points) + (" -- cycle" if which in "Pp" else "")


def _text(pen: dict[str, Any], operation: dict[str, Any], colours: dict[str, str], centred: bool) -> Iterator[str]:
    colour = _colour(pen["c"], colours)
    if not operation["text"].strip() or not colour:
        return
    (x, y), align, size = operation["pt"], operation["align"], pen["size"]
    if align == "l" and centred:
        x, align = x + operation["width"] / 2, "c"
    face = r"\ttfamily" if "Mono" in pen["face"] else r"\sffamily"
    flags = "".join(code for bit, code in FLAGS.items() if pen["flags"] & bit)
    font = f"\\fontsize{{{size:g}bp}}{{{size * 1.2:g}bp}}{face}{flags}\\selectfont"
    options = f"anchor={ANCHORS[align]},inner sep=0,outer sep=0,text={colour},font={{{font}}}"
    yield f"  \\node[{options}] at ({x:g},{y:g}) {{{tex(operation['text'])}}};"


def _colour(code: str, colours: dict[str, str]) -> str:
    """A name for a colour, and nothing for what is transparent."""
    known = re.fullmatch(r"#([0-9A-Fa-f]{6})([0-9A-Fa-f]{2})?", code)
    if known is None or known[2] == "00":
        return ""
    shade = known[1].upper()
    return colours.setdefault(shade, f"shade{len(colours) + 1}")


def tex(text: str) -> str:
    """A text as LaTeX shows it, letter by letter.

    >>> tex("x_1 -> {5%}")
    'x\\\\_1 {-}\\\\textgreater{} \\\\{5\\\\%\\\\}'
    """
    return "".join(_letter(character) for character in printable(text.replace("\u00a0", " ")))


def _letter(character: str) -> str:
    if character in SPECIAL:
        return SPECIAL[character]
    if character.isascii() or character in "äöüÄÖÜßéèêàâçñóíáúåøæ":
        return character
    return f"\\codepoint{{{ord(character):04X}}}"
