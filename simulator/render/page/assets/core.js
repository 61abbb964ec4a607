// What all panels share: the data, making elements (always from text, never from markup), and hiding values in a quiz.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const ENABLED = 0, BLOCKED = 1, ENDED = 2, FAILED = 3, NEW = 4;
const SVG = "http://www.w3.org/2000/svg";

const fill = (element, attributes, children) => {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};
const make = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
const name = (thread) => data.threads[thread].name;
const badge = (thread) => make("bdi", { class: `badge thread${thread % 4}` }, name(thread));
const unseen = (text) => make("span", { class: "unseen" }, text);
const listed = (names) => (names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names.join(""));

// A quiz hides every value until somebody asks for it. The key says which one: the moment, and what of it.
const asked = new Set();
let quiz = data.quiz;

const value = (key, what, text) => {
  if (!quiz || asked.has(key)) return make("bdi", { class: "value" }, text);
  const show = (event) => {
    const buttons = [...document.querySelectorAll(".ask")];
    const place = buttons.indexOf(event.currentTarget);
    asked.add(key);
    redraw();
    const left = [...document.querySelectorAll(".ask")];
    (left[Math.min(place, left.length - 1)] || byId("quiz")).focus();
  };
  return make("button", { type: "button", class: "ask", "data-key": key, "aria-label": `show ${what}`, onclick: show }, "?");
};

// An operation as written, its arguments hidden in a quiz.
const operation = (number, key, what) => {
  const [head, arguments_] = data.operations[number];
  if (arguments_ === null) return make("code", { dir: "ltr" }, head);
  if (arguments_ === "") return make("code", { dir: "ltr" }, `${head}()`);
  return make("code", { dir: "ltr" }, `${head}(`, value(`${key}:asked`, `what ${what} asks for`, arguments_), ")");
};
const spoken = (number) => {
  const [head, arguments_] = data.operations[number];
  return arguments_ === null ? head : `${head}(${quiz && arguments_ ? "?" : arguments_})`;
};

const answered = (step) => (step.a < 0 ? [] : [" → ", make("bdi", {}, quiz ? "?" : data.texts[step.a])]);

const schedule = (steps) => steps.join(steps.every((step) => /^\p{Lu}$/u.test(step)) ? "" : " ");
