/** The view of one clip: what it is, how to hear it, and what was counted of it. */

import { json } from "/page/api.js";
import { curation } from "/page/curation.js";
import { button } from "/page/dialogs.js";
import { element, stylesheet } from "/page/dom.js";
import { Figures } from "/page/figures.js";
import { clock, hue } from "/page/format.js";
import { OneClip } from "/page/one-clip.js";
import { Waveform } from "/page/waveform.js";
import { clip as words } from "/page/words-views.js";

/** The view; clips are played by `player`, and go on when another view is shown. */
export function clipView(player) {
  let shown = null; // the clip
  let asking = new AbortController(); // until it is asked for anew
  let following = new AbortController(); // until another one is shown

  /** Throws Refusal: there is no such clip, or it cannot be asked. */
  async function show(root, { id }) {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    if (shown?.id !== id) root.replaceChildren(); // what is left of another would pass for this one
    await stylesheet("/page/views.css");
    shown = (await json(`/play/${id}`, { signal, cache: "no-store" })).body;
    following.abort();
    following = new AbortController();
    const sound = new OneClip(player, shown, following.signal);
    await built(root, sound, () => show(root, { id })).load();
  }

  return { show, hide: () => asking.abort() };
}

/** Fill `root` with what is known of a clip; its figures, which are to be loaded. */
function built(root, sound, changed) {
  const { clip } = sound;
  const counted = element("p", "counted");
  const place = element("div", "figures");
  const figures = new Figures(place, {
    address: `/play/${clip.id}/stats`,
    told: (stats) => { counted.textContent = words.counted(stats.play_count, stats.last_played_at); },
  });
  const head = element("header", "clip-head", element("h2", "", clip.title));
  head.style.setProperty("--hue", hue(clip.id));
  if (clip.description) head.append(element("p", "about-clip", clip.description));
  const copied = Object.assign(element("span", "hint"), { role: "status" });
  const copy = button(words.copy, () => copyLink(clip, copied));
  head.append(labels(clip), waveform(sound), element("p", "hint", facts(clip)), counted,
    element("div", "actions", playButton(sound), copy, curation(clip, changed), copied));
  root.replaceChildren(head, element("h3", "", words.statistics), place);
  sound.dispatchEvent(new Event("change"));
  sound.addEventListener("begun", () => figures.reload()); // a play is counted before it sounds
  return figures;
}

function playButton(sound) {
  const made = button("", () => sound.press(), "meant play");
  const { title } = sound.clip;
  sound.addEventListener("change", () => {
    made.textContent = sound.isPlaying ? words.pause : words.play;
    made.ariaLabel = sound.isPlaying ? words.pauseClip(title) : words.playClip(title);
  });
  return made;
}

function waveform(sound) {
  const slider = Object.assign(element("div", "waveform"), { role: "slider", tabIndex: 0, ariaValueMin: "0" });
  return new Waveform(sound, slider, (clip) => words.position(clip.title)).element;
}

/** Genre and tags, each a way to more of its kind. */
function labels(clip) {
  const link = (text, query, className) => {
    const made = element("a", className, text);
    made.href = `#/?${new URLSearchParams(query)}`;
    return element("li", "", made);
  };
  const made = element("ul", "labels", link(clip.genre, { genre: clip.genre }, "genre"));
  made.append(...(clip.tags ?? []).map((tag) => link(tag, { tag }, "tag")));
  made.setAttribute("role", "list");
  made.ariaLabel = words.labels;
  return made;
}

function facts({ duration, media_type: type, size, created_at: at }) {
  return [clock(duration), type, ...(size === null ? [] : [words.bytes(size)]), words.since(new Date(at))].join(" · ");
}

/** Copy the view's address; where the browser does not let us (plain HTTP), show it to be copied by hand. */
async function copyLink(clip, told) {
  const address = new URL(`#/clips/${clip.id}`, location.href).href;
  try {
    await navigator.clipboard.writeText(address);
    told.textContent = words.copied;
  } catch {
    told.textContent = words.copyByHand(address);
  }
}
