/** The page: its views, its keys, and the player, which is loaded when somebody is about to listen. */

import { ClipList } from "/page/clips.js";
import { part } from "/page/dom.js";
import { listenToKeys } from "/page/keys.js";
import { ClipsView } from "/page/list.js";
import { Live } from "/page/live.js";
import { Results } from "/page/results.js";
import { Router } from "/page/router.js";
import { Trouble } from "/page/trouble.js";

const MOST_ASKED_ANEW = 1000; // clips whose counts are asked for after changes were missed

const byId = (id) => document.getElementById(id);

const trouble = new Trouble(byId("trouble"), byId("entry"));
const list = new ClipList(byId("clips"), (clip) => onStage(({ player }) => player.press(clip)));
const clips = new ClipsView(list, (fragment, how) => router.go(fragment, how), trouble);
const live = new Live(count, recountAll);
const router = new Router({
  clips: async () => ({ show: showClips, hide: () => clips.hide() }),
  clip: async () => (await import("/page/clip.js")).clipView((await load()).player),
  statistics: () => import("/page/statistics.js"),
  add: () => import("/page/add.js"),
}, trouble);

let stage = null;
let loading = null; // the promise of it

async function showClips(root, parameters) {
  await clips.show(root, parameters);
  live.start(); // with the key that the list may have asked for
}

/** Do something with the player: at once where it is loaded, since browsers let audio sound on a press only. */
function onStage(act) {
  if (stage !== null) act(stage);
  else {
    const again = (error) => trouble.tell(error, () => onStage(act));
    load().then((made) => {
      trouble.clear();
      act(made);
    }, again);
  }
}

/** The player, loaded once, however many ask for it at a time. */
function load() {
  loading ??= raise().finally(() => {
    loading = null;
  });
  return stage === null ? loading : Promise.resolve(stage);
}

async function raise() {
  if (stage !== null) return stage;
  const { raised } = await part(() => import("/page/stage.js"));
  const made = await raised(byId("player"));
  made.results = () => clips.results;
  made.recount(count);
  list.companion = made.companion();
  const { player, queue } = made;
  player.addEventListener("change", () => list.mark(player.clip?.id, player.isPlaying));
  queue.addEventListener("stuck", ({ detail }) => trouble.tell(detail, () => queue.next()));
  stage = made;
  return made;
}

/** Show how often a clip was played by now, wherever it is shown. */
function count(id, number) {
  list.count(id, number);
  if (stage?.player.clip?.id === id) stage.dock.count(list.counts.get(id));
}

/** Ask anew how often the clips of the list were played. */
async function recountAll() {
  const shown = clips.results;
  if (shown === null) return;
  const anew = new Results(shown.query);
  while (!anew.isWhole && anew.clips.length < Math.min(shown.clips.length, MOST_ASKED_ANEW)) await anew.more();
  anew.clips.forEach((clip) => count(clip.id, clip.play_count));
}

listenToKeys({
  " ": () => onStage(({ queue }) => queue.toggle()),
  ArrowLeft: () => stage?.player.step(-1),
  ArrowRight: () => stage?.player.step(1),
  ArrowUp: () => list.step(-1),
  ArrowDown: () => list.step(1) || clips.grow(),
  k: () => list.step(-1),
  j: () => list.step(1) || clips.grow(),
  n: () => stage?.queue.next(),
  p: () => stage?.queue.previous(),
  m: () => onStage(({ player }) => {
    player.audio.muted = !player.audio.muted;
  }),
  s: () => onStage(({ queue }) => queue.shuffle()),
  r: () => onStage(({ queue }) => queue.repeatNext()),
  "/": search,
  "?": showKeys,
});
byId("keys").addEventListener("click", showKeys);

async function showKeys() {
  try {
    (await part(() => import("/page/shortcuts.js"))).showShortcuts();
  } catch (error) {
    trouble.tell(error, showKeys);
  }
}

async function search() {
  if (router.name !== "clips") await router.go("#/");
  byId("search").select();
}

for (const sign of ["pointerover", "pointerdown", "keydown"]) {
  document.addEventListener(sign, () => load().catch(() => {}), { once: true }); // a press tells why, if it is in vain
}
byId("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the fragment of the address is the view's
  byId("main").focus();
});
document.addEventListener("clips-changed", () => clips.forget());
router.show();
