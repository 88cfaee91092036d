// Exchange the token of the printed address for a cookie, and go to the page.

const token = new URLSearchParams(location.hash.slice(1)).get("token");
const page = new URL("./", location.href.split("#")[0]);

if (token) {
  // Out of the address bar and the history before anything else happens
  history.replaceState(null, "", location.pathname);
  enter().catch(() => tell("The server does not answer. Is it running?"));
} else look().catch(() => {});

async function enter() {
  const headers = {"content-type": "application/json", "x-asgi-mw": "1"};
  const answered = await fetch(new URL("enter", page), {method: "POST", headers, body: JSON.stringify({token})});
  if (answered.ok) location.replace(page);
  else tell((await answered.json()).error);
}

// Who comes from another site has the cookie, though the browser did not send it with the page
async function look() {
  if (!(await fetch(new URL("api/words", page))).ok) return;
  if (location.pathname !== page.pathname) location.replace(page);
  // Firefox reloads as the other site asked, without the cookie
  else if (!location.search) location.replace(`?entered${location.hash}`);
}

function tell(text) {
  document.getElementById("why").textContent = text;
}
