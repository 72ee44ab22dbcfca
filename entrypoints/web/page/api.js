/** How the pages ask the service: JSON answers, and every refusal as a sentence that can be shown. */

import { trouble as words } from "/page/words.js";

/** The service said no, or nothing. `message` is a sentence for the listener; `status` the answer's, if there was one. */
export class Refusal extends Error {
  constructor(message, { cause, status } = {}) {
    super(message, { cause });
    this.status = status;
  }
}

/** The service wants a key, or another one. */
export class KeyNeeded extends Refusal {}

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

/** The response to a request. An aborted one rejects with AbortError. Throws Refusal: nothing answered. */
export async function reach(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(words.unreachable, { cause: error });
  }
}

/** A JSON answer, asked with the key if there is one: `{ response, body }`. Throws KeyNeeded, Refusal, AbortError. */
export async function json(url, options) {
  const response = await reach(url, { ...options, headers: credentials() });
  if (response.status === 401) throw new KeyNeeded(await sentence(response));
  if (!response.ok) throw new Refusal(await sentence(response), { status: response.status });
  try {
    return { response, body: await response.json() };
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(words.brokenOff, { cause: error });
  }
}

/** The address of the first page of clips for what was chosen; empty choices are left out. */
export function firstPage(choices) {
  const chosen = Object.entries(choices).filter(([, value]) => value !== "");
  return `/play?${new URLSearchParams(chosen)}`;
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

export async function stats(id) {
  return (await json(`/play/${id}/stats`, { cache: "no-store" })).body;
}

/** An address of the clip's audio that nobody has used yet, where addresses are signed for one listening each. */
export async function streamAddress(id) {
  return (await json(`/play/${id}`, { cache: "no-store" })).body.stream_url;
}

/** Say at `address` how much of a play was heard, even if the page is closed at once; whether more of it may be said.
 *
 * Whoever listens need not know whether it arrived: that the service is away is nothing to them. */
export async function confirmListen(address, report) {
  const headers = { "Content-Type": "application/json" };
  try {
    const options = { method: "PUT", headers, body: JSON.stringify(report), keepalive: true };
    return ![403, 404].includes((await reach(address, options)).status);
  } catch (error) {
    if (error instanceof Refusal) return true;
    throw error;
  }
}

/** Why a stream does not play, asked with a range that is never counted as a play. */
export async function whySilent(url) {
  try {
    const response = await reach(url, { headers: { Range: "bytes=0-1" }, cache: "no-store" });
    if (!response.ok) return await sentence(response);
    await response.body?.cancel(); // a source that knows no ranges would send the whole clip
    return words.unplayable(response.headers.get("Content-Type"));
  } catch (error) {
    return error.message;
  }
}
