/** The words to search for, and the order: a field and a list. */

const PAUSE_IN_TYPING = 150; // milliseconds after which the search is asked for

export class Controls {
  /** `choose(change, how)` hears of what is chosen anew, `{ q }` or `{ sort }`; `how` says whether it replaces what was
   * chosen before. `leave()` moves the focus to what was found. */
  constructor(search, sort, choose, leave) {
    this.search = search;
    this.sort = sort;
    this.choose = choose;
    this.leave = leave;
    this.chosen = ""; // the words that are searched for now
    this.before = ""; // and those before somebody began to type
    this.typing = 0;
    this.#listen();
  }

  /** The words in the field. */
  get q() {
    return this.search.value.trim();
  }

  show({ q, sort }) {
    this.settle();
    this.chosen = q;
    if (this.q !== q) this.search.value = q;
    if (document.activeElement !== this.search) this.before = q;
    const best = this.sort.querySelector("[value=relevance]");
    best.hidden = best.disabled = q === "";
    this.sort.value = sort || this.#usual();
  }

  /** Wait no longer for the end of typing. */
  settle() {
    clearTimeout(this.typing);
  }

  /** The order that the service takes of itself. */
  #usual() {
    return this.q === "" ? "newest" : "relevance";
  }

  #listen() {
    this.search.addEventListener("focus", () => {
      this.before = this.chosen;
    });
    this.search.addEventListener("input", () => {
      this.settle();
      this.typing = setTimeout(() => this.#ask(), PAUSE_IN_TYPING);
    });
    this.search.addEventListener("keydown", (event) => this.#press(event));
    this.sort.addEventListener("change", () => {
      this.choose({ sort: this.sort.value === this.#usual() ? "" : this.sort.value });
    });
  }

  /** Ask for the words; a search is one step back, however many letters it has. */
  #ask() {
    if (this.q !== this.chosen) this.choose({ q: this.q }, { replace: this.chosen !== this.before });
  }

  /** Enter asks at once, Escape clears the words and then leaves them, and an arrow leads down to the clips. */
  #press(event) {
    const leaves = event.key === "ArrowDown" || (event.key === "Escape" && this.search.value === "");
    if (event.key === "Escape") this.search.value = "";
    if (["Enter", "Escape"].includes(event.key)) this.#ask();
    if (!leaves) return;
    event.preventDefault();
    this.leave();
  }
}
