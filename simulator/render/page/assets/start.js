// Beginning: which mode, which moment (the fragment says so), and drawing everything again after each change.
let mode = play ? "play" : "graph";
let drawn = ""; // what the lanes show now: they are made anew only when their content changes

const redraw = () => {
  const playing = mode === "play", story = playing ? playStory() : graphStory(), notes = follow(story.steps);
  for (const id of ["controls"]) byId(id).hidden = !playing;
  for (const id of ["choices", "outcomes"]) byId(id).hidden = playing;
  for (const [id, on] of [["watch", playing], ["choose", !playing]]) byId(id).setAttribute("aria-pressed", String(on));
  document.body.classList.toggle("playing", playing);
  byId("reveal").hidden = !quiz;
  if (playing) sayPlay();
  else {
    byId("caption").textContent = path.length ? `schedule ${schedule(path.map((edge) => edge.s))}` : "";
    showChoices();
    sayGraph();
    showOutcomes();
  }
  showCode(story, notes);
  showState(story);
  showWaits(story);
  const content = [mode, quiz, asked.size, playing ? "" : written(path)].join("|");
  if (content !== drawn) byId("lanes").replaceChildren(lanesTable(story, notes, playing ? goTo : null));
  drawn = content;
  markRow(story.at);
  remember();
  reachable();
};

// A box that has something to scroll can be reached with the keyboard.
const reachable = () => {
  for (const box of document.querySelectorAll(".scroll, .lines")) {
    if (box.scrollHeight > box.clientHeight || box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
};

const fragment = () => (mode === "play" ? `#step=${at}` : `#schedule=${path.map((edge) => encodeURIComponent(edge.s)).join("+")}`);
const remember = () => {
  if (location.hash === fragment() || location.protocol === "about:") return;
  try {
    history.replaceState(null, "", fragment());
  } catch {
    // a browser that keeps the address for itself: everything else works all the same
  }
};

const recall = () => {
  const step = /^#step=(\d{1,6})$/.exec(location.hash), steps = /^#schedule=(.*)$/.exec(location.hash);
  if (step && play) [mode, at] = ["play", Math.min(play.steps.length, Number(step[1]))];
  if (!steps || !graph) return;
  const edges = [];
  for (const text of steps[1].split("+").filter(Boolean)) {
    const edge = here(edges).go.map((index) => graph.edges[index]).find((one) => encodeURIComponent(one.s) === text);
    if (!edge) break;
    edges.push(edge);
  }
  [mode, path] = ["graph", edges];
  arrive();
};

const revealStep = () => {
  const story = mode === "play" ? playStory() : graphStory();
  const prefixes = [`${story.key(story.at)}:`, story.at === story.steps.length ? "p:" : " "];
  let before;
  do {
    before = asked.size;
    for (const button of document.querySelectorAll(".ask")) {
      if (prefixes.some((prefix) => button.dataset.key.startsWith(prefix))) asked.add(button.dataset.key);
    }
    redraw();
  } while (asked.size > before);
};

byId("modes").hidden = !(play && graph);
byId("command").textContent = data.command;
byId("help").textContent = [play && "Arrow keys move, with Shift to the next context switch; Home, End, Space plays.", "→ a step writes, ← it reads.", graph && "As the scheduler: letters or numbers pick a thread, Backspace takes a step back."].filter(Boolean).join(" ");
byId("quiz").checked = quiz;
byId("quiz").addEventListener("change", (event) => {
  quiz = event.target.checked;
  asked.clear();
  redraw();
});
byId("reveal").addEventListener("click", revealStep);
byId("watch").addEventListener("click", () => { mode = "play"; redraw(); });
byId("choose").addEventListener("click", () => { if (timer) stop(); mode = "graph"; redraw(); });
document.addEventListener("pointerdown", () => { tabbed = false; });
document.addEventListener("keydown", (event) => { if (event.key === "Tab") tabbed = true; });
document.addEventListener("keydown", (event) => (mode === "play" ? playKeys : graphKeys)(event));
window.addEventListener("hashchange", () => { if (location.hash !== fragment()) { recall(); redraw(); } });
if (play) startPlayer();
buildCode();
const roomy = window.matchMedia(`(min-width: ${columns.length < 3 ? 60 : 76}rem)`); // what two or three columns of code need beside the state
const arrange = () => {
  document.body.classList.toggle("wide", roomy.matches);
  reachable();
};
document.body.classList.toggle("many", columns.length > 4);
recall();
arrange();
redraw();
roomy.addEventListener("change", arrange);
window.addEventListener("resize", reachable);
