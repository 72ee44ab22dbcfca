/** How the player asks the service about a clip's audio, and tells what was heard of it. */

import { json, reach, Refusal, sentence } from "/page/api.js";
import { player as words } from "/page/words-player.js";

/** The waveform of a clip: `points` pairs of least and greatest sample, each -1 to 1. */
export async function peaks(id, points, signal) {
  const { body } = await json(`/play/${id}/peaks?points=${points}`, { signal });
  const full = 2 ** (body.bits - 1);
  return body.peaks.map(([least, greatest]) => [least / full, greatest / full]);
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
