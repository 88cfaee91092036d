// Two exchanges, event by event.

customElements.define("asgi-compare", class extends HTMLElement {});
