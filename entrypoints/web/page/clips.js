/** The list of clips: its rows, how often each was played, and which one is playing. */

import { Chunk } from "/page/chunk.js";
import { fragment, NOTHING } from "/page/choices.js";
import { element } from "/page/dom.js";
import { clock, hue } from "/page/format.js";
import { list as words, plays } from "/page/words.js";

const CHUNK = 25; // rows that come and go together: with each on its own, thousands are slow

const ROW = row(); // copied for each clip: thousands are made in a moment

function row() {
  const bars = element("span", "bars", element("i"), element("i"), element("i"));
  bars.ariaHidden = "true";
  const button = element("button", "tile", element("span", "triangle"), bars);
  button.type = "button";
  const heading = element("h3", "title", element("a"));
  const facts = element("p", "facts", element("span", "genre"), element("time", "length"), element("span", "count"));
  const made = element("div", "clip", button, element("div", "words", heading), facts);
  made.role = "listitem";
  return made;
}

export class ClipList {
  /** `list` is the element to fill; `press` is called with a clip when its button is pressed. */
  constructor(list, press) {
    this.list = list;
    this.rows = new Map(); // id → { clip, row, button, count, chunk }, from the top
    this.counts = new Map(); // id → how often it was played, as far as was told since the page was opened
    this.chunk = null; // the last one
    this.current = null;
    this.isPlaying = false;
    this.companion = null; // what the row of the current clip shows besides, e.g. its waveform
    list.addEventListener("click", ({ target }) => {
      const button = target.closest(".tile");
      if (button) press(this.rows.get(Number(button.parentElement.dataset.clip)).clip);
    });
  }

  clear() {
    this.rows.clear();
    this.list.replaceChildren();
  }

  /** Show more clips below the others. */
  add(clips) {
    for (const clip of clips) {
      clip.play_count = Math.max(clip.play_count, this.counts.get(clip.id) ?? 0); // it may be kept from before
      if (this.rows.size % CHUNK === 0) {
        this.chunk = new Chunk();
        this.list.append(this.chunk.element);
      }
      const shown = filled(ROW.cloneNode(true), clip);
      this.chunk.add(shown.row);
      this.rows.set(clip.id, { ...shown, chunk: this.chunk });
    }
    if (clips.some(({ id }) => id === this.current)) this.mark(this.current, this.isPlaying);
  }

  /** Move the focus to the clip's button, e.g. the first of a page that was just added; else to the list. */
  focus(id) {
    const shown = this.rows.get(id);
    shown?.chunk.attach();
    (shown?.button ?? this.list).focus();
  }

  /** Move the focus to the row below (1) or above (-1) the one that has it, or else the one that plays; whether there
   * is one. */
  step(direction) {
    const focused = document.activeElement.closest(".clip")?.dataset.clip ?? this.current;
    const ids = [...this.rows.keys()];
    const from = ids.indexOf(Number(focused));
    const to = ids[from < 0 ? 0 : from + direction];
    if (to !== undefined) this.focus(to);
    return to !== undefined;
  }

  /** Show how often a clip was played by now; less than is known is an answer that came late. */
  count(id, number) {
    this.counts.set(id, Math.max(number, this.counts.get(id) ?? 0));
    const shown = this.rows.get(id);
    if (shown === undefined || shown.clip.play_count >= number) return;
    shown.clip.play_count = number;
    const count = element("span", "count grew", plays(number)); // a new element, so that its animation starts anew
    shown.count.replaceWith(count);
    shown.count = count;
  }

  /** Show which clip is in the player, and whether it sounds. */
  mark(id, isPlaying) {
    const before = this.rows.get(this.current);
    if (before && this.current !== id) dress(before, false, false);
    this.current = id;
    this.isPlaying = isPlaying;
    const now = this.rows.get(id);
    if (now === undefined) return;
    dress(now, true, isPlaying);
    if (this.companion && this.companion.parentNode !== now.row) now.row.append(this.companion);
  }
}

function dress({ clip, row, button }, isCurrent, sounds) {
  row.classList.toggle("current", isCurrent);
  row.classList.toggle("playing", sounds);
  button.ariaLabel = sounds ? words.pause(clip.title) : words.play(clip.title);
}

/** A row that shows `clip`, and the parts of it that will change. */
function filled(row, clip) {
  row.dataset.clip = clip.id;
  row.style.setProperty("--hue", hue(clip.id));
  const [button, about, facts] = row.children;
  button.ariaLabel = words.play(clip.title);
  const title = about.firstChild.firstChild;
  title.textContent = clip.title;
  title.href = `#/clips/${clip.id}`;
  if (clip.description) about.append(element("p", "description", clip.description));
  if (clip.tags?.length > 0) about.append(element("p", "tags", ...clip.tags.map(tagLink)));
  const [genre, length, count] = facts.children;
  genre.textContent = clip.genre;
  length.textContent = clock(clip.duration);
  length.dateTime = `PT${clip.duration}S`;
  count.textContent = plays(clip.play_count);
  return { clip, row, button, count };
}

/** A link to all clips with this tag. */
function tagLink(tag) {
  const link = element("a", "tag", tag);
  link.href = fragment({ ...NOTHING, tags: [tag] });
  return link;
}
