"""Questions about one execution, or about one moment of it. Start with `explain_deadlock`.

This is where networkx is used: nothing that ``import simulator`` needs may import this package.
"""

from simulator.analysis.comparison import Comparison, compare
from simulator.analysis.deadlocks import find_cycle, resource_allocation_graph, wait_for_graph
from simulator.analysis.event_graph import happens_before
from simulator.analysis.explanations import Explanation, Reason, explain_deadlock
from simulator.analysis.lock_order import lock_order_graph
from simulator.analysis.races import Race, races
from simulator.analysis.serial import nearest_serial

__all__ = [
    "Comparison",
    "Explanation",
    "Race",
    "Reason",
    "compare",
    "explain_deadlock",
    "find_cycle",
    "happens_before",
    "lock_order_graph",
    "nearest_serial",
    "races",
    "resource_allocation_graph",
    "wait_for_graph",
]
