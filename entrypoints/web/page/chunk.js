/** Rows of the list that are in the document only while they are near what one sees: thousands would be slow. */

import { element } from "/page/dom.js";

const NEAR = "6000px 0px"; // several windows: whoever scrolls on finds the rows there

const chunks = new WeakMap(); // element → its Chunk
const watching = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting, boundingClientRect } of seen) {
    if (isIntersecting) chunks.get(target).attach();
    else chunks.get(target).detach(boundingClientRect.height);
  }
}, { rootMargin: NEAR });

export class Chunk {
  constructor() {
    this.rows = [];
    this.element = element("div", "chunk");
    this.element.role = "none";
    chunks.set(this.element, this);
    watching.observe(this.element);
  }

  add(row) {
    this.attach();
    this.rows.push(row);
    this.element.style.setProperty("--rows", this.rows.length); // what it is taken for before it was drawn
    this.element.append(row);
  }

  /** Have the rows in the document, e.g. to move the focus there. */
  attach() {
    if (this.element.hasChildNodes()) return;
    this.element.style.height = "";
    this.element.append(...this.rows);
  }

  /** Leave `height` pixels in place of the rows, unless the focus would be lost; 0 where the whole list is not shown. */
  detach(height) {
    if (height === 0 || this.element.contains(document.activeElement)) return;
    this.element.style.height = `${height}px`;
    this.element.replaceChildren();
  }
}
