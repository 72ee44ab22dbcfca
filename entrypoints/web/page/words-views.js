/** Every English text of the views that are loaded when they are first shown, by view. */

const number = new Intl.NumberFormat("en");
const whole = (count) => number.format(count);
const one = (count, singular, plural) => `${whole(count)} ${count === 1 ? singular : plural}`;

/** Formats of moments: an hour is told by the reader's clock, a day by UTC's, as it was counted. */
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const format = (options) => new Intl.DateTimeFormat("en", { hourCycle: "h23", ...options });
const utc = { timeZone: "UTC" };
const clock = format({ hour: "2-digit", minute: "2-digit" });
const weekday = format({ weekday: "short" });
const dayOfMonth = format({ day: "numeric" });
const dayOfHours = format({ weekday: "short", month: "short", day: "numeric" });
const shortDay = format({ ...utc, month: "short", day: "numeric" });
const longDay = format({ ...utc, weekday: "short", month: "short", day: "numeric", year: "numeric" });
const localDay = format({ month: "short", day: "numeric", year: "numeric" });
const localMoment = format({ month: "short", day: "numeric", year: "numeric", hour: "2-digit", minute: "2-digit" });
const HOUR = 3_600_000;

/** "134 kB", "2.4 MB". */
function bytes(count) {
  const [divisor, unit] = count < 1_000_000 ? [1_000, "kB"] : [1_000_000, "MB"];
  return `${new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(count / divisor)} ${unit}`;
}

/** A bucket's time: "Sun, Nov 22, 14:00 to 15:00", or "Sun, Nov 22, 2026". */
function moment(interval, since) {
  if (interval === "day") return longDay.format(since);
  return `${dayOfHours.format(since)}, ${clock.format(since)} to ${clock.format(new Date(since.getTime() + HOUR))}`;
}

export const figures = {
  period: "Time",
  periods: { "24h": "24 hours", "7d": "7 days", "30d": "30 days", "90d": "90 days" },
  counters: {
    play_count: { label: "Plays", hint: () => "streams started", unit: ["play", "plays"] },
    listeners: { label: "Listeners", hint: (interval) => `by the ${interval}`, unit: ["listener", "listeners"] },
    downloads: { label: "Downloads", hint: () => "a minute, or all", unit: ["download", "downloads"] },
    completed: { label: "Completed", hint: () => "sent to the end", unit: ["completed play", "completed plays"] },
    listens: { label: "Listens", hint: () => "heard half or more", unit: ["listen", "listens"] },
    skips: { label: "Skips", hint: () => "left early", unit: ["skip", "skips"] },
  },
  inChart: "What the chart shows",
  chart: "Counts over time",
  since: "Time",
  asTable: "As a table",
  table: "Table of counts",
  csv: "Save as CSV",
  definitions: "What these numbers mean",
  allRules: "All rules of counting",
  empty: "Nothing was counted in this time.",
  again: "Try again",
  number: whole,
  plays: (count) => one(count, "play", "plays"),
  moment,
  zone: (interval) => (interval === "hour" ? `Hours are told by your clock (${zone}).` : "Days are those of UTC."),
  tick(interval, since) {
    if (interval === "day") return shortDay.format(since);
    if (clock.format(since) !== "00:00") return clock.format(since);
    return `${weekday.format(since)} ${dayOfMonth.format(since)}`;
  },
  bucket(interval, counts, chosen, isPresent) {
    const title = moment(interval, new Date(counts.since)) + (isPresent ? ", so far" : "");
    const rows = chosen.map((name) => [name, figures.counters[name].label, whole(counts[name])]);
    const said = chosen.map((name) => one(counts[name], ...figures.counters[name].unit));
    return { title, rows, text: `${title}: ${said.join(", ")}` };
  },
};

export const statistics = {
  title: "Statistics",
  top: "Most played",
  noTop: "No clip was played in this time.",
};

/** A clip's own view. */
export const clip = {
  play: "Play",
  pause: "Pause",
  playClip: (title) => `Play ${title}`,
  pauseClip: (title) => `Pause ${title}`,
  position: (title) => `Position in ${title}, on its own page`,
  copy: "Copy link",
  copied: "Copied.",
  copyByHand: (address) => `Copy it by hand: ${address}`,
  labels: "Genre and tags",
  statistics: "Statistics",
  bytes,
  since: (at) => `added ${localDay.format(at)}`,
  counted(count, last) {
    if (last === null) return "Not played yet.";
    return `${one(count, "play", "plays")} in all, the last one on ${localMoment.format(new Date(last))}.`;
  },
  curate: "Change this clip",
  edit: "Edit",
  replace: "Replace audio",
  remove: "Delete",
  editing: (title) => `Edit ${title}`,
  save: "Save",
  replacing: (title) => `Replace the audio of ${title}`,
  file: "Sound file",
  fileMissing: "Choose a file first.",
  progress: "Upload",
  replaceNow: "Upload",
  removing: (title) => `Delete ${title}?`,
  removal: "It leaves the catalogue for good. What was counted of it stays in the statistics of all clips.",
  removeNow: "Delete for good",
};

export const add = {
  title: "Add clips",
  lead: "MP3, Ogg, FLAC, WAV or M4A. What the files say of themselves is used where you say nothing.",
  drop: "Drop sound files here, or",
  choose: "Choose files",
  address: "Or take it from an address",
  addressHint: "https://…",
  take: "Take it",
  shared: "For all that say nothing else",
  titleHint: (guess) => `From the file, else: ${guess}`,
  genreHint: "From the file",
  bytes,
  progressOf: (name) => `Upload of ${name}`,
  queued: "Waits for its turn.",
  starting: "Begins …",
  opening: "The service looks at the audio …",
  sent: (loaded, total) => `${bytes(loaded)} of ${bytes(total)}`,
  seeFields: "Please see to the fields above.",
  added: "Added:",
  cancel: "Cancel",
  cancelled: "Cancelled.",
  retry: "Try again",
  remove: "Take off the list",
  start: (count) => (count === 1 ? "Add the clip" : `Add ${whole(count)} clips`),
  summary(all, done, failed) {
    const added = `${whole(done)} of ${whole(all)} added`;
    return failed === 0 ? `${added}.` : `${added}, ${whole(failed)} refused.`;
  },
};
