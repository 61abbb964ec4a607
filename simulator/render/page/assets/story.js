// A story is what the panels show: steps, the moments before and after them, and how far we are. Both modes tell one.
//   steps: what was done; moments: one more than steps; at: how many steps are done; key(k): a name for the moment after k

// What threads have read and somebody else has written since: `copies` after each step, and for each step that writes,
// in `late` the number of the step at which the same thread had read what is now overwritten.
const follow = (steps) => {
  let read = [];
  const copies = [[]], late = [0];
  steps.forEach((step, index) => {
    const number = index + 1;
    late.push(0);
    if (step.x !== undefined && data.objects[step.x].plain) {
      const isOwn = (copy) => copy.thread === step.t && copy.object === step.x;
      if (step.w) {
        const own = read.find(isOwn);
        late[number] = own && own.since ? own.at : 0;
        read = read.filter((copy) => !isOwn(copy));
        read = read.map((copy) => (copy.object === step.x ? { ...copy, since: number, writer: step.t } : copy));
      } else {
        read = [...read.filter((copy) => !isOwn(copy)), { thread: step.t, object: step.x, at: number, answer: step.a }];
      }
    }
    copies.push(read.filter((copy) => copy.since));
  });
  return { copies, late };
};

// The edges of a wait-for graph that are on a circle: those whose end leads back to their beginning.
const onCircle = (edges) => {
  const reaches = (from, to, met = new Set()) =>
    from === to || (!met.has(from) && (met.add(from), edges.some((edge) => edge[0] === from && reaches(edge[1], to, met))));
  return edges.filter((edge) => reaches(edge[1], edge[0]));
};

// The next moment in a direction (1 or -1), by each step or by each context switch.
const following = (steps, at, direction, bySwitch) => {
  const ends = (k) => k <= 0 || k >= steps.length || steps[k - 1].t !== steps[k].t;
  let k = Math.min(steps.length, Math.max(0, at + direction));
  while (bySwitch && !ends(k)) k += direction;
  return k;
};
