"""Checkpoints: an exploration that was killed, stopped or interrupted goes on, and answers what it would have answered."""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from itertools import pairwise
from pathlib import Path

import pytest
from golden.table import TABLE
from hypothesis import given, settings
from made_up import build, programs
from made_up_primitives import condition_programs, queue_programs, worker_programs

from simulator import Program, Queue, Shared, SharedObject, choose, explore
from simulator.errors import CheckpointError, Interrupted, ProgramError, StaleCheckpoint
from simulator.exploration import budget, counting, layers
from simulator.exploration.helpers import checkpoint, checkpoint_file

MOST_STEPS = 40
"""Of one thread: without merging a loop that spins has no end."""
counter, other = Shared("counter", 0), Shared("other", 0)


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def twice():
    yield from increment()
    yield from increment()


def spins():
    while not (yield other.read()):
        pass
    yield from increment()


def sets():
    yield other.write(1)
    yield from twice()


@pytest.fixture(autouse=True)
def look_often(monkeypatch):
    """So that small programs are stopped in the middle, too."""
    monkeypatch.setattr(layers, "TRANSITIONS_BETWEEN_LOOKS", 3)
    monkeypatch.setattr(counting, "STATES_BETWEEN_LOOKS", 2)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "walk.ckpt"


def whole(program, **how):
    """Everything that an uninterrupted exploration answers, the error if it raises one."""
    try:
        return explore(program, split=False, max_steps=MOST_STEPS, **how).to_data()
    except ProgramError as error:
        return repr(error)


def piecewise(program, path, more=2.0, **how):
    """The same, in pieces: with a budget that grows, from checkpoint to checkpoint; and how many pieces that took."""
    most, pieces = 2, 0
    while True:
        pieces += 1
        try:
            result = explore(program, split=False, checkpoint=path, max_states=most, max_steps=MOST_STEPS, **how)
        except ProgramError as error:
            return repr(error), pieces
        if result.claim != "partial":
            assert not path.exists()
            return result.to_data(), pieces
        assert path.exists()
        most = int(most * more) + 1


PROGRAMS = {
    **{row.name: row.program for row in TABLE},
    "a loop that spins": Program(A=spins, B=sets, C=increment),
    "a choice": Program(A=lambda: (yield choose(1, 2, 3)), B=twice, C=twice),
    "daemons": Program(A=twice, B=spins, C=increment, daemons=["B"]),
}


@pytest.mark.parametrize("how", [{}, {"symmetry": False}, {"merge": False}, {"preemptions": 2}, {"delays": 1}], ids=str)
@pytest.mark.parametrize("name", PROGRAMS)
def test_an_exploration_in_pieces_answers_what_it_answers_in_one_go(name, how, path):
    answer, pieces = piecewise(PROGRAMS[name], path, **how)
    assert answer == whole(PROGRAMS[name], **how)
    assert pieces > 1


def test_a_program_that_is_split_answers_the_same_with_a_file(path):
    program = Program(A=twice, B=twice, C=elsewhere, D=elsewhere)
    results = [explore(program, checkpoint=path, max_states=most) for most in (5, 20, 10_000)]
    assert [result.claim for result in results] == ["partial", "partial", "complete"]
    assert results[-1].to_data() == explore(program).to_data()
    assert not path.exists()


@settings(max_examples=20)
@given(programs())
def test_made_up_programs_in_pieces(tmp_path_factory, made):
    in_pieces(build(made).program, tmp_path_factory)


@settings(max_examples=8)
@given(queue_programs(Queue))
def test_made_up_queues_in_pieces(tmp_path_factory, made):
    in_pieces(made.program, tmp_path_factory)


@settings(max_examples=8)
@given(condition_programs())
def test_made_up_conditions_in_pieces(tmp_path_factory, made):
    in_pieces(made.program, tmp_path_factory)


@settings(max_examples=8)
@given(worker_programs())
def test_made_up_workers_in_pieces(tmp_path_factory, made):
    in_pieces(made.program, tmp_path_factory)


@pytest.mark.nightly
@given(programs())
def test_thousands_of_made_up_programs_in_pieces(tmp_path_factory, made):
    in_pieces(build(made).program, tmp_path_factory)


