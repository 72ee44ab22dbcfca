/** The peaks of clips, and the bars that are drawn of them. */

import { peaks } from "/page/audio-api.js";
import { Refusal } from "/page/api.js";

const POINTS = 400; // asked of every clip alike, so that both waveforms and the next visit share one answer
const LEAST = 0.1; // of the height: what is silent is seen, too
const QUIETEST = 0.02; // of full scale: what is less loud is not drawn as if it were loud
const MOST_TRIES = 5;

const known = new Map(); // clip id → promise of its peaks, or of null where it has none
document.addEventListener("clips-changed", () => known.clear());

/** The peaks of a clip, asked once; null where there are none: then a plain bar does as well. */
export function peaksOf(id) {
  if (!known.has(id)) known.set(id, asked(id));
  return known.get(id);
}

async function asked(id, tries = 1) {
  try {
    return await peaks(id, POINTS);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.retryAfter === undefined || tries === MOST_TRIES) {
      if (error.status !== 422) known.delete(id); // what failed otherwise may come when the clip is begun again
      return null;
    }
    await new Promise((resolve) => setTimeout(resolve, error.retryAfter * 1000));
    return asked(id, tries + 1);
  }
}

/** `count` bars of a waveform in a space of `width` by `height`, the loudest as high as there is room. */
export function bars(pairs, count, width, height) {
  const loudest = Math.max(...pairs.flat().map(Math.abs), QUIETEST);
  const middle = height / 2;
  let path = "";
  for (let bar = 0; bar < count; bar += 1) {
    const from = Math.floor((bar * pairs.length) / count);
    const part = pairs.slice(from, Math.max(from + 1, Math.floor(((bar + 1) * pairs.length) / count)));
    const top = Math.max(...part.map(([, greatest]) => greatest / loudest), LEAST);
    const bottom = Math.min(...part.map(([least]) => least / loudest), -LEAST);
    const x = ((bar + 0.5) * width) / count;
    path += `M${x.toFixed(1)} ${(middle - top * (middle - 1.5)).toFixed(1)}V${(middle - bottom * (middle - 1.5)).toFixed(1)}`;
  }
  return path;
}
