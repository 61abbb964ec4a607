"""The page of the player in a browser: headless Chromium without any network, moved by keys and clicks alone."""

import re
import shutil
from contextlib import contextmanager

import pytest
from golden_pictures.deadlocked import classics, opposite, racy
from hostile import NAMES, hostile
from missing import missing

from simulator import Lock, Program, Queue, Shared, choose, replay, run
from simulator.exploration.state_graph import state_graph
from simulator.render import player, player_frame
from simulator.render.lanes.contents import lanes
from simulator.render.means.palette import THEMES

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
ALL_SIX = ["AABB", "ABAB", "ABBA", "BAAB", "BABA", "BBAA"]


@pytest.fixture(scope="module")
def launch():
    """Starts a browser; it is closed at the end of a ``with`` block."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing("the package playwright")
    program = shutil.which("chromium")
    if program is None:
        missing("the program chromium")

    with sync_playwright() as playwright:

        @contextmanager
        def started(*flags):
            browser = playwright.chromium.launch(executable_path=program, args=[*FLAGS, *flags])
            try:
                yield browser
            finally:
                browser.close()

        yield started


@pytest.fixture(scope="module")
def tab(launch):
    """One tab of a browser without any network; it lists what was said in the console, and what was asked for."""
    with launch() as browser:
        page = browser.new_context(offline=True, viewport={"width": 1280, "height": 720}).new_page()
        page.heard, page.asked = [], []
        page.on("console", lambda message: page.heard.append(message.text))
        page.on("pageerror", lambda error: page.heard.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        yield page


@pytest.fixture
def show(tab, tmp_path):
    """Open a page from a file; when the test is over, nothing may have been said in the console or asked of a network."""

    def open_page(text, fragment="", name="page.html", scheme="light"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        tab.emulate_media(color_scheme=scheme, media="screen")
        tab.set_viewport_size({"width": 1280, "height": 720})
        tab.goto(f"{(tmp_path / name).as_uri()}{fragment}")
        return tab

    tab.heard.clear()
    tab.asked.clear()
    yield open_page
    assert tab.heard == []
    assert [url for url in tab.asked if not url.startswith(("file:", "data:"))] == []


def resize(page, width, height):
    """Make the window smaller or larger, and wait until the page has taken notice."""
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def now(page):
    """What the line that is read aloud says."""
    return " ".join(page.inner_text("#now").split())


def step(page):
    """The number of the row that is marked as the current one, and what the slider says: the same."""
    row = int(page.get_attribute("#lanes tr[aria-current=step]", "data-step"))
    if page.is_visible("#slider"):
        assert int(page.input_value("#slider")) == row
    return row


def marked(page, thread):
    """The source line at which a thread stands, with its mark; nothing if it stands nowhere."""
    line = page.locator("#columns .column").nth(thread).locator(".line.now")
    return " ".join(line.inner_text().split()) if line.count() else ""


# --- the player


def test_keys_move_the_steps(show):
    page = show(player(replay(racy, "ABBA")))
    assert (step(page), now(page)) == (0, "Start: 4 steps to come")
    found = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "Home", "ArrowLeft"):
        page.keyboard.press(key)
        found.append(step(page))
    assert found == [1, 2, 1, 4, 4, 0, 0]
    page.keyboard.press("End")
    assert now(page) == "Step 4 of 4: A counter.write(1) · end: counter = 1"


def test_shift_moves_to_the_next_context_switch(show):
    page = show(player(replay(Program.copies(racy.threads["A"], 3), "AABBCC")))
    found = []
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "ArrowRight", "Shift+ArrowRight", "Shift+ArrowLeft"):
        page.keyboard.press(key)
        found.append(step(page))
    assert found == [2, 4, 5, 6, 4]


def test_buttons_move_by_the_size_that_was_chosen(show):
    page = show(player(replay(Program.copies(racy.threads["A"], 3), "AABBCC")))
    for name in ("Next", "Next", "Back", "End", "Start"):
        page.click(f"#controls button:has-text('{name}')")
    assert step(page) == 0
    page.select_option("#size", "switch")
    page.click("#next")
    page.click("#next")
    assert step(page) == 4
    page.click("#back")
    assert step(page) == 2


def test_the_slider_and_the_rows_lead_to_a_step(show):
    page = show(player(replay(racy, "ABBA")))
    page.fill("#slider", "3")
    assert step(page) == 3
    page.focus("#slider")
    page.keyboard.press("ArrowLeft")
    assert step(page) == 2
    page.click("#lanes button[aria-label='go to step 4']")
    assert step(page) == 4


def test_the_fragment_is_the_step(show):
    page = show(player(replay(racy, "ABBA")), "#step=3")
    assert step(page) == 3
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("location.hash") == "#step=2"
    page.evaluate("location.hash = '#step=4'")
    page.wait_for_selector("#lanes tr[aria-current=step][data-step='4']")
    page.reload()
    assert step(page) == 4
    assert step(show(player(replay(racy, "ABBA")), "#step=99", name="far.html")) == 4


def test_it_plays_to_the_end_by_itself(show):
    page = show(player(replay(racy, "ABBA")), "#step=2")
    page.keyboard.press("Space")
    assert page.inner_text("#play") == "Pause"
    page.wait_for_selector("#lanes tr[aria-current=step][data-step='4']")
    page.wait_for_selector("#play:text-is('Play')")
    assert step(page) == 4


def test_a_moment_shows_code_state_and_the_stale_value(show):
    page = show(player(replay(racy, "ABBA")), "#step=3")
    assert marked(page, 0).startswith("▶ next: ")
    assert marked(page, 0).endswith("yield counter.write(value + 1)")
    assert marked(page, 1) == ""
    assert page.inner_text("#values tr.changed").split() == ["counter", "1", "was", "0", "by", "B"]
    assert page.inner_text(".column .stale") == "stale: has read counter = 0 at step 1; B wrote it at step 3"
    page.keyboard.press("ArrowRight")
    assert page.locator(".column .stale").count() == 0
    assert page.inner_text("#lanes tr.current .stale") == "stale: read at step 1"


@pytest.mark.parametrize("name", classics())
def test_stale_writes_are_those_of_the_timeline(show, name):
    execution = classics()[name]
    page = show(player(execution))
    rows = page.locator("#lanes tbody tr")
    stale = [rows.nth(row.number).locator(".stale").all_inner_texts() for row in lanes(execution).rows]
    assert stale == [[f"stale: read at step {row.stale}"] if row.stale else [] for row in lanes(execution).rows]


def test_a_deadlock_shows_its_circle_and_why(show):
    page = show(player(replay(opposite, "AB")), "#step=2")
    assert page.locator("#ring .wait.circle").count() == 2
    assert page.locator("#ring").get_attribute("role") == "img"
    assert page.locator(".column .status").all_inner_texts() == ["waits for right, held by B", "waits for left, held by A"]
    assert "Nobody in the circle A → B → A can go on: each waits for the next." in page.inner_text("#waiting")
    assert "Deadlock" in page.locator("#ring desc").text_content()
    page.keyboard.press("ArrowLeft")
    assert page.inner_text("#waiting") == "Nobody waits."


# --- the reader is the scheduler


def pick(page, thread):
    page.click(f"#choices .choice[data-step='{thread}']:not([aria-disabled=true])")


def endings(page):
    rows = page.locator("#endings tbody tr").all_inner_texts()
    return [row.split("\t") for row in rows]


def test_all_six_interleavings_of_the_lost_update_can_be_played_by_clicks(show):
    page = show(player(None, state_graph(racy)))
    assert now(page) == "Who goes next? You have seen 0 of 6 interleavings, 0 of 2 outcomes."
    for number, schedule in enumerate(ALL_SIX, start=1):
        if number > 1:
            page.click("#choices button:has-text('Start again')")
        for thread in schedule:
            pick(page, thread)
        outcomes = 1 if number == 1 else 2
        ended = "counter = 2" if schedule in ("AABB", "BBAA") else "counter = 1"
        assert f"The end: {ended} · You have seen {number} of 6 interleavings, {outcomes} of 2 outcomes." in now(page)
        assert page.evaluate("location.hash") == f"#schedule={'+'.join(schedule)}"
    assert endings(page) == [["counter = 2", "2", "2", "AABB"], ["counter = 1", "4", "4", "ABAB"]]


def test_the_same_interleaving_again_is_not_counted_again(show):
    page = show(player(None, state_graph(racy)))
    for _ in range(2):
        for thread in "AABB":
            pick(page, thread)
        page.click("#choices button:has-text('Start again')")
    assert "You have seen 1 of 6 interleavings" in now(page)


def test_after_the_first_ending_the_choices_say_what_is_left(show):
    page = show(player(None, state_graph(racy)))
    assert page.locator(".hint").count() == 0
    for thread in "AABB":
        pick(page, thread)
    page.click("#choices button:has-text('Start again')")
    assert page.locator(".hint").all_inner_texts() == ["2 left", "3 left"]
    pick(page, "A")
    assert page.locator(".hint").all_inner_texts() == ["all seen", "2 left"]
    pick(page, "A")
    page.click("#choices button:has-text('Back to where something is left')")
    assert page.evaluate("location.hash") == "#schedule=A"


def test_always_going_back_to_what_is_left_sees_everything(show):
    page = show(player(None, state_graph(racy)))
    can_go, back = ".choice:not([aria-disabled=true])", "#choices button:has-text('Back to where something is left')"
    for number in range(1, 7):
        while choices := page.locator(can_go).all_inner_texts():
            page.locator(can_go).nth(next(place for place, text in enumerate(choices) if "all seen" not in text)).click()
        assert f"You have seen {number} of 6 interleavings" in now(page)
        assert page.get_attribute(back, "aria-disabled") == str(number == 6).lower()
        page.click(back, force=True)


def test_undo_takes_a_step_back_and_keeps_what_was_seen(show):
    page = show(player(None, state_graph(racy)))
    for thread in "ABAB":
        pick(page, thread)
    page.click("#choices button:has-text('Undo')")
    assert step(page) == 3
    assert "You have seen 1 of 6" in now(page)
    assert page.inner_text("#values tbody").split() == ["counter", "1", "was", "0", "by", "A"]


def test_letters_numbers_and_backspace_pick_and_undo(show):
    page = show(player(None, state_graph(racy)))
    page.keyboard.press("a")
    assert step(page) == 0, "only with the focus on the choices"
    page.focus(".choice[data-step=A]")
    for key in ("a", "2", "Backspace", "b", "a", "b"):
        page.keyboard.press(key)
    assert page.evaluate("location.hash") == "#schedule=A+B+A+B"
    assert page.evaluate("document.querySelector('#choices').contains(document.activeElement)")


def test_a_blocked_thread_cannot_be_picked_and_says_why(show):
    page = show(player(None, state_graph(opposite)))
    pick(page, "A")
    pick(page, "B")
    choices = page.locator(".choice")
    assert choices.evaluate_all("all => all.map(one => one.getAttribute('aria-disabled'))") == ["true", "true"]
    assert [text.split(maxsplit=1)[1] for text in choices.all_inner_texts()] == [
        "waits for right, held by B",
        "waits for left, held by A",
    ]
    choices.first.click(force=True)
    assert step(page) == 2
    assert "The end: deadlock" in now(page)
    assert page.locator("#ring .wait.circle").count() == 2


def test_the_environment_chooses_by_its_own_buttons(show):
    x = Shared("x", "")

    def toss():
        yield x.write((yield choose("heads", "tails")))

    page = show(player(None, state_graph(Program(A=toss))))
    pick(page, "A=1")
    pick(page, "A")
    assert endings(page)[0] == ["x = 'tails'", "1", "1", "A=1 A"]


def test_where_there_is_no_end_to_the_interleavings_nothing_is_promised(show):
    x = Shared("x", 0)

    def spin():
        while not (yield x.read()):
            pass

    def stop():
        yield x.write(1)

    page = show(player(None, state_graph(Program(A=spin, B=stop))))
    for thread in "AABA":
        pick(page, thread)
    assert "You have seen 1 of endlessly many interleavings, 1 of 1 outcomes." in now(page)
    page.click("#choices button:has-text('Back to where something is left')")
    assert page.locator(".hint").all_inner_texts() == ["endlessly many left", "all seen"]


def test_one_page_has_both_modes_and_the_fragment_says_which(show):
    page = show(player(replay(racy, "ABBA"), state_graph(racy)), "#step=2")
    assert page.is_visible("#controls")
    page.click("#choose")
    assert page.is_visible("#choices")
    assert not page.is_visible("#controls")
    pick(page, "A")
    page.click("#watch")
    assert step(page) == 2
    other = show(player(replay(racy, "ABBA"), state_graph(racy)), "#schedule=A+B+A", name="other.html")
    assert other.is_visible("#choices")
    assert step(other) == 3


# --- quiz


def test_a_quiz_hides_every_value_until_it_is_asked_for(show):
    page = show(player(replay(racy, "ABBA"), quiz=True), "#step=3")
    assert page.locator("bdi.value").count() == 0
    assert now(page) == "Step 3 of 4: B counter.write(?)"
    page.click("#values .ask >> nth=0")
    assert page.inner_text("#values tr").split() == ["counter", "1", "was", "?", "by", "B"]
    assert page.inner_text("#lanes tr.current td.changed").split() == ["→", "1", "(changed)"]
    page.click("#reveal")
    assert page.inner_text("#lanes tr.current .deed") == "counter.write(1)"
    assert page.locator("#lanes tr.future .ask").count() == 2
    page.uncheck("#quiz")
    assert page.locator(".ask").count() == 0
    page.check("#quiz")
    assert page.locator("bdi.value").count() == 0


def test_a_quiz_can_be_answered_with_the_keyboard(show):
    page = show(player(replay(racy, "ABBA"), quiz=True), "#step=1")
    page.focus("#lanes .ask")
    hidden = page.locator(".ask").count()
    page.keyboard.press("Enter")
    assert page.locator(".ask").count() < hidden
    assert page.evaluate("document.activeElement.className") == "ask"


def test_the_scheduler_mode_has_a_quiz_too(show):
    page = show(player(None, state_graph(opposite), quiz=True))
    pick(page, "A")
    pick(page, "B")
    assert "The end: ?" in now(page)
    assert "held by" not in page.inner_text("body")


# --- narrow windows, large texts, fingers

OUT_OF_REACH = """() => {
  const width = document.documentElement.clientWidth;
  const scrolls = (box) => ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
  const found = document.documentElement.scrollWidth > width ? ["the page"] : [];
  for (const element of document.querySelectorAll("body *")) {
    const style = getComputedStyle(element), place = element.getBoundingClientRect();
    if (!element.getClientRects().length || style.clipPath !== "none" || element.closest("svg")) continue;
    const boxes = [];
    for (let box = element.parentElement; box !== document.documentElement; box = box.parentElement) boxes.push(box);
    const hides = ["hidden", "clip"].includes(style.overflowX);
    if (hides && element.scrollWidth > element.clientWidth + 1) found.push(element.outerHTML);
    if ((place.right > width + 1 || place.left < -1) && !boxes.some(scrolls)) found.push(element.outerHTML);
  }
  return found.map((html) => html.slice(0, 100));
}"""


def of_threads(number):
    """A page of so many threads, with both modes if there are not too many states for it."""
    program = Program.copies(racy.threads["A"], number)
    return player(run(program, seed=1), state_graph(program) if number < 5 else None)


SIZES = ((1920, 1080), (1600, 900), (1280, 720), (900, 620), (600, 620), (390, 844), (853, 480), (640, 360), (320, 180))
"""From a projector to a phone; the last three are what is left of 1280 at 150%, 200% and 400%."""


@pytest.mark.parametrize("threads", [2, 3, 4, 10])
@pytest.mark.parametrize("fragment", ["#step=3", "#schedule=A"])
def test_nothing_is_out_of_reach_in_a_window_of_any_width(show, threads, fragment):
    page = show(of_threads(threads), fragment)
    for width, height in SIZES:
        resize(page, width, height)
        assert page.evaluate(OUT_OF_REACH) == [], f"{width} x {height}"
        for column in page.locator(".column").all():
            assert column.bounding_box()["width"] >= min(240, width - 40), f"{width} x {height}: too narrow to read code"


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_are_not_out_of_reach_either(show, name):
    execution = hostile(name)
    page = show(player(execution, state_graph(execution.program)), "#step=3")
    resize(page, 390, 844)
    assert page.evaluate(OUT_OF_REACH) == []
    page.click("#choose")
    assert page.evaluate(OUT_OF_REACH) == []


def test_nothing_is_out_of_reach_in_letters_twice_as_large(launch, tmp_path):
    with launch("--blink-settings=defaultFontSize=32") as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 720})
        (tmp_path / "large.html").write_text(of_threads(3), encoding="utf-8")
        page.goto(f"{(tmp_path / 'large.html').as_uri()}#step=3")
        assert page.evaluate("getComputedStyle(document.body).fontSize") == "32px"
        assert page.evaluate(OUT_OF_REACH) == []


def test_where_the_page_scrolls_its_controls_stay_in_sight(show):
    page = show(player(replay(racy, "ABBA")), "#step=2")
    resize(page, 390, 640)
    page.evaluate("window.scrollTo(0, 300)")
    box = page.locator("#next").bounding_box()
    assert box["y"] >= 0
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert step(page) == 3
    assert page.locator("#now").bounding_box()["y"] >= 0
    assert page.evaluate("window.scrollY") > 200, "a step moves the boxes, and the page stays where it is"


def test_the_code_is_beside_the_state_where_there_is_room(show):
    page = show(of_threads(2), "#step=2")
    code, state, steps = (page.locator(name).bounding_box() for name in ("#code", "#state", "#steps"))
    assert state["x"] >= code["x"] + code["width"]
    assert steps["y"] >= code["y"] + code["height"]
    resize(page, 900, 620)
    code, state = (page.locator(name).bounding_box() for name in ("#code", "#state"))
    assert code["y"] >= state["y"] + state["height"]
    assert len({column.bounding_box()["y"] for column in page.locator(".column").all()}) == 1


def test_many_threads_of_the_same_code_share_a_column(show):
    page = show(player(replay(Program.copies(racy.threads["A"], 10), "ABBACC")), "#step=3")
    assert page.inner_text(".column h3") == "10 threads"
    assert page.locator(".column").count() == 1
    here = [" ".join(text.split()) for text in page.locator(".line .here").all_text_contents()]
    assert here[0] == ""
    assert here[1].split("next: ")[1:] == [f"{letter} ▶" if letter != "J" else letter for letter in "CDEFGHIJ"]
    assert here[2] == "▶next: A ✓just done: B"
    assert page.locator(".column .status p").all_inner_texts() == ["B has ended", "stale: have read counter = A 0"]
    page.keyboard.press("End")
    assert page.locator(".column .status p").all_inner_texts() == ["C has ended", "A B have ended"]


def test_the_code_can_be_clicked_and_the_arrow_keys_still_move(show):
    page = show(player(replay(racy, "ABBA")))
    resize(page, 390, 640)
    page.click("#lanes td.deed >> nth=0")
    page.keyboard.press("ArrowRight")
    assert step(page) == 1
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "lanes"
    page.keyboard.press("ArrowRight")
    assert step(page) == 1, "who has come here with the keyboard wants to scroll"


@pytest.fixture
def phone(launch, tmp_path):
    """A page on a phone: no mouse, no keys."""
    with launch() as browser:
        page = browser.new_context(
            offline=True, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=3
        ).new_page()
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text))

        def open_page(text, fragment=""):
            (tmp_path / "phone.html").write_text(text, encoding="utf-8")
            page.goto(f"{(tmp_path / 'phone.html').as_uri()}{fragment}")
            return page

        yield open_page
        assert errors == []


def test_fingers_can_be_the_scheduler(phone):
    page = phone(player(replay(racy, "ABBA"), state_graph(racy)))
    page.tap("#choose")
    before = page.locator(".choice[data-step=B]").bounding_box()
    for thread in "AB":
        page.tap(f".choice[data-step={thread}]")
    assert page.evaluate("location.hash") == "#schedule=A+B"
    assert page.locator(".choice[data-step=B]").bounding_box() == before, "what is tapped stays where it is"
    for thread in "AB":
        page.tap(f".choice[data-step={thread}]")
    assert "You have seen 1 of 6 interleavings, 1 of 2 outcomes." in now(page)
    page.tap("#choices button:has-text('Undo')")
    page.reload()
    assert page.evaluate("location.hash") == "#schedule=A+B+A"
    assert step(page) == 3


def test_fingers_can_play_and_answer_a_quiz(phone):
    page = phone(player(replay(racy, "ABBA"), quiz=True))
    page.tap("#next")
    page.tap("#next")
    assert page.evaluate("location.hash") == "#step=2"
    page.tap("#values .ask")
    assert page.inner_text("#values .value") == "0"
    page.tap("#quiz")
    assert page.locator(".ask").count() == 0


@pytest.mark.parametrize("quiz", [False, True])
@pytest.mark.parametrize("fragment", ["#step=3", "#schedule=A+B+A+B"])
def test_everything_to_be_tapped_is_large_enough(show, phone, fragment, quiz):
    text = player(replay(racy, "ABBA"), state_graph(racy), quiz=quiz)
    for page, least in ((show(text, fragment), 24), (phone(text, fragment), 40)):
        targets = page.locator("button:visible, select:visible, input[type=range]:visible, label:has(#quiz)")
        small = [
            (element.inner_text(), box["width"], box["height"])
            for element in targets.all()
            if min((box := element.bounding_box())["width"], box["height"]) < least
        ]
        assert small == []


# --- everything else


def test_print_shows_all_steps_and_no_buttons(show):
    page = show(player(replay(racy, "ABBA")), "#step=1")
    page.emulate_media(media="print")
    rows = page.locator("#lanes tbody tr")
    assert [rows.nth(row).is_visible() for row in range(5)] == [True] * 5
    assert "counter.write(1)" in rows.nth(4).inner_text()
    assert not page.is_visible("#controls")
    assert not page.is_visible("#quiz")
    assert page.inner_text("#caption") == "schedule ABBA: counter = 1"
    fills = page.locator(".deed").evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
    assert [len(set(re.findall(r"\d+", fill))) for fill in fills] == [1] * 4, "black and white"
    box = page.evaluate("(() => { const e = document.querySelector('#lanes'); return e.scrollHeight - e.clientHeight; })()")
    assert box <= 0, "nothing is cut off"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("theme", THEMES)
def test_a_theme_does_not_follow_the_colours_of_the_reader(show, theme, scheme):
    page = show(player(replay(opposite, "AB"), theme=theme), "#step=2", scheme=scheme)
    paper = [int(THEMES[theme].paper[place : place + 2], 16) for place in (1, 3, 5)]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == f"rgb({', '.join(map(str, paper))})"
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == (
        "dark" if theme == "dark" else "light"
    )


def test_the_theme_for_print_has_no_colours_and_says_all_without(show):
    page = show(player(replay(opposite, "AB"), state_graph(opposite), theme="print"), "#step=2")
    properties = ("color", "backgroundColor", "borderTopColor", "outlineColor", "fill", "stroke", "accentColor")
    script = "all => all.flatMap(one => { const style = getComputedStyle(one); return [%s]; })"
    found = page.locator("body *").evaluate_all(script % ", ".join(f"style.{name}" for name in properties))
    shades = {tuple(re.findall(r"\d+", colour)[:3]) for colour in found if colour.startswith("rgb(")}
    assert len(shades) > 3
    assert [shade for shade in shades if len(set(shade)) > 1] == []
    style = "one => getComputedStyle(one)[%r]"
    assert page.locator("#values tr.changed td >> nth=0").evaluate(style % "outlineWidth") == "2px"
    styles = page.locator("h3 .badge").evaluate_all("all => all.map(one => getComputedStyle(one).borderStyle)")
    assert styles == ["solid", "dashed"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_colours_of_the_reader(show, scheme):
    page = show(player(replay(racy, "ABBA")), scheme=scheme)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")


def test_a_frame_in_a_notebook_works_and_reaches_nothing_outside(show):
    page = show(f"<!DOCTYPE html><title>notebook</title>{player_frame(player(replay(racy, 'ABBA'), state_graph(racy)))}")
    frame = page.frame_locator("iframe")
    frame.locator("#next").click()
    frame.locator("#next").click()
    assert frame.locator("#lanes tr[aria-current=step]").get_attribute("data-step") == "2"
    frame.locator("#choose").click()
    frame.locator(".choice").first.click()
    assert "Step 1" in frame.locator("#now").inner_text()
    assert page.evaluate("document.querySelector('iframe').contentDocument") is None


def test_names_and_values_of_every_kind_stay_text(show):
    nasty = "</script><img src=x onerror=alert(1)>שלום\u2028"
    variable = Shared(nasty, nasty)

    def body():
        yield variable.read()
        yield variable.write(("🧵", nasty))

    name = "".join(nasty.split()).replace("=", "")
    program = Program(**{name: body, "B": body})
    page = show(player(run(program), state_graph(program), title=nasty), "#step=4")
    assert page.locator("img").count() == 0
    assert page.inner_text("h1").startswith("</script><img src=x onerror=alert(1)>")
    assert name in page.inner_text("#columns")
    assert "🧵" in page.inner_text("#values")


def test_nobody_can_make_the_page_run_what_is_not_its_own(show):
    page = show(player(replay(racy, "ABBA")).replace("<h1>", "<h1><img src=data:, onerror='window.bad = 1'>"))
    page.wait_for_timeout(100)
    assert page.evaluate("window.bad") is None
    assert page.heard
    assert all("Content Security Policy" in text for text in page.heard)
    page.heard.clear()


def everything():
    """Pages that show between them everything that there is to see."""
    lock, orders = Lock("lock"), Queue("orders", maxsize=1)

    def consumer():
        with (yield lock.acquire()):
            yield orders.get()

    def producer():
        with (yield lock.acquire()):
            yield orders.put("tea")
            raise ValueError("boom")

    waits = Program(consumer=consumer, producer=producer)
    return {
        "race": (player(replay(racy, "ABBA"), state_graph(racy)), "#step=3"),
        "deadlock": (player(replay(opposite, "AB"), state_graph(opposite)), "#step=2"),
        "scheduler": (player(None, state_graph(opposite)), "#schedule=A+B"),
        "quiz": (player(replay(racy, "ABBA"), state_graph(racy), quiz=True), "#step=3"),
        "lost wake-up": (player(run(waits), state_graph(waits)), "#step=1"),
        "long": (player(run(Program.copies(racy.threads["A"], 12), seed=1)), "#step=20"),
        "hostile": (player(hostile(NAMES[0]), state_graph(hostile(NAMES[0]).program)), "#step=4"),
        "four": (player(run(Program.copies(racy.threads["A"], 4), seed=1)), "#step=5"),
        "empty": (player(run(Program())), ""),
    }


@pytest.mark.parametrize("name", everything())
def test_axe_finds_nothing(show, name):
    text, fragment = everything()[name]
    for scheme in ("light", "dark"):
        assert faults(show(text, fragment, scheme=scheme)) == []
    page = show(text, fragment)
    resize(page, 390, 844)
    assert faults(page) == []


@pytest.mark.parametrize("quiz", [False, True])
@pytest.mark.parametrize("fragment", ["#step=2", "#schedule=A+B"])
@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_in_any_theme_and_mode(show, theme, fragment, quiz):
    text = player(replay(opposite, "AB"), state_graph(opposite), quiz=quiz, theme=theme)
    assert faults(show(text, fragment)) == []


def faults(page):
    """What axe finds: every rule of it, those about the size of targets too."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        missing("the package axe-playwright-python")
    found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
