// The swimlanes: a row for each step, a lane for each thread, a lane for each shared object with its value after the step.
const MOST_LANES = 8; // with more threads than this there is one lane for all, and the thread is named in it

const lanesTable = (story, notes, go) => {
  const each = data.threads.length <= MOST_LANES, threads = each ? data.threads.map((_, index) => index) : [];
  const head = [make("th", { scope: "col" }, "step"), ...(each ? threads.map((thread) => make("th", { scope: "col" }, badge(thread))) : [make("th", { scope: "col" }, "thread")]),
    ...data.objects.map((object) => make("th", { scope: "col", class: "lane" }, make("bdi", {}, object.name))), make("th", { scope: "col", class: "lane" }, "line")];
  const rows = story.moments.map((moment, k) => {
    const step = story.steps[k - 1];
    const number = go ? make("button", { type: "button", "aria-label": k ? `go to step ${k}` : "go to the start", onclick: () => go(k) }, k ? String(k) : "start") : make("span", {}, k ? String(k) : "start");
    const cells = each ? threads.map((thread) => threadCell(story, notes, moment, step, thread, k)) : [step ? deed(story, notes, step, k, true) : make("td", {})];
    const values = data.objects.map((object, index) => valueCell(story, step, object, index, k));
    return make("tr", { "data-step": k }, make("th", { scope: "row" }, number), ...cells, ...values, make("td", { class: "lane line-of" }, step ? sourceLine(step) : ""));
  });
  return make("table", { class: data.threads.length < 5 ? "few" : null }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
};

const deed = (story, notes, step, k, named) => {
  const key = story.key(k), late = notes.late[k];
  const answer = step.a < 0 ? [] : [" → ", value(`${key}:answer`, `the answer of step ${k}`, data.texts[step.a])];
  const stale = late ? [make("span", { class: "stale" }, `stale: read at step ${late}`)] : [];
  return make("td", { class: `deed thread${step.t % 4}` }, ...(named ? [badge(step.t), " "] : []), operation(step.o, key, name(step.t)), ...answer, ...stale);
};

const threadCell = (story, notes, moment, step, thread, k) => {
  if (step && step.t === thread) return deed(story, notes, step, k, false);
  const [state] = moment.t[thread];
  if (state !== BLOCKED) return make("td", { class: "quiet" }, state === NEW ? "not started" : "");
  const wait = moment.w.find((one) => one[0] === thread);
  return make("td", { class: "waiting" }, "waits", wait && wait[2] >= 0 ? make("bdi", {}, `: ${data.texts[wait[2]]}`) : null);
};

const valueCell = (story, step, object, index, k) => {
  const now = story.moments[k].v[index], changed = k > 0 && now !== story.moments[k - 1].v[index], touched = step && step.x === index;
  const text = value(`${story.key(k)}:${index}`, `${object.name} after step ${k}`, data.texts[now]);
  const arrow = touched ? (step.w ? "→ " : "← ") : "";
  return make("td", { class: `lane${changed ? " changed" : touched ? "" : " quiet"}` }, arrow, text, changed ? unseen(" (changed)") : null);
};

const sourceLine = (step) => {
  if (step.l !== undefined) return data.texts[step.l];
  if (step.p < 0) return "";
  const [block, line] = data.places[step.p][0], found = data.code[block].lines.find(([number]) => number === line);
  return make("span", {}, `${line}: `, make("code", { dir: "ltr" }, found ? found[1].slice(0, found[2]).trim() : ""));
};

const markRow = (at) => {
  const box = byId("lanes");
  box.querySelectorAll("tbody tr").forEach((row, k) => {
    row.classList.toggle("current", k === at);
    row.classList.toggle("future", k > at);
    if (k === at) row.setAttribute("aria-current", "step"); else row.removeAttribute("aria-current");
  });
  const row = box.querySelector("tr.current");
  if (row && box.scrollHeight > box.clientHeight) box.scrollTop = row.offsetTop - box.clientHeight / 2;
};
