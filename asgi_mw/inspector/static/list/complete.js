// What a filter may go on with, where the caret is.

/** The filter language if the server does not say it. */
export const WORDS = [
  ["method", "The method of the request", ["method:POST"], ["GET", "POST", "PUT", "PATCH", "DELETE"]],
  ["status", "The status that the client got", ["status:404", "status:5xx"], ["2xx", "3xx", "4xx", "5xx"]],
  ["path", "What the path begins with", ["path:/api", "-path:/health"], []],
  ["type", "The type of the connection", ["type:websocket"], ["http", "websocket", "lifespan"]],
  ["outcome", "How it ended", ["outcome:client_gone"], ["complete", "client_gone", "error", "cancelled", "incomplete", "lost"]],
  ["dur", "How long it took", ["dur:>100ms"], []],
  ["text", "What it says anywhere", ["text:traceback"], []],
].map(([name, help, examples, values]) => ({name, help, examples, values}));

/**
 * The word of *text* that ends at *caret*, and what it can become: `{from, options: [{text, help, open}]}`;
 * an option that is `open` wants a value.
 */
export function complete(text, caret, words) {
  const from = start(text.slice(0, caret));
  const typed = text.slice(from, caret);
  const minus = typed.startsWith("-") ? "-" : "";
  const [name, ...rest] = typed.slice(minus.length).split(":");
  if (!rest.length) {
    const options = words.filter((word) => word.name.startsWith(name.toLowerCase()));
    return {from, options: options.map((word) => ({text: `${minus}${word.name}:`, help: word.help, open: true}))};
  }
  const word = words.find((one) => one.name === name.toLowerCase());
  const value = rest.join(":").toLowerCase();
  const options = (word?.values ?? []).map((one) => ({text: `${minus}${word.name}:${one}`, help: "", value: String(one)}));
  for (const example of word?.examples ?? []) {
    const shown = example.startsWith(`${word.name}:`) && !example.includes(" ") ? example : null;
    if (shown && !options.some((one) => one.text === minus + shown)) {
      options.push({text: minus + shown, help: "for example", value: shown.slice(word.name.length + 1)});
    }
  }
  return {from, options: options.filter((one) => one.value.toLowerCase().startsWith(value) && one.value.toLowerCase() !== value)};
}

/** Where the last word of *text* starts; blanks between quotes end none. */
function start(text) {
  let from = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted;
    else if (text[at] === " " && !quoted) from = at + 1;
  }
  return from;
}
