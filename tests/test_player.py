"""The page of the player: what it is told, against the live scheduler; what it may do; what it refuses."""

import base64
import hashlib
import html
import json
import random
import re
from html.parser import HTMLParser
from importlib import resources

import pytest
from click.testing import CliRunner
from golden_pictures.deadlocked import classics, opposite, racy, served
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st
from made_up import build, programs
from made_up_primitives import barrier_programs, condition_programs, queue_programs, semaphore_programs, worker_programs

from simulator import (
    Execution,
    Lock,
    Program,
    Queue,
    Semaphore,
    Shared,
    choose,
    explore,
    interleavings,
    replay,
    run,
    sleep,
)
from simulator.analysis import explain_deadlock, wait_for_graph
from simulator.analysis.moments import moment, moments
from simulator.cli import main
from simulator.errors import TooLarge, UnknownTheme
from simulator.exploration.state_graph import state_graph
from simulator.render import player, player_frame, save
from simulator.render.lanes.contents import lanes
from simulator.render.means.palette import DARK, LIGHT, PRINT, THEMES, Theme
from simulator.render.means.phrases import shorten
from simulator.render.page.data import page_data
from simulator.render.page.moments import LONGEST_SENTENCE
from simulator.render.page.player import SCRIPTS, embedded

STATES = ("enabled", "blocked", "ended", "failed", "not started")
NASTY = ("</script><script>alert(1)</script>", "<!--<script>", "]]>&amp;<b>\"'`", "a\u2028b\u2029c", "\ud800", "שלום‮x", "🧵")


