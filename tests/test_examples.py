"""The examples and the catalogue: each file is an essay, and prints exactly what stands in the .out file beside it.

After a wanted change: ``python examples/NN_name.py > examples/NN_name.out``, and read the difference before you keep it.
"""

import ast
import difflib
import os
import random
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import Program, explore

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
CATALOGUE = sorted((ROOT / "examples" / "catalogue").glob("*.py"))
LONGEST_LINE = 200
TOO_LONG = 120
"""Seconds: far more than any example needs on a busy machine."""

every_example = pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
every_file = pytest.mark.parametrize("path", EXAMPLES + CATALOGUE, ids=lambda path: path.stem)


def run_example(path, folder, hash_seed):
    """Run a file as a user would, from another folder; answer what it prints."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": str(hash_seed),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment.pop("COLUMNS", None)
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TOO_LONG,
    )
    assert done.returncode == 0, f"{path.name} failed (PYTHONHASHSEED={hash_seed}):\n{done.stderr}"
    assert done.stderr == "", f"{path.name} wrote to stderr:\n{done.stderr}"
    return done.stdout


def named(path):
    return path.relative_to(ROOT).as_posix()


def difference(path, expected, printed):
    lines = difflib.unified_diff(
        expected.splitlines(), printed.splitlines(), named(path.with_suffix(".out")), "printed now", lineterm="", n=2
    )
    return "\n".join(lines) or "only the end of the last line differs"


@every_file
def test_prints_what_stands_beside_it(path, tmp_path):
    hash_seed = random.randrange(2**32)
    expected = path.with_suffix(".out").read_text(encoding="utf-8")
    printed = run_example(path, tmp_path, hash_seed)
    if printed != expected:
        pytest.fail(
            f"{path.name} does not print what stands in {path.stem}.out (PYTHONHASHSEED={hash_seed}).\n"
            f"{difference(path, expected, printed)}\n\n"
            f"If the new text is right: python {named(path)} > {named(path.with_suffix('.out'))}",
            pytrace=False,
        )


@every_example
def test_program_can_be_explored_completely(path, capsys):
    example = runpy.run_path(str(path), run_name=path.stem)
    assert capsys.readouterr().out == "", "an example prints only when it is run, not when it is loaded"
    assert isinstance(example["program"], Program)
    result = explore(example["program"], invariant=example.get("invariant"))
    assert result.claim == "complete"
    assert result.violations == ()
    for summary in result.outcomes:
        example.get("postcondition", bool)(summary.final)  # it can be asked about every outcome


@every_file
def test_is_an_essay(path):
    """A docstring that begins with one sentence, and counts asserted where the output is made."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstring = ast.get_docstring(tree)
    assert docstring is not None
    first, *rest = docstring.split("\n\n")
    assert first.endswith((".", "?")), "the first paragraph is a sentence"
    assert "\n" not in first, "the first sentence has a line of its own"
    assert rest, "and then comes the explanation"
    main = tree.body[-1]
    assert isinstance(main, ast.If), "everything that prints stands at the end, under if __name__ == '__main__'"
    assert any(isinstance(node, ast.Assert) for node in ast.walk(main))


@every_file
def test_output_fits_and_names_no_machine(path):
    text = path.with_suffix(".out").read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert not re.search(r"0x[0-9a-f]{6}|/(home|tmp|usr|work)/", text)
    assert [line for line in text.splitlines() if len(line) > LONGEST_LINE or line != line.rstrip()] == []


def test_every_output_belongs_to_an_example():
    assert sorted((ROOT / "examples").rglob("*.out")) == sorted(path.with_suffix(".out") for path in EXAMPLES + CATALOGUE)


def test_numbers_are_in_teaching_order():
    numbers = [path.name[:3] for path in EXAMPLES]
    assert numbers == [f"{number:02}_" for number in range(1, len(EXAMPLES) + 1)]
