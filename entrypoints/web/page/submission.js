/** A clip that is about to be added: what it is taken from, what is said of it, and how far it is. */

import { ClipFields } from "/page/clip-fields.js";
import { button } from "/page/dialogs.js";
import { element } from "/page/dom.js";
import { add as words } from "/page/words-views.js";
import { Refused, write } from "/page/writing.js";

const OF_FILE = ["title", "genre", "tags", "description"];
const OF_ADDRESS = [...OF_FILE, "duration"];

/** What a file is about, by its name: "03_night-bus.mp3" is "night bus". */
export function guessedTitle(name) {
  const stem = name.replace(/\.[^.]*$/, "").replace(/[_\s]+/g, " ").trim();
  return stem.replace(/^\d{1,3}[\s.-]+(?=\S)/, "").replace(/(?<=\p{L})-(?=\p{L})/gu, " ") || stem;
}

function nameOfAddress(address) {
  const last = address.split(/[?#]/, 1)[0].split("/").at(-1);
  try {
    return decodeURIComponent(last) || address;
  } catch (error) {
    if (error instanceof URIError) return last; // a percent sign that is one
    throw error;
  }
}

export class Submission {
  /** Of a file, or of an address. `changed` hears whenever its state does: ready, waiting, sending, failed, done. */
  constructor({ file = null, address = null }, { changed, removed, start }) {
    this.file = file;
    this.address = address;
    this.changed = changed;
    this.name = file?.name ?? nameOfAddress(address);
    const title = guessedTitle(this.name);
    // What a file's own tags say is better than its name, so that a guess is only a hint; an address has no such say.
    this.fields = file ? new ClipFields(OF_FILE, {}, { title: words.titleHint(title), genre: words.genreHint })
      : new ClipFields(OF_ADDRESS, { title });
    this.buttons = {
      cancel: button(words.cancel, () => this.#cancel()),
      retry: button(words.retry, start),
      remove: button(words.remove, removed),
    };
    for (const made of Object.values(this.buttons)) made.setAttribute("aria-describedby", `of-${this.fields.id}`);
    this.bar = Object.assign(element("progress"), { max: 1, ariaLabel: words.progressOf(this.name) });
    this.told = element("p", "told");
    this.told.role = "status";
    const about = element("p", "hint", file ? words.bytes(file.size) : address);
    const heading = element("h3", "", this.name);
    heading.id = `of-${this.fields.id}`;
    this.root = element("li", "submission", heading, about, this.fields.root, this.bar, this.told,
      element("div", "actions", ...Object.values(this.buttons)));
    this.#become("ready");
  }

  get isWaiting() {
    return this.state === "ready" || this.state === "failed";
  }

  get isUnderWay() {
    return this.state === "queued" || this.state === "sending";
  }

  queue() {
    this.#become("queued", words.queued);
  }

  /** Add it; `others` is what to say of it where nothing is said. Never rejects: how it went is its state. */
  async send(others) {
    this.sending = new AbortController();
    this.fields.tell([]);
    this.#become("sending", this.file ? words.starting : words.opening);
    try {
      this.clip = await write("POST", "/play", {
        ...this.#body({ ...others, ...this.fields.said }),
        signal: this.sending.signal,
        progress: (loaded, total) => this.#progress(loaded, total),
        tell: (text) => { this.told.textContent = text; },
      });
      this.#become("done");
    } catch (error) {
      if (error.name === "AbortError") this.#become("ready", words.cancelled);
      else this.#fail(error);
    }
  }

  #cancel() {
    if (this.state === "queued") this.#become("ready", words.cancelled);
    else this.sending.abort();
  }

  #body(said) {
    if (this.file === null) {
      return { body: JSON.stringify({ ...said, audio_url: this.address }), type: "application/json" };
    }
    const form = new FormData(); // fields first: they are judged before the audio is read
    for (const [name, value] of Object.entries(said)) for (const each of [value].flat()) form.append(name, each);
    form.append("audio", this.file, this.file.name);
    return { body: form };
  }

  #progress(loaded, total) {
    this.bar.value = loaded / total;
    this.told.textContent = loaded < total ? words.sent(loaded, total) : words.opening;
    if (loaded === total) this.bar.removeAttribute("value"); // from here on the service works, who knows for how long
  }

  #fail(error) {
    const homeless = error instanceof Refused ? this.fields.tell(error.errors) : [];
    const isTold = error instanceof Refused && error.errors.length > homeless.length;
    this.#become("failed", isTold ? [words.seeFields, ...homeless].join(" ") : error.message);
  }

  #become(state, text = "") {
    this.state = state;
    this.root.dataset.state = state;
    this.told.textContent = text;
    if (state === "done") this.told.replaceChildren(words.added, " ", linkTo(this.clip));
    this.fields.root.hidden = state === "done";
    this.fields.disabled = this.isUnderWay;
    this.bar.hidden = state !== "sending";
    this.bar.removeAttribute("value");
    this.buttons.cancel.hidden = !this.isUnderWay;
    this.buttons.retry.hidden = state !== "failed";
    this.buttons.remove.hidden = this.isUnderWay;
    this.changed(this);
  }
}

function linkTo(clip) {
  return Object.assign(element("a", "", clip.title), { href: `#/clips/${clip.id}` });
}
