/** The fields in which somebody says what a clip is; faults are told at the field that they are of. */

import { element } from "/page/dom.js";
import { fields as words } from "/page/words-forms.js";

const LONGEST = { title: 200, genre: 50, description: 2_000 };
let made = 0; // fields so far, whose ids are told apart by it

/** Tags as they are typed: between commas, none twice. */
export function tagsOf(text) {
  return [...new Set(text.split(",").map((tag) => tag.trim()).filter(Boolean))];
}

function typed(name, value) {
  const text = value.trim();
  if (name === "tags") return tagsOf(text);
  if (name === "duration" && text !== "") return Number(text.replace(",", "."));
  return text;
}

export class ClipFields {
  /** Fields of these names, with what they have at first; `hints` are shown while a field is empty. */
  constructor(names, values = {}, hints = {}) {
    this.inputs = new Map(names.map((name) => [name, input(name, values[name] ?? "", hints[name])]));
    this.root = element("div", "fields-of-clip", ...[...this.inputs].map(([name, field]) => labelled(name, field)));
  }

  /** What is said, by name: text, for `tags` an array, for `duration` a number; what is left empty is not in it. */
  get said() {
    const values = [...this.inputs].map(([name, field]) => [name, typed(name, field.value)]);
    return Object.fromEntries(values.filter(([, value]) => value.length !== 0));
  }

  /** What is said in a field now, as its own kind. */
  value(name) {
    return typed(name, this.inputs.get(name).value);
  }

  /** Show each fault at its field, or none of `[]`; the sentences of those that have no field here. */
  tell(errors) {
    const homeless = [];
    const faults = new Map([...this.inputs.keys()].map((name) => [name, []]));
    for (const { path, message } of errors) {
      const name = /^\w*/.exec(path)[0]; // tags[3] is of tags
      if (faults.has(name)) faults.get(name).push(words.fault(message));
      else homeless.push(`${path} ${message}`);
    }
    for (const [name, messages] of faults) {
      const field = this.inputs.get(name);
      field.ariaInvalid = String(messages.length > 0);
      document.getElementById(`${field.id}-fault`).textContent = messages.join(" ");
    }
    return homeless;
  }

  /** Move the focus to the first field at fault, or to the first one; whether one is. */
  focus() {
    const atFault = [...this.inputs.values()].find((field) => field.ariaInvalid === "true");
    (atFault ?? this.inputs.values().next().value).focus();
    return atFault !== undefined;
  }

  set disabled(isDisabled) {
    for (const field of this.inputs.values()) field.disabled = isDisabled;
  }
}

function input(name, value, hint = words.hints[name] ?? "") {
  const field = element(name === "description" ? "textarea" : "input", "field");
  Object.assign(field, { id: `clip-field-${(made += 1)}`, name, value: Array.isArray(value) ? value.join(", ") : value });
  Object.assign(field, { placeholder: hint, autocomplete: "off", maxLength: LONGEST[name] ?? 4_000 });
  if (name === "genre") field.setAttribute("list", "known-genres");
  if (name === "duration") field.inputMode = "decimal";
  if (name === "audio_url") field.inputMode = "url";
  field.setAttribute("aria-describedby", `${field.id}-fault`);
  return field;
}

function labelled(name, field) {
  const fault = element("span", "fault");
  fault.id = `${field.id}-fault`;
  return element("div", `labelled of-${name}`, element("label", "", element("span", "", words.labels[name]), field), fault);
}
