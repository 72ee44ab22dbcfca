/** The page: what was chosen, the clips for it, the player, and the keys. */

import { firstPage, KeyNeeded, page, stats, useKey } from "/page/api.js";
import { ClipList, plays } from "/page/clips.js";
import { Player } from "/page/player.js";

const PAUSE_IN_TYPING = 200; // milliseconds after which the search is asked for

const byId = (id) => document.getElementById(id);
const [search, genre, sort] = ["search", "genre", "sort"].map(byId);
const [more, trouble, summary, entry] = ["more", "trouble", "summary", "entry"].map(byId);

const player = new Player(byId("player"), {
  changed: (clip, isPlaying) => list.mark(clip?.id, isPlaying),
  begun: recount,
});
const list = new ClipList(byId("clips"), (clip) => player.press(clip));
let next = null; // the address of the next page, or null
let asking = new AbortController(); // the request whose answer is still wanted
let retry = null;
let typing = 0;

/** Show the first page of what is chosen now; an older request's answer is no longer wanted. */
async function choose() {
  clearTimeout(typing);
  const choices = { q: search.value.trim(), genre: genre.value, sort: sort.value };
  await load(firstPage(choices), (clips) => {
    list.clear();
    list.add(clips);
  }, () => list.clear()); // what is left of an older choice would pass for the answer
}

/** Show the next page below, and go on from its first clip by keyboard. */
async function showMore() {
  const hadFocus = document.activeElement === more;
  await load(next, (clips) => {
    list.add(clips);
    if (hadFocus && clips.length > 0) list.focus(clips[0].id);
  });
}

/** Ask for a page and `show` its clips. On a failure `clear` what no longer holds, and offer the same again. */
async function load(url, show, clear = () => {}) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  setBusy(true);
  try {
    const answer = await page(url, signal);
    show(answer.clips);
    next = answer.next;
    rememberGenres(answer.clips);
    trouble.hidden = entry.hidden = true;
    summary.textContent = found();
  } catch (error) {
    if (signal.aborted) return;
    clear();
    if (error instanceof KeyNeeded) askForKey(error);
    else fail(error, () => load(url, show, clear));
  }
  if (signal.aborted) return;
  more.hidden = next === null || !trouble.hidden;
  setBusy(false);
}

function setBusy(isBusy) {
  list.list.ariaBusy = String(isBusy);
  more.disabled = isBusy;
  if (isBusy && list.clips.length === 0) summary.textContent = "Loading the clips …";
}

function found() {
  const count = list.clips.length;
  if (count > 0) return next === null ? `${count} ${count === 1 ? "clip" : "clips"}` : `The first ${count} clips`;
  const isNarrowed = search.value.trim() !== "" || genre.value !== "";
  return isNarrowed ? "No clip matches. Try fewer words, or all genres." : "There are no clips yet.";
}

/** Ask for a key, which the service wants before it lists anything. */
function askForKey(error) {
  const field = entry.querySelector("input");
  entry.querySelector("p").textContent = field.value === "" ? "This catalogue is private." : error.message;
  entry.hidden = false;
  trouble.hidden = true;
  next = null;
  summary.textContent = "The clips are shown to those who have a key.";
  field.select();
}

/** Say what went wrong, beside a button that tries the same again. */
function fail(error, again) {
  trouble.querySelector("p").textContent = error.message;
  trouble.hidden = false;
  summary.textContent = list.clips.length === 0 ? "The clips could not be loaded." : found();
  retry = again;
}

/** Offer every genre that was seen, in order; the service has no list of them. */
function rememberGenres(clips) {
  const known = new Map([...genre.options].map((option) => [option.value.toLowerCase(), option]));
  for (const clip of clips) {
    if (!known.has(clip.genre.toLowerCase())) known.set(clip.genre.toLowerCase(), new Option(clip.genre, clip.genre));
  }
  if (known.size === genre.options.length) return;
  const chosen = genre.value;
  const [all, ...rest] = known.values();
  rest.sort((one, other) => one.value.localeCompare(other.value));
  genre.replaceChildren(all, ...rest);
  genre.value = chosen;
}

/** A listening has begun: ask how often the clip was played by now, and show it. */
async function recount(clip) {
  const tell = (text) => player.clip === clip && player.tell(text); // another clip may have been pressed meanwhile
  try {
    const { play_count: count } = await stats(clip.id);
    list.count(clip.id, count);
    tell(plays(count));
  } catch (error) {
    tell(`Its plays could not be asked: ${error.message}`);
  }
}

/** Whether a key belongs to what has the focus: typing, choosing, or pressing a button with the space bar. */
function isTaken(key, target) {
  if (target.matches("input[type=range]")) return key !== " " && target.id !== "seek";
  if (target.matches("input, select, textarea")) return true;
  return key === " " && target.matches("button, a");
}

const keys = {
  " ": () => (player.clip === null ? list.clips[0] && player.begin(list.clips[0]) : player.toggle()),
  ArrowLeft: () => player.step(-1),
  ArrowRight: () => player.step(1),
  "/": () => search.select(),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
  if (isTaken(event.key, event.target)) return;
  event.preventDefault();
  keys[event.key]();
}

search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(choose, PAUSE_IN_TYPING);
});
genre.addEventListener("change", choose);
sort.addEventListener("change", choose);
more.addEventListener("click", showMore);
entry.addEventListener("submit", (event) => {
  event.preventDefault();
  useKey(entry.querySelector("input").value.trim());
  choose();
});
trouble.querySelector("button").addEventListener("click", () => retry());
document.addEventListener("keydown", onKey);
choose();
