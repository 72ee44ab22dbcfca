/** The arithmetic of a chart over time: where its axes have ticks, and where its values lie. No drawing. */

const HOUR = 3_600_000; // milliseconds
const DAY = 24 * HOUR;

/** Ticks of a count's axis: round whole numbers from 0 to at least `greatest`, about `wanted` of them. */
export function countTicks(greatest, wanted = 4) {
  const rough = Math.max(greatest, 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough));
  return Array.from({ length: Math.ceil(Math.max(greatest, 1) / step) + 1 }, (_, index) => index * step);
}

/** Whether hours are told by the reader's clock, days by UTC's: a day's count cannot be split among two others. */
function wall(since, interval) {
  return interval === "hour" ? new Date(since.getTime() - since.getTimezoneOffset() * 60_000) : since;
}

/** The steps, in buckets, by which an axis may be labelled, and what a labelled bucket's number is a multiple of. */
const STEPS = { hour: [1, 2, 3, 6, 12, 24, 48, 168], day: [1, 2, 7, 14, 28, 91, 182, 364] };
const MONDAY = 4; // the epoch was a Thursday

/** Which of the buckets that begin at `moments` are labelled, so that no more than `most` are: round hours; Mondays. */
export function labelledBuckets(moments, interval, most) {
  const step = STEPS[interval].find((each) => moments.length / each <= Math.max(most, 1)) ?? STEPS[interval].at(-1);
  const length = interval === "hour" ? HOUR : DAY;
  const shift = interval === "day" && step >= 7 ? MONDAY : 0;
  return moments.flatMap((since, index) => {
    const number = Math.floor(wall(since, interval).getTime() / length) - shift;
    return number % step === 0 ? [index] : [];
  });
}

/** The middles of `count` buckets on a line of `width`, the first one's at half a bucket. */
export function middles(count, width) {
  return Array.from({ length: count }, (_, index) => ((index + 0.5) * width) / count);
}

/** The heights above the bottom for `values`, on an axis of `height` that ends at `top`. */
export function heights(values, top, height) {
  return values.map((value) => (value / top) * height);
}

/** The bucket at `x` on a line of `width` with `count` buckets; the outermost ones reach on for ever. */
export function bucketAt(x, count, width) {
  return Math.min(Math.max(Math.floor((x / width) * count), 0), count - 1);
}

/** The `d` of an SVG path through points. */
export function path(xs, ys) {
  return xs.map((x, index) => `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${ys[index].toFixed(1)}`).join("");
}
