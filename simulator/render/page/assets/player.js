// The player: one execution, forwards and backwards.
const PAUSE = 1000; // milliseconds between two steps while it plays
const play = data.play;
let at = 0, timer = null;
let tabbed = false; // whether what has the focus got it by the keyboard

const playStory = () => ({ steps: play.steps, moments: play.moments, at, key: (k) => `p${k}`, why: play.why });
const bySwitch = () => byId("size").value === "switch";

const goTo = (k) => {
  at = Math.min(play.steps.length, Math.max(0, k));
  redraw();
};
const move = (direction, switches = bySwitch()) => goTo(following(play.steps, at, direction, switches));

const stop = () => {
  clearInterval(timer);
  timer = null;
  byId("play").textContent = "Play";
};
const toggle = () => {
  if (timer) return stop();
  if (at === play.steps.length) at = 0;
  byId("play").textContent = "Pause";
  timer = setInterval(() => {
    move(1);
    if (at === play.steps.length) stop();
  }, PAUSE);
  return redraw();
};

const sayPlay = () => {
  const step = play.steps[at - 1], count = play.steps.length;
  byId("slider").max = count;
  byId("slider").value = at;
  byId("slider").setAttribute("aria-valuetext", `step ${at} of ${count}`);
  for (const id of ["first", "back"]) byId(id).setAttribute("aria-disabled", String(at === 0));
  for (const id of ["next", "last"]) byId(id).setAttribute("aria-disabled", String(at === count));
  const words = step ? [`Step ${at} of ${count}: `, badge(step.t), " ", make("code", { dir: "ltr" }, spoken(step.o))] : [count ? `Start: ${count} steps to come` : "No steps"];
  if (step) words.push(...answered(step));
  if (at === count) words.push(" · ", make("b", {}, "end: "), value("p:ending", "how it ends", play.ending));
  byId("now").replaceChildren(...words);
  byId("caption").replaceChildren(`${play.schedule ? `schedule ${play.schedule}` : "no steps"}: `, value("p:ending", "how it ends", play.ending));
};

const MOVES = { ArrowRight: () => move(1), ArrowLeft: () => move(-1), Home: () => goTo(0), End: () => goTo(play.steps.length) };
const playKeys = (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const { target } = event, isSlider = target.id === "slider", onControl = !isSlider && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
  if (onControl || (tabbed && target.closest?.(".scroll:focus, .lines:focus"))) return; // the keys scroll the box
  if (event.shiftKey && event.key.startsWith("Arrow")) event.key === "ArrowRight" ? move(1, true) : event.key === "ArrowLeft" && move(-1, true);
  else if (event.key === " " && target.tagName !== "BUTTON") toggle();
  else if (MOVES[event.key] && !event.shiftKey) {
    stop();
    MOVES[event.key]();
  } else return;
  event.preventDefault();
};

const startPlayer = () => {
  byId("first").addEventListener("click", () => goTo(0));
  byId("back").addEventListener("click", () => move(-1));
  byId("next").addEventListener("click", () => move(1));
  byId("last").addEventListener("click", () => goTo(play.steps.length));
  byId("play").addEventListener("click", toggle);
  byId("slider").addEventListener("input", (event) => goTo(Number(event.target.value)));
};
