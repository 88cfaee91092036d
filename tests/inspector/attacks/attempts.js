// What a page of another origin tries with the page of a user who is entered: what it gains, by the attempt.
async ({page, id, token, secret, frames}) => {
  const gained = {};
  const tried = [];
  const attempt = async (name, act) => {
    tried.push(name);
    try {
      const late = new Promise((done) => setTimeout(done, 20_000, "neither let in nor refused"));
      const got = await Promise.race([act(), late]);
      if (got) gained[name] = String(got);
    } catch { /* refused */ }
  };
  const read = async (response) => {
    const text = response.status === 200 && response.headers.get("content-type") === "text/event-stream"
      ? "a feed" : await response.text();
    return (response.ok || text.includes(secret)) && (text || "nothing, but it was let in");
  };
  const element = (tag, facts) => new Promise((loaded, failed) => {
    const made = Object.assign(document.createElement(tag), facts);
    made.onload = () => loaded("loaded");
    made.onerror = failed;
    document.body.append(made);
  });

  const reads = ["", "enter", "main.js", "base.css", "icon.svg", "api/words", "api/exchanges", "api/feed",
    `api/exchanges/${id}`, `api/exchanges/${id}/body/send`];
  for (const path of reads) {
    await attempt(`fetch ${path}`, async () => read(await fetch(page + path, {credentials: "include"})));
    if (path === "api/feed") continue; // it has no end
    await attempt(`script ${path}`, () => element("script", {src: page + path}));
    await attempt(`credentialed script ${path}`, () => element("script", {src: page + path, crossOrigin: "use-credentials"}));
    await attempt(`picture ${path}`, () => element("img", {src: page + path}));
    await attempt(`style ${path}`, () => element("link", {rel: "stylesheet", href: page + path}));
  }
  await attempt("feed", () => new Promise((opened, failed) => {
    const source = new EventSource(`${page}api/feed`, {withCredentials: true});
    source.onopen = () => (source.close(), opened("opened"));
    source.onerror = () => (source.close(), failed());
  }));

  const posts = {
    "enter": {token}, "api/keep": {id, keep: true}, "api/resend": {id, confirm: true}, "api/recording": {on: false},
  };
  for (const [path, given] of Object.entries(posts)) {
    const body = JSON.stringify(given);
    const post = (facts) => fetch(page + path, {method: "POST", body, credentials: "include", ...facts});
    const json = {"content-type": "application/json", "x-asgi-mw": "1"};
    await attempt(`post ${path}`, async () => read(await post({headers: json})));
    await attempt(`authorized post ${path}`, async () => read(await post({headers: {...json, authorization: `Bearer ${token}`}})));
    await attempt(`plain post ${path}`, async () => read(await post({})));
    await attempt(`opaque post ${path}`, async () => (await post({mode: "no-cors"})) && null);
    await attempt(`beacon ${path}`, () => navigator.sendBeacon(page + path, body) && null);
    if (frames) await attempt(`form ${path}`, () => new Promise((done) => {
      const frame = Object.assign(document.createElement("iframe"), {name: `form-${path}`});
      const form = Object.assign(document.createElement("form"), {action: page + path, method: "post", enctype: "text/plain", target: frame.name});
      // As text/plain it is NAME=VALUE
      form.append(Object.assign(document.createElement("input"), {name: `${body.slice(0, -1)},"x":"`, value: '"}'}));
      document.body.append(frame, form);
      frame.onload = () => done();
      form.submit();
    }));
  }
  for (const path of !frames ? [] : ["", `#/x/${id}`, "api/exchanges", `api/exchanges/${id}/body/send`]) {
    await attempt(`frame ${path}`, () => new Promise((done) => {
      const frame = Object.assign(document.createElement("iframe"), {src: page + path});
      frame.onload = () => {
        try { done(frame.contentDocument?.body.innerText); } catch { done(); }
      };
      document.body.append(frame);
    }));
  }
  return {gained, tried};
}
