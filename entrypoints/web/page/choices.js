/** What a listener has chosen to see: words, a genre, tags, an order; and how the address says it. */

export const NOTHING = { q: "", genre: "", tags: [], sort: "" }; // an empty order is the service's own

export function choicesIn(query) {
  const one = (name) => (query.get(name) ?? "").trim();
  return { q: one("q"), genre: one("genre"), tags: query.getAll("tag"), sort: one("sort") };
}

/** The choices as a query, for the page's own address and for the service alike; what was not chosen is left out. */
export function asQuery({ q, genre, tags, sort }) {
  const named = [["q", q], ["genre", genre], ...tags.map((tag) => ["tag", tag]), ["sort", sort]];
  return new URLSearchParams(named.filter(([, value]) => value !== ""));
}

/** The address of the clips for these choices. */
export function fragment(choices) {
  const query = asQuery(choices).toString();
  return query === "" ? "#/" : `#/?${query}`;
}

export function isNarrowed({ q, genre, tags }) {
  return q !== "" || genre !== "" || tags.length > 0;
}
