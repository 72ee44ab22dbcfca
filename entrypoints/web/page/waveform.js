/** A clip's waveform, which fills as it plays and seeks where it is pressed: a slider to whoever does not see it. */

import { clock } from "/page/format.js";
import { bars, peaksOf } from "/page/peaks.js";
import { player as words } from "/page/words-player.js";

const STEP = 4; // pixels from bar to bar
const SVG = "http://www.w3.org/2000/svg";

const stillness = matchMedia("(prefers-reduced-motion: reduce)");

function drawing(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", name);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "path"));
  return svg;
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
    const pairs = await peaksOf(clip.id);
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
