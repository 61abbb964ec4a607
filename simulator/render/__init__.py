"""Pictures: pure functions from values to text, DOT, SVG, PNG, PDF and JSON. Nothing here runs a program.

``print(timeline(execution))`` needs nothing; `save` starts Graphviz if the suffix asks for it.
"""

from simulator.render.engine import Renderer, draw, fonts_found, renderer
from simulator.render.graphs import resource_allocation_dot, wait_for_dot
from simulator.render.save import save
from simulator.render.swimlanes import timeline_dot
from simulator.render.text import timeline

__all__ = [
    "Renderer",
    "draw",
    "fonts_found",
    "renderer",
    "resource_allocation_dot",
    "save",
    "timeline",
    "timeline_dot",
    "wait_for_dot",
]
