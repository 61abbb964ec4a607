// You are the scheduler: the reader picks who goes next, and finds out how many endings there are.
const graph = data.graph;
let path = []; // the edges taken
const below = new Map(); // how many different endings were reached below a beginning of a schedule
const endings = new Set();
const found = new Map(); // outcome: how often it was reached, and the first schedule to it

const here = (edges = path) => graph.states[edges.length ? edges.at(-1).to : 0];
const written = (edges) => edges.map((edge) => edge.s).join(" ");
const graphStory = () => ({
  steps: path, at: path.length, moments: [graph.states[0], ...path.map((edge) => graph.states[edge.to])],
  key: (k) => `s${written(path.slice(0, k))}`, why: null,
});

// How many interleavings begin with these steps and were not seen yet; Infinity where there is no end to them.
const left = (edges) => {
  const all = here(edges).n;
  return all === null ? Infinity : BigInt(all) - BigInt(below.get(written(edges)) || 0);
};
const number = (count) => (count === Infinity ? "endlessly many" : count.toLocaleString("en"));

const arrive = () => {
  const outcome = here().e, whole = written(path);
  if (outcome < 0 || endings.has(whole)) return;
  endings.add(whole);
  for (let k = 0; k <= path.length; k += 1) below.set(written(path.slice(0, k)), (below.get(written(path.slice(0, k))) || 0) + 1);
  const known = found.get(outcome) || { count: 0, first: path };
  found.set(outcome, { ...known, count: known.count + 1 });
};

const take = (edges) => {
  path = edges;
  arrive();
  redraw();
};
const undo = () => path.length && take(path.slice(0, -1));
const backToLeft = () => {
  let edges = path.slice(0, -1);
  while (edges.length && !left(edges)) edges = edges.slice(0, -1);
  take(edges);
};

const reason = (thread, moment) => {
  const [state, reference] = moment.t[thread];
  if (state === ENDED) return "has ended";
  if (state === NEW) return "has not been started";
  if (state === FAILED) return `failed: ${quiz ? "?" : data.texts[reference]}`;
  const why = quiz ? "" : whyWaiting(thread, moment);
  return why ? `waits ${why}` : "has to wait";
};

const choice = (edge) => {
  const rest = left([...path, edge]), known = endings.size > 0;
  const answer = edge.s === name(edge.t) || edge.a < 0 ? [] : [" → ", make("bdi", {}, data.texts[edge.a])];
  const hint = known ? make("span", { class: "hint" }, rest ? `${number(rest)} left` : "all seen") : null;
  return make("button", { type: "button", class: "choice", "data-step": edge.s, onclick: () => take([...path, edge]) },
    badge(edge.t), " ", make("code", { dir: "ltr" }, spoken(edge.o)), ...answer, hint);
};

const showChoices = () => {
  const box = byId("choices"), moment = here(), focused = document.activeElement, inside = box.contains(focused) && focused.dataset.step;
  const buttons = data.threads.flatMap((_, thread) => {
    const edges = moment.go.map((index) => graph.edges[index]).filter((edge) => edge.t === thread);
    if (edges.length && moment.e < 0) return edges.map(choice);
    return [make("button", { type: "button", class: "choice", "aria-disabled": "true", "data-step": name(thread) }, badge(thread), " ", make("bdi", { class: "why" }, reason(thread, moment)))];
  });
  const tool = (label, step, action, off) => make("button", { type: "button", "data-step": step, "aria-disabled": String(Boolean(off)), onclick: () => off || action() }, label);
  const tools = [tool("Undo", " undo", undo, !path.length), tool("Start again", " restart", () => take([]), !path.length)];
  if (endings.size) tools.push(tool("Back to where something is left", " left", backToLeft, !path.length || !left([])));
  box.replaceChildren(make("div", { class: "buttons", id: "threads", role: "group", "aria-label": "Threads" }, ...buttons), make("div", { class: "buttons" }, ...tools));
  const again = [...box.querySelectorAll("button")];
  const open = again.filter((button) => button.getAttribute("aria-disabled") !== "true");
  if (inside) (open.find((button) => button.dataset.step === inside) || open[0] || again[0]).focus();
};

const sayGraph = () => {
  const moment = here(), total = graph.states[0].n;
  const step = path.at(-1), words = [];
  if (step) words.push(`Step ${path.length}: `, badge(step.t), " ", make("code", { dir: "ltr" }, spoken(step.o)), ...answered(step), " · ");
  if (moment.e >= 0) words.push(make("b", {}, "The end: "), value(`s${written(path)}:ending`, "how it ends", graph.outcomes[moment.e].text), " · ");
  else words.push(make("b", {}, "Who goes next?"), " ");
  const all = total === null ? "endlessly many" : number(BigInt(total));
  words.push(`You have seen ${number(endings.size)} of ${all} interleavings, ${found.size} of ${graph.outcomes.length} outcomes.`);
  byId("now").replaceChildren(...words);
};

const showOutcomes = () => {
  const rows = [...found].map(([index, { count, first }]) => {
    const outcome = graph.outcomes[index], all = outcome.n === null ? "endlessly many" : number(BigInt(outcome.n));
    const show = make("button", { type: "button", onclick: () => take(first) }, schedule(first.map((edge) => edge.s)) || "no steps");
    return make("tr", { "data-outcome": index }, make("td", {}, outcome.bad ? make("b", {}, "✗ ") : null, value(`outcome${index}`, "this outcome", outcome.text)),
      make("td", {}, number(count)), make("td", {}, all), make("td", {}, show));
  });
  const missing = graph.outcomes.length - found.size;
  if (missing) rows.push(make("tr", { class: "quiet" }, make("td", { colspan: 4 }, missing === 1 ? "1 outcome to find" : `${missing} outcomes to find`)));
  const head = ["outcome", "seen", "of", "reached by"].map((text) => make("th", { scope: "col" }, text));
  byId("endings").replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)));
};

// Letters and numbers pick only while the choices have the focus, so that they are in nobody's way elsewhere.
const graphKeys = (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || !byId("choices").contains(event.target)) return;
  const buttons = [...byId("choices").querySelectorAll(".choice")];
  const picked = buttons.find((button) => button.dataset.step === event.key.toUpperCase()) || buttons[Number(event.key) - 1];
  if (event.key === "Backspace" || event.key === "ArrowLeft") undo();
  else if (event.key === "Home") take([]);
  else if (picked) picked.click();
  else return;
  event.preventDefault();
};
