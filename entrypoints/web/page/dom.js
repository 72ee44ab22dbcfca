/** Elements, made with text and never with markup: what is shown may be a stranger's. */

export function element(tag, className = "", ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content); // strings become text nodes
  return made;
}
