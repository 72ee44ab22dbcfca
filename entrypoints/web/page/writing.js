/** How the page writes: with a key that is asked for once, and bodies whose way is told while they are sent. */

import { Refusal } from "/page/api.js";
import { askForKey } from "/page/key.js";
import { writing as words } from "/page/words-forms.js";

const KEPT_AS = "soundverse-play-write-key"; // while the tab is open
const MOST_WAITS = 5; // for a service that asks to come again
const LONGEST_WAIT = 60; // seconds

/** The service refused what was sent: `errors` has `{ path, message }` of each field at fault. */
export class Refused extends Refusal {
  constructor(message, errors) {
    super(message);
    this.errors = errors;
  }
}

/** Whoever was asked for the key, or uploaded, wants it no more. */
export function cancelled() {
  return new DOMException(words.cancelled, "AbortError");
}

let asking = null; // the dialog that is open: several uploads ask together, and once

/** The key, from the tab or from whoever sits there, told the `reason`. Rejects with AbortError: they would not. */
function keyFor(reason) {
  const kept = sessionStorage.getItem(KEPT_AS);
  if (kept !== null) return Promise.resolve(kept);
  asking ??= askForKey(reason).then((key) => {
    if (key === null) throw cancelled();
    sessionStorage.setItem(KEPT_AS, key);
    return key;
  }).finally(() => { asking = null; });
  return asking;
}

/** Whether a key is kept: what only its owner can do need not be shown to everybody. */
export function hasKey() {
  return sessionStorage.getItem(KEPT_AS) !== null;
}

/** Ask for the key now, unless it is kept; whether there is one. */
export async function unlock() {
  try {
    return await keyFor(words.keyWanted) !== null;
  } catch (error) {
    if (error.name === "AbortError") return false;
    throw error;
  }
}

function forget(key) {
  if (sessionStorage.getItem(KEPT_AS) === key) sessionStorage.removeItem(KEPT_AS); // not one that was just given
}

/** What the service answers to a write: the clip, or null where there is nothing to say.
 *
 * A key that it does not take is forgotten, and another asked for; `tell` hears why it waits. Throws Refused, Refusal;
 * rejects with AbortError when `signal` says so or nobody gives a key. */
export async function write(method, url, { body = null, type, signal, progress = () => {}, tell = () => {} } = {}) {
  let reason = words.keyWanted;
  for (let waits = 0; ;) {
    const key = await keyFor(reason);
    signal?.throwIfAborted();
    const answer = await sent(method, url, { body, type, key, signal, progress });
    if (answer.status < 300) return answer.told;
    if (answer.status === 401 || answer.status === 403) {
      forget(key);
      reason = answer.sentence;
    } else if (answer.wait <= LONGEST_WAIT && waits < MOST_WAITS) {
      waits += 1;
      tell(words.waiting(answer.wait));
      await pause(answer.wait * 1000, signal);
    } else throw new Refused(answer.sentence, answer.told?.errors ?? []);
  }
}

/** The answer to one request. By XMLHttpRequest: `fetch` does not tell how much of a body was sent. */
function sent(method, url, { body, type, key, signal, progress }) {
  const { promise, resolve, reject } = settling();
  const request = new XMLHttpRequest();
  request.open(method, url);
  request.setRequestHeader("Authorization", `Bearer ${inBytes(key)}`);
  if (type) request.setRequestHeader("Content-Type", type);
  request.upload.addEventListener("progress", ({ loaded, total }) => progress(loaded, total));
  request.addEventListener("load", () => resolve(answered(request)));
  request.addEventListener("error", () => reject(new Refusal(words.brokenOff)));
  request.addEventListener("abort", () => reject(cancelled()));
  signal?.addEventListener("abort", () => request.abort(), { once: true });
  request.send(body);
  return promise;
}

function answered(request) {
  const told = parsed(request.responseText);
  const sentence = told?.detail || told?.title || words.answered(request.status, request.statusText);
  const wait = Number(request.getResponseHeader("Retry-After") ?? NaN); // NaN is more than no number
  return { status: request.status, told, sentence, wait };
}

/** What JSON says; null for what is none, such as an empty body or a gateway's page. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** A key's UTF-8, each byte as a character, as header fields have it. */
function inBytes(key) {
  return String.fromCharCode(...new TextEncoder().encode(key));
}

function settling() {
  let resolve, reject;
  const promise = new Promise((...both) => { [resolve, reject] = both; });
  return { promise, resolve, reject };
}

/** Let `milliseconds` go by, unless `signal` ends it. */
function pause(milliseconds, signal) {
  const { promise, resolve, reject } = settling();
  const timer = setTimeout(resolve, milliseconds);
  signal?.addEventListener("abort", () => {
    clearTimeout(timer);
    reject(cancelled());
  }, { once: true });
  return promise;
}
