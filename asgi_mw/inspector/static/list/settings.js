// What one chose of the list, kept by the browser if it keeps anything.

const NAME = "asgi-mw list";

/** `{columns: [names] | null, widths: {name: px}, relative: bool}`. */
export function settings() {
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem(NAME));
  } catch {
    // Nothing is kept, or nothing that we wrote
  }
  return {columns: Array.isArray(kept?.columns) ? kept.columns : null, widths: Object(kept?.widths), relative: kept?.relative === true};
}

export function keep(chosen) {
  try {
    localStorage.setItem(NAME, JSON.stringify(chosen));
  } catch {
    // It holds as long as the page is open
  }
}
