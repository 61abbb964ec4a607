// The panels that show one moment: code with the line where each thread stands, shared state, who waits for whom.
const MOST_COLUMNS = 8; // with more threads than this, those that run the same code share a column
const columns = [];
const lines = new Map();

const shareOut = () => {
  const alike = new Map();
  data.threads.forEach((thread, position) => {
    const key = data.threads.length > MOST_COLUMNS ? thread.blocks.join() : position;
    if (!alike.has(key)) alike.set(key, { threads: [], blocks: thread.blocks });
    alike.get(key).threads.push(position);
  });
  columns.push(...alike.values());
};

const codeLine = (number, text, comment) => {
  const code = make("code", { dir: "ltr" }, text.slice(0, comment) || " ", comment === undefined ? null : make("i", {}, text.slice(comment)));
  code.style.setProperty("--hang", `${Math.min(text.search(/\S|$/), 4) + 2}ch`); // where a line goes on that does not fit
  return make("div", { class: "line" }, make("span", { class: "mark" }), make("span", { class: "number", "aria-hidden": "true" }, String(number)), code, make("span", { class: "here" }));
};

const buildCode = () => {
  shareOut();
  columns.forEach((column, place) => {
    const blocks = column.blocks.map((number) => {
      const block = data.code[number];
      let before = block.lines.length ? block.lines[0][0] : 0;
      const rows = block.lines.flatMap(([line, text, comment]) => {
        const gap = line > before + 1 ? [make("div", { class: "line gap" }, "⋮")] : [];
        before = line;
        const row = codeLine(line, text, comment);
        lines.set(`${place} ${number} ${line}`, row);
        return [...gap, row];
      });
      return make("div", { class: "block" }, make("p", { class: "file" }, make("bdi", {}, block.title)), ...rows);
    });
    const [first, ...others] = column.threads;
    const head = others.length ? `${column.threads.length} threads` : badge(first);
    column.status = make("div", { class: "status" });
    column.box = make("div", { class: "lines", role: "group", "aria-label": `Code of ${others.length ? head : name(first)}` }, ...blocks);
    column.element = make("div", { class: `column ${others.length ? "shared" : `thread${first % 4}`}` }, make("div", { class: "head" }, make("h3", {}, head), column.status), column.box);
  });
  byId("columns").dataset.count = columns.length;
  byId("columns").replaceChildren(...columns.map((column) => column.element));
};

// Where threads stand: ▶ goes on there, ■ waits, ✗ failed; ▷ has called what it is in; ✓ was the line of the last step.
const MARKS = { now: "next: ", stuck: "waits here: ", failed: "failed here: ", call: "called from here: ", done: "just done: " };
const SYMBOLS = { now: "▶", stuck: "■", failed: "✗", call: "▷", done: "✓" };

const mark = (place, thread, places, kind) => {
  places.forEach(([block, line]) => {
    const row = lines.get(`${place} ${block} ${line}`);
    if (!row) return;
    const shared = columns[place].threads.length > 1;
    if (shared && kind !== "call") row.lastChild.append(make("span", { class: "pair" }, make("span", { "aria-hidden": "true" }, SYMBOLS[kind]), unseen(MARKS[kind]), badge(thread)), " ");
    if (row.classList.contains("now") || row.classList.contains("call")) return;
    row.classList.add(kind === "stuck" || kind === "failed" ? "now" : kind);
    if (!shared) row.firstChild.replaceChildren(make("span", { "aria-hidden": "true" }, SYMBOLS[kind]), unseen(MARKS[kind]));
  });
};

// The sentence that says why a thread waits, without its subject.
const whyWaiting = (position, moment) => {
  const wait = moment.w.find((one) => one[0] === position), subject = `${name(position)} waits `;
  const sentence = wait ? data.texts[wait[1]] : "";
  return sentence.startsWith(subject) ? sentence.slice(subject.length) : "";
};

