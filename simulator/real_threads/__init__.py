"""The second opinion: the same program on ``threading``, paced by a schedule or running free.

Nothing here asks an object for its ``transition``. The threads are real, and so is what they share (``twin`` of every
object; for CPython's primitives, CPython's own), so that agreeing with the simulator means something. Read `crew` first:
how real threads are started, and ended whatever happens; then `pacing`, where one thread at a time has the turn; then
`free`, where nobody is in control.
"""

from simulator.real_threads.free import run_on_threads, sample_on_threads
from simulator.real_threads.pacing import replay_on_threads

__all__ = ["replay_on_threads", "run_on_threads", "sample_on_threads"]
