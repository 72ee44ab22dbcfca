/** The genres to choose from, and the tags that were chosen, as chips. */

import { genres, Refusal } from "/page/api.js";
import { asQuery } from "/page/choices.js";
import { element } from "/page/dom.js";
import { list as words } from "/page/words.js";

const MOST = 100; // genres that the service tells; with so many there may be more

export class Chips {
  /** `root` is the group to fill; `choose` is called with what a press on a chip changes: `{ genre }` or `{ tags }`. */
  constructor(root, choose) {
    this.root = root;
    this.choose = choose;
    this.seen = new Map(); // folded genre → as it was written first
    this.asking = new AbortController();
  }

  /** Offer the genres that the clips have which these choices find, or if they cannot be asked, those that were seen.
   * Resolves to how many clips the choices find, or null where that cannot be told. */
  async show(choices, clips) {
    for (const { genre } of clips) if (!this.seen.has(genre.toLowerCase())) this.seen.set(genre.toLowerCase(), genre);
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    try {
      const found = await genres(asQuery({ ...choices, genre: "", sort: "" }), signal);
      if (signal.aborted) return null;
      this.#draw(choices, found);
      return total(choices, found);
    } catch (error) {
      if (error.name === "AbortError") return null;
      if (!(error instanceof Refusal)) throw error;
      this.#draw(choices, [...this.seen.values()].sort().map((genre) => ({ genre })));
      return null;
    }
  }

  #draw(choices, found) {
    const held = document.activeElement?.closest("#chips button")?.dataset.chip; // the focus stays on the same chip
    const isChosen = chosenBy(choices);
    const offered = choices.genre === "" || found.some(({ genre }) => isChosen(genre))
      ? found : [{ genre: choices.genre }, ...found];
    const tags = choices.tags.map((tag) => this.#chip(`# ${tag}`, words.withoutTag(tag), true, {
      tags: choices.tags.filter((other) => other !== tag),
    }));
    const all = this.#chip(words.allGenres, words.allGenres, choices.genre === "", { genre: "" });
    const chips = offered.map(({ genre, clips }) => {
      const chosen = isChosen(genre);
      const chip = this.#chip(genre, words.genre(genre, clips), chosen, { genre: chosen ? "" : genre });
      if (clips !== undefined) chip.append(" ", element("span", "number", clips.toLocaleString("en")));
      return chip;
    });
    this.root.replaceChildren(...tags, all, ...chips);
    if (held !== undefined) this.root.querySelector(`[data-chip="${CSS.escape(held)}"]`)?.focus();
  }

  #chip(text, name, isPressed, change) {
    const chip = element("button", "chip", text);
    chip.type = "button";
    chip.dataset.chip = text;
    chip.ariaLabel = name;
    chip.ariaPressed = String(isPressed);
    chip.addEventListener("click", () => this.choose(change));
    return chip;
  }
}

function chosenBy(choices) {
  return (genre) => genre.toLowerCase() === choices.genre.toLowerCase();
}

/** How many clips have one of the genres that were found, or the chosen one; null where the service told not all. */
function total(choices, found) {
  if (choices.genre !== "") return found.find(({ genre }) => chosenBy(choices)(genre))?.clips ?? null;
  return found.length < MOST ? found.reduce((sum, { clips }) => sum + clips, 0) : null;
}
