"""From what stands on the command line to values: a program, a schedule, a condition; and every way in which that fails."""

import sys

import pytest

from simulator import Program, replay
from simulator.errors import LoadError, PredicateError, ScheduleError
from simulator.loading import condition_of, load, objects_of, read_schedule

HEAD = """\
from simulator import Lock, Program, Shared

counter = Shared("counter", 0)
lock = Lock("lock")


def increment():
    value = yield counter.read()
    yield counter.write(value + 1)


"""
RACY = "program = Program(A=increment, B=increment)\n"
SAY = "Say what the threads are, at the top level of the file:\n\n    program = Program(A=body, B=body)"
GIVE = "Give the Python file that holds the program, as FILE or FILE:NAME."


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))


@pytest.fixture
def fails(raises_in_full):
    """Loading this must fail with exactly this message."""
    return lambda address, message: raises_in_full(LoadError, message, lambda: load(address))


def write(name, text, head=HEAD):
    with open(name, "w", encoding="utf-8") as file:
        file.write(head + text)
    return name


# --- the program


def test_a_program_is_found_by_its_file():
    loaded = load(write("racy.py", RACY))
    assert str(replay(loaded.program, "ABAB").outcome) == "counter = 1"
    assert (loaded.name, loaded.postcondition, loaded.invariant) == ("program", None, None)


def test_a_name_after_a_colon_picks_another_program():
    write("two.py", RACY + "alone = Program(X=increment)\n")
    assert load("two.py").program.names == ("A", "B")
    assert load("two.py:alone").program.names == ("X",)


def test_a_file_may_have_a_colon_in_its_name(tmp_path):
    assert load(write("a:b.py", RACY)).name == "program"
    assert load("a:b.py:program").name == "program"
    assert load(f"{tmp_path}/a:b.py").name == "program"


def test_an_edit_counts_even_within_the_same_second():
    write("racy.py", "program = Program(A=increment)\n")
    assert load("racy.py").program.names == ("A",)
    write("racy.py", "program = Program(B=increment)\n")
    assert load("racy.py").program.names == ("B",)


def test_loading_leaves_nothing_beside_the_file(tmp_path):
    load(write("racy.py", RACY))
    assert [path.name for path in tmp_path.iterdir()] == ["racy.py"]


def test_a_file_may_be_called_like_a_module_of_the_standard_library():
    write("queue.py", "import queue\nprogram = Program(A=increment) if queue.Queue() is not None else None\n")
    assert load("queue.py").program.names == ("A",)
    import queue

    assert queue.Queue


def test_a_file_may_import_its_neighbours_also_later():
    write("near.py", "WORD = 'near'\n", head="")
    write("later.py", "WORD = 'later'\n", head="")
    body = "import near\ndef ask():\n    import later\n    yield counter.write(near.WORD + later.WORD)\n"
    assert replay(load(write("far.py", body + "program = Program(A=ask)\n")).program, "A").final["counter"] == "nearlater"


def test_what_a_file_prints_is_no_result(capsys):
    load(write("chatty.py", "print('loading')\n" + RACY))
    assert capsys.readouterr() == ("", "loading\n")


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("missing.py", f"there is no file missing.py.\n{GIVE}"),
        ("missing.py:program", f"there is no file missing.py.\n{GIVE}"),
        ("C:\\lecture\\racy.py", f"there is no file C:\\lecture\\racy.py.\n{GIVE}"),
        ("C:\\lecture\\racy.py:fixed", f"there is no file C:\\lecture\\racy.py.\n{GIVE}"),
        ("racy", "there is no file racy.\nThere is racy.py."),
        ("racy.py:", f"there is no file racy.py:.\n{GIVE}"),
        ("folder", f"folder is a folder.\n{GIVE}"),
        ("racy.txt", "racy.txt is no Python file: its name does not end in .py"),
        ("", f"FILE is empty.\n{GIVE}"),
    ],
)
def test_what_is_no_python_file_is_told(tmp_path, fails, address, message):
    write("racy.py", RACY)
    write("racy.txt", RACY)
    (tmp_path / "folder").mkdir()
    fails(address, message)


def test_a_file_without_a_program_is_told_how_to_say_one(fails):
    fails(write("none.py", ""), f"none.py has no program.\n{SAY}")
    fails("none.py:fixed", f"none.py has no fixed.\n{SAY}")


def test_other_programs_in_the_file_are_named(fails):
    write("one.py", "racy = Program(A=increment)\n")
    fails("one.py", "one.py has no program.\nThe program in it is racy. Say so: one.py:racy")
    write("two.py", "racy = Program(A=increment)\nfixed = Program(B=increment)\n")
    fails("two.py", "two.py has no program.\nThe programs in it are: racy, fixed. Say which one: two.py:racy")
    fails("two.py:other", "two.py has no other.\nThe programs in it are: racy, fixed. Say which one: two.py:racy")


