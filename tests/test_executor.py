"""More cores, more machines: whoever expands the states, and whatever happens to them, the answer is the same."""

import multiprocessing
import os
import threading
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import pytest
from golden.programs import REGISTRY
from golden.table import TABLE
from hypothesis import given, settings
from made_up import build, programs
from made_up_primitives import condition_programs, worker_programs

from simulator import Lock, Program, Shared, choose, explore
from simulator.errors import ExecutorError, ProgramError
from simulator.exploration import counting
from simulator.exploration.helpers import batches, parallel

counter, other, lock = Shared("counter", 0), Shared("other", 0), Lock("lock")
MOST_STEPS = 40


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


def locked():
    for _ in range(2):
        with (yield lock.acquire()):
            yield from increment()


def spins():
    while not (yield other.read()):
        pass
    yield from increment()


def sets():
    yield other.write(1)
    yield from increment()


def chooses():
    chosen = yield choose(1, 2, 3)
    yield counter.write(chosen)


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(parallel, "SMALLEST_BATCH", 3)
    monkeypatch.setattr(parallel, "BATCH_SECONDS", 1e-9)


class Here(Executor):
    """Does everything at once, in this thread; counts it, and may spoil it."""

    def __init__(self, spoil=lambda number: None):
        self.batches = []
        self.spoil = spoil

    def submit(self, function, /, *arguments, **keywords):
        future = Future()
        try:
            if function is batches.expand:
                self.batches.append(len(arguments[2]))
                self.spoil(len(self.batches))
            future.set_result(function(*arguments, **keywords))
        except BaseException as error:
            future.set_exception(error)
        return future


class Backwards(Here):
    """Answers only when it has several batches, the last one first."""

    def __init__(self):
        super().__init__()
        self.late = []

    def submit(self, function, /, *arguments, **keywords):
        if function is not batches.expand:
            return super().submit(function, *arguments, **keywords)
        future = Future()
        self.batches.append(len(arguments[2]))
        self.late.append((future, partial(function, *arguments)))
        threading.Timer(0.001, self.answer).start()
        return future

    def answer(self):
        while self.late:
            future, work = self.late.pop()
            future.set_result(work())


def everything(program, **how):
    """All that an exploration answers, the error if it raises one."""
    try:
        return explore(program, split=False, max_steps=MOST_STEPS, **how).to_data()
    except ProgramError as error:
        return repr(error)


PROGRAMS = {
    **{row.name: row.program for row in TABLE},
    "locked 4 x 2": Program.copies(locked, 4),
    "a loop that spins": Program(A=spins, B=sets, C=increment),
    "a choice": Program(A=chooses, B=chooses, C=increment, D=increment),
    "daemons": Program(A=increment, B=locked, C=increment, D=locked, daemons=["B"]),
}
BENCHMARKS = [("lastzero", (5,)), ("ninc", (3,))]


@pytest.mark.parametrize("how", [{}, {"symmetry": False}, {"merge": False}], ids=str)
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_answer_is_the_same_with_an_executor(name, how):
    here = Here()
    assert everything(PROGRAMS[name], executor=here, **how) == everything(PROGRAMS[name], **how)
    if name in ("3 x 1", "4 x 1", "locked 4 x 2", "a choice", "daemons") and not how.get("symmetry", True):
        assert sum(here.batches) > 20


@pytest.mark.parametrize("name", ["2 x 3", "4 x 1", "locked 4 x 2"])
def test_the_answer_is_the_same_whatever_arrives_first(name):
    backwards = Backwards()
    assert everything(PROGRAMS[name], executor=backwards, symmetry=False) == everything(PROGRAMS[name], symmetry=False)
    assert len(backwards.batches) > 2


def test_states_ends_and_their_order_are_the_same():
    """Not only what is answered of them."""
    for name, program in PROGRAMS.items():
        walks = [walk_of(program, executor) for executor in (None, Here())]
        plain, helped = [(list(walk.first_from.items()), list(walk.ends.items()), walk.transitions) for walk in walks]
        assert helped == plain, name


def walk_of(program, executor):
    from simulator.exploration.budget import Watch
    from simulator.exploration.symmetry import Folding
    from simulator.machine import Machine

    machine = Machine(program)
    crew = parallel.Crew(executor) if executor is not None else None
    walk = counting.count(machine, Folding(machine), Watch(None, None, False), None, crew)
    machine.close()
    return walk


