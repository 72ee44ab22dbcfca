/** The view of the clips: what was chosen, as the address says it, and the clips for that. */

import { KeyNeeded, Refusal } from "/page/api.js";
import { asQuery, choicesIn, fragment, isNarrowed } from "/page/choices.js";
import { Chips } from "/page/chips.js";
import { Controls } from "/page/controls.js";
import { Results } from "/page/results.js";
import { list as words } from "/page/words.js";

const MOST_KEPT = 8; // entries of the history whose clips are there at once on coming back
const AHEAD = "1200px 0px"; // how near its end the list grows

const byId = (id) => document.getElementById(id);

export class ClipsView {
  /** `list` is the ClipList to fill. `go` leads to a fragment; `trouble` is told what hinders the list to grow. */
  constructor(list, go, trouble) {
    this.list = list;
    this.go = go;
    this.trouble = trouble;
    this.chips = new Chips(byId("chips"), (change) => this.#choose(change));
    const leave = () => list.focus(this.results?.clips[0]?.id);
    this.controls = new Controls(byId("search"), byId("sort"), (change, how) => this.#choose(change, how), leave);
    [this.more, this.summary] = ["more", "summary"].map(byId);
    this.choices = choicesIn(new URLSearchParams());
    this.results = null;
    this.kept = new Map(); // entry of the history → its Results
    this.isGrowing = false;
    this.more.addEventListener("click", () => this.grow());
    const grow = (seen) => seen.at(-1).isIntersecting && this.grow();
    this.growing = new IntersectionObserver(grow, { rootMargin: AHEAD });
  }

  /** Show the clips that the query asks for; those of an older query are no longer wanted. */
  async show(_root, { query, entry }) {
    this.choices = choicesIn(query);
    this.controls.show(this.choices);
    const asked = asQuery(this.choices);
    const kept = this.kept.get(entry);
    const results = kept?.query === asked.toString() && kept.clips.length > 0 ? kept : new Results(asked);
    if (results === this.results) return;
    if (this.results?.clips.length === 0) this.results.abort();
    this.results = results;
    this.#keep(entry, results);
    await this.#fill(results);
  }

  hide() {
    this.controls.settle();
  }

  /** Forget the clips that are kept, since one was added, changed or removed. */
  forget() {
    this.kept.clear();
    this.results = null;
  }

  /** Show the next page below; from its first clip it goes on by keyboard. */
  async grow() {
    const { results } = this;
    if (results === null || results.isWhole || this.isGrowing) return;
    this.isGrowing = true;
    this.list.list.ariaBusy = "true";
    try {
      await results.more();
      if (results !== this.results) return;
      this.#append();
      this.trouble.recover();
    } catch (error) {
      if (results === this.results) this.#fail(error);
    } finally {
      this.isGrowing = false;
    }
  }

  async #fill(results) {
    this.list.list.ariaBusy = "true";
    this.more.hidden = true;
    if (this.list.rows.size === 0) this.summary.textContent = words.loading;
    try {
      if (results.clips.length === 0) await results.more();
      if (results !== this.results) return;
      this.list.clear();
      this.#append();
      this.#offer(results).catch(reportError);
    } catch (error) {
      if (results !== this.results) return;
      this.results = null; // to be asked anew
      this.list.clear(); // what is left of an older choice would pass for the answer
      this.#summarise(error instanceof KeyNeeded ? words.locked : words.failed);
      throw error;
    }
  }

  /** Offer the genres, which also tell how many clips there are in all. */
  async #offer(results) {
    const total = await this.chips.show(this.choices, results.clips);
    if (results !== this.results) return;
    results.total = total;
    this.summary.textContent = this.#found();
  }

  /** Show what the results hold beyond what is shown; the queue may have asked for more, too. */
  #append() {
    const hadFocus = document.activeElement === this.more;
    const clips = this.results.clips.slice(this.list.rows.size);
    this.list.add(clips);
    this.#summarise(this.#found());
    if (hadFocus && clips.length > 0) this.list.focus(clips[0].id);
    this.growing.unobserve(this.more); // an observer tells of changes only: whether there is room for more is asked anew
    this.growing.observe(this.more);
  }

  #summarise(text) {
    this.list.list.ariaBusy = "false";
    this.summary.textContent = text;
    this.more.hidden = this.results === null || this.results.isWhole;
  }

  #found() {
    const { clips, isWhole, total } = this.results;
    if (isWhole && clips.length > 0) return words.all(clips.length);
    if (!isWhole) return total === null ? words.some(clips.length) : words.all(Math.max(total, clips.length));
    return isNarrowed(this.choices) ? words.noMatch : words.none;
  }

  /** Say why the list does not grow. */
  #fail(error) {
    if (!(error instanceof Refusal)) throw error;
    this.#summarise(this.#found());
    this.more.hidden = true; // the notice has a button
    this.trouble.tell(error, () => this.grow());
  }

  #keep(entry, results) {
    this.kept.delete(entry);
    this.kept.set(entry, results);
    if (this.kept.size > MOST_KEPT) this.kept.delete(this.kept.keys().next().value);
  }

  /** Go where the choices are these, of which some have changed. */
  #choose(change, how) {
    this.controls.settle();
    const choices = { ...this.choices, q: this.controls.q, ...change };
    if (choices.q === "" && choices.sort === "relevance") choices.sort = "";
    return this.go(fragment(choices), how);
  }
}
