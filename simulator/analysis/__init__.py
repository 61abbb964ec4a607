"""Questions about one execution, or about one moment of it. Start with `explain_deadlock`.

This is where networkx is used: nothing that ``import simulator`` needs may import this package.
"""

from simulator.analysis.deadlocks import find_cycle, resource_allocation_graph, wait_for_graph
from simulator.analysis.explanations import Explanation, Reason, explain_deadlock

__all__ = [
    "Explanation",
    "Reason",
    "explain_deadlock",
    "find_cycle",
    "resource_allocation_graph",
    "wait_for_graph",
]