@settings(max_examples=30)
@given(programs())
def test_made_up_programs_with_an_executor(made):
    program = build(made).program
    assert everything(program, executor=Here()) == everything(program)


@settings(max_examples=12)
@given(condition_programs())
def test_made_up_conditions_with_an_executor(made):
    assert everything(made.program, executor=Here()) == everything(made.program)


@settings(max_examples=12)
@given(worker_programs())
def test_made_up_workers_with_an_executor(made):
    assert everything(made.program, executor=Here()) == everything(made.program)


@pytest.mark.nightly
@given(programs())
def test_thousands_of_made_up_programs_with_an_executor(made):
    program = build(made).program
    assert everything(program, executor=Here()) == everything(program)


# Real pools ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def processes():
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


@pytest.fixture(scope="module")
def threads():
    with ThreadPoolExecutor(2) as pool:
        yield pool


@pytest.fixture(scope="module")
def cluster():
    """Two workers of Dask in processes of this machine."""
    distributed = pytest.importorskip("distributed", reason="dask[distributed] is not installed: pip install '.[cluster]'")
    import dask

    dask.config.set({"distributed.admin.log-format": "%(message)s", "logging": {"distributed": "critical"}})
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as local,
        distributed.Client(local) as client,
        client.get_executor() as executor,
    ):
        yield executor


def large():
    """Programs that no other process could be sent: made in a function, of functions that close over objects."""
    objects = [Shared(f"x{number}", 0) for number in range(3)]

    def body(own):
        def run():
            for number in range(2):
                value = yield objects[own].read()
                yield objects[(own + 1) % 3].write(value + number)

        return run

    return Program(A=body(0), B=body(1), C=body(2), D=body(0))


