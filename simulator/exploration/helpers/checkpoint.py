"""Checkpoints: where an exploration stands, written down now and then, so that it can go on after it was killed.

A walk is made of packed states, and what they mean is decided by the order in which the machine was asked. So the journal
of the machine is written down with it (`simulator.journal`), and a fresh machine is asked the same again before the walk
goes on. What only grows is packed once: a checkpoint costs what is new in it, and the frontier.
"""

from __future__ import annotations

import signal
import threading
import time
import warnings
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, islice
from os import PathLike, fspath
from pathlib import Path
from types import FrameType
from typing import Any

from simulator.errors import CheckpointError, correction
from simulator.exploration.bounds import BoundedMachine
from simulator.exploration.budget import positive
from simulator.exploration.helpers.checkpoint_file import Blocks, read, signed, unsigned, write
from simulator.exploration.symmetry import CannotFold, Folding
from simulator.exploration.walks import Graph, Sweep, Walk
from simulator.journal import Entry, Fingerprint, replay, stale
from simulator.machine import Machine
from simulator.objects.operations import making

SECONDS = 30.0
"""How long to explore before a checkpoint is written, unless it is said."""
REST_AFTER_WRITING = 12
"""So many times as long as writing took, nothing is written: it takes less than a tenth of the time."""

clock = time.monotonic


