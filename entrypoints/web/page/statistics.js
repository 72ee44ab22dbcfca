/** The view of what was counted of all clips: over time, and which were played most. */

import { element, stylesheet } from "/page/dom.js";
import { Figures } from "/page/figures.js";
import { hue } from "/page/format.js";
import { figures as numbers, statistics as words } from "/page/words-views.js";

let figures = null; // made when the view is first shown
let top = null;

function build(root) {
  const place = element("div", "figures");
  const heading = element("h3", "", words.top);
  top = element("ol", "top-clips");
  top.setAttribute("role", "list"); // Safari takes it from lists without markers
  heading.id = "top-clips";
  top.setAttribute("aria-labelledby", heading.id);
  root.replaceChildren(element("h2", "", words.title), place, heading, top);
  figures = new Figures(place, {
    address: "/stats",
    told: (answer) => top.replaceChildren(...shownTop(answer.top)),
    chose: (period) => history.replaceState(history.state, "", `#/statistics?period=${period}`),
  });
}

function shownTop(clips) {
  if (clips.length === 0) return [element("li", "empty", words.noTop)];
  const most = clips[0].plays;
  return clips.map((clip) => {
    const link = Object.assign(element("a", "title", clip.title), { href: `#/clips/${clip.id}` });
    const share = element("span", "share");
    const row = element("li", "", element("p", "", link, " ", element("span", "hint", clip.genre)));
    row.append(element("b", "", numbers.plays(clip.plays)), share);
    row.style.setProperty("--hue", hue(clip.id));
    share.style.setProperty("--share", String(clip.plays / most));
    return row;
  });
}

/** Show the period that `?period=` names, or the one that was chosen before. */
export async function show(root, { query }) {
  await stylesheet("/page/views.css");
  if (figures === null) build(root);
  figures.choose(query.get("period") ?? "");
  await figures.load();
}

export function hide() {}