def in_pieces(program, tmp_path_factory):
    answer, _ = piecewise(program, tmp_path_factory.mktemp("made_up") / "walk.ckpt", more=3)
    assert answer == whole(program)


def test_a_checkpoint_fits_where_nobody_has_asked_yet_what_matters_of_a_state(path):
    """A queue that is joined tells apart what others do not; a new process learns that late."""

    def program():
        jobs = Queue("jobs")

        def put():
            for number in range(3):
                yield jobs.put(number)
            yield jobs.join()

        def get():
            for _ in range(3):
                yield jobs.get()
                yield jobs.task_done()

        return Program(A=put, B=get, C=increment)

    answer = whole(program())
    for most in range(2, 60, 3):
        assert explore(program(), checkpoint=path, split=False, max_states=most).claim in ("partial", "complete")
        if path.exists():
            assert explore(program(), checkpoint=path, split=False).to_data() == answer
            assert not path.exists()


def test_a_program_that_turns_out_not_to_be_foldable_goes_on_without_folding(path):
    class Owner(SharedObject):
        def claim(self):
            return self.ask("claim")

        def transition(self, state, operation, thread):
            return (thread if state is None else state), None

        def value(self, state):
            return state is not None

    owner = Owner("owner", None)

    def body():
        yield from twice()
        yield owner.claim()
        yield from increment()

    program = Program(A=body, B=body)
    answer, pieces = piecewise(program, path, more=1.2)
    assert (answer, pieces > 8) == (whole(program), True)


def test_a_program_made_anew_in_another_process_goes_on(path, tmp_path):
    """Whatever the seed of the hashes."""
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    answers = []
    for seed, budget_of_states in (("1", 40), ("2", 200), ("3", 10**9)):
        answers.append(run_script(file, path, budget_of_states, PYTHONHASHSEED=seed))
    assert [answer["claim"] for answer in answers] == ["partial", "partial", "complete"]
    assert answers[-1] == run_script(file, tmp_path / "other.ckpt", 10**9, PYTHONHASHSEED="4")


SCRIPT = textwrap.dedent(
    """
    import json, sys
    from simulator import Condition, Program, Shared, Lock, explore
    from simulator.exploration import layers
    layers.TRANSITIONS_BETWEEN_LOOKS = 50
    values, lock = Shared("values", frozenset()), Lock("lock")

    def body():
        for word in ("one", "two"):
            with (yield lock.acquire()):
                known = yield values.read()
                yield values.write(known | {word})
            yield values.read()

    if __name__ == "__main__":
        program = Program(A=body, B=body, C=body, D=lambda: (yield from body()))
        path, most, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
        result = explore(program, checkpoint=path, max_states=most, checkpoint_seconds=seconds)
        data = result.to_data()
        data["outcomes"] = [{k: v for k, v in one.items() if k != "final"} for one in data["outcomes"]]
        print(json.dumps(data))
    """
)


def run_script(file, path, most, **environment):
    root = Path(__file__).parent.parent
    command = [sys.executable, str(file), str(path), str(most), "1000"]
    environment = {**os.environ, "PYTHONPATH": str(root), **environment}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return json.loads(done.stdout)


def test_after_kill_9_at_any_moment_the_answer_is_the_same(tmp_path):
    """Killed a moment after each first checkpoint of its own, also in the middle of the next one."""
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    answer = run_script(file, tmp_path / "other.ckpt", 10**9)
    chance = random.Random(7)
    path = tmp_path / "walk.ckpt"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    command = [sys.executable, str(file), str(path), str(10**9), "1e-9"]
    killed = 0
    for _ in range(6):
        before = written_at(path)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
        while process.poll() is None and written_at(path) == before:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, 0.03))
        process.kill()
        killed += process.wait() == -signal.SIGKILL and path.exists()
    assert killed > 1
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert json.loads(done.stdout) == answer
    assert not path.exists()


def written_at(path):
    return path.stat().st_mtime_ns if path.exists() else 0


