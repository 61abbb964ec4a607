"""Graphs of networkx that show themselves in notebooks, as all other answers do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import networkx

from simulator.showing import Shown

if TYPE_CHECKING:
    DiGraph: TypeAlias = networkx.DiGraph[Any]
else:
    DiGraph = networkx.DiGraph  # which is generic for type checkers only


class DrawnGraph(DiGraph, Shown):
    """A `networkx.DiGraph` that is drawn where a notebook shows it; ``graph["picture"]`` says as what."""
