/** The page: its views, the player, and the keys. */

import { stats } from "/page/api.js";
import { clipsView } from "/page/list.js";
import { Player } from "/page/player.js";
import { Router } from "/page/router.js";
import { Trouble } from "/page/trouble.js";
import { plays, player as words } from "/page/words.js";

const byId = (id) => document.getElementById(id);

const trouble = new Trouble(byId("trouble"), byId("entry"));
const player = new Player(byId("player"), {
  changed: (clip, isPlaying) => list.mark(clip?.id, isPlaying),
  begun: recount,
});
const clips = clipsView((clip) => player.press(clip), trouble);
const { list } = clips;

const VIEWS = {
  clips: async () => clips,
  clip: async () => (await import("/page/clip.js")).clipView(player),
  statistics: () => import("/page/statistics.js"),
  add: () => import("/page/add.js"),
};

/** A listening has begun: ask how often the clip was played by now, and show it. */
async function recount(clip) {
  const tell = (text) => player.clip === clip && player.tell(text); // another clip may have been pressed meanwhile
  try {
    const { play_count: count } = await stats(clip.id);
    list.count(clip.id, count);
    tell(plays(count));
  } catch (error) {
    tell(words.uncounted(error.message));
  }
}

/** Whether a key belongs to what has the focus: typing, choosing, or pressing a button with the space bar. */
function isTaken(key, target) {
  if (target.closest("dialog")) return true;
  if (target.matches("input[type=range]")) return key !== " " && target.id !== "seek";
  if (target.matches("input, select, textarea")) return true;
  return key === " " && target.matches("button, a, summary");
}

const keys = {
  " ": () => (player.clip === null ? list.clips[0] && player.begin(list.clips[0]) : player.toggle()),
  ArrowLeft: () => player.step(-1),
  ArrowRight: () => player.step(1),
  "/": () => byId("search").select(),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
  if (isTaken(event.key, event.target)) return;
  event.preventDefault();
  keys[event.key]();
}

document.addEventListener("keydown", onKey);
byId("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the fragment of the address is the view's
  byId("main").focus();
});
new Router(VIEWS, trouble).show();