# Interrupts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(1, 30, 4))
@pytest.mark.parametrize("name", ["2 x 3", "3 philosophers", "a loop that spins"])
def test_an_interrupt_leaves_a_checkpoint_to_go_on_from(name, at, path, monkeypatch):
    calls = iter(range(10_000))
    usual = budget.Watch.look

    def looks(self, *arguments):
        if next(calls) == at:
            os.kill(os.getpid(), signal.SIGINT)
        return usual(self, *arguments)

    monkeypatch.setattr(budget.Watch, "look", looks)
    result = explore(PROGRAMS[name], checkpoint=path, split=False)
    if result.claim == "partial":
        assert result.claim.reason == "interrupted"
        assert path.exists()
    monkeypatch.undo()
    assert explore(PROGRAMS[name], checkpoint=path, split=False).to_data() == whole(PROGRAMS[name])


@pytest.mark.parametrize("quick", [0, 10])
@pytest.mark.parametrize("at", range(1, 5))
def test_an_interrupt_while_a_thread_computes_leaves_a_checkpoint_too(at, quick, path, monkeypatch):
    monkeypatch.setattr("simulator.body.QUICK", quick)
    computations = itertools.count(1)
    failing = [at]

    def computes():
        value = yield counter.read()
        chosen = yield choose(1, 2)
        if next(computations) in failing:
            raise KeyboardInterrupt
        yield counter.write(value + chosen)

    def program():
        return Program(A=computes, B=increment, C=computes)

    if quick:
        assert explore(program(), checkpoint=path, split=False).claim.reason == "interrupted"
    else:
        with pytest.raises(Interrupted):
            explore(program(), checkpoint=path, split=False)
    failing.clear()
    known = path.exists()
    assert explore(program(), checkpoint=path, split=False).to_data() == whole(program())
    assert known


# What cannot be gone on from ----------------------------------------------------------------------------------------------


def stopped(path, program=None, **how):
    result = explore(program or Program.copies(twice, 3), checkpoint=path, max_states=20, **how)
    assert result.claim == "partial"
    return path.read_bytes()


def test_every_file_that_was_cut_off_or_changed_is_refused(path, raises_in_full):
    content = stopped(path)
    message = (
        f"the checkpoint {path} is damaged: a part of it is missing or was changed.\n"
        "Probably it was copied while it was being written, or cut off.\n"
        "Take another copy, or delete the file and explore from the start."
    )
    for length in range(len(content)):
        path.write_bytes(content[:length])
        raises_in_full(CheckpointError, message, lambda: explore(Program.copies(twice, 3), checkpoint=path))
    first = len(checkpoint_file.MAGIC)
    for place in range(first, len(content), 7):
        path.write_bytes(content[:place] + bytes([content[place] ^ 64]) + content[place + 1 :])
        raises_in_full(CheckpointError, message, lambda: explore(Program.copies(twice, 3), checkpoint=path))
    path.write_bytes(content + b"more")
    raises_in_full(CheckpointError, message, lambda: explore(Program.copies(twice, 3), checkpoint=path))


def test_a_checkpoint_of_another_version_is_refused(path, raises_in_full):
    content = stopped(path)
    path.write_bytes(content.replace(b"checkpoint 1\n", b"checkpoint 7\n", 1))
    raises_in_full(
        CheckpointError,
        f"the checkpoint {path} has version 7 of the format, and this simulator reads version 1.\n"
        "Probably it was written by another version of the simulator.\n"
        "Go on with that one, or delete the file and explore from the start.",
        lambda: explore(Program.copies(twice, 3), checkpoint=path),
    )


def test_a_file_that_holds_something_else_is_refused_and_left_alone(path, raises_in_full):
    path.write_text("my thesis")
    raises_in_full(
        CheckpointError,
        f"{path} is no checkpoint of this simulator. It was left as it is.\n\n"
        f"    explore(program, checkpoint={str(path)!r})  # incorrect: this file holds something else\n"
        f"    {'''explore(program, checkpoint='walk.ckpt')'''.ljust(len(str(path)) + 31)}"
        "  # correct: a file of its own, made when it is first needed",
        lambda: explore(Program.copies(twice, 3), checkpoint=path),
    )
    assert path.read_text() == "my thesis"


