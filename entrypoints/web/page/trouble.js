/** Where a view's refusal is told: in words, with what to do. What may mend itself is tried again by itself; a missing
 * key is asked for. */

import { KeyNeeded, Refusal, Unreachable, useKey } from "/page/api.js";
import { trouble as words } from "/page/words.js";

const FIRST_PAUSE = 2; // seconds until nothing answered is tried again; doubled each time
const LONGEST_PAUSE = 30;

export class Trouble {
  /** `notice` has a sentence, a countdown and a button; `entry` is the form for a key. */
  constructor(notice, entry) {
    [this.sentence, this.countdown] = notice.querySelectorAll("p");
    this.notice = notice;
    this.entry = entry;
    this.again = null;
    this.pause = FIRST_PAUSE;
    this.ticking = 0;
    notice.querySelector("button").addEventListener("click", () => this.#tryAgain());
    entry.addEventListener("submit", (event) => {
      event.preventDefault();
      useKey(entry.querySelector("input").value.trim());
      this.#tryAgain();
    });
    addEventListener("offline", () => this.notice.hidden && this.#say(words.offline));
    addEventListener("online", () => (this.again ? this.#tryAgain() : this.clear()));
  }

  /** Nothing is wrong, as far as is known. */
  clear() {
    clearInterval(this.ticking);
    this.again = null;
    this.notice.hidden = this.entry.hidden = true;
  }

  /** What was asked has been answered: the next failure is a first one. */
  recover() {
    this.pause = FIRST_PAUSE;
    this.clear();
  }

  /** Say why `error` came, and offer to do the same `again`. */
  tell(error, again) {
    this.clear();
    this.again = again;
    if (!(error instanceof Refusal)) reportError(error); // a mistake of ours
    if (error instanceof KeyNeeded) this.#askForKey(error);
    else this.#say(navigator.onLine ? error.message : words.offline);
    if (error.retryAfter) this.#tryAgainIn(error.retryAfter);
    else if (error instanceof Unreachable) {
      this.#tryAgainIn(this.pause);
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    }
  }

  #tryAgain() {
    const { again } = this;
    clearInterval(this.ticking);
    this.countdown.textContent = "";
    again?.();
  }

  /** Count down where it is seen; it would be a torrent to whoever has it read out. */
  #tryAgainIn(seconds) {
    const moment = performance.now() + seconds * 1000;
    const tick = () => {
      const left = Math.ceil((moment - performance.now()) / 1000);
      this.countdown.textContent = words.retrying(Math.max(left, 0));
      if (left <= 0) this.#tryAgain();
    };
    this.ticking = setInterval(tick, 500);
    tick();
  }

  #askForKey(error) {
    const field = this.entry.querySelector("input");
    this.entry.querySelector("p").textContent = field.value === "" ? words.private : error.message;
    this.entry.hidden = false;
    field.select();
  }

  #say(text) {
    this.countdown.textContent = "";
    this.sentence.textContent = text;
    this.notice.hidden = false;
  }
}
