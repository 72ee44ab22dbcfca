/** What was counted over a time that the reader chooses: sums, a chart, a table, CSV, and what the numbers mean. */

import { credentials, json, reach, Refusal, sentence } from "/page/api.js";
import { definitions, folded, table } from "/page/counts-in-words.js";
import { button } from "/page/dialogs.js";
import { element } from "/page/dom.js";
import { Plot } from "/page/plot.js";
import { figures as words } from "/page/words-views.js";

const HOUR = 3_600_000; // milliseconds
const PERIODS = { // by their names in the page's address
  "24h": { interval: "hour", length: 24 * HOUR },
  "7d": { interval: "hour", length: 7 * 24 * HOUR },
  "30d": { interval: "day", length: 30 * 24 * HOUR },
  "90d": { interval: "day", length: 90 * 24 * HOUR },
};
const COUNTERS = Object.keys(words.counters);
const FORGOTTEN = 422; // hours of so long ago are not kept

/** The whole buckets up to now that make a period: the present one is one of them. */
function asked({ interval, length }) {
  const bucket = interval === "hour" ? HOUR : 24 * HOUR;
  const from = new Date(Math.floor(Date.now() / bucket) * bucket - length + bucket);
  return `interval=${interval}&from=${from.toISOString().replace(".000", "")}`;
}

export class Figures {
  /** `root` is empty; `address` is where the service tells the counts; `told` hears each answer, and `chose` the name
   * of each period that is chosen here. */
  constructor(root, { address, told, chose = () => {} }) {
    Object.assign(this, { root, address, told, chose });
    this.period = "30d";
    this.series = new Set(["play_count"]);
    this.asking = new AbortController();
    this.#build();
  }

  /** Show the period of that name; one that is none leaves it as it was. */
  choose(name) {
    if (!Object.hasOwn(PERIODS, name)) return;
    this.period = name;
    this.periods.querySelector(`[value="${name}"]`).checked = true;
  }

  /** Ask for the counts as they are now, and show them. Throws Refusal; AbortError: they were asked for anew. */
  async load() {
    this.asking.abort();
    this.asking = new AbortController();
    const { signal } = this.asking;
    this.root.ariaBusy = "true";
    try {
      this.answer = await this.#counts(PERIODS[this.period], signal);
    } finally {
      if (!signal.aborted) this.root.ariaBusy = "false";
    }
    this.#show();
    this.told(this.answer);
  }

  /** Where the hours of a period were forgotten, its days are told. */
  async #counts(period, signal) {
    const ask = async (interval) => {
      this.query = `${this.address}?${asked({ ...period, interval })}`;
      return (await json(this.query, { signal, cache: "no-store" })).body;
    };
    try {
      return await ask(period.interval);
    } catch (error) {
      if (error.status !== FORGOTTEN || period.interval === "day") throw error;
      return ask("day");
    }
  }

  /** The same amid the view: what goes wrong is told in it. */
  async reload() {
    try {
      await this.load();
    } catch (error) {
      if (error.name !== "AbortError") this.#fail(error);
    }
  }

  #build() {
    this.periods = element("fieldset", "periods", element("legend", "unseen", words.period));
    for (const [value, text] of Object.entries(words.periods)) {
      const choice = Object.assign(element("input"), { type: "radio", name: "period", value });
      choice.checked = value === this.period;
      choice.addEventListener("change", () => {
        this.period = value;
        this.chose(value);
        this.reload();
      });
      this.periods.append(element("label", "period", choice, element("span", "", text)));
    }
    this.numbers = element("div", "numbers");
    Object.assign(this.numbers, { role: "group", ariaLabel: words.inChart });
    this.plotted = element("div", "plot");
    this.plot = new Plot(this.plotted, words.chart);
    this.note = element("p", "hint");
    this.table = Object.assign(element("div", "scroll"), { tabIndex: 0, role: "region", ariaLabel: words.table });
    this.trouble = Object.assign(element("div", "trouble"), { role: "alert", hidden: true });
    this.empty = Object.assign(element("p", "empty", words.empty), { hidden: true });
    this.full = element("div", "full", this.plotted, this.note, folded(words.asTable, this.table, button(words.csv, () => this.#save())));
    this.root.replaceChildren(this.periods, this.trouble, this.numbers, this.empty, this.full, definitions());
  }

  #show() {
    const { interval, series } = this.answer;
    const sums = Object.fromEntries(COUNTERS.map((name) => [name, sum(series, name)]));
    this.trouble.hidden = true;
    this.empty.hidden = COUNTERS.some((name) => sums[name] > 0);
    this.full.hidden = !this.empty.hidden;
    if (!this.numbers.hasChildNodes()) this.numbers.append(...COUNTERS.map((name) => this.#switch(name)));
    COUNTERS.forEach((name, at) => {
      const made = this.numbers.children[at];
      made.querySelector("b").textContent = words.number(sums[name]);
      made.querySelector(".hint").textContent = words.counters[name].hint(interval);
    });
    this.note.textContent = words.zone(interval);
    this.table.replaceChildren(table(interval, series));
    this.#draw();
  }

  #draw() {
    const { interval, series } = this.answer;
    const chosen = COUNTERS.filter((name) => this.series.has(name));
    this.plot.show({
      moments: series.map(({ since }) => new Date(since)),
      interval,
      series: chosen.map((name) => ({ name, values: series.map((counts) => counts[name]) })),
      words: {
        bucket: (index) => words.bucket(interval, series[index], chosen, index === series.length - 1),
        tick: (since) => words.tick(interval, since),
        count: words.number,
      },
    });
  }

  /** A sum that is also the switch of its line in the chart, in which at least one stays. It is made once, so that the
   * focus on it is not lost when counts come anew. */
  #switch(name) {
    const { label } = words.counters[name];
    const made = element("button", "number", element("span", "name", element("i", `mark ${name}`), label));
    made.append(element("b"), element("span", "hint"));
    made.type = "button";
    made.ariaPressed = String(this.series.has(name));
    made.addEventListener("click", () => {
      if (this.series.size > 1 || !this.series.has(name)) {
        if (!this.series.delete(name)) this.series.add(name);
        made.ariaPressed = String(this.series.has(name));
        this.#draw();
      }
    });
    return made;
  }

  /** Save the series as a file; a link could say neither what is accepted nor the key. */
  async #save() {
    try {
      const response = await reach(this.query, { headers: { ...credentials(), Accept: "text/csv" } });
      if (!response.ok) throw new Refusal(await sentence(response));
      const [, name] = /filename="(.*)"/.exec(response.headers.get("Content-Disposition"));
      const link = Object.assign(element("a"), { href: URL.createObjectURL(await response.blob()), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), HOUR); // the browser tells nobody when it has it
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error) {
    this.trouble.replaceChildren(element("p", "", error.message), button(words.again, () => this.reload()));
    this.trouble.hidden = false;
  }
}

function sum(series, name) {
  return series.reduce((total, counts) => total + counts[name], 0);
}
