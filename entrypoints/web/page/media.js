/** The system's own controls, on a lock screen or a keyboard: what plays, and their buttons (Media Session). */

import { page } from "/page/words.js";

export function joinSystem(player, queue) {
  const session = navigator.mediaSession;
  if (session === undefined) return;
  let clip = null;
  player.addEventListener("change", () => {
    if (player.clip !== clip) session.metadata = metadata(clip = player.clip);
    session.playbackState = player.isPlaying ? "playing" : "paused";
  });
  player.addEventListener("time", () => place(session, player));
  const actions = {
    play: () => player.isPlaying || player.toggle(),
    pause: () => player.isPlaying && player.toggle(),
    previoustrack: () => queue.previous(),
    nexttrack: () => queue.next(),
    seekto: ({ seekTime }) => player.seek(seekTime),
    seekbackward: ({ seekOffset }) => player.seek(player.moment - (seekOffset ?? 10)),
    seekforward: ({ seekOffset }) => player.seek(player.moment + (seekOffset ?? 10)),
  };
  for (const [name, act] of Object.entries(actions)) {
    try {
      session.setActionHandler(name, act);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // a browser that has no such button
    }
  }
}

function metadata({ title, genre }) {
  const artwork = [{ src: new URL("/page/favicon.svg", location.href).href, sizes: "any", type: "image/svg+xml" }];
  return new MediaMetadata({ title, artist: genre, album: page.name, artwork });
}

/** Where it is. A position beyond the duration is an error to the browser, and so is a duration that is not known. */
function place(session, { duration, moment }) {
  if (duration > 0) session.setPositionState?.({ duration, position: Math.min(moment, duration), playbackRate: 1 });
}
