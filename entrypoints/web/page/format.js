/** How a clip's facts are shown: times as people write them, and a colour of its own. */

/** Seconds as people write them: 0:07, 12:30, 1:02:03. */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const minutes = Math.floor(whole / 60);
  const tail = String(whole % 60).padStart(2, "0");
  if (minutes < 60) return `${minutes}:${tail}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${tail}`;
}

/** A hue for each clip, far from its neighbours': ids apart by one are apart by the golden angle. */
export function hue(id) {
  return ((id * 137.508) % 360).toFixed(1);
}
