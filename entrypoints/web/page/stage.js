/** The one player of the page and its queue, loaded when somebody is about to listen. Any view may import it. */

import { stats } from "/page/audio-api.js";
import { Refusal } from "/page/api.js";
import { Dock } from "/page/dock.js";
import { element, stylesheet } from "/page/dom.js";
import { joinSystem } from "/page/media.js";
import { Player } from "/page/player.js";
import { Queue } from "/page/queue.js";
import { Waveform } from "/page/waveform.js";
import { player as words } from "/page/words-player.js";

await stylesheet("/page/player.css");

const root = document.getElementById("player");
let shown = () => null; // tells the Results that the list shows

export const player = new Player(root.querySelector("audio"));
export const queue = new Queue(player, () => shown());
export const dock = new Dock(root, player, queue);
new Waveform(player, root.querySelector("#position"), () => words.position);

/** A waveform of the clip at hand, to be put where else the clip is shown. */
export function companion() {
  const slider = element("div", "waveform");
  slider.role = "slider";
  slider.tabIndex = 0;
  slider.ariaValueMin = 0;
  return new Waveform(player, slider, (clip) => words.positionIn(clip.title)).element;
}

/** The queue goes on through the Results that `results()` tells. */
export function playThrough(results) {
  shown = results;
}

/** A listening has begun: tell `count` how often the clip was played by now. */
export function recount(count) {
  player.addEventListener("begun", async () => {
    const { clip } = player;
    try {
      count(clip.id, (await stats(clip.id)).play_count);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (player.clip === clip) dock.counted.textContent = words.uncounted(error.message);
    }
  });
}

joinSystem(player, queue);
