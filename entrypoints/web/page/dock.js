/** The player as it is seen and pressed: what plays, its buttons, and what went wrong. */

import { clock, hue } from "/page/format.js";
import { player as words, queue as ways } from "/page/words-player.js";
import { plays } from "/page/words.js";

export class Dock {
  constructor(root, player, queue) {
    this.root = root;
    this.player = player;
    this.queue = queue;
    for (const name of ["toggle", "elapsed", "total", "volume", "mute", "counted", "failure", "shuffle", "repeat"]) {
      this[name] = root.querySelector(`#${name}`);
    }
    this.clip = null;
    player.addEventListener("change", () => this.#show());
    player.addEventListener("time", () => this.#showTime());
    player.addEventListener("volume", () => this.#showVolume());
    queue.addEventListener("change", () => this.#showQueue());
    this.#listen();
    this.#showQueue();
  }

  /** Say how often the clip at hand was played. */
  count(number) {
    if (this.counted.textContent !== plays(number)) this.counted.textContent = plays(number);
  }

  #listen() {
    const { root, player, queue } = this;
    const on = (id, act) => root.querySelector(id).addEventListener("click", act);
    on("#toggle", () => player.toggle());
    on("#next", () => queue.next());
    on("#previous", () => queue.previous());
    on("#shuffle", () => queue.shuffle());
    on("#repeat", () => queue.repeatNext());
    on("#mute", () => {
      player.audio.muted = !player.audio.muted;
    });
    on("#failure button", () => player.resume());
    this.volume.addEventListener("input", () => {
      player.audio.muted = false;
      player.audio.volume = Number(this.volume.value);
    });
  }

  #show() {
    const { clip, isPlaying, isWaiting, failure } = this.player;
    if (clip !== this.clip) this.#showClip(clip);
    this.root.classList.toggle("playing", isPlaying);
    this.root.classList.toggle("waiting", isWaiting);
    this.toggle.ariaLabel = isPlaying ? words.pause : words.play;
    this.failure.querySelector("p").textContent = failure;
    this.failure.hidden = failure === "";
  }

  #showClip(clip) {
    this.clip = clip;
    this.root.hidden = false;
    this.root.style.setProperty("--hue", hue(clip.id));
    const title = this.root.querySelector("#now-title");
    title.textContent = clip.title;
    title.href = `#/clips/${clip.id}`;
    this.root.querySelector("#now-genre").textContent = clip.genre;
    this.counted.textContent = "";
  }

  #showTime() {
    const { moment, duration } = this.player;
    const [elapsed, total] = [clock(moment), clock(duration)];
    if (this.elapsed.textContent !== elapsed) this.elapsed.textContent = elapsed;
    if (this.total.textContent !== total) this.total.textContent = total;
  }

  #showVolume() {
    const { muted, volume } = this.player.audio;
    this.volume.value = muted ? 0 : volume;
    this.volume.style.setProperty("--share", muted ? 0 : volume);
    this.mute.ariaPressed = String(muted);
    this.mute.classList.toggle("muted", muted || volume === 0);
  }

  #showQueue() {
    const { isShuffled, repeat } = this.queue;
    this.shuffle.ariaPressed = String(isShuffled);
    this.shuffle.title = ways.shuffle[isShuffled];
    this.repeat.dataset.repeat = repeat;
    this.repeat.ariaLabel = this.repeat.title = ways.repeat[repeat];
  }
}
