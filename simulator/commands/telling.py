"""What an exploration comes to on the command line: the table, what is wrong, and the exit code."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace as changed
from types import SimpleNamespace
from typing import Any

from simulator.answers import CLEAN, FOUND, INCOMPLETE, note, patience, say, show_exploration, show_json
from simulator.errors import SimulatorError
from simulator.exploration.judging import judge
from simulator.exploration.results import Exploration
from simulator.loading import Loaded
from simulator.testing import findings


@dataclass(frozen=True)
class Telling:
    """How an exploration of a loaded program is to be told."""

    loaded: Loaded
    allow_deadlock: bool
    allow_failures: bool
    as_json: bool

    def tell(self, result: Exploration) -> int:
        """Show it, then what is wrong, and answer the exit code."""
        try:
            with patience("looking for the simplest examples (Ctrl-C: do without)"):
                for summary in result.outcomes:
                    summary.example  # noqa: B018  it is searched for when it is first asked for
        except KeyboardInterrupt:
            return self._without_examples(result)
        if not self.as_json:
            show_exploration(result)
        allowed = {"deadlock": self.allow_deadlock, "failures": self.allow_failures}
        try:
            wrong = findings(result, self.loaded.postcondition, **allowed)
        except SimulatorError:  # the postcondition raised: that is told, but what was found out is not lost
            if self.as_json:
                show_json(result.to_data() | {"findings": None})
            raise
        if self.as_json:
            show_json(result.to_data() | {"findings": [finding.to_data() for finding in wrong]})
        else:
            for finding in wrong:
                say(f"\n{finding}")
        return self._verdict(result, bool(wrong))

    def _verdict(self, result: Exploration, wrong: bool) -> int:
        """The exit code of an exploration."""
        if wrong:
            return FOUND
        asked_at_the_end = self.loaded.postcondition is not None
        if asked_at_the_end and not any(summary.status == "finished" for summary in result.outcomes):
            note("the postcondition was never asked: no execution comes to its end")
            return INCOMPLETE
        return CLEAN if result.claim == "complete" else INCOMPLETE

    def _without_examples(self, result: Exploration) -> int:
        """Show an exploration whose examples nobody wanted to wait for."""
        none: Any = SimpleNamespace(schedule="–", preemptions=None)
        known = [each if "example" in vars(each) else changed(each, _find_example=lambda: none) for each in result.outcomes]
        bare = changed(result, outcomes=tuple(known))
        if self.as_json:
            data = bare.to_data()
            for each in data["outcomes"]:
                each["example"] = None if each["example"] == none.schedule else each["example"]
            show_json(data | {"findings": None})
        else:
            show_exploration(bare)
        note("interrupted: the examples were not looked for")
        return self._verdict(result, self._is_wrong(result))

    def _is_wrong(self, result: Exploration) -> bool:
        """Whether anything is wrong, without looking for an example of it."""
        unwanted_failures = result.failures and not self.allow_failures
        unwanted_deadlocks = result.deadlocks and not self.allow_deadlock
        if result.violations or unwanted_failures or unwanted_deadlocks:
            return True
        holds = self.loaded.postcondition
        finished = [each for each in result.outcomes if each.status == "finished"]
        return holds is not None and not all(judge(holds, each.final) for each in finished)
