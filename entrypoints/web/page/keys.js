/** The keyboard: which key does what, wherever nothing else wants it. shortcuts.js shows them. */

/** Whether a key belongs to what has the focus: typing, choosing, or pressing a button with the space bar. */
function isTaken(key, target) {
  if (target.closest("dialog")) return true;
  if (target.matches("input[type=range]")) return key.startsWith("Arrow");
  if (target.matches("input, select, textarea, [contenteditable]")) return true;
  return key === " " && target.matches("button, a, summary");
}

/** Let `keys` (key → what it does) act, unless a modifier makes it the browser's. */
export function listenToKeys(keys) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!Object.hasOwn(keys, key) || isTaken(event.key, event.target)) return;
    event.preventDefault();
    keys[key]();
  });
}
