"""More cores, more machines: large layers are cut into batches, expanded elsewhere, and merged in the order of the states.

A worker gets integers only: the tables that the machine has learned so far, and a batch of states with their weights. What
it would have to ask the program for it leaves to the coordinator, who learns it here. Replies are merged in the order in
which batches were cut, whatever arrives first: so everything is learned in the same order as without workers, and the
answer is the same to the last digit. A batch whose worker died is expanded here.
"""

from __future__ import annotations

import os
import pickle
import time
import uuid
import warnings
from collections import deque
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, wait
from itertools import islice
from typing import Any

from simulator.errors import ExecutorError, correction
from simulator.exploration.budget import Watch
from simulator.exploration.helpers import batches
from simulator.exploration.helpers.batches import Reply, Segment
from simulator.exploration.layers import expand_layer
from simulator.exploration.symmetry import Folding
from simulator.exploration.walks import Keeper, Sweep, Walk, look
from simulator.journal import MOVE, ROW, heard
from simulator.machine import Machine

BATCH_SECONDS = 0.5
"""How long a worker should be busy with a batch, at least."""
SMALLEST_BATCH = 2_000
"""States; fewer are never worth sending, however slow they seem to be."""
FIRST_RATE = 200_000.0
"""States a second, until it was measured."""
SECONDS_TO_ANSWER = 120.0
"""How long to wait for the first sign of life: machines of a cluster may still be starting."""
SECONDS_BETWEEN_LOOKS = 0.1

Batch = tuple["Future[Reply] | None", int, int]
"""(what will come of it, its first place in the layer, the place after its last)"""