def test_a_checkpoint_with_other_options_is_refused(path, raises_in_full):
    stopped(path, preemptions=5)
    before = path.read_bytes()
    raises_in_full(
        CheckpointError,
        f"the checkpoint {path} was written with symmetry=True, and this is symmetry=False.\n\n"
        f"    explore(program, symmetry=False, checkpoint={str(path)!r})  # incorrect\n"
        f"    explore(program, symmetry=True, checkpoint={str(path)!r})   # correct: or another file",
        lambda: explore(Program.copies(twice, 3), checkpoint=path, preemptions=5, symmetry=False),
    )
    for how in ({"merge": False}, {"preemptions": 4}, {"preemptions": 5, "merge": False}, {"delays": 5}):
        with pytest.raises(CheckpointError, match="was written with"):
            explore(Program.copies(twice, 3), checkpoint=path, **how)
    assert path.read_bytes() == before


def three_times():
    yield from twice()
    yield from increment()


def by_two():
    for _ in range(2):
        value = yield counter.read()
        yield counter.write(value + 2)


def elsewhere():
    for _ in range(2):
        value = yield other.read()
        yield other.write(value + 1)


@pytest.mark.parametrize(
    "program",
    [
        Program.copies(twice, 2),
        Program.copies(twice, 4),
        Program(A=twice, B=twice, X=twice),
        Program(A=twice, B=twice, C=elsewhere),
        Program.copies(three_times, 3),
        Program.copies(by_two, 3),
        Program.copies(elsewhere, 3),
        Program(A=twice, B=twice, C=twice, daemons=["C"]),
    ],
    ids=str,
)
def test_a_checkpoint_of_another_program_is_refused(program, path, raises_in_full):
    stopped(path)
    before = path.read_bytes()
    raises_in_full(
        StaleCheckpoint,
        "the checkpoint is of another program: this one does not ask for the same, or is not answered the same.\n"
        "Probably the program, the simulator or Python has changed since the checkpoint was written.\n"
        "Go on with what it was written with, or delete the file and explore from the start.",
        lambda: explore(program, checkpoint=path, split=False),
    )
    assert path.read_bytes() == before


def test_a_folder_that_is_not_there_is_told_before_anything_starts(tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot write the checkpoint .*: No such file or directory\."):
        explore(Program.copies(twice, 3), checkpoint=tmp_path / "nowhere" / "walk.ckpt")
    with pytest.raises(CheckpointError, match=r"cannot read the checkpoint .*: Is a directory\."):
        explore(Program.copies(twice, 3), checkpoint=tmp_path)


def test_seconds_without_a_file_are_refused():
    with pytest.raises(ValueError, match="there is no file to write it into"):
        explore(Program.copies(twice, 3), checkpoint_seconds=5)


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_seconds_that_are_none_are_refused(seconds, path):
    with pytest.raises(ValueError, match="checkpoint_seconds was expecting a positive number"):
        explore(Program.copies(twice, 3), checkpoint=path, checkpoint_seconds=seconds)


def test_a_full_disk_is_told_and_the_exploration_goes_on(path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "write", full)
    program = Program.copies(three_times, 3)
    with pytest.warns(RuntimeWarning, match=r"cannot write the checkpoint .*: No space left on device"):
        answer = explore(program, checkpoint=path, checkpoint_seconds=1e-9).to_data()
    assert answer == explore(program).to_data()


def test_writing_rests_longer_if_it_takes_long(path, monkeypatch):
    """By a clock that goes on a second at every look at it: writing takes one, and then there is none for twelve."""
    now = iter(range(100_000))
    monkeypatch.setattr(checkpoint, "clock", lambda: next(now))
    written = []
    monkeypatch.setattr(checkpoint, "write", lambda *_: written.append(next(now)))
    explore(Program.copies(three_times, 3), checkpoint=path, checkpoint_seconds=1e-9)
    pauses = [after - before for before, after in pairwise(written)]
    assert len(pauses) > 2
    assert min(pauses) >= checkpoint.REST_AFTER_WRITING


def test_numbers_of_any_size_survive_a_block():
    numbers = [0, 1, 255, 256, 2**200 + 1, 3]
    assert list(checkpoint_file.numbers_in(checkpoint_file.block(numbers))) == numbers
    either = [0, -1, 1, -(2**100), 2**100, -7]
    assert list(checkpoint_file.unsigned(checkpoint_file.signed(either))) == either
