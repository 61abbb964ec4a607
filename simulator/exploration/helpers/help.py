"""What may help an exploration: a keeper of checkpoints, and a crew of workers."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from os import PathLike
from typing import Any

from simulator.errors import correction
from simulator.exploration.bounds import Bound
from simulator.exploration.helpers.checkpoint import Keeper
from simulator.exploration.helpers.parallel import Crew
from simulator.exploration.results import Exploration


@dataclass
class Help:
    """A keeper, a crew, both or none."""

    keeper: Keeper | None = None
    crew: Crew | None = None

    @classmethod
    def of(
        cls,
        executor: Executor | None,
        checkpoint: str | PathLike[str] | None,
        seconds: float | None,
        bound: Bound | None,
        options: Mapping[str, Any],
    ) -> Help:
        """What was asked for; raises if it is of no use, before anything starts."""
        if executor is not None and bound is not None:
            raise ValueError(
                correction(
                    "executor= expands the states of the whole program, and within a bound there are others.",
                    (f"explore(program, {bound.kind}s={bound.most}, executor=pool)", ""),
                    (f"explore(program, {bound.kind}s={bound.most})", "or executor= without a bound"),
                )
            )
        if checkpoint is None and seconds is not None:
            raise ValueError(
                correction(
                    "checkpoint_seconds= says how often a checkpoint is written, but there is no file to write it into.",
                    (f"explore(program, checkpoint_seconds={seconds!r})", ""),
                    (f"explore(program, checkpoint='walk.ckpt', checkpoint_seconds={seconds!r})", ""),
                )
            )
        within = {name: value for name, value in options.items() if name != "max_thread_steps"}  # decides nothing else
        within |= {"bound": str(bound) if bound is not None else None}
        keeper = Keeper(checkpoint, seconds, within) if checkpoint is not None else None
        return cls(keeper, Crew(executor) if executor is not None else None)

    def done(self, answer: Exploration) -> Exploration:
        """The answer; if it is not partial there is nothing left to go on with."""
        if self.keeper is not None and answer.claim != "partial":
            self.keeper.done()
        return answer