class Crew:
    """Expands layers with an executor. Raises `ExecutorError` before anything starts if it is of no use."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._lost = False
        self._rate = FIRST_RATE
        self._last: tuple[float, int] | None = None
        _try_out(executor)
        workers = getattr(executor, "_max_workers", None) or os.cpu_count() or 1
        self._in_flight = 2 * max(int(workers), 2)

    def begin(self, machine: Machine, folding: Folding) -> None:
        """From now on the walk is over the states of this machine."""
        self._machine, self._folding = machine, folding
        machine.journal = [] if machine.journal is None else machine.journal
        self._session = uuid.uuid4().hex
        self._segments: list[bytes] = []
        self._sent = {"journal": 0, "mentioned": 0, "looks": 0, "renamed": 0}
        self._last = None

    def wants(self, sweep: Sweep) -> bool:
        """Whether a layer is large enough to be cut into batches."""
        now = time.perf_counter()
        if self._last is not None and self._last[1] >= SMALLEST_BATCH:
            self._rate = self._last[1] / max(now - self._last[0], 1e-9)
        enough = not self._lost and len(sweep.layer) >= 2 * self._batch_size()
        self._last = None if enough else (now, len(sweep.layer))
        return enough

    def _batch_size(self) -> int:
        return max(SMALLEST_BATCH, int(self._rate * BATCH_SECONDS))

    def expand(
        self, machine: Machine, folding: Folding, watch: Watch, walk: Walk, sweep: Sweep, keeper: Keeper | None
    ) -> bool:
        """As `expand_layer`: False if a state is reached after different numbers of steps."""
        states, weights = list(sweep.layer), list(sweep.layer.values())
        waiting: deque[Batch] = deque()
        done = cut = 0
        try:
            while done < len(states):
                while cut < len(states) and len(waiting) < self._in_flight:
                    until = min(cut + self._batch_size(), len(states))
                    waiting.append((self._submit(states[cut:until], weights[cut:until]), cut, until))
                    cut = until
                future, first, until = waiting[0]
                reply = self._reply(future, watch, walk, sweep, keeper)
                if walk.stopped:
                    return True
                waiting.popleft()
                if reply is not None and reply.seconds > 0:
                    self._rate = (until - first) / reply.seconds
                if not self._merge(reply, states[first:until], weights[first:until], walk, sweep, keeper):
                    return False
                done = until
                walk.stopped = look(watch, walk, len(sweep.following), keeper)
                if keeper is not None and not walk.stopped and keeper.due():
                    sweep.layer = dict(zip(states[done:], weights[done:], strict=True))
                    keeper.keep(walk)
                if walk.stopped:
                    return True
        finally:
            sweep.layer = dict(zip(states[done:], weights[done:], strict=True))
            for future, _, _ in waiting:
                if future is not None:
                    future.cancel()
        return True

    # Sending

    def _submit(self, states: Sequence[int], weights: Sequence[int]) -> Future[Reply] | None:
        if self._lost:
            return None
        self._add_segment()
        try:
            return self._executor.submit(batches.expand, self._session, tuple(self._segments), states, weights)
        except Exception as error:
            self._give_up(error)
            return None

    def _add_segment(self) -> None:
        """Pack what was learned since the last batch was sent."""
        journal = self._machine.journal
        assert journal is not None, "it was begun with the walk"
        sorter = self._folding.sorter
        added = {"journal": list(islice(journal, self._sent["journal"], None))}
        for name in ("mentioned", "looks", "renamed"):
            added[name] = list(islice(getattr(sorter, name).items(), self._sent[name], None))
        if self._segments and not any(added.values()):
            return
        for name, new in added.items():
            self._sent[name] += len(new)
        segment = self._segment(added.pop("journal"), added)
        self._segments.append(pickle.dumps(segment, pickle.HIGHEST_PROTOCOL))

    def _segment(self, journal: Sequence[tuple[int, ...]], added: dict[str, list[Any]]) -> Segment:
        machine, sorter = self._machine, self._folding.sorter
        fields = machine.thread_fields()
        lowest = [mask & -mask for mask in fields]
        rows, moves = [], []
        for kind, thread, node, *rest in journal:
            if kind == ROW:
                rows.append((thread, node * lowest[thread], heard(tuple(rest))))
            elif kind == MOVE:
                moves.append((thread, node * lowest[thread], rest[0], heard(tuple(rest[1:]))))
        sorted_by = (sorter.threads, sorter.groups, sorter.objects, sorter.bits) if self._folding.active else None
        return Segment(fields, machine.needed_threads(), rows, moves, sorted_by, **added)  # type: ignore[arg-type]

    # Receiving

    def _reply(
        self, future: Future[Reply] | None, watch: Watch, walk: Walk, sweep: Sweep, keeper: Keeper | None
    ) -> Reply | None:
        """What came of a batch; None if it has to be expanded here. While waiting, the watch may stop the walk."""
        if future is None:
            return None
        while not wait([future], timeout=SECONDS_BETWEEN_LOOKS).done:
            walk.stopped = look(watch, walk, len(sweep.following), keeper)
            if walk.stopped:
                return None
        try:
            reply = future.result()
        except (Exception, CancelledError) as error:
            self._give_up(error)
            return None
        return reply

    def _give_up(self, error: BaseException) -> None:
        broken = isinstance(error, BrokenExecutor | RuntimeError)
        self._lost = self._lost or broken
        rest = "the rest is explored here" if broken else "its batch is expanded here"
        warnings.warn(f"a worker was lost ({type(error).__name__}: {error}): {rest}", RuntimeWarning, stacklevel=2)

    # Merging

    def _merge(
        self,
        reply: Reply | None,
        states: Sequence[int],
        weights: Sequence[int],
        walk: Walk,
        sweep: Sweep,
        keeper: Keeper | None,
    ) -> bool:
        try:
            if reply is None:
                batch = dict(zip(states, weights, strict=True))
                return expand_layer(self._machine, self._folding, None, walk, Sweep(batch, sweep.following), None)
            return self._merge_reply(reply, states, weights, walk, sweep)
        except BaseException:
            if keeper is not None:
                keeper.torn()
            raise

    def _merge_reply(self, reply: Reply, states: Sequence[int], weights: Sequence[int], walk: Walk, sweep: Sweep) -> bool:
        """Everything in the order in which it would have been met here. (A hot loop.)"""
        first_from, following = walk.first_from, sweep.following
        known = following.get
        ends, lacking = deque(reply.ends), deque(reply.lacking)
        walk.transitions += reply.transitions

        def expand_before(place: int) -> bool:
            while lacking and lacking[0] < place:
                own = lacking.popleft()
                end_before(own)
                alone = Sweep({states[own]: weights[own]}, following)
                if not expand_layer(self._machine, self._folding, None, walk, alone, None):
                    return False
            return True

        def end_before(place: int) -> None:
            while ends and ends[0] < place:
                own = ends.popleft()
                walk.ends[states[own]] = weights[own]

        next_lacking = lacking[0] if lacking else len(states)
        for state, weight, place in zip(reply.states, reply.weights, reply.parents, strict=True):
            if place > next_lacking:
                if not expand_before(place):
                    return False
                next_lacking = lacking[0] if lacking else len(states)
            so_far = known(state)
            if so_far is not None:
                following[state] = so_far + weight
            elif state in first_from:
                return False
            else:
                following[state] = weight
                first_from[state] = states[place]
        if not expand_before(len(states)):
            return False
        end_before(len(states))
        return True


def _try_out(executor: Any) -> None:
    """Send a tiny task, and raise if it does not come back."""
    if not isinstance(executor, Executor):
        raise TypeError(
            correction(
                f"executor was expecting a concurrent.futures.Executor, but got {type(executor).__name__}.",
                (f"explore(program, executor={type(executor).__name__.lower()})", ""),
                ("explore(program, executor=ProcessPoolExecutor())", "or, with Dask, client.get_executor()"),
            )
        )
    try:
        protocol = executor.submit(batches.ready).result(timeout=SECONDS_TO_ANSWER)
    except Exception as error:
        said = str(error) or type(error).__name__
        raise ExecutorError(
            f"the executor cannot be used: a small task that was sent to it failed with {said!r}.\n"
            "Probably it was shut down, or its workers cannot import the package simulator.\n"
            "Explore while it is open: with ProcessPoolExecutor() as pool: explore(program, executor=pool)"
        ) from error
    if protocol != batches.PROTOCOL:
        raise ExecutorError(
            f"the workers have another version of the simulator: they speak version {protocol} of its protocol, "
            f"and here it is {batches.PROTOCOL}.\n"
            "Probably it was updated on one machine only.\n"
            "Install the same version on all of them."
        )