class Parts(HTMLParser):
    """What a browser would see of a page: its elements, and the text of those whose text is no markup."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.texts, self.attributes, self.open = [], {}, {}, None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open = tag
        self.attributes.setdefault(tag, []).append(dict(attrs))
        self.texts.setdefault(tag, []).append("")

    def handle_data(self, data):
        if self.open:
            self.texts[self.open][-1] += data

    def handle_endtag(self, tag):
        self.open = None


def data_of(page):
    return json.loads(Parts(page).texts["script"][0])


def adder(counter, times):
    def add():
        for _ in range(times):
            value = yield counter.read()
            yield counter.write(value + 1)

    return add


def long_execution(steps):
    counter = Shared("counter", 0)
    return run(Program(A=adder(counter, steps // 4), B=adder(counter, steps // 4)), seed=7)


def shown(data, moment):
    """A moment with the texts in place of their numbers, and without the places."""
    values = [data["texts"][number] for number in moment["v"]]
    threads = []
    for state, said, _ in moment["t"]:
        told = None if said < 0 else data["texts"][said] if STATES[state] == "failed" else data["operations"][said]
        threads.append((STATES[state], told))
    return values, threads


# --- one execution


@pytest.mark.parametrize("name", classics())
def test_every_moment_is_that_of_the_timeline_and_of_the_wait_for_graph(name):
    execution = classics()[name]
    data = page_data(execution, None, quiz=False)
    table, played = lanes(execution), data["play"]
    assert [object["name"] for object in data["objects"]] == list(table.objects)
    assert len(played["moments"]) == len(execution) + 1
    for step, now in enumerate(played["moments"]):
        values, threads = shown(data, now)
        expected = table.start if step == 0 else [cell.text for cell in table.rows[step - 1].cells]
        assert values == list(expected)
        graph = wait_for_graph(execution, step)
        assert [state for state, _ in threads] == [graph.nodes[thread]["state"] for thread in table.threads]
        waits = {(table.threads[who], table.threads[other]) for who, _, _, others in now["w"] for other in others}
        assert waits == set(graph.edges)
    assert [data["threads"][step["t"]]["name"] for step in played["steps"]] == list(execution.schedule.threads)


@pytest.mark.parametrize("name", classics())
def test_all_moments_at_once_are_the_moments_one_by_one(name):
    execution = classics()[name]
    at_once = moments(execution)
    assert len(at_once) == len(execution) + 1
    for step, now in enumerate(at_once):
        one = moment(execution, step)
        assert (now.schedule, now.threads, now.deeds, now.outcome) == (one.schedule, one.threads, one.deeds, one.outcome)


def test_a_deadlock_is_explained_at_its_end():
    execution = replay(opposite, "AB")
    data = page_data(execution, None, quiz=False)
    why = data["play"]["why"]
    assert why[0] == explain_deadlock(execution).headline
    assert "A holds left and waits for right, which B holds" in why
    sentences = [data["texts"][sentence] for _, sentence, _, _ in data["play"]["moments"][-1]["w"]]
    assert sentences == ["A waits for right, held by B", "B waits for left, held by A"]
    assert page_data(replay(racy, "ABBA"), None, quiz=False)["play"]["why"] == []


def test_the_code_is_that_of_the_functions_and_every_place_is_in_it():
    execution = replay(racy, "ABBA")
    data = page_data(execution, None, quiz=False)
    assert [block["title"] for block in data["code"]] == ["deadlocked.py: increment"]
    lines = dict(data["code"][0]["lines"])
    assert list(lines.values()) == [
        "def increment():",
        "    value = yield counter.read()",
        "    yield counter.write(value + 1)",
    ]
    for step, event in zip(data["play"]["steps"], execution.trace, strict=True):
        ((block, line),) = data["places"][step["p"]]
        assert (block, line, lines[line].strip()) == (0, event.location.line, event.location.source)


def test_a_call_shows_who_called():
    counter = Shared("counter", 0)

    def inner():
        yield counter.read()

    def outer():
        yield from inner()

    data = page_data(replay(Program(A=outer), "A"), None, quiz=False)
    assert [block["title"] for block in data["code"]] == ["test_player.py: inner", "test_player.py: outer"]
    assert data["threads"][0]["blocks"] == [1, 0], "who calls comes first"
    assert [block for block, _ in data["places"][data["play"]["steps"][0]["p"]]] == [0, 1]


def test_of_a_long_function_only_the_lines_around_the_steps_are_shown():
    text = "def body():\n    yield x.read()\n" + "    pass\n" * 100 + "    yield x.write(1)\n"
    import linecache

    linecache.cache["long one.py"] = (len(text), None, text.splitlines(keepends=True), "long one.py")
    names = {"x": Shared("x", 0)}
    exec(compile(text, "long one.py", "exec"), names)
    lines = page_data(replay(Program(A=names["body"]), "AA"), None, quiz=False)["code"][0]["lines"]
    assert [number for number, _ in lines] == [1, 2, 3, 4, 5, 100, 101, 102, 103]


def test_comments_are_known_as_such_and_nothing_else_is():
    import linecache

    text = "def body():  # all\n    # of it\n    yield x.write('  # no comment')  # one\n    yield x.read()\n"
    linecache.cache["remarks.py"] = (len(text), None, text.splitlines(keepends=True), "remarks.py")
    names = {"x": Shared("x", 0)}
    exec(compile(text, "remarks.py", "exec"), names)
    lines = page_data(replay(Program(A=names["body"]), "A"), None, quiz=False)["code"][0]["lines"]
    assert [line[1][line[2] :] if len(line) == 3 else None for line in lines] == ["# all", "# of it", "# one", None]


def test_without_source_the_lines_have_their_numbers_only():
    names = {"x": Shared("x", 0)}
    exec("def body():\n    yield x.read()\n\n    yield x.write(1)\n", names)
    data = page_data(replay(Program(A=names["body"]), "AA"), None, quiz=False)
    assert data["code"] == [{"title": "<string>: body", "lines": [[2, ""], [4, ""]]}]


def test_an_execution_from_a_file_shows_its_steps():
    execution = Execution.from_json(replay(racy, "ABB").to_json())
    data = page_data(execution, None, quiz=False)
    assert (data["objects"], data["code"], data["command"]) == ([], [], "")
    steps = data["play"]["steps"]
    assert [data["operations"][step["o"]] for step in steps] == [["counter.read", ""]] * 2 + [["counter.write", "1"]]
    assert data["texts"][steps[0]["l"]].startswith("deadlocked.py:")
    standings = [shown(data, now)[1] for now in data["play"]["moments"]]
    assert standings[-1] == [("enabled", ["counter.write", "1"]), ("ended", None)]
    assert standings[0] == [("enabled", ["counter.read", ""])] * 2


# --- the state graph


def check_graph(program, graph, schedules):
    """Along these schedules every state of the page is what the live scheduler shows, and so is the end."""
    data = page_data(None, graph, quiz=False)["graph"]
    tables = page_data(None, graph, quiz=False)
    for schedule in schedules:
        execution = replay(program, schedule)
        alone = page_data(execution, graph, quiz=False)
        here, found = 0, [0]
        for step in execution.schedule:
            edge = next(each for each in map(data["edges"].__getitem__, data["states"][here]["go"]) if each["s"] == step)
            here = edge["to"]
            found.append(here)
        for place, now in zip(found, alone["play"]["moments"], strict=True):
            assert shown(tables, data["states"][place]) == shown(alone, now)
        end = data["outcomes"][data["states"][here]["e"]]
        assert graph.states[here].outcome == execution.outcome
        assert end["text"] == shorten(str(graph.states[here].outcome), LONGEST_SENTENCE)


@pytest.mark.parametrize("program", [racy, opposite], ids=["racy", "opposite"])
def test_all_interleavings_can_be_walked(program):
    graph = state_graph(program)
    check_graph(program, graph, [execution.schedule for execution in interleavings(program)])
    told = {each["text"]: int(each["n"]) for each in page_data(None, graph, quiz=False)["graph"]["outcomes"]}
    assert told == {str(each.outcome): each.interleavings for each in explore(program).outcomes}


@settings(max_examples=40)
@given(
    st.one_of(
        programs().map(lambda made: build(made).program),
        queue_programs(Queue),
        semaphore_programs(Semaphore),
        condition_programs(),
        barrier_programs(),
        worker_programs(),
    ),
    st.integers(0, 1_000_000),
)
def test_made_up_programs_are_walked_as_the_scheduler_runs_them(built, seed):
    program = getattr(built, "program", built)
    note(f"{program} {seed}")
    try:
        graph = state_graph(program, max_states=400, merge=False)
    except TooLarge:
        assume(False)
    chance = random.Random(seed)
    path = []
    while steps := graph.after[path[-1].target if path else 0]:
        path.append(chance.choice(steps))
        assume(len(path) < 100)
    check_graph(program, graph, [[edge.step for edge in path]])


def test_a_choice_is_spelled_as_in_a_schedule():
    def toss():
        yield choose("heads", "tails")

    data = page_data(None, state_graph(Program(A=toss)), quiz=False)
    steps = [(edge["s"], data["texts"][edge["a"]]) for edge in data["graph"]["edges"]]
    assert steps == [("A=0", "'heads'"), ("A=1", "'tails'")]


def test_endless_programs_have_no_numbers():
    x = Shared("x", 0)

    def spin():
        while not (yield x.read()):
            pass

    def stop():
        yield x.write(1)

    data = page_data(None, state_graph(Program(A=spin, B=stop)), quiz=False)["graph"]
    assert data["states"][0]["n"] is None
    assert [outcome["n"] for outcome in data["outcomes"]] == [None]


# --- the page


def test_a_page_of_a_race_is_small_and_grows_linearly():
    assert len(player(replay(racy, "ABBA"), state_graph(racy)).encode()) <= 60_000
    sizes = [len(player(long_execution(steps)).encode()) for steps in (100, 200, 300)]
    assert sizes[2] - sizes[1] <= 1.3 * (sizes[1] - sizes[0])


def test_a_page_loads_nothing_and_its_policy_lets_only_its_own_script_run():
    parts = Parts(player(replay(racy, "ABBA"), state_graph(racy)))
    policy = parts.attributes["meta"][1]["content"]
    for tag, kind in (("script", "script-src"), ("style", "style-src")):
        digest = base64.b64encode(hashlib.sha256(parts.texts[tag][-1].encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert not {"link", "img", "iframe", "object", "base", "form"} & set(parts.tags)
    assert not [one for all in parts.attributes.values() for one in all if {"src", "href", "style", "onclick"} & set(one)]
    addresses = set(re.findall(r"https?://[^\"'\s]*", "".join(parts.texts["script"] + parts.texts["style"])))
    assert addresses == {"http://www.w3.org/2000/svg"}, "the name of SVG, which nobody loads"


@pytest.mark.parametrize("nasty", NASTY, ids=ascii)
def test_nothing_in_a_program_can_become_markup(nasty):
    variable, lock = Shared(f"x{nasty}", ""), Lock(f"L{nasty}")

    def body():
        yield lock.acquire()
        yield variable.write(nasty)
        raise ValueError(nasty)

    name = re.sub(r"\s|[*=]", "", nasty)
    program = Program(**{name: body, "other": body})
    execution = run(program)
    page = player(execution, state_graph(program), title=nasty)
    parts = Parts(page)
    plain = Parts(player(replay(racy, "ABBA"), state_graph(racy)))
    assert parts.tags == plain.tags
    assert len(parts.texts["script"]) == 2
    assert parts.texts["script"][1:] == plain.texts["script"][1:]
    page.encode()  # no half characters
    data = data_of(page)
    assert [len(data["threads"]), len(data["play"]["steps"])] == [2, 2]


def test_embedded_json_is_the_same_data():
    data = {"all": [*NASTY, 1, None, True]}
    text = embedded(data)
    assert json.loads(text) == data
    assert not set(text) & set("<>&\u2028\u2029")


def test_a_frame_holds_the_whole_page_and_gives_it_nothing_but_its_script():
    page = player(replay(racy, "ABBA"))
    frame = Parts(player_frame(page))
    assert frame.tags == ["iframe"]
    (attributes,) = frame.attributes["iframe"]
    assert (attributes["sandbox"], attributes["srcdoc"]) == ("allow-scripts", page)
    assert html.unescape(player_frame(page, height=300)).count("height:300px") == 1


def test_every_part_of_the_script_is_shipped_and_used():
    names = {each.name for each in (resources.files("simulator.render.page") / "assets").iterdir()}
    assert names == {"player.html", "player.css", *(f"{name}.js" for name in SCRIPTS)}


def test_the_page_is_the_same_every_time():
    for execution in classics().values():
        assert player(execution) == player(execution)


@pytest.mark.parametrize("graph", [False, True])
@pytest.mark.parametrize(
    "program", [Program(), Program.copies(adder(Shared("x", 0), 1), 1), served], ids=["none", "one", "daemon"]
)
def test_small_programs_have_a_page(program, graph):
    execution = run(program)
    data = data_of(player(execution, state_graph(program) if graph else None))
    assert len(data["threads"]) == len(program.names)
    assert len(data["play"]["steps"]) == len(execution)


def test_fifty_threads_and_an_execution_that_was_cut_have_a_page():
    program = Program.copies(adder(Shared("x", 0), 2), 50)
    data = data_of(player(replay(program, [f"T{number}" for number in range(1, 41)])))
    assert len(data["threads"]) == 50
    assert [STATES[state] for state, _, _ in data["play"]["moments"][-1]["t"]] == ["enabled"] * 50
    assert data["play"]["ending"].startswith("unfinished")


def test_the_suffix_html_saves_the_page(tmp_path):
    execution, graph = replay(racy, "ABBA"), state_graph(racy)
    assert save(execution, tmp_path / "a.html").read_text(encoding="utf-8") == player(execution)
    assert save(graph, tmp_path / "b.html").read_text(encoding="utf-8") == player(None, graph)
    both = save(execution, tmp_path / "c.HTML", graph=graph, quiz=True).read_text(encoding="utf-8")
    assert both == player(execution, graph, quiz=True)
    assert data_of(both)["quiz"] is True
    assert (
        data_of(both)["command"]
        == "python -m simulator draw deadlocked.py:racy player --schedule ABBA --quiz -o player.html"
    )


# --- colours


def style(page):
    return Parts(page).texts["style"][0]


def colours(theme):
    return f"--ink: {theme.ink}; --paper: {theme.paper}; --muted: {theme.muted};"


def test_without_a_theme_the_readers_system_decides():
    page = player(replay(racy, "ABBA"))
    light, dark, paper = (style(page).find(colours(theme)) for theme in (LIGHT, DARK, PRINT))
    assert (
        -1
        < light
        < style(page).find("@media (prefers-color-scheme: dark)")
        < dark
        < style(page).find("@media print")
        < paper
    )
    assert '<meta name="color-scheme" content="light dark">' in page
    assert "--theme" not in data_of(page)["command"]


@pytest.mark.parametrize(
    ("theme", "scheme"), [(LIGHT, "light"), (DARK, "dark"), (PRINT, "light")], ids=lambda each: str(each)
)
def test_a_theme_fixes_the_colours_but_not_those_on_paper(theme, scheme):
    page = player(replay(racy, "ABBA"), state_graph(racy), theme=theme.name)
    screen, paper = style(page).split("@media print", maxsplit=1)
    assert [other.name for other in (LIGHT, DARK, PRINT) if colours(other) in screen] == [theme.name]
    assert colours(PRINT) in paper
    assert "prefers-color-scheme" not in page
    assert f'<meta name="color-scheme" content="{scheme}">' in page
    assert f" --theme {theme.name} -o player.html" in data_of(page)["command"]


def test_a_theme_of_ones_own_has_no_name_on_the_command_line():
    mine = Theme("dark", "#101010", "#FAFAFA", *[("#DDDDDD",)] * 2, *["#EEEEEE"] * 4)
    page = player(replay(racy, "ABBA"), theme=mine)
    assert colours(mine) in style(page)
    assert '<meta name="color-scheme" content="light">' in page
    assert "--theme" not in data_of(page)["command"]


def test_save_hands_the_theme_to_the_page(tmp_path):
    execution, graph = replay(racy, "ABBA"), state_graph(racy)
    for theme in (*THEMES, DARK, None):
        page = save(execution, tmp_path / "a.html", theme=theme).read_text(encoding="utf-8")
        assert page == player(execution, theme=theme)
        assert save(graph, tmp_path / "b.html", theme=theme).read_text(encoding="utf-8") == player(None, graph, theme=theme)
    with pytest.raises(UnknownTheme, match=r"there is no theme 'night'\. The themes are: light, dark, print\."):
        save(execution, tmp_path / "c.html", theme="night")
    with pytest.raises(UnknownTheme):
        player(execution, theme="night")
    assert not (tmp_path / "c.html").exists()
    assert save(execution, tmp_path / "a.dot").read_text() == save(execution, tmp_path / "b.dot", theme="light").read_text()


# --- the command line


PROGRAM = """
from simulator import Program, Shared
counter = Shared("counter", 0)
def increment():
    value = yield counter.read()
    yield counter.write(value + 1)
