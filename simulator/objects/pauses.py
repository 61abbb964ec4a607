"""Steps that touch nothing shared."""

from __future__ import annotations

from simulator.objects.operations import Operation, noted


def sleep(seconds: float) -> Operation[None]:
    """Ask to be delayed: a step that touches nothing. Time is not modelled; a thread may be delayed anywhere, for any time.

    Raises what ``time.sleep`` raises: TypeError for what is no number, ValueError for a negative one.

    >>> sleep(0.001)
    sleep(0.001)
    """
    if isinstance(seconds, str) or not hasattr(seconds, "__float__"):
        raise TypeError(f"'{type(seconds).__name__}' object cannot be interpreted as an integer")
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    operation: Operation[None] = Operation(None, "sleep", (seconds,))
    noted(operation)
    return operation
