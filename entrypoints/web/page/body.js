/** The part of a form where a body is written, or a file chosen. */

import { element } from "/page/dom.js";

const SAMPLE = "rain.ogg"; // what code names until a file is chosen
const FORM = "multipart/form-data";

function chooser() {
  const input = element("input", "field");
  input.type = "file";
  input.accept = "audio/*";
  return input;
}

/** JSON, typed into a field that has the example. */
function typed(type, { example }) {
  const text = element("textarea", "field", JSON.stringify(example, null, 2));
  text.spellcheck = false;
  return {
    shown: [element("label", "", "Body (JSON)", text)],
    headers: { "Content-Type": type },
    code: () => ({ text: text.value }),
    sent: () => text.value,
  };
}

/** Audio as the body itself. */
function file() {
  const input = chooser();
  return {
    shown: [element("label", "", "Body (a file)", input)],
    headers: { "Content-Type": "application/octet-stream" },
    code: () => ({ file: input.files[0]?.name ?? SAMPLE }),
    sent: () => input.files[0] ?? "",
  };
}

/** A field for each part; an array has a part for each of its members, which commas divide. */
function form(type, { schema }) {
  const input = chooser();
  const parts = Object.entries(schema.properties).filter(([name]) => name !== "audio").map(([name, { type: kind }]) => {
    const field = element("input", "field");
    return { name, field, values: () => (kind === "array" ? field.value.split(",") : [field.value]) };
  });
  const fields = () => parts.flatMap(({ name, values }) => {
    return values().map((value) => [name, value.trim()]).filter(([, value]) => value !== "");
  });
  const labels = parts.map(({ name, field }) => element("label", "", `${name} (part)`, field));
  return {
    shown: [element("div", "inputs", ...labels, element("label", "", "audio (a file)", input))],
    headers: {}, // the type has a boundary, which who sends it makes
    code: () => ({ fields: fields(), file: input.files[0]?.name ?? SAMPLE }),
    sent: () => {
      const data = new FormData();
      for (const [name, value] of fields()) data.append(name, value);
      if (input.files[0]) data.append("audio", input.files[0]);
      return data;
    },
  };
}

function made(type, content) {
  if (type === "application/json") return typed(type, content);
  return type === FORM ? form(type, content) : file();
}

/** The body's part of the form: `{ shown, now }`, of which `now` gives the body as it is; null where there is none. */
export function body({ requestBody }) {
  if (!requestBody) return { shown: [], now: () => null };
  const kinds = Object.entries(requestBody.content).filter(([type]) => type !== "audio/*");
  const choices = kinds.map(([type, content]) => ({ type, ...made(type, content) }));
  const place = element("div", "", ...choices[0].shown);
  if (choices.length === 1) return { shown: [place], now: () => choices[0] };
  const select = element("select", "field", ...choices.map(({ type }) => new Option(type, type)));
  const chosen = () => choices[select.selectedIndex];
  select.addEventListener("change", () => place.replaceChildren(...chosen().shown));
  return { shown: [element("label", "", "Body's type", select), place], now: chosen };
}
