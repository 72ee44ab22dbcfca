/** What a chart shows, for who would rather read: a table of the counts, and what each of them means. */

import { json } from "/page/api.js";
import { element } from "/page/dom.js";
import { figures as words } from "/page/words-views.js";

const COUNTERS = Object.keys(words.counters);

/** Something that is shown when it is opened. */
export function folded(title, ...content) {
  return element("details", "folded", element("summary", "", title), ...content);
}

/** Every bucket of a series, the latest first. */
export function table(interval, series) {
  const heading = (text, scope) => Object.assign(element("th", "", text), { scope });
  const head = element("tr", "", heading(words.since, "col"));
  head.append(...COUNTERS.map((name) => heading(words.counters[name].label, "col")));
  const rows = series.map((counts) => {
    const cells = COUNTERS.map((name) => element("td", "", words.number(counts[name])));
    return element("tr", "", heading(words.moment(interval, new Date(counts.since)), "row"), ...cells);
  });
  rows.reverse(); // the latest first
  const caption = element("caption", "unseen", words.chart);
  return element("table", "", caption, element("thead", "", head), element("tbody", "", ...rows));
}

/** What the numbers mean, as the service tells it; asked for when it is opened. */
export function definitions() {
  const rules = element("dl", "terms");
  const link = Object.assign(element("a", "", words.allRules), { href: "/about/counting" });
  const made = folded(words.definitions, rules, element("p", "", link));
  made.addEventListener("toggle", async () => {
    if (!made.open || rules.childElementCount > 0) return;
    try {
      const { counters } = (await json("/about/counting")).body;
      rules.replaceChildren(...COUNTERS.flatMap((name) => {
        return [element("dt", "", words.counters[name].label), element("dd", "", counters[name])];
      }));
    } catch (error) {
      rules.replaceChildren(element("dd", "", error.message));
    }
  });
  return made;
}
