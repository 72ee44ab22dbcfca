/** Every English text that the scripts of the first view say, by where it is said; the others are in words-*.js.
 *
 * What never changes stands in index.html, so that it is there before any script. */

const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** "1 play", "12,345 plays". */
export const plays = (number) => count(number, "play");

export const page = {
  name: "Soundverse Play",
  titled: (heading) => `${heading} · Soundverse Play`,
};

/** What went wrong, and what to do. */
export const trouble = {
  unreachable: "The service cannot be reached. Check the connection, or that it is running.",
  brokenOff: "The service's answer broke off, or is not what it should be.",
  answered: (status, text) => `The service answered ${status} ${text}`.trim() + ".",
  missing: "This part of the page could not be loaded. Check the connection, or load the page again.",
  offline: "You are offline. This goes on by itself as soon as you are connected.",
  retrying: (seconds) => (seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again …"),
  private: "This catalogue is private.",
};

/** The list of clips. */
export const list = {
  loading: "Loading the clips …",
  all: (number) => count(number, "clip"),
  some: (number) => `The first ${count(number, "clip")}`,
  none: "There are no clips yet.",
  noMatch: "No clip matches. Try fewer words, or all genres.",
  allGenres: "All",
  genre: (genre, clips) => (clips === undefined ? genre : `${genre}, ${count(clips, "clip")}`),
  withoutTag: (tag) => `Clips without the tag ${tag}, too`,
  failed: "The clips could not be loaded.",
  locked: "The clips are shown to those who have a key.",
  play: (title) => `Play ${title}`,
  pause: (title) => `Pause ${title}`,
};