@pytest.mark.parametrize(
    ("value", "described"),
    [
        ("3", "3"),
        ("Program", "the class Program"),
        ("increment", "the function increment()"),
        ("object()", "an object of type object"),
        ("list(range(100))", "an object of type list"),
    ],
)
def test_a_program_that_is_something_else_is_described(fails, value, described):
    fails(write("odd.py", f"program = {value}\n"), f"program in odd.py is no Program but {described}.\n{SAY}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_of_that_name\n", "line 1, in <module>\n    import nothing_of_that_name\n"
         "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ('raise ValueError("boom")\n', 'line 1, in <module>\n    raise ValueError("boom")\nValueError: boom'),
        ("import sys\nsys.exit('bye')\n", "line 2, in <module>\n    sys.exit('bye')\nSystemExit: bye"),
        ("raise SystemExit\n", "line 1, in <module>\n    raise SystemExit\nSystemExit"),
    ],
)  # fmt: skip
def test_a_file_that_raises_is_told_with_the_line_of_the_user(fails, text, said):
    fails(write("bad.py", text, head=""), f'bad.py does not import.\n  File "bad.py", {said}')


def test_a_name_that_is_not_defined_is_told(tmp_path):
    with pytest.raises(LoadError) as caught:
        load(write("bad.py", "program = Programme(A=increment)\n"))
    first, place, *_, last = str(caught.value).splitlines()
    assert (first, place) == ("bad.py does not import.", '  File "bad.py", line 12, in <module>')
    assert last.startswith("NameError: name 'Programme' is not defined")
    assert str(tmp_path) not in str(caught.value)


def test_a_syntax_error_is_told_with_its_line(tmp_path):
    with pytest.raises(LoadError) as caught:
        load(write("bad.py", "def body(:\n", head=""))
    first, place, line, *_, last = str(caught.value).splitlines()
    assert (first, place, line.strip()) == ("bad.py does not import.", '  File "bad.py", line 1', "def body(:")
    assert last == "SyntaxError: invalid syntax"


def test_bytes_that_are_no_text_do_not_import(tmp_path):
    (tmp_path / "bad.py").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(LoadError, match=r"\Abad.py does not import.\n"):
        load("bad.py")


def test_our_own_errors_are_told_without_our_lines():
    with pytest.raises(LoadError) as caught:
        load(write("bad.py", "program = Program(A=increment())\n"))
    assert "InvalidBody: Program was expecting a thread function for A, but got the generator increment()." in str(
        caught.value
    )
    assert "simulator.errors" not in str(caught.value)
    assert str(caught.value).count("File ") == 1


# --- what the file says must hold


def test_postcondition_and_invariant_are_found():
    text = "def postcondition(final):\n    return True\n\ndef invariant(state):\n    return False\n"
    loaded = load(write("racy.py", RACY + text))
    assert loaded.postcondition({}) is True
    assert loaded.invariant({}) is False
    assert (loaded.postcondition.__name__, loaded.invariant.__name__) == ("postcondition", "invariant")


FINAL = "Write: def postcondition(final): return final[counter] == 2"
STATE = "Write: def invariant(state): return state[counter] == 2"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("postcondition = 3", f"postcondition in racy.py is no function but 3.\n{FINAL}"),
        ("invariant = 'counter < 3'", f"invariant in racy.py is no function but 'counter < 3'.\n{STATE}"),
        ("def postcondition(): return True", f"postcondition in racy.py must take one argument, the values.\n{FINAL}"),
        ("def invariant(a, b): return True", f"invariant in racy.py must take one argument, the values.\n{STATE}"),
        (
            "def postcondition(final): yield True",
            f"postcondition in racy.py is no plain function: it must answer at once, without yield or await.\n{FINAL}",
        ),
        (
            "async def invariant(state): return True",
            f"invariant in racy.py is no plain function: it must answer at once, without yield or await.\n{STATE}",
        ),
    ],
)
def test_what_cannot_judge_is_refused_at_once(fails, text, message):
    write("racy.py", f"{RACY}{text}\n")
    fails("racy.py", message)


def test_a_postcondition_without_return_is_an_error_and_not_a_no():
    loaded = load(write("racy.py", RACY + "def postcondition(final):\n    final[counter] == 2\n"))
    with pytest.raises(TypeError, match=r"\Ait answered None \(is there a return\?\)\Z"):
        loaded.postcondition(replay(loaded.program, "ABAB").final)