def postcondition(final):
    return final[counter] == 2
program = Program(A=increment, B=increment)
many = Program.copies(increment, 10)
"""


@pytest.fixture
def draw(tmp_path, monkeypatch):
    (tmp_path / "racy.py").write_text(PROGRAM)
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        result = CliRunner().invoke(main, ["draw", *arguments])
        return result.exit_code, result.stderr

    return call


def test_draw_saves_a_timeline_as_a_page(draw, tmp_path):
    assert draw("racy.py", "timeline", "--quiz", "-o", "run.html") == (0, "drawing ABBA: counter = 1\nwrote run.html\n")
    data = data_of((tmp_path / "run.html").read_text())
    assert (data["quiz"], data["graph"], data["play"]["schedule"]) == (True, None, "ABBA")
    assert data["command"] == "python -m simulator draw racy.py timeline --schedule ABBA --quiz -o timeline.html"


def test_draw_makes_a_page_with_both_modes(draw, tmp_path):
    assert draw("racy.py", "player", "-s", "AABB", "--step", "3", "-o", "page.html") == (0, "wrote page.html\n")
    data = data_of((tmp_path / "page.html").read_text())
    assert (data["quiz"], len(data["graph"]["states"]), data["play"]["schedule"]) == (
        False,
        len(state_graph(racy).states),
        "AAB",
    )


@pytest.mark.parametrize("what", ["player", "timeline"])
def test_draw_makes_a_page_in_a_theme(draw, tmp_path, what):
    assert draw("racy.py", what, "-s", "ABBA", "--theme", "dark", "-o", "page.html") == (0, "wrote page.html\n")
    assert colours(LIGHT) not in style((tmp_path / "page.html").read_text())
    assert draw("racy.py", what, "-s", "ABBA", "-o", "page.html") == (0, "wrote page.html\n")
    assert "prefers-color-scheme" in style((tmp_path / "page.html").read_text())


def test_replay_draws_in_a_theme(draw, tmp_path):
    def replayed(*arguments):
        result = CliRunner().invoke(main, ["replay", "racy.py", "ABBA", *arguments])
        return result.exit_code, result.stderr

    for suffix, shows in ((".html", colours(DARK)), (".dot", f'bgcolor="{DARK.paper}"'), (".mmd", DARK.paper)):
        output = tmp_path / f"run{suffix}"
        assert replayed("--theme", "dark", "-o", output.name) == (0, f"wrote {output.name}\n")
        assert shows in output.read_text(encoding="utf-8")
    assert replayed("-o", "run.dot") == (0, "wrote run.dot\n")
    assert f'bgcolor="{LIGHT.paper}"' in (tmp_path / "run.dot").read_text(encoding="utf-8")
    code, said = replayed("--theme", "dark")
    assert (code, said.splitlines()[-1]) == (2, "Error: --theme is for a picture: say which file to draw it into, with -o")
    code, said = replayed("--theme", "night", "-o", "run.svg")
    assert code == 2
    assert "'night' is not one of 'light', 'dark', 'print'" in said


def test_a_large_program_has_a_page_with_one_mode(draw, tmp_path):
    code, said = draw("racy.py:many", "player", "-s", "AABB", "-o", "page.html")
    told = "the program has more than 1,000 states: the page has no mode in which you are the scheduler\nwrote page.html\n"
    assert (code, said) == (0, told)
    assert data_of((tmp_path / "page.html").read_text())["graph"] is None


def test_a_player_is_a_page_and_only_a_page_has_a_quiz(draw):
    message = "UnknownFormat: cannot save a player as '.svg'. It can be saved as: .html\n"
    assert draw("racy.py", "player", "-o", "page.svg") == (2, message)
    code, said = draw("racy.py", "timeline", "--quiz", "-o", "run.svg")
    last = "Error: --quiz hides the values in a page: save it as .html, not as run.svg"
    assert (code, said.splitlines()[-1]) == (2, last)


# --- what it refuses


def test_too_many_steps_are_refused(raises_in_full):
    assert len(data_of(player(long_execution(300)))["play"]["steps"]) == 300
    execution = long_execution(304)
    raises_in_full(
        TooLarge,
        "the execution has 304 steps, and nobody would step through more than 300.\n"
        "Find a simpler one with find(program, goal), which answers a shortest; or play its beginning:\n"
        "replay(program, execution.schedule[:300]).",
        lambda: player(execution),
    )


def test_too_many_states_are_refused(raises_in_full):
    def waits():
        for _ in range(40):
            yield sleep(1)

    graph = state_graph(Program(A=waits, B=waits))
    raises_in_full(
        TooLarge,
        "the graph has 1,681 states, and a page can hold 1,000.\n"
        "Being the scheduler is for small programs: take fewer threads or fewer steps.\n"
        "One execution of a larger program can be played: render.save(execution, path).",
        lambda: player(None, graph),
    )


def test_nothing_the_wrong_thing_and_two_programs_are_refused(raises_in_full):
    raises_in_full(
        ValueError,
        "player() was expecting an execution, a state graph or both, but got neither.",
        lambda: player(None),
    )
    raises_in_full(
        TypeError,
        "player() was expecting an execution first, but got StateGraph.\n\n"
        "    player(graph)        # incorrect\n"
        "    player(None, graph)  # correct: only the states: the reader is the scheduler",
        lambda: player(state_graph(racy)),
    )
    raises_in_full(
        ValueError,
        "the execution is of threads A, B, but the graph is of threads X.\n"
        "A page shows one program: make both from the same one.",
        lambda: player(replay(racy, "AB"), state_graph(Program(X=racy.threads["A"]))),
    )


# --- odd values


class Odd:
    """A value that cannot say what it is."""

    def __eq__(self, other):
        return isinstance(other, Odd)

    def __hash__(self):
        return 7

    def __repr__(self):
        raise RuntimeError("nobody knows")


def test_a_value_whose_repr_raises_or_is_long_does_not_hide_the_rest():
    odd, long = Shared("odd", 0), Shared("long", "x" * 1_000)

    def body():
        yield odd.write(Odd())
        yield long.read()
        return Odd()

    program = Program(A=body)
    data = data_of(player(run(program), state_graph(program)))
    assert "<Odd whose repr raises RuntimeError>" in data["texts"]
    assert max(map(len, data["texts"])) <= LONGEST_SENTENCE
    assert data["play"]["ending"].startswith("odd = <Odd whose repr raises RuntimeError>, long = 'xxxx")
