/** What plays: one <audio>, the clip at hand, and its listenings. It is seen and pressed in dock.js. */

import { streamAddress, whySilent } from "/page/audio-api.js";
import { Listening, needsAddress } from "/page/listening.js";
import { player as words } from "/page/words-player.js";

/** Dispatches `pressed` when a clip is about to begin since somebody pressed it, `change` (another clip, or it starts or stops or waits), `time` (its moment or duration), `volume`;
 * `begun` once for each listening that sounds, `ended` and `failed`. */
export class Player extends EventTarget {
  constructor(audio) {
    super();
    this.audio = audio;
    this.clip = null;
    this.listening = null;
    this.failure = ""; // why it is silent, in words
    this.#listenToAudio();
    this.#tellOfListening();
  }

  get isPlaying() {
    return !this.audio.paused && !this.audio.ended && !this.audio.error;
  }

  get isWaiting() {
    return this.isPlaying && this.audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  /** Where it is, in seconds. */
  get moment() {
    return this.audio.currentTime;
  }

  /** The clip's length in seconds: what the audio says, or before it says so, what the catalogue does. */
  get duration() {
    return Number.isFinite(this.audio.duration) ? this.audio.duration : (this.clip?.duration ?? 0);
  }

  /** A press on a clip: pause or go on with the one at hand, or begin another. */
  press(clip) {
    if (clip.id === this.clip?.id) {
      this.toggle();
      return;
    }
    this.#tell("pressed");
    this.begin(clip);
  }

  /** A new listening of `clip`, from its beginning. */
  begin(clip) {
    this.listening?.finish();
    this.clip = clip;
    this.failure = "";
    if (needsAddress(clip)) this.#renew(clip);
    else this.#load(clip);
    this.#tell("change");
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
    if (this.listening === null || this.listening.hasExpired) {
      this.begin(this.clip);
      return;
    }
    this.failure = "";
    this.listening.reload();
    this.audio.load();
    this.audio.currentTime = broke;
    this.#sound();
    this.#tell("change");
  }

  /** Go to a moment, in seconds from the beginning. */
  seek(seconds) {
    if (this.clip === null || this.audio.error) return;
    this.audio.currentTime = Math.min(Math.max(seconds, 0), this.duration);
    this.#tell("time");
  }

  /** Seek by five seconds, or by a tenth of a short clip. */
  step(direction) {
    this.seek(this.moment + direction * Math.min(5, this.duration / 10));
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }

  #load(clip) {
    this.listening = new Listening(clip, this.audio);
    this.audio.src = this.listening.address;
    this.#sound();
    this.#tell("time");
  }

  /** Be silent, ask for an address of the clip that was not used yet, and load that. */
  async #renew(clip) {
    this.listening = null;
    this.audio.removeAttribute("src");
    this.audio.load();
    const isWanted = () => this.clip === clip && this.listening === null; // else another press came first
    try {
      const address = await streamAddress(clip.id);
      if (!isWanted()) return;
      clip.stream_url = address;
      this.#load(clip);
    } catch (error) {
      if (isWanted()) this.#fail(error.message);
    }
  }

  async #sound() {
    try {
      await this.audio.play();
    } catch (error) {
      // AbortError: another press came first. NotSupportedError: the error event says more.
      if (error.name === "NotAllowedError") this.#fail(words.pressAgain);
      else if (error.name !== "AbortError" && !this.audio.error) this.#fail(error.message);
    }
  }

  #fail(reason) {
    this.failure = reason;
    this.#tell("change");
    this.#tell("failed");
  }

  async #ask() {
    const { src } = this.audio;
    this.#tell("change");
    const reason = await whySilent(src);
    if (src === this.audio.src) this.#fail(reason); // otherwise another clip was pressed meanwhile
  }

  #listenToAudio() {
    const on = (names, act) => names.split(" ").forEach((name) => this.audio.addEventListener(name, act));
    on("playing", () => {
      this.failure = "";
      if (this.listening.hasBegun) return;
      this.listening.begin();
      this.#tell("begun");
    });
    on("play pause ended waiting playing", () => this.#tell("change"));
    on("timeupdate durationchange seeked", () => this.#tell("time"));
    on("volumechange", () => this.#tell("volume"));
    on("error", () => this.#ask());
  }

  #tellOfListening() {
    const { audio } = this;
    audio.addEventListener("timeupdate", () => this.isPlaying && this.listening.goOn());
    audio.addEventListener("pause", () => audio.ended || this.listening?.report());
    audio.addEventListener("ended", () => {
      this.listening.finish();
      this.#tell("ended");
    });
    addEventListener("pagehide", (event) => {
      if (event.persisted) this.listening?.report(); // it may come back
      else this.listening?.finish();
    });
  }
}
