/** The views of the page, by the fragment of its address: `#/`, `#/clips/3`, `#/statistics`, `#/add`.
 *
 * A view is a module with `show(root, parameters)` and `hide()`. `root` is its own <section>, which keeps its content
 * while another view is shown; `parameters` is `{ id, query, entry }`: the number in the path, what follows the question
 * mark as URLSearchParams, and the entry of the history, which is the same on coming back. `show` is also called when
 * only the query has changed. It may be async; what it rejects with is told beside a button that shows the view again.
 * The <h2> that a view has then names it. A view that adds, changes or removes a clip dispatches the event
 * `clips-changed` on the document, so that the list is asked anew. */

import { part } from "/page/dom.js";
import { page } from "/page/words.js";

const ADDRESSES = [
  [/^\/clips\/([1-9]\d{0,15})$/, "clip"],
  [/^\/statistics$/, "statistics"],
  [/^\/add$/, "add"],
];

/** What a fragment leads to; the clips, where it leads nowhere else. */
export function destination(fragment) {
  const [, path, query = ""] = /^#?([^?]*)\??(.*)$/s.exec(fragment);
  for (const [pattern, name] of ADDRESSES) {
    const match = pattern.exec(path);
    if (match) return { name, id: match[1] && Number(match[1]), query: new URLSearchParams(query) };
  }
  return { name: "clips", query: new URLSearchParams(query) };
}

export class Router {
  /** `load` has a function for each view that resolves to its module; `trouble` tells what a view rejects with. */
  constructor(load, trouble) {
    this.load = load;
    this.trouble = trouble;
    this.name = null; // of the view that is shown, or being loaded
    this.view = null; // its module, once it is there
    this.entry = null; // of the history
    this.turn = 0; // counts navigations: the view of an older one comes too late
    this.scrolls = new Map(); // entry → how far it was scrolled
    history.scrollRestoration = "manual"; // a view is shown later than the browser would scroll
    addEventListener("popstate", () => this.show());
  }

  /** Go to a fragment as a link would; with `replace` it takes the place of the one at hand. */
  go(fragment, { replace = false } = {}) {
    if (replace) history.replaceState(history.state, "", fragment);
    else history.pushState(null, "", fragment);
    return this.show();
  }

  /** Show what the address says now. */
  async show() {
    this.turn += 1;
    const { turn } = this;
    const { name, ...parameters } = destination(location.hash);
    const isOther = this.name !== null && this.name !== name;
    const moved = this.#enter();
    const root = this.#turnTo(name);
    try {
      this.view ??= await part(this.load[name]);
      if (turn !== this.turn) return;
      await this.view.show(root, { ...parameters, entry: this.entry });
      if (turn === this.turn) this.trouble.recover();
    } catch (error) {
      if (turn === this.turn && error.name !== "AbortError") this.trouble.tell(error, () => this.show());
    }
    if (turn !== this.turn) return;
    nameBy(root.querySelector("h2"), name);
    if (isOther) (root.querySelector("h2") ?? root).focus({ preventScroll: true });
    if (moved) scrollTo(0, this.scrolls.get(this.entry) ?? 0);
  }

  /** Remember how far the entry that is left was scrolled; whether another was entered. */
  #enter() {
    if (this.entry !== null) this.scrolls.set(this.entry, scrollY);
    const before = this.entry;
    if (history.state?.entry === undefined) history.replaceState({ entry: `${Date.now()}-${this.turn}` }, "");
    this.entry = history.state.entry;
    return before !== null && before !== this.entry;
  }

  /** Hide the view before, unless it is the same, and make room for this one: its root. */
  #turnTo(name) {
    if (this.name !== name) {
      this.view?.hide();
      this.view = null;
      this.name = name;
      this.trouble.clear();
    }
    const root = document.getElementById(`view-${name}`);
    for (const section of document.querySelectorAll(".view")) section.hidden = section !== root;
    for (const link of document.querySelectorAll("#views a")) {
      link.ariaCurrent = destination(link.hash).name === name ? "page" : null;
    }
    return root;
  }
}

/** Name the page by the heading of its view. */
function nameBy(heading, name) {
  heading?.setAttribute("tabindex", "-1");
  document.title = name === "clips" || heading === null ? page.name : page.titled(heading.textContent);
}
