// The wait-for graph of one moment: at most eight threads on a ring, in program order. Above that the sentences say it all.
const MOST_ON_RING = 8, RING = 62, DISC = 21;

const waitGraph = (moment, sentences) => {
  const edges = moment.w.flatMap(([thread, , object, holders]) => holders.map((holder) => [thread, holder, object]));
  const threads = [...new Set(edges.flatMap(([from, to]) => [from, to]))].sort((a, b) => a - b);
  if (!edges.length || threads.length > MOST_ON_RING) return [];
  const circle = onCircle(edges);
  const place = new Map(threads.map((thread, index) => {
    const angle = Math.PI * (1 + (2 * index) / threads.length);
    return [thread, [threads.length > 1 ? RING * 1.5 * Math.cos(angle) : 0, threads.length > 2 ? -RING * Math.sin(angle) : 0]];
  }));
  const head = (id) => draw("marker", { id, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 12, markerHeight: 12, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" },
    draw("path", { d: "M0 0 10 5 0 10z", class: id }));
  const lines = edges.map((edge) => waitEdge(edge, place, circle.includes(edge)));
  const discs = threads.map((thread) => {
    const [x, y] = place.get(thread), text = name(thread);
    return draw("g", { class: `disc thread${thread % 4}` }, draw("circle", { cx: x, cy: y, r: DISC }),
      draw("text", { x, y: y + 5, "text-anchor": "middle" }, text.length > 5 ? `${text.slice(0, 4)}…` : text));
  });
  const said = draw("desc", { id: "ring-words" }, sentences.join(" "));
  const height = threads.length > 2 ? RING + DISC + 14 : 58;
  return [draw("svg", { id: "ring", role: "img", "aria-labelledby": "ring-title ring-words", viewBox: `-150 ${-height} 300 ${2 * height}` },
    draw("title", { id: "ring-title" }, "Wait-for graph"), said, draw("defs", {}, head("arrow"), head("arrow-circle")), ...lines, ...discs)];
};

// A bent line from disc to disc with the object's name at its middle; a thread that waits for itself has a loop.
const waitEdge = ([from, to, object], place, isCircle) => {
  const [x1, y1] = place.get(from), [x2, y2] = place.get(to), text = data.texts[object];
  const shown = text.length > 12 ? `${text.slice(0, 11)}…` : text;
  const kind = `wait dash${from % 4}${isCircle ? " circle" : ""}`, end = isCircle ? "url(#arrow-circle)" : "url(#arrow)";
  if (from === to) {
    const d = `M${x1 - 12} ${y1 - DISC + 3}C${x1 - 34} ${y1 - 62} ${x1 + 34} ${y1 - 62} ${x1 + 12} ${y1 - DISC + 3}`;
    return draw("g", {}, draw("path", { class: kind, d, "marker-end": end }), draw("text", { x: x1, y: y1 + DISC + 16, "text-anchor": "middle", class: "label" }, shown));
  }
  const length = Math.hypot(x2 - x1, y2 - y1), ux = (x2 - x1) / length, uy = (y2 - y1) / length, bend = 26;
  const mx = (x1 + x2) / 2 - uy * bend, my = (y1 + y2) / 2 + ux * bend;
  const off = (x, y) => { const d = Math.hypot(mx - x, my - y); return [x + ((mx - x) / d) * (DISC + 1), y + ((my - y) / d) * (DISC + 1)]; };
  const [sx, sy] = off(x1, y1), [tx, ty] = off(x2, y2);
  const away = bend / 2 + 12 + Math.abs(uy) * shown.length * 3.5; // beside the line: what is wide must go further
  const lx = (x1 + x2) / 2 - uy * away, ly = (y1 + y2) / 2 + ux * away + 4;
  const d = `M${sx} ${sy}Q${mx} ${my} ${tx} ${ty}`;
  const inside = from % 4 === 3 ? draw("path", { class: "wait inside", d }) : null; // which makes the line a double one
  return draw("g", {}, draw("path", { class: kind, d }), inside, draw("path", { class: "tip", d, "marker-end": end }),
    draw("text", { x: lx, y: ly, "text-anchor": "middle", class: "label" }, shown));
};
