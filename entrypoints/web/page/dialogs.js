/** The page's dialogs: modal, closed by Escape, and the focus goes back to where it was. */

import { element } from "/page/dom.js";
import { dialogs as words } from "/page/words-forms.js";

let made = 0; // dialogs so far

/** A button; `className` may make it the one that is meant, or a dangerous one. */
export function button(text, press, className = "") {
  const made = element("button", `button ${className}`.trim(), text);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

/** Show `content` in a form with two buttons until `submit` has resolved, or they want it no more; whether it has.
 *
 * What `submit` throws is told in the dialog, unless `refused` takes care of it. The dialog is gone afterwards. */
export function formDialog({ title, content, action, className = "", submit, refused = (error) => error.message }) {
  const heading = element("h2", "", title);
  heading.id = `title-of-dialog-${(made += 1)}`; // one may ask for a key above another
  const fault = Object.assign(element("p", "fault"), { role: "alert" });
  const meant = Object.assign(element("button", `button meant ${className}`.trim(), action), { type: "submit" });
  const form = element("form", "", heading, ...content, fault);
  const dialog = element("dialog", "dialog", form);
  const ending = new AbortController(); // of what was sent, when the dialog is closed meanwhile
  let isDone = false;
  form.append(element("div", "actions", meant, button(words.cancel, () => dialog.close())));
  form.noValidate = true; // the service says what is wrong, at its field
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    meant.disabled = true;
    fault.textContent = "";
    try {
      await submit(ending.signal);
      isDone = true;
      dialog.close();
    } catch (error) {
      if (error.name !== "AbortError") fault.textContent = refused(error);
    }
    meant.disabled = false;
  });
  dialog.setAttribute("aria-labelledby", heading.id);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      ending.abort();
      dialog.remove();
      resolve(isDone);
    });
  });
}
