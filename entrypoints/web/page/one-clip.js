/** One clip as a waveform knows the player: silent at its beginning, until it is what the player plays. */

export class OneClip extends EventTarget {
  /** Follows `player` until `signal` ends it; `clip` is the same all along. */
  constructor(player, clip, signal) {
    super();
    this.player = player;
    this.clip = clip;
    for (const name of ["change", "time"]) {
      player.addEventListener(name, () => this.dispatchEvent(new Event(name)), { signal });
    }
    player.addEventListener("begun", () => this.isAtHand && this.dispatchEvent(new Event("begun")), { signal });
  }

  get isAtHand() {
    return this.player.clip?.id === this.clip.id;
  }

  get isPlaying() {
    return this.isAtHand && this.player.isPlaying;
  }

  get moment() {
    return this.isAtHand ? this.player.moment : 0;
  }

  get duration() {
    return this.isAtHand ? this.player.duration : this.clip.duration;
  }

  /** Play or pause it. */
  press() {
    this.player.press(this.clip);
  }

  /** Go to a moment; where another clip is at hand, this one is played from its beginning first, as every play is. */
  seek(seconds) {
    if (this.isAtHand) {
      this.player.seek(seconds);
      return;
    }
    this.addEventListener("begun", () => this.player.seek(seconds), { once: true });
    this.press();
  }

  step(direction) {
    if (this.isAtHand) this.player.step(direction);
    else this.seek(direction * Math.min(5, this.duration / 10));
  }
}
