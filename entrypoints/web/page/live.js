/** Counts as they change, told by the service (server-sent events); silent while the page is hidden. */

import { credentials, reach, refusal, Refusal, Unreachable } from "/page/api.js";
import { trouble as words } from "/page/words.js";

const LONGEST_PAUSE = 60_000; // milliseconds
const SILENCE = 45_000; // after three heartbeats that did not come, the connection is dead

export class Live {
  /** `count(id, number)` hears of every change, `reset()` that changes were missed; it may be async, and refused. */
  constructor(count, reset) {
    this.count = count;
    this.reset = reset;
    this.isWanted = false;
    this.following = null; // an AbortController while it follows
    this.latest = ""; // the id of the latest event
    this.pause = this.usual = 2000;
    document.addEventListener("visibilitychange", () => this.#turn());
  }

  /** Follow from now on; the same again changes nothing. */
  start() {
    this.isWanted = true;
    this.#turn();
  }

  #turn() {
    if (document.hidden || !this.isWanted) {
      this.following?.abort();
      this.following = null;
    } else if (this.following === null) {
      this.following = new AbortController();
      this.#follow(this.following.signal).catch(reportError);
    }
  }

  async #follow(signal) {
    while (!signal.aborted) {
      let pause = this.pause;
      try {
        await this.#listen(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof Refusal)) throw error;
        if (error.status !== undefined && error.retryAfter === undefined) {
          this.isWanted = false; // no key, or no such events: asking again would bring the same
          this.following = null;
          return;
        }
        pause = Math.max((error.retryAfter ?? 0) * 1000, pause);
        this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** One connection, until it ends. Throws Refusal, AbortError. */
  async #listen(signal) {
    const headers = { Accept: "text/event-stream", ...credentials() };
    if (this.latest !== "") headers["Last-Event-ID"] = this.latest;
    const response = await reach("/play/events", { headers, signal, cache: "no-store" });
    if (!response.ok) throw await refusal(response);
    this.pause = this.usual;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (let part = await heard(reader); !part.done; part = await heard(reader)) {
      const events = (text + part.value).split(/\r?\n\r?\n/);
      text = events.pop();
      for (const event of events) await this.#take(event);
    }
  }

  /** Act on an event as it was sent: lines of `field: value`. Throws Refusal: then it was not taken. */
  async #take(event) {
    const fields = {};
    for (const line of event.split(/\r?\n/)) {
      const [, name, value] = /^([^:]*):? ?(.*)$/.exec(line);
      fields[name] = name in fields ? `${fields[name]}\n${value}` : value;
    }
    if (fields.retry) this.usual = this.pause = Number(fields.retry);
    if (fields.event === "counts") JSON.parse(fields.data).forEach(({ id, play_count: plays }) => this.count(id, plays));
    if (fields.event === "reset") await this.reset();
    if (fields.id !== undefined) this.latest = fields.id;
  }
}

/** The next part of the stream. Throws Unreachable: it broke, or nothing came for too long. */
async function heard(reader) {
  let clock;
  const late = new Promise((_, reject) => {
    clock = setTimeout(() => reject(new Unreachable(words.unreachable)), SILENCE);
  });
  try {
    return await Promise.race([reader.read(), late]);
  } catch (error) {
    if (error instanceof Unreachable) await reader.cancel();
    throw error.name === "AbortError" || error instanceof Unreachable ? error
      : new Unreachable(words.unreachable, { cause: error });
  } finally {
    clearTimeout(clock);
  }
}
