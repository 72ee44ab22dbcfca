/** Elements, made with text and never with markup: what is shown may be a stranger's. */

import { Refusal } from "/page/api.js";
import { trouble } from "/page/words.js";

export function element(tag, className = "", ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content); // strings become text nodes
  return made;
}

/** Load a stylesheet of the page, once, e.g. of a view that is shown for the first time; resolves when it holds. */
export function stylesheet(href) {
  const there = document.querySelector(`link[rel=stylesheet][href="${href}"]`);
  if (there) return Promise.resolve();
  const link = element("link");
  link.rel = "stylesheet";
  link.href = href;
  document.head.append(link);
  return new Promise((resolve, reject) => {
    link.addEventListener("load", resolve, { once: true });
    link.addEventListener("error", () => reject(new Refusal(trouble.missing)), { once: true });
  });
}

/** A part of the page that `load` imports when it is first needed. Throws Refusal: it could not be loaded. */
export async function part(load) {
  try {
    return await load();
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(trouble.missing, { cause: error });
  }
}
