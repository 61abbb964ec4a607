"""The one place where Graphviz is started: DOT in, bytes out.

The program ``dot`` on PATH comes first, by the package ``graphviz``; else ``pygraphviz``, whose wheels bring Graphviz with
them, in a process of its own; else there is one error that says how to get either. There is no layout of our own.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from simulator.errors import NoRenderer, RenderError, UnknownFormat
from simulator.texts import printable

FORMATS = ("svg", "png", "pdf")
DOTS_PER_INCH = 144
"""Of PNG: twice what Graphviz would take, for projectors."""
OLDEST_PYGRAPHVIZ = (2, 0, 1)
"""The first one whose wheels bring Graphviz with them."""
FONTS = ("DejaVu Sans", "DejaVu Sans Mono")
FONT_PACKAGE = "fonts-dejavu-core"

CHILD = """
import os, sys
from pygraphviz import AGraph, agraph
# The process ends after one picture, so that freeing things, where crashes have been seen, can be left out.
agraph.gv.gvFreeLayout = agraph.gv.gvFreeContext = lambda *_: None
picture = AGraph(string=sys.stdin.buffer.read().decode()).draw(format=sys.argv[1], prog="dot")
sys.stdout.buffer.write(picture)
sys.stdout.buffer.flush()
os._exit(0)
"""
TRIES = 3
MOST_SECONDS = 120.0
"""An engine that is not ready then will not be: pictures within our limits take a few seconds."""
WHOLE = {
    "svg": (b"<?xml", b"</svg>"),
    "png": (b"\x89PNG", b"IEND\xaeB`\x82"),
    "pdf": (b"%PDF", b"%%EOF"),
    "json": (b"{", b"}"),
}
"""How a whole file of each format begins and ends."""
TITLED = re.compile(
    r'(<g id="[^"]*" class="(?:node|edge)[^"]*">\n)<title>[^<]*</title>\n(?:(<g id="[^"]*">)<a xlink:title="([^"]*)">)?'
)
"""Where a node or an edge begins in an SVG: its name, and its tooltip if it has one."""

INSTALL = """\
Install one of them:

    apt-get install graphviz                               # Debian, Ubuntu
    brew install graphviz                                  # macOS
    pip install "thread-interleaving-simulator[render]"    # brings Graphviz with it"""


@dataclass(frozen=True, slots=True)
class Renderer:
    """What draws here: ``name`` is "dot" or "pygraphviz", ``version`` is that of Graphviz."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} (Graphviz {self.version})"


def renderer() -> Renderer:
    """Say what would draw a picture now. Raises `NoRenderer` if nothing can, `RenderError` if ``dot`` does not start."""
    if _has_dot():
        import graphviz

        try:
            return Renderer("dot", ".".join(map(str, graphviz.version())))
        except Exception as error:
            raise RenderError(f"the program dot is on PATH, but does not say its version: {_reason(error)}") from None
    module = _pygraphviz()
    if module is None:
        raise NoRenderer(f"No Graphviz was found: neither the program dot nor the package pygraphviz.\n{INSTALL}")
    return Renderer("pygraphviz", str(getattr(module, "__graphviz_version__", "unknown")))


def draw(dot_text: str, format: str, *, title: str = "", description: str = "", copy: int = 1) -> bytes:
    """Draw a picture; `format` is "svg", "png" or "pdf". An SVG gets `title` and `description`, for screen readers.
    ``copy`` counts the times that one page shows this picture: its ids are different each time.

    Raises `UnknownFormat`, `NoRenderer`, or `RenderError` with what Graphviz had to say.
    """
    if format not in FORMATS:
        raise UnknownFormat(f"cannot draw {format!r}. The formats that can be drawn are: {', '.join(FORMATS)}.")
    if format != "svg" and sys.platform == "linux" and _families() == set():
        raise RenderError(
            f"there is no font on this machine, so that a {format.upper()} would show empty boxes.\n"
            f"Install one (Debian, Ubuntu: apt-get install {FONT_PACKAGE}),\n"
            "or save as .svg, which is shown in the fonts of its reader."
        )
    if _has_dot():
        drawn = _by_program(dot_text, format)
    elif _pygraphviz() is not None:
        drawn = _by_package(dot_text, format)
    else:
        raise NoRenderer(f"No Graphviz was found: neither the program dot nor the package pygraphviz.\n{INSTALL}")
    if format != "svg":
        return drawn
    again = f"n{copy}" if copy > 1 else ""
    prefix = f"p{hashlib.sha256(dot_text.encode(errors='replace')).hexdigest()[:8]}{again}-"
    return accessible(drawn.decode(), prefix, title, description).encode()


def laid_out(dot_text: str) -> str:
    """The picture as JSON: where Graphviz would put everything, and how it would draw it. Raises as `draw` does."""
    if _has_dot():
        return _by_program(dot_text, "json").decode()
    if _pygraphviz() is not None:
        return _by_package(dot_text, "json").decode()
    raise NoRenderer(f"No Graphviz was found: neither the program dot nor the package pygraphviz.\n{INSTALL}")


def _has_dot() -> bool:
    return shutil.which("dot") is not None


def _pygraphviz() -> Any:
    """The package, if it is there, can be imported and is new enough; else None."""
    try:
        import pygraphviz
    except Exception:  # the package is there, but its Graphviz is not: that can raise anything
        return None
    version = tuple(int(part) for part in re.findall(r"\d+", pygraphviz.__version__)[:3])
    return pygraphviz if version >= OLDEST_PYGRAPHVIZ else None


def _by_program(dot_text: str, format: str) -> bytes:
    from graphviz.backend.dot_command import command

    done = _run(command("dot", format), _prepared(dot_text, format))
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or _ended(done.returncode)
        raise RenderError(f"Graphviz could not draw this picture: {said}")
    return _checked(done.stdout, format)


def _by_package(dot_text: str, format: str) -> bytes:
    """In a process of its own: a crash of the library, which has been seen, must not be a crash of the user's program."""
    child = [sys.executable, "-c", CHILD, format]
    for _ in range(TRIES):
        done = _run(child, _prepared(dot_text, format))
        if done.returncode >= 0:  # below zero: ended by a signal
            break
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [_ended(done.returncode)]
        raise RenderError(f"Graphviz could not draw this picture: {said[-1]}")
    return _checked(done.stdout, format)


