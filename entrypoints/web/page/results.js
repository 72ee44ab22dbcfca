/** The clips for some choices, page by page: what the list shows and the queue plays through. */

import { page } from "/page/api.js";

const PAGE = 100; // the largest that the service gives; the first is smaller, to be there sooner

export class Results {
  /** The clips for `query`, of which none is here yet. */
  constructor(query) {
    this.query = query.toString();
    this.clips = [];
    this.known = new Set();
    this.total = null; // how many there are in all, once that is known
    this.next = `/play?${query}`; // the address of the next page; null after the last
    this.asked = null; // the request under way: whoever wants more waits for the same
    this.aborting = new AbortController();
  }

  get isWhole() {
    return this.next === null;
  }

  /** The clips of the next page. Throws Refusal, AbortError. */
  more() {
    this.asked ??= this.#ask().finally(() => {
      this.asked = null;
    });
    return this.asked;
  }

  /** Ask no further: nobody looks at it any more. */
  abort() {
    this.aborting.abort();
  }

  async #ask() {
    if (this.isWhole) return [];
    const { clips, next } = await page(this.next, this.aborting.signal);
    const fresh = clips.filter(({ id }) => !this.known.has(id)); // an order may move on while one reads
    fresh.forEach(({ id }) => this.known.add(id));
    this.clips.push(...fresh);
    this.next = next && enlarged(next);
    return fresh;
  }
}

function enlarged(address) {
  const [path, query] = address.split("?");
  const parameters = new URLSearchParams(query);
  parameters.set("limit", PAGE);
  return `${path}?${parameters}`;
}
