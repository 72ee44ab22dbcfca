/** The view of the clips: what was chosen, and the clips for it. */

import { firstPage, KeyNeeded, page } from "/page/api.js";
import { ClipList } from "/page/clips.js";
import { list as words } from "/page/words.js";

const PAUSE_IN_TYPING = 200; // milliseconds after which the search is asked for

const byId = (id) => document.getElementById(id);
const [search, genre, sort, more, summary] = ["search", "genre", "sort", "more", "summary"].map(byId);

let list = null;
let trouble = null;
let next = null; // the address of the next page, or null
let asking = new AbortController(); // the request whose answer is still wanted
let typing = 0;
let isFilled = false;

/** Show the clips; `press` is called with one when its button is pressed. */
export function clipsView(press, told) {
  list = new ClipList(byId("clips"), press);
  trouble = told;
  return { show, hide, list };
}

function show() {
  if (!isFilled) choose();
}

function hide() {
  clearTimeout(typing);
}

/** Show the first page of what is chosen now; an older request's answer is no longer wanted. */
async function choose() {
  clearTimeout(typing);
  const choices = { q: search.value.trim(), genre: genre.value, sort: sort.value };
  await load(firstPage(choices), (clips) => {
    list.clear();
    list.add(clips);
    isFilled = true;
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
async function load(url, showClips, clear = () => {}) {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  setBusy(true);
  try {
    const answer = await page(url, signal);
    showClips(answer.clips);
    next = answer.next;
    rememberGenres(answer.clips);
    trouble.clear();
    summary.textContent = found();
  } catch (error) {
    if (signal.aborted) return;
    clear();
    fail(error, () => load(url, showClips, clear));
  }
  if (signal.aborted) return;
  more.hidden = next === null || trouble.isTold;
  setBusy(false);
}

function setBusy(isBusy) {
  list.list.ariaBusy = String(isBusy);
  more.disabled = isBusy;
  if (isBusy && list.clips.length === 0) summary.textContent = words.loading;
}

function found() {
  const count = list.clips.length;
  if (count > 0) return next === null ? words.all(count) : words.some(count);
  return search.value.trim() !== "" || genre.value !== "" ? words.noMatch : words.none;
}

function fail(error, again) {
  trouble.tell(error, again);
  if (error instanceof KeyNeeded) next = null;
  if (list.clips.length > 0) summary.textContent = found();
  else summary.textContent = error instanceof KeyNeeded ? words.locked : words.failed;
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

search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(choose, PAUSE_IN_TYPING);
});
genre.addEventListener("change", choose);
sort.addEventListener("change", choose);
more.addEventListener("click", showMore);