def _prepared(dot_text: str, format: str) -> str:
    """The resolution is for pixels only: in an SVG it would scale the page."""
    return dot_text.replace("{", f"{{\n  graph [dpi={DOTS_PER_INCH}];", 1) if format == "png" else dot_text


def _run(command: Sequence[str | os.PathLike[str]], dot_text: str) -> subprocess.CompletedProcess[bytes]:
    """Start an engine, and stop it if it does not come to an end; ``graphviz.pipe`` would wait for ever."""
    from graphviz.backend.execute import CalledProcessError, ExecutableNotFound, run_check

    given = dot_text.encode(errors="backslashreplace")
    try:
        done: subprocess.CompletedProcess[bytes] = run_check(
            command, input=given, capture_output=True, quiet=True, timeout=MOST_SECONDS
        )
        return done
    except CalledProcessError as error:
        return subprocess.CompletedProcess(error.cmd, error.returncode, error.stdout, error.stderr)
    except subprocess.TimeoutExpired:
        why = f"it was not ready after {MOST_SECONDS:g} seconds, and was stopped"
    except (OSError, ExecutableNotFound) as error:
        why = f"it does not start: {getattr(error, 'strerror', None) or error}"
    raise RenderError(f"Graphviz could not draw this picture: {why}")


def _ended(code: int) -> str:
    return f"it crashed ({code})" if code < 0 else f"it ended with code {code} and said nothing"


def _checked(drawn: bytes, format: str) -> bytes:
    """The picture, if it is one: an engine may also die without a word, or be another program of the same name."""
    begin, end = WHOLE[format]
    if not drawn:
        raise RenderError("Graphviz could not draw this picture: it answered nothing")
    if not drawn.startswith(begin) or not drawn.rstrip().endswith(end):
        raise RenderError(f"Graphviz could not draw this picture: it answered something that is no whole {format.upper()}")
    return drawn


def _reason(error: Exception) -> str:
    """What the engine said, rather than how it was called."""
    said = getattr(error, "stderr", None) or b""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return text.strip() or str(error) or type(error).__name__


def accessible(svg: str, prefix: str, title: str, description: str) -> str:
    """Make a drawn SVG fit for a page: a role, a title, a description, and ids that clash with no other picture."""
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}\1"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}\1)", svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{prefix}\1"', svg)
    svg = re.sub(r'(<text\b[^>]*) fill="#fffffe"( fill-opacity="[^"]*")?', r'\1 fill="none"', svg)  # hidden in slides
    svg = TITLED.sub(_titled, svg).replace("</a>", "</g>")
    named = f'role="img" aria-labelledby="{prefix}title {prefix}desc"'
    inside = f'<title id="{prefix}title">{_xml(title)}</title>\n<desc id="{prefix}desc">{_xml(description)}</desc>'
    return re.sub(r"<svg\b([^>]*)>", lambda match: f"<svg {named}{match[1]}>\n{inside}", svg, count=1)


def _titled(match: re.Match[str]) -> str:
    """The tooltip of a node or an edge as its title, where Graphviz has its name, which is ours and says nothing.

    Graphviz makes a link of a tooltip; it leads nowhere, and notebooks would underline what stands in it.
    """
    begin, group, tooltip = match.groups()
    return f"{begin}<title>{tooltip}</title>\n{group}<g>" if group else begin


def _xml(text: str) -> str:
    """A text inside an element; control characters and half characters, which no XML can have, are spelled out."""
    text = "\n".join(map(printable, text.split("\n")))
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fonts_found() -> dict[str, bool]:
    """Whether the fonts of the pictures are there; {} if nobody can tell.

    Without any font, PNG and PDF show empty boxes, and nothing complains. Debian's package is ``fonts-dejavu-core``.
    """
    families = _families()
    return {} if families is None else {font: font in families for font in FONTS}


def _families() -> set[str] | None:
    """All the fonts that are there; None if nobody can tell."""
    if shutil.which("fc-list") is None:
        return None
    try:
        listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return {family.strip() for line in listed.splitlines() for family in line.split(",")}
