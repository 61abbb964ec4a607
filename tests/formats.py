"""What every format must be, so that nothing in a picture can steer what shows it."""

import json
import re
import xml.etree.ElementTree as ElementTree
from functools import cache
from html.parser import HTMLParser

from hostile_programs import add

from simulator import Program, run
from simulator.render import player
from simulator.render.lanes.shiviz import PARSER


def check_lines(where, text):
    """Nothing that cannot be seen, whatever it would do to a terminal or to the direction of reading."""
    for line in text.split("\n"):
        assert line.isprintable(), (where, line[:200])


def check_json(where, text):
    check_lines(where, text)
    data = json.loads(text)
    assert data["format"].startswith("simulator ")
    assert isinstance(data["version"], int)


LABEL = r'"[^"\n]*"'
HEAD = r"%%\{init: .*\}%%|flowchart (?:LR|TB)|sequenceDiagram|  acc(?:Title|Descr): (?P<said>.*)"
FLOW = rf"  n\d+[\[(\{{>]+{LABEL}[\])\}}]+|  n\d+ (?:-->|-\.->|==>|<-->)(?:\|{LABEL}\|)? n\d+"
LOOK = r"  (?:classDef look\d+|class [n\d,]+ look\d+|linkStyle [\d,]+)[#\w:,;\- ]*"
STORY = r" +(?:actor|participant) [TO]\d+ as .*| +Note over [TO]\d+(?:,[TO]\d+)?: .*| +[TO]\d+-?->>[TO]\d+: .*"
FRAME = r"  (?:box|rect) rgb\(\d+, \d+, \d+\)|  end"
MERMAID = re.compile(f"{HEAD}|{FLOW}|{LOOK}|{STORY}|{FRAME}")
MEANS_NOTHING = re.compile(r"""(?:#\d+;|<br/>|[\w _.,()=/\[\]'!?]|[^\x00-\x7f])*""")


def check_mermaid(where, text):
    check_lines(where, text)
    for line in text.splitlines():
        assert MERMAID.fullmatch(line), (where, line)
        if line.startswith("%%{init") or re.match("  (?:class|classDef|linkStyle|box|rect|end)\\b", line):
            continue
        for said in re.findall(LABEL, line) or [line.partition(" as " if " as " in line else ": ")[2]]:
            assert MEANS_NOTHING.fullmatch(said.strip('"')), (where, said)


class Tags(HTMLParser):
    """The elements of a page, their attributes, and the texts of its scripts."""

    def __init__(self, page):
        super().__init__()
        self.seen, self.attributes, self.scripts = [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        self.attributes += attributes
        self.scripts += [""] if tag == "script" else []

    def handle_data(self, data):
        if self.seen and self.seen[-1] == "script":
            self.scripts[-1] += data


@cache
def harmless_page():
    return Tags(player(run(Program(A=add, B=add))))


def check_page(where, page):
    """A page has the elements and the script that every page has; what it is told cannot end its element."""
    check_lines(where, re.sub(r"[\t]", " ", page))
    found, plain = Tags(page), harmless_page()
    assert found.seen == plain.seen, where
    assert found.scripts[1:] == plain.scripts[1:]
    assert not [name for name, _ in found.attributes if name.startswith("on") or name in ("href", "src", "srcdoc")]
    told = found.scripts[0]
    assert not set(told) & set("<>&\u2028\u2029"), where
    assert told.isascii()
    json.loads(told)


def check_log(where, text, execution):
    check_lines(where, text)
    parser, separator, *lines = text.split("\n")
    assert (parser, separator) == (PARSER, "")
    found = re.findall(PARSER.replace("(?<", "(?P<"), "\n".join(lines))
    assert len(found) == len(execution) == len(lines) / 2, where
    for _, clock, _ in found:
        json.loads(clock)


def check_svg(where, svg, title):
    root = ElementTree.fromstring(svg)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids)), where
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= DRAWN, where
    for element in root.iter():
        for name, said in element.attrib.items():
            plain = name.rpartition("}")[2].lower()
            assert not plain.startswith("on"), where
            assert plain not in ("href", "src") or said.startswith("#"), where
    check_lines(where, "".join(root.itertext()).translate(SPACES))
    assert root.find("{http://www.w3.org/2000/svg}title").text == title
    assert float(root.get("width").removesuffix("pt")) < 8_000, f"{where}: nobody can look at that"


DRAWN = {"svg", "title", "desc", "g", "a", "path", "polygon", "polyline", "ellipse", "text", "tspan"}
SPACES = dict.fromkeys(map(ord, "\u00a0\u3000"), " ")
"""Graphviz writes spaces so that they stay."""