const status = (position, moment, key) => {
  const [state, reference] = moment.t[position];
  if (state === ENDED) return ["has ended"];
  if (state === FAILED) return ["failed: ", value(`${key}:failed${position}`, `how ${name(position)} failed`, data.texts[reference])];
  if (state === NEW) return ["has not been started"];
  const asks = operation(reference, `${key}:next${position}`, name(position));
  if (state !== BLOCKED) return ["next: ", asks];
  const why = quiz && !asked.has(`${key}:waits`) ? "" : whyWaiting(position, moment);
  return why ? [make("b", {}, "waits "), make("bdi", {}, why)] : [make("b", {}, "waits: "), asks];
};

// Of a thread with a column of its own: what it does next. Of many: the one that acted, those that wait, and who has ended.
const statusOf = (column, moment, key, step) => {
  if (column.threads.length === 1) return [make("p", {}, ...status(column.threads[0], moment, key))];
  const told = column.threads.filter((thread) => moment.t[thread][0] === FAILED || (step && step.t === thread));
  const single = told.map((thread) => make("p", {}, badge(thread), " ", ...status(thread, moment, key)));
  const groups = [[ENDED, "have ended"], [NEW, "have not been started"]].flatMap(([state, words]) => {
    const threads = column.threads.filter((thread) => moment.t[thread][0] === state && !told.includes(thread));
    return threads.length ? [make("p", {}, ...threads.flatMap((thread) => [badge(thread), " "]), threads.length > 1 ? words : words.replace("have", "has"))] : [];
  });
  return [...single, ...groups];
};

// What threads have read and others have written since: a sentence for one thread, a list for those that share a column.
const remarks = (story, notes, column, moment) => {
  const goesOn = (copy) => ![ENDED, FAILED].includes(moment.t[copy.thread][0]);
  const stale = notes.copies[story.at].filter((copy) => column.threads.includes(copy.thread) && goesOn(copy));
  const called = (object) => make("bdi", {}, data.objects[object].name);
  const read = (copy) => value(`${story.key(copy.at)}:answer`, "what was read", data.texts[copy.answer]);
  if (column.threads.length > 1) {
    const objects = [...new Set(stale.map((copy) => copy.object))];
    return objects.map((object) => make("p", { class: "stale" }, "stale: have read ", called(object), " = ",
      ...stale.filter((copy) => copy.object === object).flatMap((copy) => [make("span", { class: "pair" }, badge(copy.thread), " ", read(copy)), " "])));
  }
  return stale.map((copy) => make("p", { class: "stale" }, "stale: has read ", called(copy.object), " = ", read(copy),
    ` at step ${copy.at}; `, make("bdi", {}, name(copy.writer)), ` wrote it at step ${copy.since}`));
};

const showCode = (story, notes) => {
  byId("moment").textContent = story.at ? `after step ${story.at}` : "before the first step";
  for (const row of lines.values()) {
    row.classList.remove("now", "call", "done");
    row.firstChild.replaceChildren();
    row.lastChild.replaceChildren();
  }
  const moment = story.moments[story.at], key = story.key(story.at), step = story.steps[story.at - 1];
  columns.forEach((column, index) => {
    const kinds = { [BLOCKED]: "stuck", [FAILED]: "failed" };
    for (const thread of column.threads) {
      const [state, , place] = moment.t[thread], places = place < 0 ? [] : data.places[place];
      mark(index, thread, places.slice(0, 1), kinds[state] || "now");
      mark(index, thread, places.slice(1), "call");
    }
    const acted = Boolean(step) && column.threads.includes(step.t);
    if (acted && step.p >= 0) mark(index, step.t, data.places[step.p].slice(0, 1), "done");
    column.element.classList.toggle("acted", acted);
    column.status.replaceChildren(...statusOf(column, moment, key, step), ...remarks(story, notes, column, moment));
    const current = column.box.querySelector(".now");
    if (current) bringIntoView(column.box, current);
    if (acted) bringIntoView(byId("columns"), column.element);
  });
};

// Scrolls a box, and nothing but the box, to what is in it; not at all if that can be seen.
const bringIntoView = (box, child) => {
  const from = child.offsetTop, to = from + child.offsetHeight;
  if (from >= box.scrollTop && to <= box.scrollTop + box.clientHeight) return;
  box.scrollTop = from - Math.max(0, (box.clientHeight - child.offsetHeight) / 2);
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
