// What differs between two lists, two sets of headers, two texts; in slices, so that a page goes on.

const SLICE = 8; // ms

/**
 * The shortest way from *left* to *right* (Myers 1986): steps ["same"|"removed"|"added", at left, at right].
 * Where more than *most* differ, all of the middle counts as removed and added.
 */
export async function diff(left, right, most = 1500) {
  let head = 0;
  let tail = 0;
  const less = Math.min(left.length, right.length);
  while (head < less && left[head] === right[head]) head++;
  while (tail < less - head && left.at(-1 - tail) === right.at(-1 - tail)) tail++;
  const steps = await middle(left.slice(head, left.length - tail), right.slice(head, right.length - tail), most);
  return [
    ...Array.from({length: head}, (_, at) => ["same", at, at]),
    ...steps.map(([kind, a, b]) => [kind, a + head, b + head]),
    ...Array.from({length: tail}, (_, at) => ["same", left.length - tail + at, right.length - tail + at]),
  ];
}

async function middle(a, b, most) {
  const reach = Math.min(a.length + b.length, most);
  const far = new Int32Array(2 * reach + 3);
  const zero = reach + 1;
  const before = [];
  let rest = performance.now() + SLICE;
  for (let d = 0; d <= reach; d++) {
    before.push(far.slice(zero - d - 1, zero + d + 2));
    for (let k = -d; k <= d; k += 2) {
      let x = k === -d || (k !== d && far[zero + k - 1] < far[zero + k + 1]) ? far[zero + k + 1] : far[zero + k - 1] + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      far[zero + k] = x;
      if (x >= a.length && x - k >= b.length) return back(before, a.length, b.length, d);
    }
    if (performance.now() > rest) {
      await new Promise((go) => setTimeout(go));
      rest = performance.now() + SLICE;
    }
  }
  return [...a.map((_, at) => ["removed", at, 0]), ...b.map((_, at) => ["added", a.length, at])];
}

function back(before, x, y, d) {
  const steps = [];
  for (; d > 0; d--) {
    const far = (k) => before[d][k + d + 1];
    const k = x - y;
    const from = k === -d || (k !== d && far(k - 1) < far(k + 1)) ? k + 1 : k - 1;
    const [px, py] = [far(from), far(from) - from];
    while (x > px && y > py) steps.push(["same", --x, --y]);
    if (x === px) steps.push(["added", x, --y]);
    else steps.push(["removed", --x, y]);
  }
  while (x > 0 && y > 0) steps.push(["same", --x, --y]);
  return steps.reverse();
}

/** JSON with a line for each value, and each token as it was written; other text as it is. */
export function pretty(text) {
  try {
    if (typeof JSON.parse(text) !== "object") return text;
  } catch {
    return text;
  }
  let deep = 0;
  const line = () => `\n${"  ".repeat(Math.min(deep, 100))}`;
  return text.match(/"(?:[^"\\]|\\.)*"|[[{]\s*[\]}]|[[\]{},:]|[^\s[\]{},:"]+/g).map((token) => {
    if (token === "{" || token === "[") return deep++, token + line();
    if (token === "}" || token === "]") return deep--, line() + token;
    return token === "," ? token + line() : token === ":" ? ": " : token;
  }).join("");
}

/** *text* without what differs each time: moments, ids, ports of clients. */
export function calm(text) {
  return String(text)
    .replace(/\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b/gi, "<id>")
    .replace(/\b00-<id>-[0-9a-f]{16}-/gi, "<trace>")
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?/g, "<moment>")
    .replace(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/g, "<moment>")
    .replace(/\b(127\.0\.0\.1|localhost|\[::1\])([":, ]+)\d{4,5}\b/g, "$1$2<port>");
}
