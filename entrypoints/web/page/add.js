/** The view that adds clips: files that are dropped, chosen or pasted, and addresses; several at once. */

import { genres, Refusal } from "/page/api.js";
import { ClipFields } from "/page/clip-fields.js";
import { button } from "/page/dialogs.js";
import { element, stylesheet } from "/page/dom.js";
import { Submission } from "/page/submission.js";
import { add as words } from "/page/words-views.js";

const AT_ONCE = 2; // uploads; more would only share the same line
const FORMATS = "audio/*,.mp3,.ogg,.oga,.opus,.flac,.wav,.m4a";

let view = null; // made when it is first shown; uploads go on while another one is

class AddView {
  constructor(root) {
    this.submissions = [];
    this.sending = 0;
    this.#build(root);
    this.#listen(root);
    addEventListener("beforeunload", (event) => this.isBusy && event.preventDefault()); // the browser asks
  }

  get isBusy() {
    return this.submissions.some((each) => each.isUnderWay);
  }

  #build(root) {
    this.chooser = Object.assign(element("input"), { type: "file", multiple: true, accept: FORMATS, hidden: true });
    this.choose = button(words.choose, () => this.chooser.click(), "meant");
    this.address = Object.assign(element("input", "field"), { type: "url", inputMode: "url", autocomplete: "off" });
    Object.assign(this.address, { placeholder: words.addressHint, id: "address-of-clip", required: true });
    this.form = element("form", "address", label(this.address, words.address));
    this.form.append(element("div", "row", this.address, element("button", "button", words.take)));
    this.drop = element("div", "drop", element("p", "", words.drop), this.choose, this.chooser);
    this.others = new ClipFields(["genre", "tags"]);
    this.shared = element("fieldset", "shared", element("legend", "", words.shared), this.others.root);
    this.list = element("ol", "submissions");
    this.start = button("", () => this.#startAll(), "meant");
    this.summary = Object.assign(element("p", "hint"), { role: "status" });
    this.known = Object.assign(element("datalist"), { id: "known-genres" });
    root.replaceChildren(element("h2", "", words.title), element("p", "lead", words.lead), this.drop, this.form,
      this.list, this.shared, element("div", "actions", this.start, this.summary), this.known);
    this.#show();
  }

  #listen(root) {
    this.chooser.addEventListener("change", () => {
      this.#take([...this.chooser.files].map((file) => ({ file })));
      this.chooser.value = ""; // the same file may be chosen again
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#take([{ address: this.address.value.trim() }]);
      this.address.value = "";
    });
    root.addEventListener("dragover", (event) => {
      if (!event.dataTransfer.types.some((type) => type === "Files" || type === "text/uri-list")) return;
      event.preventDefault();
      this.drop.classList.add("over");
    });
    root.addEventListener("dragleave", (event) => {
      if (!root.contains(event.relatedTarget)) this.drop.classList.remove("over");
    });
    root.addEventListener("drop", (event) => {
      this.drop.classList.remove("over");
      this.#takeFrom(event, event.dataTransfer);
    });
    document.addEventListener("paste", (event) => {
      if (!root.hidden && !event.target.closest("input, textarea")) this.#takeFrom(event, event.clipboardData);
    });
  }

  /** Files, or else the address that was dropped or pasted. */
  #takeFrom(event, data) {
    const files = [...data.files].map((file) => ({ file }));
    const address = (data.getData("text/uri-list") || data.getData("text/plain")).trim().split(/\s/, 1)[0];
    const isAddress = /^(https?:\/\/|library:)\S/i.test(address);
    if (files.length === 0 && !isAddress) return;
    event.preventDefault();
    this.#take(files.length > 0 ? files : [{ address }]);
  }

  #take(sources) {
    const taken = sources.map((source) => {
      const one = new Submission(source, {
        changed: () => this.#show(),
        removed: () => this.#remove(one),
        start: () => this.#queue([one]),
      });
      return one;
    });
    this.submissions.push(...taken);
    this.list.append(...taken.map(({ root }) => root));
    this.#show();
    taken[0]?.fields.focus();
  }

  #remove(one) {
    const next = this.submissions[this.submissions.indexOf(one) + 1];
    this.submissions = this.submissions.filter((each) => each !== one);
    one.root.remove();
    this.#show();
    (next?.root.querySelector("input, a") ?? this.choose).focus();
  }

  #startAll() {
    this.#queue(this.submissions.filter((each) => each.isWaiting));
  }

  #queue(some) {
    for (const each of some) each.queue();
    this.#next();
  }

  /** Send as many at once as may be; those that wait follow when one is through. */
  async #next() {
    const one = this.submissions.find((each) => each.state === "queued");
    if (one === undefined || this.sending === AT_ONCE) return;
    this.sending += 1;
    const sent = one.send(this.others.said);
    this.#next();
    await sent;
    this.sending -= 1;
    if (one.state === "done") document.dispatchEvent(new CustomEvent("clips-changed"));
    if (one.state === "failed" && !this.submissions.some((each) => each.isUnderWay)) one.fields.focus();
    this.#next();
  }

  #show() {
    const count = (...states) => this.submissions.filter(({ state }) => states.includes(state)).length;
    const [waiting, done, failed] = [count("ready", "failed"), count("done"), count("failed")];
    this.start.textContent = words.start(waiting);
    this.start.hidden = waiting === 0;
    this.shared.hidden = waiting < 2;
    this.summary.textContent = done + failed === 0 ? "" : words.summary(this.submissions.length, done, failed);
  }
}

function label(field, text) {
  return Object.assign(element("label", "", text), { htmlFor: field.id });
}

/** Offer the genres that there are, as one types. Whoever gets no list of them can type all the same. */
async function offerGenres() {
  try {
    view.known.replaceChildren(...(await genres("")).map(({ genre }) => new Option(genre)));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
}

export async function show(root) {
  await stylesheet("/page/views.css");
  view ??= new AddView(root);
  offerGenres();
}

export function hide() {}
