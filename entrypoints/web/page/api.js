/** How the pages ask the service: JSON answers, and every refusal as a sentence that can be shown. */

import { trouble as words } from "/page/words.js";

/** The service said no, or nothing. `message` is a sentence for the listener; `status` is HTTP's, where it answered;
 * `retryAfter` are the seconds after which to ask again, where it said that it is busy. */
export class Refusal extends Error {
  constructor(message, { cause, status, retryAfter } = {}) {
    super(message, { cause });
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** The service wants a key, or another one. */
export class KeyNeeded extends Refusal {}

/** Nothing answered. */
export class Unreachable extends Refusal {}

const KEPT_AS = "soundverse-play-key"; // while the tab is open

/** Listen with this key from now on. */
export function useKey(key) {
  sessionStorage.setItem(KEPT_AS, key);
}

/** The header fields that carry the key, where there is one; in the bytes that it has in UTF-8. */
export function credentials() {
  const key = sessionStorage.getItem(KEPT_AS);
  if (key === null) return {};
  return { Authorization: `Bearer ${String.fromCharCode(...new TextEncoder().encode(key))}` };
}

/** What a refusing response says for itself: the problem's `detail` (RFC 9457), or its status. */
export async function sentence(response) {
  if ((response.headers.get("Content-Type") ?? "").startsWith("application/problem+json")) {
    const problem = await response.json().catch(() => ({})); // cut or not JSON: the status still tells
    const text = problem.detail || problem.title;
    if (text) return text;
  }
  return words.answered(response.status, response.statusText);
}

/** What a refusing response is to the page. */
export async function refusal(response) {
  const { status } = response;
  const retryAfter = [429, 503].includes(status) ? Number(response.headers.get("Retry-After")) || 5 : undefined;
  return new (status === 401 ? KeyNeeded : Refusal)(await sentence(response), { status, retryAfter });
}

/** The response to a request. An aborted one rejects with AbortError. Throws Unreachable. */
export async function reach(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable(words.unreachable, { cause: error });
  }
}

/** A JSON answer, asked with the key if there is one: `{ response, body }`. Throws KeyNeeded, Refusal, AbortError. */
export async function json(url, options) {
  const response = await reach(url, { ...options, headers: credentials() });
  if (!response.ok) throw await refusal(response);
  try {
    return { response, body: await response.json() };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(words.brokenOff, { cause: error });
  }
}

/** A page of clips, and the address of the next one or null. */
export async function page(url, signal) {
  const { response, body } = await json(url, { signal });
  return { clips: body, next: nextPage(response) };
}

/** The target of `Link: <…>; rel="next"` (RFC 8288), on this origin whatever host a proxy made of it. */
function nextPage(response) {
  const link = /<([^>]*)>[^,]*;\s*rel="?next\b/i.exec(response.headers.get("Link") ?? "");
  if (link === null) return null;
  const { pathname, search } = new URL(link[1], response.url);
  return pathname + search;
}

/** The genres that clips of these choices have, most clips first: `[{ genre, clips }]`. */
export async function genres(query, signal) {
  return (await json(`/genres?${query}`, { signal })).body;
}
