/** Where a view's refusal is told: in words, with what to do; a missing key is asked for. */

import { KeyNeeded, Refusal, useKey } from "/page/api.js";
import { trouble as words } from "/page/words.js";

export class Trouble {
  /** `notice` has a sentence and a button, `entry` is the form for a key. */
  constructor(notice, entry) {
    this.notice = notice;
    this.entry = entry;
    this.again = () => {};
    notice.querySelector("button").addEventListener("click", () => this.again());
    entry.addEventListener("submit", (event) => {
      event.preventDefault();
      useKey(entry.querySelector("input").value.trim());
      this.again();
    });
  }

  get isTold() {
    return !this.notice.hidden || !this.entry.hidden;
  }

  clear() {
    this.notice.hidden = this.entry.hidden = true;
  }

  /** Say why `error` came, and offer to do the same `again`. */
  tell(error, again) {
    this.again = again;
    if (!(error instanceof Refusal)) reportError(error); // a mistake of ours
    if (error instanceof KeyNeeded) this.#askForKey(error);
    else this.#say(error.message);
  }

  #askForKey(error) {
    const field = this.entry.querySelector("input");
    this.entry.querySelector("p").textContent = field.value === "" ? words.private : error.message;
    this.notice.hidden = true;
    this.entry.hidden = false;
    field.select();
  }

  #say(text) {
    this.notice.querySelector("p").textContent = text;
    this.entry.hidden = true;
    this.notice.hidden = false;
  }
}
