"""Light, dark and print: each readable, print without any colour; and two pictures in one page share nothing."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from click.testing import CliRunner
from golden_pictures.deadlocked import counter, opposite, philosophers, racy

from simulator import explore, replay
from simulator.analysis import compare, happens_before, lock_order_graph, resource_allocation_graph, wait_for_graph
from simulator.cli import main
from simulator.commands.outputs import THEMES as OFFERED
from simulator.errors import UnknownTheme
from simulator.exploration.state_graph import state_graph
from simulator.render import save, slides
from simulator.render.means.palette import DARK, LIGHT, PRINT, THEMES, Theme, theme_named
from simulator.render.pictures import picture_of

TRANSPARENT = {"#FFFFFF00", "#FFFFFE00"}


def values():
    """One value for each picture there is, with the options that show the most of it."""
    race, circle = replay(racy, "ABBA"), replay(opposite, "AB")
    bad = {"bad": lambda outcome: outcome.final[counter] < 2}
    graph = state_graph(racy)
    return {
        "timeline": (race, {}),
        "deadlock": (circle, {}),
        "wait-for": (wait_for_graph(replay(philosophers, "P1 P2 P3")), {}),
        "resource-allocation": (resource_allocation_graph(circle), {}),
        "happens-before": (happens_before(race), {}),
        "comparison": (compare(race), {}),
        "histogram": (explore(racy), bad),
        "states": (graph, {"chosen": "ABBA", **bad}),
        "tree": (graph, {"picture": "tree", "chosen": "ABBA", **bad}),
        "lattice": (state_graph(opposite), {"picture": "lattice"}),
        "lock-order": (lock_order_graph(state_graph(opposite)), {}),
    }


VALUES = values()


def colours_of(theme: Theme):
    single = {theme.ink, theme.paper, theme.wrong, theme.changed, theme.muted, theme.waiting, theme.bad}
    return single | {*theme.fills, *theme.lines, *theme.outcomes}


def brightness(colour):
    """Relative luminance, as the Web Content Accessibility Guidelines define it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first, second):
    high, low = sorted((brightness(first), brightness(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_texts_can_be_read_on_everything_that_they_stand_on(theme):
    for fill in (theme.paper, *theme.fills, *theme.outcomes, theme.changed, theme.waiting, theme.bad):
        assert contrast(theme.ink, fill) >= 4.5, fill
    assert contrast(theme.muted, theme.paper) >= 4.5
    assert contrast(theme.wrong, theme.paper) >= 3  # lines, and bold letters beside them


def test_print_is_black_and_white():
    for colour in colours_of(PRINT):
        assert re.fullmatch(r"#(..)\1\1", colour), colour


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("name", VALUES)
def test_a_picture_has_the_colours_of_its_theme_and_no_others(name, theme, tmp_path):
    value, options = VALUES[name]
    text = save(value, tmp_path / "a.dot", theme=theme.name, **options).read_text(encoding="utf-8")
    used = {colour.upper() for colour in re.findall(r"#[0-9A-Fa-f]{6,8}\b", text)}
    assert used - TRANSPARENT <= colours_of(theme)
    assert f'bgcolor="{theme.paper}"' in text


@pytest.mark.parametrize("name", VALUES)
def test_what_is_no_colour_is_the_same_in_every_theme(name, tmp_path):
    value, options = VALUES[name]
    texts = [save(value, tmp_path / "a.txt", theme=theme, **options).read_text(encoding="utf-8") for theme in THEMES]
    assert texts[0] == texts[1] == texts[2]


def test_the_legend_says_what_the_theme_does(tmp_path):
    race = VALUES["timeline"][0]
    light, dark, black = (save(race, tmp_path / "a.dot", theme=theme).read_text(encoding="utf-8") for theme in THEMES)
    assert "yellow: changed" in light
    assert "yellow: changed" in dark
    assert "vermillion: a write after a stale read" in light
    assert "yellow" not in black
    assert "bold: changed" in black
    assert "a thick frame: a write after a stale read" in black


def test_what_is_wrong_is_thick_too(tmp_path):
    for name in ("wait-for", "resource-allocation", "timeline", "lock-order", "happens-before"):
        text = save(VALUES[name][0], tmp_path / "a.dot", theme="print").read_text(encoding="utf-8")
        assert re.search(r'penwidth="(3|2\.5)"', text)


def test_an_unknown_theme_is_one_clear_error(tmp_path):
    for theme in ("night", 3):
        with pytest.raises(UnknownTheme) as caught:
            save(VALUES["timeline"][0], tmp_path / "a.svg", theme=theme)
        assert str(caught.value) == f"there is no theme {theme!r}. The themes are: light, dark, print."
    assert list(tmp_path.iterdir()) == []


def test_a_theme_can_be_ones_own(tmp_path):
    mine = Theme("mine", "#101010", "#FAFAFA", *[("#DDDDDD",)] * 2, *["#EEEEEE"] * 4)
    assert theme_named(mine) is mine
    assert 'bgcolor="#FAFAFA"' in save(VALUES["timeline"][0], tmp_path / "a.dot", theme=mine).read_text(encoding="utf-8")


def test_the_command_line_offers_the_themes(tmp_path):
    assert tuple(THEMES) == OFFERED
    file = f"{opposite.threads['A'].__code__.co_filename}:opposite"
    for what in ("timeline", "wait-for", "happens-before", "comparison", "states", "lattice", "histogram", "lock-order"):
        output = tmp_path / f"{what}.dot"
        schedule = [] if what in ("histogram", "lock-order") else ["-s", "AABBAABB" if what == "comparison" else "AB"]
        if what == "comparison":
            schedule = ["-s", "AB", "--against", "AAAABBBB"]
        done = CliRunner().invoke(main, ["draw", file, what, *schedule, "--theme", "dark", "-o", str(output)])
        assert done.exit_code == 0, done.output
        assert f'bgcolor="{DARK.paper}"' in output.read_text(encoding="utf-8")
    done = CliRunner().invoke(main, ["draw", file, "timeline", "--theme", "night", "-o", str(tmp_path / "a.svg")])
    assert done.exit_code == 2
    assert "'night' is not one of 'light', 'dark', 'print'" in done.output


def test_slides_have_the_theme(tmp_path):
    (path,) = slides(VALUES["timeline"][0], tmp_path / "a.svg", theme=DARK)
    assert DARK.paper.lower() in path.read_text(encoding="utf-8").lower()


def test_every_picture_says_what_it_is_and_two_in_one_page_share_nothing(tmp_path):
    seen, space = set(), {"svg": "http://www.w3.org/2000/svg"}
    for theme in (LIGHT, PRINT):
        for name, (value, options) in VALUES.items():
            root = ElementTree.fromstring(save(value, tmp_path / "a.svg", theme=theme, **options).read_bytes())
            assert root.get("role") == "img"
            title, description = root.find("svg:title", space), root.find("svg:desc", space)
            assert title.text == picture_of(value, options.get("picture")).title
            assert description.text
            assert root.get("aria-labelledby").split() == [title.get("id"), description.get("id")]
            ids = {element.get("id") for element in root.iter() if element.get("id")}
            assert not ids & seen, name
            seen |= ids
