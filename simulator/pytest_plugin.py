"""For pytest: every execution that a check found wrong leaves a picture, a page to step through, and itself as data.

Switched on in ``conftest.py``, or on the command line with ``-p simulator.pytest_plugin``::

    pytest_plugins = ["simulator.pytest_plugin"]

It is not switched on by installing the simulator: pytest would then rewrite the assertions in all of its modules.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from pathlib import Path

import pytest

from simulator.errors import CheckFailed
from simulator.execution import Execution

FOLDER = "failures"
SUFFIXES = (".svg", ".html", ".json")
LONGEST_NAME = 100


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the pictures go."""
    group = parser.getgroup("simulator", "thread-interleaving simulator")
    group.addoption(
        "--failure-pictures",
        metavar="FOLDER",
        default=FOLDER,
        help=f"the folder for pictures of the executions that a check found wrong, by default {FOLDER}",
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Save what a failed check was about, and say where in the report."""
    report = yield
    error = call.excinfo.value if call.excinfo else None
    if report.failed and isinstance(error, CheckFailed) and isinstance(error.execution, Execution):
        folder = item.config.rootpath / str(item.config.getoption("failure_pictures"))
        report.sections.append(("interleaving", "\n".join(_save(error.execution, folder, _file_name(item.nodeid)))))
    return report


def _save(execution: Execution, folder: Path, name: str) -> Generator[str, None, None]:
    """What was written, or why not: the failure itself is told in any case."""
    from simulator.render import save
    from simulator.render.means.files import make_folder

    for suffix in SUFFIXES:
        path = folder / f"{name}{suffix}"
        try:
            make_folder(folder)
            yield f"wrote {save(execution, path)}"
        except Exception as error:
            yield f"no {path.name}: {error}"


def _file_name(nodeid: str) -> str:
    """``test_bank.py-test_withdraw``: a test as the name of a file; of a long one the end, which has the test in it."""
    return re.sub(r"[^\w.]+", "-", nodeid).strip("-.")[-LONGEST_NAME:]
