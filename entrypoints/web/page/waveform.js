/** A clip's waveform, which fills as it plays and seeks where it is pressed: a slider to whoever does not see it. */

import { peaks } from "/page/audio-api.js";
import { Refusal } from "/page/api.js";
import { clock } from "/page/format.js";
import { player as words } from "/page/words-player.js";

const POINTS = 400; // asked of every clip alike, so that both waveforms and the next visit share one answer
const STEP = 4; // pixels from bar to bar
const LEAST = 0.1; // of the height: what is silent is seen, too
const MOST_TRIES = 5;
const SVG = "http://www.w3.org/2000/svg";

const stillness = matchMedia("(prefers-reduced-motion: reduce)");
const known = new Map(); // clip id → promise of its peaks, or of null where it has none
document.addEventListener("clips-changed", () => known.clear());

/** The peaks of a clip; null where there are none: then a plain bar does as well. */
async function asked(id, tries = 1) {
  try {
    return await peaks(id, POINTS);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.retryAfter === undefined || tries === MOST_TRIES) return null;
    await new Promise((resolve) => setTimeout(resolve, error.retryAfter * 1000));
    return asked(id, tries + 1);
  }
}

function drawing(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", name);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "path"));
  return svg;
}

/** `count` bars of a waveform in a space of `width` by `height`, the loudest as high as there is room. */
function bars(pairs, count, width, height) {
  const loudest = Math.max(...pairs.flat().map(Math.abs), 0.02);
  const middle = height / 2;
  let path = "";
  for (let bar = 0; bar < count; bar += 1) {
    const from = Math.floor((bar * pairs.length) / count);
    const part = pairs.slice(from, Math.max(from + 1, Math.floor(((bar + 1) * pairs.length) / count)));
    const top = Math.max(...part.map(([, greatest]) => greatest / loudest), LEAST);
    const bottom = Math.min(...part.map(([least]) => least / loudest), -LEAST);
    const x = ((bar + 0.5) * width) / count;
    path += `M${x.toFixed(1)} ${(middle - top * (middle - 1.5)).toFixed(1)}V${(middle - bottom * (middle - 1.5)).toFixed(1)}`;
  }
  return path;
}

export class Waveform {
  /** `named(clip)` is what the slider is called. It is put where it belongs by whoever makes it. */
  constructor(player, element, named) {
    this.player = player;
    this.element = element;
    this.named = named;
    this.clip = null;
    this.pairs = null;
    this.dragged = null; // the share of the clip where a finger is, which is no seek yet: each may be a request
    this.drawings = [drawing("rest"), drawing("done")];
    element.append(...this.drawings);
    player.addEventListener("change", () => this.#follow());
    player.addEventListener("time", () => this.#tell());
    new ResizeObserver(() => this.#draw()).observe(element);
    this.#takePointer();
    element.addEventListener("keydown", (event) => this.#press(event));
  }

  #follow() {
    if (this.player.clip !== this.clip) {
      this.clip = this.player.clip;
      this.dragged = null;
      this.element.ariaLabel = this.named(this.clip);
      this.#load(this.clip);
    }
    this.#tell();
    if (this.player.isPlaying && !stillness.matches && !this.isMoving) this.#move();
  }

  async #load(clip) {
    this.pairs = null;
    this.#draw();
    if (!known.has(clip.id)) known.set(clip.id, asked(clip.id));
    const pairs = await known.get(clip.id);
    if (clip !== this.clip) return;
    this.pairs = pairs;
    this.#draw();
  }

  /** The path fits the space at hand; its colours, and how far it is filled, are the stylesheet's. */
  #draw() {
    const { clientWidth: width, clientHeight: height } = this.element;
    this.element.classList.toggle("plain", this.pairs === null);
    if (this.pairs === null || width === 0) return;
    const path = bars(this.pairs, Math.min(Math.floor(width / STEP), this.pairs.length), width, height);
    for (const svg of this.drawings) {
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      svg.firstChild.setAttribute("d", path);
    }
  }

  /** Fill on with every picture while it plays. */
  #move() {
    this.isMoving = this.player.isPlaying && !stillness.matches;
    this.#fill();
    if (this.isMoving) requestAnimationFrame(() => this.#move());
  }

  #fill() {
    const { duration, moment } = this.player;
    const share = this.dragged ?? (duration > 0 ? Math.min(moment / duration, 1) : 0);
    this.element.style.setProperty("--share", share.toFixed(4));
  }

  #tell() {
    const { duration, moment } = this.player;
    this.#fill();
    const at = this.dragged === null ? moment : this.dragged * duration;
    this.element.ariaValueMax = Math.floor(duration);
    this.element.ariaValueNow = Math.floor(at);
    this.element.ariaValueText = words.moment(clock(at), clock(duration));
  }

  #takePointer() {
    const { element } = this;
    const share = (event) => {
      const { left, width } = element.getBoundingClientRect();
      return Math.min(Math.max((event.clientX - left) / width, 0), 1);
    };
    const drag = (event) => {
      this.dragged = share(event);
      this.#tell();
      this.element.dispatchEvent(new Event("drag"));
    };
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      drag(event);
    });
    element.addEventListener("pointermove", (event) => this.dragged !== null && drag(event));
    element.addEventListener("pointerup", (event) => {
      if (this.dragged === null) return;
      this.dragged = null;
      this.player.seek(share(event) * this.player.duration);
    });
    element.addEventListener("pointercancel", () => {
      this.dragged = null; // it became a scroll
      this.#tell();
    });
  }

  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { player } = this;
    const keys = {
      ArrowLeft: () => player.step(-1),
      ArrowDown: () => player.step(-1),
      ArrowRight: () => player.step(1),
      ArrowUp: () => player.step(1),
      PageDown: () => player.seek(player.moment - player.duration / 5),
      PageUp: () => player.seek(player.moment + player.duration / 5),
      Home: () => player.seek(0),
      End: () => player.seek(player.duration),
    };
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  }
}