def test_a_postcondition_cannot_end_the_program():
    loaded = load(write("racy.py", RACY + "def postcondition(final):\n    exit()\n"))
    with pytest.raises(RuntimeError, match=r"\Ait called exit\(\)\Z"):
        loaded.postcondition(replay(loaded.program, "ABAB").final)


# --- a schedule


def test_a_schedule_is_a_text_or_a_recorded_execution(tmp_path):
    program = load(write("racy.py", RACY)).program
    recorded = replay(program, "ABAB")
    (tmp_path / "run.json").write_text(recorded.to_json())
    assert read_schedule("A*2 B") == "A*2 B"
    assert replay(program, read_schedule("run.json")) == recorded


@pytest.mark.parametrize("text", ["A*1000001", "A*600000 B*600000", f"A*{'9' * 5000}"])
def test_a_schedule_that_would_never_end_is_refused(raises_in_full, text):
    message = f"the schedule {text!r} asks for more than 1,000,000 steps, and that is too many."
    assert raises_in_full(ScheduleError, message, lambda: read_schedule(text)).step == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"format"', "cannot read run.json: this is not JSON: Expecting ':' delimiter: line 1 column 10 (char 9)"),
        (b"[]", 'cannot read run.json: this JSON is no execution: it does not say "format": "simulator execution"'),
        (b"\xff\xfe", "run.json is no execution: it is not JSON."),
        (b"[" * 100_000, "run.json is no execution: it is not JSON."),
    ],
)
def test_a_damaged_record_is_told_with_its_name(tmp_path, raises_in_full, content, message):
    (tmp_path / "run.json").write_bytes(content)
    raises_in_full(ScheduleError, message, lambda: read_schedule("run.json"))


def test_a_missing_record_is_told(tmp_path, raises_in_full):
    (tmp_path / "folder.json").mkdir()
    raises_in_full(ScheduleError, "there is no file run.json.", lambda: read_schedule("run.json"))
    with pytest.raises(ScheduleError, match=r"\Acannot read folder.json: "):
        read_schedule("folder.json")


# --- a condition


def ask(condition, text=RACY, schedule="ABAB"):
    program = load(write("racy.py", text)).program
    return condition_of(condition, program)(replay(program, schedule).outcome)


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ("counter == 1", True),
        (" counter == 2 ", False),
        ('final["counter"] == 1', True),
        ('status == "finished"', True),
        ("failures or returned == {'A': None, 'B': None}", True),
        ("any(counter == number for number in range(2))", True),
        ("(lambda: counter)() + len(output)", 1),
    ],
)
def test_a_condition_is_an_expression_over_the_values(condition, answer):
    assert ask(condition) == answer


def test_an_object_that_was_not_touched_has_its_first_value():
    text = "def rarely():\n    if (yield counter.read()):\n        yield lock.acquire()\n"
    text += "program = Program(A=rarely, B=increment)\n"
    assert ask("lock", text, "ABB") is False
    assert ask("lock", text, "BBAA") is True
    assert ask("final['lock']", text, "ABB") is False


def test_the_objects_of_a_program_are_known_from_its_first_states():
    program = load(write("racy.py", RACY)).program
    assert [object.name for object in objects_of(program)] == ["counter"]
    assert objects_of(Program()) == []


@pytest.mark.parametrize(
    ("condition", "kind", "message"),
    [
        ("couter == 1", NameError, "name 'couter' is not defined; the names are: counter, final, status, failures, "
         "returned, output"),
        ("exit()", RuntimeError, "it called exit()"),
        ("1 / 0", ZeroDivisionError, "division by zero"),
    ],
)  # fmt: skip
def test_a_condition_that_cannot_answer_raises(raises_in_full, condition, kind, message):
    raises_in_full(kind, message, lambda: ask(condition))


def test_a_name_that_could_be_two_objects_is_refused(raises_in_full):
    text = "other = Lock('counter')\ndef both():\n    yield other.acquire()\n    yield from increment()\n"
    text += "program = Program(A=both)\n"
    message = "counter could be Shared('counter') or Lock('counter')"
    raises_in_full(NameError, message, lambda: ask("counter == 1", text, "AAA"))
    assert ask("status == 'finished'", text, "AAA")


@pytest.mark.parametrize("text", ["counter ==", "counter = 1", "import os", ""])
def test_what_is_no_expression_is_told(text):
    with pytest.raises(PredicateError) as caught:
        condition_of(text, Program())
    first, second = str(caught.value).splitlines()
    assert first.startswith(f"cannot read the condition {text!r}: ")
    assert second == "Write a Python expression, such as: counter == 1"
