/** The one player of the page and its queue, loaded when somebody is about to listen. Views are handed it. */

import { stats } from "/page/audio-api.js";
import { reach, Refusal, refusal } from "/page/api.js";
import { Dock } from "/page/dock.js";
import { element, stylesheet } from "/page/dom.js";
import { joinSystem } from "/page/media.js";
import { Player } from "/page/player.js";
import { Queue } from "/page/queue.js";
import { Waveform } from "/page/waveform.js";
import { player as words } from "/page/words-player.js";

/** Build the player in `root`. Throws Refusal: a part of it cannot be had. */
export async function raised(root) {
  const [markup] = await Promise.all([fetched("/page/player.html"), stylesheet("/page/player.css")]);
  root.replaceChildren(...new DOMParser().parseFromString(markup, "text/html").body.childNodes);
  return new Stage(root);
}

/** The text of a file of the page. */
async function fetched(address) {
  const response = await reach(address);
  if (!response.ok) throw await refusal(response);
  return response.text();
}

class Stage {
  constructor(root) {
    this.results = () => null; // tells the Results that the list shows, through which the queue goes on
    this.player = new Player(root.querySelector("audio"));
    this.queue = new Queue(this.player, () => this.results());
    this.dock = new Dock(root, this.player, this.queue);
    new Waveform(this.player, root.querySelector("#position"), () => words.position);
    joinSystem(this.player, this.queue);
  }

  /** A waveform of the clip at hand, to be put where else the clip is shown. */
  companion() {
    const slider = element("div", "waveform");
    slider.role = "slider";
    slider.tabIndex = 0;
    slider.ariaValueMin = 0;
    return new Waveform(this.player, slider, (clip) => words.positionIn(clip.title)).element;
  }

  /** Whenever a listening has begun, tell `count` how often the clip was played by now. */
  recount(count) {
    const { player, dock } = this;
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
}
