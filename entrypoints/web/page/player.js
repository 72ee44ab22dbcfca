/** The player: one <audio>, its controls, and what is told of each listening. */

import { streamAddress, whySilent } from "/page/api.js";
import { clock, hue } from "/page/format.js";
import { Listening, needsAddress } from "/page/listening.js";
import { player as words } from "/page/words.js";

export class Player {
  /** `changed(clip, isPlaying)` hears of every start and stop, `begun(clip)` once for each listening that sounds. */
  constructor(root, { changed, begun }) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.toggleButton = root.querySelector("#toggle");
    this.seekBar = root.querySelector("#seek");
    this.elapsed = root.querySelector("#elapsed");
    this.total = root.querySelector("#total");
    this.volumeBar = root.querySelector("#volume");
    this.muteButton = root.querySelector("#mute");
    this.counted = root.querySelector("#counted");
    this.failure = root.querySelector("#failure");
    this.changed = changed;
    this.begun = begun;
    this.clip = null;
    this.listening = null;
    this.isDragging = false;
    this.#listenToAudio();
    this.#listenToControls();
  }

  get isPlaying() {
    return !this.audio.paused && !this.audio.ended && !this.audio.error;
  }

  /** The clip's length in seconds: what the audio says, or before it says so, what the catalogue does. */
  get duration() {
    return Number.isFinite(this.audio.duration) ? this.audio.duration : (this.clip?.duration ?? 0);
  }

  /** A press on a clip's button: pause or go on with the one at hand, or begin another. */
  press(clip) {
    if (clip.id === this.clip?.id) this.toggle();
    else this.begin(clip);
  }

  /** Pause, or go on; after the end, a new listening. */
  toggle() {
    if (this.listening === null) return;
    if (this.isPlaying) this.audio.pause();
    else if (this.audio.error) this.resume();
    else if (this.audio.ended) this.begin(this.clip);
    else this.#sound();
  }

  /** The same listening again after a failure, from where it broke. */
  resume() {
    const broke = this.audio.currentTime;
    this.failure.hidden = true;
    if (this.listening === null || this.listening.hasExpired) {
      this.begin(this.clip);
      return;
    }
    this.listening.reload();
    this.audio.load();
    this.audio.currentTime = broke;
    this.#sound();
  }

  /** A new listening of `clip`, from its beginning. */
  begin(clip) {
    this.listening?.finish();
    this.clip = clip;
    this.root.hidden = false;
    this.root.style.setProperty("--hue", hue(clip.id));
    this.root.querySelector("#now-title").textContent = clip.title;
    this.root.querySelector("#now-genre").textContent = clip.genre;
    this.tell("");
    this.failure.hidden = true;
    if (needsAddress(clip)) this.#renew(clip);
    else this.#load(clip);
  }

  #load(clip) {
    this.listening = new Listening(clip, this.audio);
    this.audio.src = this.listening.address;
    this.#sound();
    this.#showTime();
  }

  /** Be silent, ask for an address of the clip that was not used yet, and load that. */
  async #renew(clip) {
    this.listening = null;
    this.audio.removeAttribute("src");
    this.audio.load();
    try {
      const address = await streamAddress(clip.id);
      if (this.clip !== clip || this.listening !== null) return; // another press came first
      clip.stream_url = address;
      this.#load(clip);
    } catch (error) {
      if (this.clip === clip && this.listening === null) this.#say(error.message);
    }
  }

  /** Say something about the clip at hand, e.g. how often it was played. */
  tell(text) {
    this.counted.textContent = text;
  }

  /** Go to a moment, in seconds from the beginning. */
  seek(seconds) {
    if (this.clip === null || this.audio.error) return;
    this.audio.currentTime = Math.min(Math.max(seconds, 0), this.duration);
    this.#showTime();
  }

  /** Seek by five seconds, or by a tenth of a short clip. */
  step(direction) {
    this.seek(this.audio.currentTime + direction * Math.min(5, this.duration / 10));
  }

  async #sound() {
    try {
      await this.audio.play();
    } catch (error) {
      // AbortError: another press came first. NotSupportedError: the error event says more.
      if (error.name === "NotAllowedError") this.#say(words.pressAgain);
      else if (error.name !== "AbortError" && !this.audio.error) this.#say(error.message);
    }
  }

  async #fail() {
    const { src } = this.audio;
    this.#show();
    const reason = await whySilent(src);
    if (src === this.audio.src) this.#say(reason); // otherwise another clip was pressed meanwhile
  }

  #say(reason) {
    this.failure.querySelector("p").textContent = reason;
    this.failure.hidden = false;
  }

  #listenToAudio() {
    const audio = this.audio;
    for (const name of ["play", "pause", "ended", "waiting", "playing"]) {
      audio.addEventListener(name, () => this.#show());
    }
    for (const name of ["timeupdate", "durationchange", "seeked"]) {
      audio.addEventListener(name, () => this.#showTime());
    }
    audio.addEventListener("volumechange", () => this.#showVolume());
    audio.addEventListener("error", () => this.#fail());
    audio.addEventListener("playing", () => {
      this.failure.hidden = true;
      if (this.listening.hasBegun) return;
      this.listening.begin();
      this.begun(this.clip);
    });
    this.#tellOfListening();
  }

  #tellOfListening() {
    const audio = this.audio;
    audio.addEventListener("timeupdate", () => this.isPlaying && this.listening.goOn());
    audio.addEventListener("pause", () => audio.ended || this.listening?.report());
    audio.addEventListener("ended", () => this.listening.finish());
    addEventListener("pagehide", (event) => {
      if (event.persisted) this.listening?.report(); // it may come back
      else this.listening?.finish();
    });
  }

  #listenToControls() {
    this.toggleButton.addEventListener("click", () => this.toggle());
    this.seekBar.addEventListener("input", () => {
      this.isDragging = true; // only the end of a drag seeks: each seek may be a request
      this.#showTime(Number(this.seekBar.value));
    });
    this.seekBar.addEventListener("change", () => {
      this.isDragging = false;
      this.seek(Number(this.seekBar.value));
    });
    this.volumeBar.addEventListener("input", () => {
      this.audio.muted = false;
      this.audio.volume = Number(this.volumeBar.value);
    });
    this.muteButton.addEventListener("click", () => {
      this.audio.muted = !this.audio.muted;
    });
    this.failure.querySelector("button").addEventListener("click", () => this.resume());
  }

  #show() {
    const isPlaying = this.isPlaying;
    const isWaiting = isPlaying && this.audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    this.root.classList.toggle("playing", isPlaying);
    this.root.classList.toggle("waiting", isWaiting);
    this.toggleButton.ariaLabel = isPlaying ? words.pause : words.play;
    this.changed(this.clip, isPlaying);
  }

  #showTime(at = this.audio.currentTime) {
    if (this.isDragging && at === this.audio.currentTime) return;
    const share = this.duration > 0 ? at / this.duration : 0;
    this.seekBar.max = this.duration;
    this.seekBar.value = at;
    this.seekBar.style.setProperty("--share", share.toFixed(4));
    this.seekBar.setAttribute("aria-valuetext", words.position(clock(at), clock(this.duration)));
    this.elapsed.textContent = clock(at);
    this.total.textContent = clock(this.duration);
  }

  #showVolume() {
    const { muted, volume } = this.audio;
    this.volumeBar.value = muted ? 0 : volume;
    this.volumeBar.style.setProperty("--share", muted ? 0 : volume);
    this.muteButton.ariaPressed = String(muted);
    this.muteButton.classList.toggle("muted", muted || volume === 0);
  }
}
