/** Every English text of the player, which is loaded when somebody is about to listen. */

export const player = {
  play: "Play",
  pause: "Pause",
  position: "Position",
  positionIn: (title) => `Position in ${title}`,
  moment: (at, whole) => `${at} of ${whole}`,
  pressAgain: "The browser wants another press on play first.",
  uncounted: (reason) => `Its plays could not be asked: ${reason}`,
  unplayable: (type) => `This browser cannot play the clip's audio (${type ?? "of no known type"}).`,
};

/** How the queue goes on. */
export const queue = {
  shuffle: { true: "Shuffle is on", false: "Shuffle is off" },
  repeat: { off: "Repeat is off", all: "Repeat all clips", one: "Repeat this clip" },
};

/** The keyboard map. */
export const shortcuts = {
  heading: "Keyboard",
  close: "Close",
  keys: [
    [["Space"], "Play or pause"],
    [["←", "→"], "Seek"],
    [["↑", "↓", "k", "j"], "Choose the clip above or below"],
    [["n", "p"], "Next clip, previous clip"],
    [["m"], "Mute"],
    [["s"], "Shuffle"],
    [["r"], "Repeat: off, all, one"],
    [["/"], "Search"],
    [["?"], "Show these keys"],
    [["Esc"], "Leave the search, close this"],
  ],
};
