/** The view of one clip: what it is, how to hear it, and what was counted of it. */

import { json } from "/page/api.js";
import { curation } from "/page/curation.js";
import { button } from "/page/dialogs.js";
import { element, stylesheet } from "/page/dom.js";
import { Figures } from "/page/figures.js";
import { clock, hue } from "/page/format.js";
import { clip as words } from "/page/words-views.js";

const CHANGES = ["play", "pause", "ended", "playing", "emptied"]; // of what sounds, or whether

/** The view; clips are played by `player`, and go on when another view is shown. */
export function clipView(player) {
  let shown = null; // { clip, root, play }
  let asking = new AbortController();

  function mark() {
    if (shown === null) return;
    const isPlaying = player.clip?.id === shown.clip.id && player.isPlaying;
    shown.root.classList.toggle("playing", isPlaying);
    shown.play.textContent = isPlaying ? words.pause : words.play;
    shown.play.ariaLabel = isPlaying ? words.pauseClip(shown.clip.title) : words.playClip(shown.clip.title);
  }

  for (const name of CHANGES) player.audio.addEventListener(name, mark);

  /** Throws Refusal: there is no such clip, or it cannot be asked. */
  async function show(root, { id }) {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    if (shown?.clip.id !== id) root.replaceChildren(); // what is left of another would pass for this one
    await stylesheet("/page/views.css");
    const clip = (await json(`/play/${id}`, { signal, cache: "no-store" })).body;
    shown = built(root, clip, { press: () => player.press(clip), changed: () => show(root, { id }) });
    mark();
    await shown.figures.load();
  }

  return { show, hide: () => asking.abort() };
}

/** Fill `root` with what is known of `clip`; the parts of it that go on changing. */
function built(root, clip, { press, changed }) {
  const play = button("", press, "meant play");
  const counted = element("p", "counted");
  const place = element("div", "figures");
  const figures = new Figures(place, {
    address: `/play/${clip.id}/stats`,
    told: (stats) => { counted.textContent = words.counted(stats.play_count, stats.last_played_at); },
  });
  const head = element("header", "clip-head", element("h2", "", clip.title));
  head.style.setProperty("--hue", hue(clip.id));
  if (clip.description) head.append(element("p", "about-clip", clip.description));
  head.append(labels(clip), element("p", "hint", facts(clip)), counted);
  const copied = Object.assign(element("span", "hint"), { role: "status" });
  head.append(element("div", "actions", play, button(words.copy, () => copyLink(clip, copied)),
    curation(clip, changed), copied));
  root.replaceChildren(head, element("h3", "", words.statistics), place);
  return { clip, root, play, figures };
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
