"""The arrows of the architecture point down, and importing the package imports nothing heavy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "simulator"

LEVELS = [
    ("errors", "showing", "texts", "words"),
    ("objects",),
    ("program",),
    ("location", "body", "schedule", "outcome", "execution"),
    (
        *("strategies", "scheduler"),
        *("bytecode", "liveness", "letting_go", "local_state", "automaton", "tables", "journal", "learned", "machine"),
    ),
    ("exploration", "analysis", "real_threads"),
    ("render",),
    (
        *("testing", "answers", "cli", "commands", "demo", "doctor", "loading"),
        *("notebooks", "pytest_plugin", "__main__", "__init__"),
    ),
]
"""From below. A module may import its own level and those below it; inside a package its own package is the level."""

FORBIDDEN = {
    "errors": {"objects", "program", "location", "body", "schedule", "outcome", "execution"},
    "location": {"objects", "program", "body", "schedule", "outcome", "execution"},
    "outcome": {"program", "location", "body", "schedule", "execution"},
    "tables": {"scheduler", "machine", "automaton", "local_state", "strategies"},
    "strategies": {"scheduler", "machine", "automaton", "local_state"},
    "local_state": {"scheduler", "machine", "automaton", "strategies"},
    "automaton": {"scheduler", "machine", "strategies"},
    "scheduler": {"machine", "automaton", "local_state"},
    "exploration": {"analysis", "real_threads"},
    "analysis": {"real_threads"},
    "real_threads": {"exploration", "analysis", "machine", "automaton", "local_state"},
    "render": {"exploration", "scheduler", "machine", "automaton", "local_state", "real_threads"},
    "schedule": {"execution", "body"},
    "body": {"execution", "schedule"},
}
"""Arrows between neighbours of one level, or against the nature of a module, although the levels would allow them."""

ROOMS = [
    ("means",),
    ("lanes", "graphs"),
    ("interleavings", "page"),
    ("mermaid",),
    ("pictures",),
    ("save", "notebook"),
    ("",),
]
"""Inside of `render`, from below: a room does not import its neighbours."""

FIRST = """
import importlib, sys

def ours():
    return [name for name in sys.modules if name.partition(".")[0] == "simulator"]

reached, tried = {}, 0
for name in sys.argv[1:]:
    if name in reached.get(name.rpartition(".")[0], ()):
        continue  # importing it first is importing its package, and that has been tried
    for known in ours():
        del sys.modules[known]
    importlib.import_module(name)
    reached[name] = ours()
    tried += 1
print(tried)
"""
"""Import every module in the same process, as if it were the first one."""

HEAVY = ("networkx", "graphviz", "pygraphviz", "rich", "click", "hypothesis", "pytest")
MODULES = sorted(PACKAGE.rglob("*.py"))


def part_of(module):
    """The first name below the package: the part of the architecture that a module belongs to."""
    return module.split(".")[1] if "." in module else "__init__"


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path):
    """The modules of the package that a module imports, also inside of functions; not those for type checkers only."""
    for node in walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name} imports relatively"
            yield node.module
            for alias in node.names:
                if (PACKAGE.parent / node.module.replace(".", "/") / f"{alias.name}.py").exists():
                    yield f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def walk(tree):
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from walk(node)


def level_of(part):
    for level, parts in enumerate(LEVELS):
        if part in parts:
            return level
    return None


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_arrows_point_down(path):
    name = name_of(path)
    part = part_of(name)
    assert level_of(part) is not None, f"{name} belongs to no level: say in LEVELS where it stands"
    for imported in imports(path):
        if imported.split(".")[0] != "simulator" or imported == "simulator":
            assert imported != "simulator" or level_of(part) == len(LEVELS) - 1, f"{name} imports the front page"
            continue
        other = part_of(imported)
        assert level_of(other) is not None, f"{name} imports {imported}, which belongs to no level"
        assert level_of(other) <= level_of(part), f"{name} imports {imported}: that arrow points up"
        assert other not in FORBIDDEN.get(part, ()), f"{name} imports {imported}, which is none of its business"


def test_arrows_point_down_inside_of_render():
    def room_of(name):
        return name.split(".")[2] if name.count(".") > 1 else ""

    level = {room: number for number, rooms in enumerate(ROOMS) for room in rooms}
    for path in sorted((PACKAGE / "render").rglob("*.py")):
        room = room_of(name_of(path))
        for other in {room_of(name) for name in imports(path) if name.startswith("simulator.render")} - {room}:
            assert level[other] < level[room], f"{name_of(path)} imports {other}"


def test_objects_know_nothing_but_errors_and_each_other():
    for path in sorted((PACKAGE / "objects").rglob("*.py")):
        parts = {part_of(name) for name in imports(path) if name.startswith("simulator.")}
        assert parts <= {"objects", "errors"}, path.name


@pytest.mark.parametrize(
    ("library", "parts"),
    [
        ("networkx", {"analysis", "render", "doctor", "cli"}),
        ("graphviz", {"render", "doctor"}),
        ("pygraphviz", {"render", "doctor"}),
        ("click", {"answers", "cli", "commands", "__main__"}),
    ],
)
def test_a_library_is_imported_only_where_it_belongs(library, parts):
    found = {part_of(name_of(path)) for path in MODULES for name in imports(path) if name.split(".")[0] == library}
    assert found <= parts


def test_importing_the_package_imports_nothing_heavy():
    code = f"import simulator, sys; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "[]\n"


def test_every_module_can_be_imported_first():
    names = [name_of(path) for path in MODULES if path.name != "__main__.py"]
    done = subprocess.run([sys.executable, "-c", FIRST, *names], cwd=ROOT, check=True, capture_output=True, text=True)
    assert int(done.stdout) > 40, "most modules are not reached by importing the package that they are in"


def test_the_front_page_offers_all_that_it_imports():
    import simulator

    tree = ast.parse(Path(simulator.__file__).read_text(encoding="utf-8"))
    imported = [alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert imported == simulator.__all__  # in the order in which it is taught