@pytest.mark.parametrize("pool", ["threads", "processes", "cluster"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_every_kind_of_executor_gives_the_same_answer(pool, request, monkeypatch):
    monkeypatch.setattr(parallel, "SMALLEST_BATCH", 40)
    executor = request.getfixturevalue(pool)
    program = large()
    assert everything(program, executor=executor) == everything(program)
    assert everything(Program.copies(locked, 4), executor=executor) == everything(Program.copies(locked, 4))
    for name, parameters in BENCHMARKS:
        program = REGISTRY[name](*parameters)
        assert everything(program, executor=executor, symmetry=False) == everything(program, symmetry=False)


def test_small_programs_never_leave_the_coordinator(monkeypatch):
    monkeypatch.undo()
    here = Here()
    assert explore(Program.copies(locked, 4), executor=here).interleavings == 8 * 7 * 6 * 5 * 4 * 3 * 2 // 2**4
    assert here.batches == []


# Workers that die ---------------------------------------------------------------------------------------------------------


def dies(session, segments, states, weights):
    """In the place of `expand`: the process is gone, half-way."""
    os._exit(1)


def test_a_worker_process_that_dies_half_way_changes_nothing(monkeypatch):
    monkeypatch.setattr(batches, "expand", dies)
    program = large()
    with (
        ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool,
        pytest.warns(RuntimeWarning, match=r"a worker was lost \(BrokenProcessPool: .*: the rest is explored here"),
    ):
        answer = everything(program, executor=pool)
    monkeypatch.undo()
    assert answer == everything(program)


@pytest.mark.parametrize("failing", [{1}, {3}, {2, 5}, set(range(4, 1000))], ids=str)
def test_batches_that_fail_are_expanded_here(failing):
    def spoil(number):
        if number in failing:
            raise MemoryError("no room")

    program = large()
    with pytest.warns(RuntimeWarning, match=r"a worker was lost \(MemoryError: no room\): its batch is expanded here"):
        answer = everything(program, executor=Here(spoil))
    assert answer == everything(program)


def test_an_executor_that_is_shut_down_half_way_changes_nothing():
    class Leaving(Here):
        def submit(self, function, /, *arguments, **keywords):
            if len(self.batches) == 4:
                raise RuntimeError("cannot schedule new futures after shutdown")
            return super().submit(function, *arguments, **keywords)

    program = large()
    with pytest.warns(RuntimeWarning, match="cannot schedule new futures after shutdown"):
        answer = everything(program, executor=Leaving())
    assert answer == everything(program)


def test_futures_that_are_cancelled_change_nothing():
    class Cancelling(Here):
        def submit(self, function, /, *arguments, **keywords):
            if function is batches.expand and len(self.batches) == 2:
                self.batches.append(0)
                future = Future()
                future.cancel()
                future.set_running_or_notify_cancel()
                return future
            return super().submit(function, *arguments, **keywords)

    program = large()
    with pytest.warns(RuntimeWarning, match="CancelledError"):
        answer = everything(program, executor=Cancelling())
    assert answer == everything(program)


# Budgets, interrupts, checkpoints -----------------------------------------------------------------------------------------


def test_budgets_end_an_exploration_that_is_shared():
    result = explore(large(), executor=Here(), max_states=100)
    assert (result.claim, result.claim.reason) == ("partial", "the budget of 100 states ran out")
    assert result.states > 100


def test_a_budget_of_seconds_ends_the_wait_for_a_worker_that_never_answers():
    class Silent(Here):
        def submit(self, function, /, *arguments, **keywords):
            return Future() if function is batches.expand else super().submit(function, *arguments, **keywords)

    result = explore(large(), executor=Silent(), max_seconds=0.3)
    assert (result.claim, result.claim.reason) == ("partial", "the budget of 0.3 seconds ran out")


def test_an_interrupt_ends_in_a_partial_claim_and_a_checkpoint_to_go_on_from(tmp_path):
    def spoil(number):
        if number == 5:
            raise KeyboardInterrupt

    path = tmp_path / "walk.ckpt"
    result = explore(large(), executor=Here(spoil), checkpoint=path)
    assert (result.claim, result.claim.reason) == ("partial", "interrupted")
    assert path.exists()
    assert explore(large(), checkpoint=path).to_data() == explore(large()).to_data()


def test_checkpoints_of_a_shared_exploration_are_gone_on_from(tmp_path):
    path = tmp_path / "walk.ckpt"
    most, claim = 30, "partial"
    while claim == "partial":
        most *= 2
        result = explore(large(), executor=Here(), checkpoint=path, checkpoint_seconds=1e-9, max_states=most)
        claim = result.claim
    assert result.to_data() == explore(large()).to_data()


# Executors that are none --------------------------------------------------------------------------------------------------


def test_an_executor_that_is_shut_down_is_told_before_anything_starts(raises_in_full):
    def body():
        raise AssertionError("nothing starts")
        yield

    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    raises_in_full(
        ExecutorError,
        "the executor cannot be used: a small task that was sent to it failed with 'cannot schedule new futures after "
        "shutdown'.\nProbably it was shut down, or its workers cannot import the package simulator.\n"
        "Explore while it is open: with ProcessPoolExecutor() as pool: explore(program, executor=pool)",
        lambda: explore(Program(A=body), executor=pool),
    )


def test_what_is_no_executor_is_told(raises_in_full):
    class Client:
        pass

    raises_in_full(
        TypeError,
        "executor was expecting a concurrent.futures.Executor, but got Client.\n\n"
        "    explore(program, executor=client)                 # incorrect\n"
        "    explore(program, executor=ProcessPoolExecutor())  # correct: or, with Dask, client.get_executor()",
        lambda: explore(large(), executor=Client()),
    )


def test_workers_of_another_version_are_told(raises_in_full, monkeypatch):
    monkeypatch.setattr(batches, "ready", lambda: 99)
    raises_in_full(
        ExecutorError,
        "the workers have another version of the simulator: they speak version 99 of its protocol, and here it is 1.\n"
        "Probably it was updated on one machine only.\nInstall the same version on all of them.",
        lambda: explore(large(), executor=Here()),
    )


def test_an_executor_within_a_bound_is_refused(raises_in_full):
    raises_in_full(
        ValueError,
        "executor= expands the states of the whole program, and within a bound there are others.\n\n"
        "    explore(program, preemptions=2, executor=pool)  # incorrect\n"
        "    explore(program, preemptions=2)                 # correct: or executor= without a bound",
        lambda: explore(large(), executor=Here(), preemptions=2),
    )
