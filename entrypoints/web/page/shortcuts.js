/** The keyboard map, in a dialog. */

import { element, stylesheet } from "/page/dom.js";
import { shortcuts as words } from "/page/words-player.js";

function made() {
  const heading = element("h2", "", words.heading);
  heading.id = "shortcuts-heading";
  const terms = words.keys.flatMap(([keys, meaning]) => [
    element("dt", "", ...keys.map((key) => element("kbd", "", key))),
    element("dd", "", meaning),
  ]);
  const close = element("button", "button", words.close);
  close.addEventListener("click", () => dialog.close());
  const dialog = element("dialog", "shortcuts", heading, element("dl", "", ...terms), close);
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close()); // beside it
  document.body.append(dialog);
  return dialog;
}

await stylesheet("/page/player.css");
const dialog = made();

export function showShortcuts() {
  if (!dialog.open) dialog.showModal();
}