class Keeper:
    """Writes checkpoints of one exploration into a file, and goes on from the one that is there.

    ``options`` are those that decide what a state is, by their names: a checkpoint fits only the same ones.
    """

    def __init__(self, path: str | PathLike[str], seconds: float | None, options: Mapping[str, Any]) -> None:
        self.path = Path(fspath(path))
        self.seconds = SECONDS if seconds is None else float(positive("checkpoint_seconds", seconds))
        self.options = {name: repr(value) for name, value in options.items()}
        self.interrupted = False
        self._torn = False  # an interrupt that would not wait: what is in memory may be half of a step
        self._saved: tuple[dict[str, Any], Blocks] | None = None
        if self.path.exists():
            self._saved = read(self.path)
            self._check_options(self._saved[0])
        self._check_folder()
        self._next = clock() + self.seconds

    def _check_options(self, header: Mapping[str, Any]) -> None:
        for name, value in self.options.items():
            written = header["options"].get(name)
            if written != value:
                raise CheckpointError(
                    correction(
                        f"the checkpoint {self.path} was written with {name}={written}, and this is {name}={value}.",
                        (f"explore(program, {name}={value}, checkpoint={str(self.path)!r})", ""),
                        (f"explore(program, {name}={written}, checkpoint={str(self.path)!r})", "or another file"),
                    )
                )

    def _check_folder(self) -> None:
        """Better now than after an hour."""
        beside = self.path.with_name(f"{self.path.name}.new")
        try:
            beside.touch()
            beside.unlink()
        except OSError as error:
            raise CheckpointError(f"cannot write the checkpoint {self.path}: {error.strerror or error}.") from None

    # Going on

    def begin(self, machine: Machine, folding: Folding) -> Walk | None:
        """Keep a walk of this machine from now on; answer the one to go on with, if there is one.

        Raises `StaleCheckpoint`; `CannotFold` if it turned out, when it was written, that the program cannot be folded.
        """
        self._machine, self._folding = machine, folding
        self._inner = machine.inner if isinstance(machine, BoundedMachine) else machine
        self._forget()
        if self._saved is None:
            self._inner.journal = [] if self._inner.journal is None else self._inner.journal
            return None
        header, blocks = self._saved
        if header["folds"] != folding.active:
            raise CannotFold if folding.active else stale()
        if header["threads"] != list(machine.program.names):
            raise stale()
        self._learn_again(header, blocks)
        self._saved = None
        return self._walk(header, blocks)

    def _learn_again(self, header: Mapping[str, Any], blocks: Blocks) -> None:
        sizes, numbers = blocks.read("journal sizes"), unsigned(blocks.read("journal"))
        journal = [tuple(islice(numbers, size)) for size in sizes]
        folding = self._folding if self._folding.active else Folding(self._inner)
        self._inner.recalled = header["essences"]
        replay(journal, self._inner, lambda part, last: Folding.fold(folding, part, last))
        if Fingerprint(self._inner).after(journal) != header["fingerprint"]:
            raise stale()

    def _walk(self, header: Mapping[str, Any], blocks: Blocks) -> Walk:
        states = blocks.read("states")
        parents, parent = [-1], 0
        for ahead in blocks.read("parents"):
            parent += ahead
            parents.append(states[parent])
        walk = Walk(dict(zip(states, parents, strict=True)), transitions=header["transitions"])
        walk.ends = dict(zip(blocks.read("ends"), blocks.read("end weights"), strict=True))
        if header["in order"]:
            walk.graph = Graph(array("I", blocks.read("ways")), array("I", blocks.read("targets")))
        else:
            layer = dict(zip(blocks.read("layer"), blocks.read("layer weights"), strict=True))
            walk.sweep = Sweep(layer, dict(zip(blocks.read("following"), blocks.read("following weights"), strict=True)))
        return walk

    # Keeping

    def _forget(self) -> None:
        self._blocks = Blocks()
        self._kept: Walk | None = None
        self._parent = 0
        self._written: dict[str, int] = {}
        self._fingerprint = Fingerprint(self._inner)

    def due(self) -> bool:
        """Whether it is time for a checkpoint."""
        return clock() >= self._next

    def keep(self, walk: Walk) -> None:
        """Write a checkpoint: a walk between two states. If the disk is full, say so and go on."""
        if self._torn:
            return
        if self._kept is not walk:
            self._forget()
            self._kept = walk
        began = clock()
        try:
            self._pack(walk)
            write(self.path, self._header(walk), self._blocks)
        except OSError as error:
            warnings.warn(
                f"cannot write the checkpoint {self.path}: {error.strerror or error}", RuntimeWarning, stacklevel=2
            )
        now = clock()
        self._next = now + max(self.seconds, REST_AFTER_WRITING * (now - began))

    def _header(self, walk: Walk) -> dict[str, Any]:
        return {
            "options": self.options,
            "threads": list(self._machine.program.names),
            "folds": self._folding.active,
            "essences": [table.essence for table in self._inner.objects],
            "fingerprint": self._fingerprint.after(()),
            "transitions": walk.transitions,
            "in order": walk.graph is not None,
        }

    def _pack(self, walk: Walk) -> None:
        blocks = self._blocks
        self._pack_states(walk)
        journal: list[Entry] = self._new("journal", self._inner.journal or [])
        self._fingerprint.after(journal)
        blocks.add("journal sizes", list(map(len, journal)))
        blocks.add("journal", signed(chain.from_iterable(journal)))
        if walk.graph is not None:
            blocks.add("ways", self._new("ways", walk.graph.ways))
            blocks.add("targets", self._new("targets", walk.graph.targets))
            return
        ends = self._new("ends", walk.ends.items())
        blocks.add("ends", [state for state, _ in ends])
        blocks.add("end weights", [weight for _, weight in ends])
        if walk.sweep is not None:
            for name, part in (("layer", walk.sweep.layer), ("following", walk.sweep.following)):
                blocks.set(name, list(part))
                blocks.set(f"{name} weights", list(part.values()))

    def _pack_states(self, walk: Walk) -> None:
        """Each state with the one it was first reached from: how many further on in the same order that is."""
        new = self._new("states", walk.first_from.items())
        self._blocks.add("states", [state for state, _ in new])
        candidates = islice(walk.first_from, self._parent, None)
        ahead, candidate = [], next(candidates)
        for _, parent in new:
            if parent >= 0:
                steps = 0
                while candidate != parent:
                    candidate = next(candidates)
                    steps += 1
                ahead.append(steps)
        self._parent += sum(ahead)
        self._blocks.add("parents", ahead)

    def _new(self, name: str, everything: Any) -> list[Any]:
        """What was added since the checkpoint before."""
        new = list(islice(everything, self._written.get(name, 0), None))
        self._written[name] = self._written.get(name, 0) + len(new)
        return new

    def torn(self) -> None:
        """What is in memory is half of a step: the checkpoint before has to do."""
        self._torn = True

    def done(self) -> None:
        """The exploration is complete: nothing has to be gone on with."""
        self.path.unlink(missing_ok=True)

    # Interrupts

    @contextmanager
    def putting_off_interrupts(self) -> Iterator[None]:
        """Let Ctrl-C wait until a state is expanded, so that what is kept is whole.

        But not while a thread computes, which may take for ever; and not the second time.
        """
        usual = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is not threading.main_thread() or usual is not signal.default_int_handler:
            yield
            return
        signal.signal(signal.SIGINT, self._on_interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, usual)

    def _on_interrupt(self, number: int, frame: FrameType | None) -> None:
        computing = making.operations is not None
        if computing or self.interrupted:
            self._torn = self._torn or not computing
            signal.default_int_handler(number, frame)
        self.interrupted = True
