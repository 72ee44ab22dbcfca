/** What is played after the clip at hand, and before it: the clips of the list, in its order or shuffled. */

import { Refusal } from "/page/api.js";

const NEAR = 5; // clips left, at which more are asked for
const RESTARTS = 3; // seconds after which "previous" is this clip's own beginning
const PATIENCE = 4000; // milliseconds until a clip that cannot be played is left for the next
const MOST_FAILURES = 5; // in a row, after which it stays silent
const REPEATS = ["off", "all", "one"];

/** Dispatches `change` when it is shuffled or repeated otherwise, and `stuck` with an error when the clips after the
 * last cannot be asked for. */
export class Queue extends EventTarget {
  /** `source` tells the Results that the list shows. */
  constructor(player, source) {
    super();
    this.player = player;
    this.source = source;
    this.results = null;
    this.clip = null; // the one at hand, as far as is known here
    this.isShuffled = false;
    this.repeat = "off";
    this.heard = []; // the clips begun by now, in order, since the shuffle began
    this.failures = 0;
    this.isOnItsOwn = false; // whether the clip at hand was begun by the queue
    this.turn = 0; // counts clips begun: what was to follow an older one does not
    player.addEventListener("pressed", () => this.#startFromPress());
    player.addEventListener("change", () => this.#note());
    player.addEventListener("ended", () => this.#goOn());
    player.addEventListener("begun", () => {
      this.failures = 0;
    });
    player.addEventListener("failed", () => this.#passOver());
  }

  /** Pause, or go on; with no clip at hand, the first of the list. */
  toggle() {
    const [first] = this.source()?.clips ?? [];
    if (this.player.clip !== null) this.player.toggle();
    else if (first) this.player.press(first);
  }

  shuffle() {
    this.isShuffled = !this.isShuffled;
    this.heard = this.player.clip === null ? [] : [this.player.clip];
    this.dispatchEvent(new Event("change"));
  }

  repeatNext() {
    this.repeat = REPEATS[(REPEATS.indexOf(this.repeat) + 1) % REPEATS.length];
    this.dispatchEvent(new Event("change"));
  }

  /** Begin the next clip, if there is one. */
  next() {
    this.isOnItsOwn = false;
    return this.#advance();
  }

  async #advance() {
    if (this.results === null) return;
    const { turn } = this;
    const clip = await this.#following();
    if (clip !== null && turn === this.turn) this.player.begin(clip);
  }

  /** Begin the clip before, or this one once it has gone on for a while, or is the first. */
  previous() {
    const clip = this.player.moment > RESTARTS ? null : this.#preceding();
    if (clip) this.player.begin(clip);
    else this.player.seek(0);
  }

  /** Somebody chose a clip: go on through the list that it is in. */
  #startFromPress() {
    this.results = this.source();
    this.heard = [];
    this.isOnItsOwn = false;
  }

  /** Another clip is at hand, whoever began it. */
  #note() {
    const { clip } = this.player;
    if (clip === this.clip) return;
    this.clip = clip;
    this.turn += 1;
    clearTimeout(this.leaving);
    if (this.heard.at(-1) !== clip) this.heard.push(clip);
    if (this.results === null) return;
    // A page that cannot be had now is asked for again when it is needed, and missed then.
    if (this.#left().length < NEAR) this.#more().catch((error) => error instanceof Refusal || reportError(error));
  }

  #goOn() {
    this.isOnItsOwn = true;
    if (this.repeat === "one") this.player.begin(this.player.clip);
    else this.#advance();
  }

  /** Leave a clip that cannot be played, if nobody pressed it: who listens may not look. */
  #passOver() {
    this.failures += 1;
    if (!this.isOnItsOwn || this.failures > MOST_FAILURES) return;
    const { turn } = this;
    this.leaving = setTimeout(() => turn === this.turn && this.#advance(), PATIENCE);
  }

  /** The clip that comes next; null at the end. */
  async #following() {
    try {
      while (this.#left().length === 0 && (await this.#more())) /* until one more is there */;
    } catch (error) {
      this.dispatchEvent(new CustomEvent("stuck", { detail: error }));
      return null;
    }
    const left = this.#left();
    if (left.length > 0) return this.isShuffled ? anyOf(left) : left[0];
    if (this.repeat !== "all") return null;
    this.heard = [];
    return this.isShuffled ? anyOf(this.#left()) : this.results.clips[0];
  }

  /** The clips of the list that are still to come. */
  #left() {
    const { clips } = this.results;
    if (!this.isShuffled) return clips.slice(this.#place() + 1);
    const heard = new Set(this.heard.map(({ id }) => id));
    return clips.filter(({ id }) => !heard.has(id));
  }

  #preceding() {
    if (!this.isShuffled) return this.results?.clips[this.#place() - 1];
    if (this.heard.length < 2) return null;
    this.heard.pop();
    return this.heard.at(-1);
  }

  #place() {
    return this.results.clips.findIndex(({ id }) => id === this.player.clip?.id);
  }

  /** Ask for the next page; false where there is none. */
  async #more() {
    if (this.results === null || this.results.isWhole) return false;
    await this.results.more();
    return true;
  }
}

function anyOf(clips) {
  return clips[Math.floor(Math.random() * clips.length)];
}
