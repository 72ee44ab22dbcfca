/** The list of clips: its rows, how often each was played, and which one is playing. */

import { element } from "/page/dom.js";
import { clock, hue } from "/page/format.js";
import { list as words, plays } from "/page/words.js";

function bars() {
  const made = element("span", "bars", element("i"), element("i"), element("i"));
  made.ariaHidden = "true";
  return made;
}

export class ClipList {
  /** `list` is the <ol> to fill; `press` is called with a clip when its button is pressed. */
  constructor(list, press) {
    this.list = list;
    this.press = press;
    this.rows = new Map(); // id → { clip, row, button, count }
    this.current = null;
    this.isPlaying = false;
  }

  get clips() {
    return [...this.rows.values()].map(({ clip }) => clip);
  }

  clear() {
    this.rows.clear();
    this.list.replaceChildren();
  }

  /** Show more clips below the others. One that is there already stays in its place: its order may have moved on. */
  add(clips) {
    for (const clip of clips) {
      if (this.rows.has(clip.id)) continue;
      const made = this.#row(clip);
      this.rows.set(clip.id, made);
      this.list.append(made.row);
    }
    this.#markAll();
  }

  /** Move the focus to the clip's button, e.g. the first of a page that was just added. */
  focus(id) {
    this.rows.get(id)?.button.focus();
  }

  /** Show how often a clip was played by now. */
  count(id, number) {
    const shown = this.rows.get(id);
    if (shown === undefined || shown.count.textContent === plays(number)) return;
    const count = element("span", "count grew", plays(number)); // a new element, so that its animation starts anew
    shown.count.replaceWith(count);
    shown.count = count;
  }

  /** Show which clip is in the player, and whether it sounds. */
  mark(id, isPlaying) {
    this.current = id;
    this.isPlaying = isPlaying;
    this.#markAll();
  }

  #markAll() {
    for (const [id, { clip, row, button }] of this.rows) {
      const sounds = id === this.current && this.isPlaying;
      row.classList.toggle("current", id === this.current);
      row.classList.toggle("playing", sounds);
      button.ariaLabel = sounds ? words.pause(clip.title) : words.play(clip.title);
    }
  }

  #row(clip) {
    const row = element("li", "clip");
    row.style.setProperty("--hue", hue(clip.id));
    row.dataset.clip = clip.id;
    const button = element("button", "tile", element("span", "triangle"), bars());
    button.type = "button";
    button.addEventListener("click", () => this.press(clip));
    const words = element("div", "words", element("h3", "title", clip.title));
    if (clip.description) words.append(element("p", "description", clip.description));
    const length = element("time", "length", clock(clip.duration));
    length.dateTime = `PT${clip.duration}S`;
    const count = element("span", "count", plays(clip.play_count));
    const facts = element("p", "facts", element("span", "genre", clip.genre), length, count);
    row.append(button, words, facts);
    return { clip, row, button, count };
  }
}
