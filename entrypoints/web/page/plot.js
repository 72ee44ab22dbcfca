/** A chart of counts over time, drawn in SVG; read by pointer, by touch, and bucket by bucket with the arrow keys. */

import { bucketAt, countTicks, heights, labelledBuckets, middles, path } from "/page/chart.js";
import { element } from "/page/dom.js";

const HEIGHT = 240; // pixels, as all lengths here
const MARGIN = { top: 10, right: 22, bottom: 26 };
const ROOM_OF_TIP = 8; // between it and its bucket
const ROOM_OF_LABEL = { hour: 62, day: 58 };
const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes, ...content) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
}

export class Plot {
  /** `root` is the empty element to draw into; it becomes a slider over the buckets, named `name`. */
  constructor(root, name) {
    this.root = root;
    this.svg = svg("svg", { "aria-hidden": "true", height: HEIGHT });
    this.tip = element("div", "tip");
    this.tip.ariaHidden = "true"; // the slider's value says the same
    this.shown = null;
    Object.assign(root, { role: "slider", tabIndex: 0, ariaLabel: name, ariaOrientation: "horizontal" });
    root.replaceChildren(this.svg, this.tip);
    this.#listen();
  }

  /** Show `series` (`{ name, values }` each) over the buckets that begin at `moments`; `words` says all in words.
   *
   * `words.bucket(index)` is `{ title, rows: [[name, text]], text }`, `words.tick(since)` a label of the time's axis,
   * `words.count(number)` one of the counts'. */
  show({ moments, interval, series, words }) {
    this.shown = { moments, interval, series, words };
    this.at = moments.length - 1;
    this.root.ariaValueMin = "0";
    this.root.ariaValueMax = String(this.at);
    this.#draw();
    this.#point(this.at);
    this.#hide();
  }

  #draw() {
    const { moments, interval, series, words } = this.shown;
    const ticks = countTicks(Math.max(...series.flatMap(({ values }) => values)));
    const left = 22 + 7.5 * words.count(ticks.at(-1)).length;
    const width = Math.max(this.root.clientWidth - left - MARGIN.right, 1);
    const height = HEIGHT - MARGIN.top - MARGIN.bottom;
    this.inner = { left, width, slot: width / moments.length };
    this.cursor = svg("rect", { class: "cursor", y: 0, height, width: Math.max(this.inner.slot, 2) });
    const most = width / ROOM_OF_LABEL[interval];
    this.svg.setAttribute("width", this.root.clientWidth);
    this.svg.replaceChildren(svg("g", { transform: `translate(${left} ${MARGIN.top})` },
      this.cursor,
      ...ticks.flatMap((tick) => countLine(tick, height - (tick / ticks.at(-1)) * height, width, words)),
      ...labelledBuckets(moments, interval, most).flatMap((index) => this.#timeLabel(index, height)),
      ...(series.length === 1 ? this.#bars(series[0], ticks.at(-1), height) : this.#lines(ticks.at(-1), height)),
    ));
  }

  /** A moment is where its hour begins; a day is labelled amid itself. */
  #timeLabel(index, height) {
    const { moments, interval, words } = this.shown;
    const x = (index + (interval === "hour" ? 0 : 0.5)) * this.inner.slot;
    const label = svg("text", { class: "tick", x, y: height + 18, "text-anchor": "middle" }, words.tick(moments[index]));
    return [svg("line", { class: "notch", x1: x, x2: x, y1: height, y2: height + 4 }), label];
  }

  #bars({ name, values }, top, height) {
    const { slot } = this.inner;
    const width = Math.max(slot * 0.74, 1);
    return heights(values, top, height).flatMap((tall, index) => {
      if (values[index] === 0) return [];
      const high = Math.max(tall, 1.5); // one play of thousands is one that can be seen
      const x = (index + 0.5) * slot - width / 2;
      const kind = index === values.length - 1 ? "bar present" : "bar"; // its time is not over
      return [svg("rect", { class: `${kind} ${name}`, x, y: height - high, width, height: high, rx: Math.min(2, width / 3) })];
    });
  }

  #lines(top, height) {
    const xs = middles(this.shown.moments.length, this.inner.width);
    return this.shown.series.map(({ name, values }) => {
      return svg("path", { class: `line ${name}`, d: path(xs, heights(values, top, height).map((tall) => height - tall)) });
    });
  }

  #point(index) {
    const { words } = this.shown;
    const { title, rows, text } = words.bucket(index);
    const { left, slot } = this.inner;
    this.at = index;
    this.root.ariaValueNow = String(index);
    this.root.ariaValueText = text;
    this.cursor.setAttribute("x", index * slot);
    this.root.classList.add("pointed");
    const lines = rows.map(([name, label, number]) => {
      return element("p", "", element("i", `mark ${name}`), `${label} `, element("b", "", number));
    });
    this.tip.replaceChildren(element("p", "when", title), ...lines);
    this.#place(left + index * slot, slot);
  }

  /** Put the tip beside its bucket, which it would hide: to the right where there is room, else to the left. */
  #place(x, slot) {
    const { offsetWidth: wide } = this.tip;
    const right = x + slot + ROOM_OF_TIP;
    const fits = right + wide <= this.root.clientWidth;
    this.tip.style.left = `${fits ? right : Math.max(x - ROOM_OF_TIP - wide, 0)}px`;
  }

  #hide() {
    if (document.activeElement !== this.root) this.root.classList.remove("pointed");
  }

  #listen() {
    const follow = ({ clientX }) => {
      if (this.shown === null) return;
      const x = clientX - this.root.getBoundingClientRect().left - this.inner.left;
      this.#point(bucketAt(x, this.shown.moments.length, this.inner.width));
    };
    this.root.addEventListener("pointermove", follow);
    this.root.addEventListener("pointerdown", follow);
    this.root.addEventListener("pointerleave", () => this.#hide());
    this.root.addEventListener("focus", () => this.shown && this.#point(this.at));
    this.root.addEventListener("blur", () => this.#hide());
    this.root.addEventListener("keydown", (event) => this.#onKey(event));
    new ResizeObserver(() => {
      if (this.shown === null || this.root.clientWidth === 0) return;
      this.#draw();
      if (this.root.classList.contains("pointed")) this.#point(this.at);
    }).observe(this.root);
  }

  /** As a slider has it (WAI-ARIA). */
  #onKey(event) {
    const last = (this.shown?.moments.length ?? 0) - 1;
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -7, PageUp: 7, Home: -last, End: last };
    if (last < 0 || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(steps, event.key)) return;
    event.preventDefault(); // nor is it the player that is meant
    this.#point(Math.min(Math.max(this.at + steps[event.key], 0), last));
  }
}

function countLine(tick, y, width, words) {
  const label = svg("text", { class: "tick", x: -8, y: y + 4, "text-anchor": "end" }, words.count(tick));
  return [svg("line", { class: tick === 0 ? "floor" : "grid", x1: 0, x2: width, y1: y, y2: y }), label];
}
