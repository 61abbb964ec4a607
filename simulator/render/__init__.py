"""Pictures: pure functions from values to text, DOT, SVG, PNG, PDF and JSON. Nothing here runs a program.

``print(timeline(execution))`` needs nothing; `save` starts Graphviz if the suffix asks for it.
"""

from simulator.render.graphs.happens_before import happens_before_dot, happens_before_text
from simulator.render.graphs.lock_order import lock_order_dot, lock_order_text
from simulator.render.graphs.waiting import resource_allocation_dot, wait_for_dot
from simulator.render.interleavings.histogram import histogram_dot, histogram_text
from simulator.render.interleavings.lattice import lattice_dot
from simulator.render.interleavings.lattice_text import lattice_text
from simulator.render.interleavings.state_graph import state_graph_dot, state_graph_text
from simulator.render.interleavings.tree import interleaving_tree_dot, interleaving_tree_text
from simulator.render.lanes.comparison import comparison_dot, comparison_text
from simulator.render.lanes.shiviz import shiviz
from simulator.render.lanes.slides import slides
from simulator.render.lanes.swimlanes import timeline_dot
from simulator.render.lanes.text import timeline
from simulator.render.means.engine import Renderer, draw, fonts_found, renderer
from simulator.render.page.player import player, player_frame
from simulator.render.save import save

__all__ = [
    "Renderer",
    "comparison_dot",
    "comparison_text",
    "draw",
    "fonts_found",
    "happens_before_dot",
    "happens_before_text",
    "histogram_dot",
    "histogram_text",
    "interleaving_tree_dot",
    "interleaving_tree_text",
    "lattice_dot",
    "lattice_text",
    "lock_order_dot",
    "lock_order_text",
    "player",
    "player_frame",
    "renderer",
    "resource_allocation_dot",
    "save",
    "shiviz",
    "slides",
    "state_graph_dot",
    "state_graph_text",
    "timeline",
    "timeline_dot",
    "wait_for_dot",
]
