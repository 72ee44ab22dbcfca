/** One listening: how much of it was really heard, told to the service while it goes on and when it is over. */

import { confirmListen } from "/page/audio-api.js";

const BETWEEN_REPORTS = 10_000; // milliseconds at least, while it plays

/** A random UUID. `crypto.randomUUID` is missing where the page is served over plain HTTP from another host. */
function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4 (RFC 9562 §5.4)
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const used = new Set(); // signed addresses, each of which is one listening
const LEAST_LEFT = 60; // seconds that a signed address must still hold, beside the clip's own

/** Whether another listening of `clip` needs another address: its own is signed, and was used or ends too soon. */
export function needsAddress(clip) {
  const { searchParams } = new URL(clip.stream_url, location.href);
  if (!searchParams.has("signature")) return false;
  const left = Number(searchParams.get("expires")) - Date.now() / 1000;
  return used.has(clip.stream_url) || left < clip.duration + LEAST_LEFT;
}

export class Listening {
  /** A listening of `clip` that has not begun. `audio` will play its address, and nothing else until `finish`. */
  constructor(clip, audio) {
    this.clip = clip;
    this.audio = audio;
    this.address = new URL(clip.stream_url, location.href);
    this.id = this.address.searchParams.get("play") ?? randomId(); // a signed address brings one
    this.address.searchParams.set("play", this.id); // it makes the browser's many range requests one play
    used.add(clip.stream_url);
    this.hasBegun = false;
    this.isOver = false;
    this.heardBefore = 0; // seconds, in what was loaded before a failure
    this.loadedAt = 0; // where what is loaded now was begun
    this.told = performance.now();
  }

  /** The seconds of the clip that sounded; those that were jumped over did not, and none counts twice. */
  get seconds() {
    const { played } = this.audio;
    let sum = this.heardBefore;
    for (let index = 0; index < played.length; index += 1) {
      // Chromium says of audio that was begun amid itself that it has been played from its beginning.
      sum += Math.max(0, played.end(index) - Math.max(played.start(index), this.loadedAt));
    }
    return sum;
  }

  /** Whether its address was signed and holds no longer. */
  get hasExpired() {
    const expires = this.address.searchParams.get("expires");
    return expires !== null && Number(expires) < Date.now() / 1000;
  }

  /** Where to say how much was heard: by the same signature, if there is one. */
  get #confirming() {
    const signed = new URLSearchParams(this.address.searchParams);
    signed.delete("play");
    return `/play/${this.clip.id}/listens/${this.id}${signed.size > 0 ? `?${signed}` : ""}`;
  }

  /** It sounds: the play has been counted, so that from now on it can be confirmed. */
  begin() {
    this.hasBegun = true;
  }

  /** The audio will be loaded anew, to go on where it is, and forget what was heard. */
  reload() {
    this.heardBefore = this.seconds;
    this.loadedAt = this.audio.currentTime;
  }

  /** Time goes by: say so now and then. */
  goOn() {
    if (performance.now() - this.told >= BETWEEN_REPORTS) this.report();
  }

  /** Nobody will hear more of it. */
  finish() {
    this.report(true);
    this.isOver = true;
  }

  /** Say how much was heard. A report that fails is not sent again: the next one says it all. */
  async report(finished = false) {
    if (!this.hasBegun || this.isOver) return;
    this.told = performance.now();
    const isKnown = await confirmListen(this.#confirming, { played_seconds: this.seconds, finished });
    if (!isKnown) this.isOver = true;
  }
}
