// The panels that show one moment: code with the line where each thread stands, shared state, who waits for whom.
const lines = new Map();

const buildCode = () => {
  const columns = data.threads.map((thread, position) => {
    const blocks = thread.blocks.map((number) => {
      const block = data.code[number];
      let before = block.lines.length ? block.lines[0][0] : 0;
      const rows = block.lines.flatMap(([line, text]) => {
        const gap = line > before + 1 ? [make("div", { class: "line gap" }, "⋮")] : [];
        before = line;
        const mark = make("span", { class: "mark" });
        const row = make("div", { class: "line" }, mark, make("span", { class: "number", "aria-hidden": "true" }, String(line)), make("code", {}, text || " "));
        lines.set(`${position} ${number} ${line}`, row);
        return [...gap, row];
      });
      return make("div", { class: "block" }, make("p", { class: "file" }, make("bdi", {}, block.title)), ...rows);
    });
    const status = make("p", { class: "status" });
    const box = make("div", { class: "lines" }, ...blocks);
    return make("div", { class: `column thread${position % 4}` }, make("h3", {}, badge(position)), status, box);
  });
  byId("columns").replaceChildren(...columns);
};

const mark = (position, places, kind, symbol, word) => {
  places.forEach(([block, line]) => {
    const row = lines.get(`${position} ${block} ${line}`);
    if (!row || row.classList.contains("now")) return;
    row.classList.add(kind);
    row.firstChild.replaceChildren(make("span", { "aria-hidden": "true" }, symbol), unseen(word));
  });
};

const status = (position, moment, key) => {
  const [state, reference] = moment.t[position];
  const wait = moment.w.find((one) => one[0] === position);
  if (state === ENDED) return ["has ended"];
  if (state === FAILED) return ["failed: ", value(`${key}:failed${position}`, `how ${name(position)} failed`, data.texts[reference])];
  if (state === NEW) return ["has not been started"];
  const asks = operation(reference, `${key}:next${position}`, name(position));
  return state === BLOCKED ? [make("b", {}, wait ? "waits: " : "blocked: "), asks] : ["next: ", asks];
};

const showCode = (story, notes) => {
  byId("moment").textContent = story.at ? `after step ${story.at}` : "before the first step";
  for (const row of document.querySelectorAll(".line.now, .line.call, .line.done")) {
    row.classList.remove("now", "call", "done");
    row.firstChild.replaceChildren();
  }
  const moment = story.moments[story.at], key = story.key(story.at), step = story.steps[story.at - 1];
  document.querySelectorAll(".column").forEach((column, position) => {
    const [state, , place] = moment.t[position];
    const places = place < 0 ? [] : data.places[place];
    const stuck = state === BLOCKED || state === FAILED;
    mark(position, places.slice(0, 1), "now", state === FAILED ? "✗" : stuck ? "■" : "▶", state === FAILED ? "failed here: " : stuck ? "waits here: " : "next: ");
    mark(position, places.slice(1), "call", "▷", "called from here: ");
    if (step && step.t === position && step.p >= 0) mark(position, data.places[step.p].slice(0, 1), "done", "✓", "just done: ");
    const stale = notes.copies[story.at].filter((copy) => copy.thread === position && state !== ENDED && state !== FAILED);
    const remarks = stale.map((copy) =>
      make("span", { class: "stale" }, "stale: has read ", make("bdi", {}, data.objects[copy.object].name), " = ",
        value(`${story.key(copy.at)}:answer`, "what was read", data.texts[copy.answer]),
        ` at step ${copy.at}; `, make("bdi", {}, name(copy.writer)), ` wrote it at step ${copy.since}`));
    column.classList.toggle("acted", Boolean(step) && step.t === position);
    column.querySelector(".status").replaceChildren(...status(position, moment, key), ...remarks);
    const current = column.querySelector(".now"), box = column.querySelector(".lines");
    if (current) box.scrollTop = current.offsetTop - box.offsetTop - box.clientHeight / 2;
    if (step && step.t === position) bringIntoView(column);
  });
};

const bringIntoView = (column) => {
  const strip = byId("columns"), from = column.offsetLeft - strip.offsetLeft, to = from + column.offsetWidth;
  if (from < strip.scrollLeft || to > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = from;
};

const showState = (story) => {
  const { at } = story, step = story.steps[at - 1], now = story.moments[at].v, before = at ? story.moments[at - 1].v : now;
  if (!data.objects.length) return byId("values").replaceChildren(make("p", { class: "quiet" }, "No shared object is used."));
  const rows = data.objects.map((object, index) => {
    const changed = now[index] !== before[index], touched = step && step.x === index;
    const was = changed ? [" was ", value(`${story.key(at - 1)}:${index}`, `what ${object.name} was`, data.texts[before[index]])] : [];
    const how = touched ? [step.w ? "by " : "read by ", badge(step.t)] : [];
    const text = value(`${story.key(at)}:${index}`, `the value of ${object.name}`, data.texts[now[index]]);
    return make("tr", { class: changed ? "changed" : null },
      make("th", { scope: "row" }, make("bdi", {}, object.name)),
      make("td", {}, text, changed ? make("span", { class: "quiet" }, ...was) : null), make("td", {}, ...how));
  });
  const table = make("table", {}, make("caption", { class: "unseen" }, `After ${at} steps`), make("tbody", {}, ...rows));
  return byId("values").replaceChildren(table);
};

const showWaits = (story) => {
  const { at } = story, moment = story.moments[at], last = at === story.steps.length;
  const why = last && story.why ? story.why : [];
  if (!moment.w.length && !why.length) return byId("waiting").replaceChildren(make("p", { class: "quiet" }, "Nobody waits."));
  const key = `${story.key(at)}:waits`;
  if (quiz && !asked.has(key)) return byId("waiting").replaceChildren(make("p", {}, value(key, "who waits", "")));
  const sentences = why.length ? why : moment.w.map((wait) => data.texts[wait[1]]);
  const items = sentences.map((sentence) => make("li", {}, make("bdi", {}, sentence)));
  return byId("waiting").replaceChildren(...waitGraph(moment, sentences), make("ul", {}, ...items));
};
