/** What whoever has a write key can do with a clip: change what is said of it, replace its audio, delete it. */

import { ClipFields } from "/page/clip-fields.js";
import { button, formDialog } from "/page/dialogs.js";
import { element } from "/page/dom.js";
import { clip as words } from "/page/words-views.js";
import { hasKey, Refused, unlock, write } from "/page/writing.js";

const FIELDS = ["title", "genre", "tags", "description", "audio_url", "duration"];
const CLEARED = { description: null, tags: [] }; // what else is emptied is refused at its field

/** The buttons; for who has given no key, one that asks for it. `changed` is called when the clip is another. */
export function curation(clip, changed) {
  const root = element("div", "actions curation");
  const show = () => root.replaceChildren(...(hasKey() ? keyed(clip, changed) : [button(words.curate, enter)]));
  async function enter() {
    if (!await unlock()) return;
    show();
    root.querySelector("button").focus();
  }
  show();
  return root;
}

function keyed(clip, changed) {
  const done = async (isDone) => {
    if (!isDone) return;
    document.dispatchEvent(new CustomEvent("clips-changed"));
    await changed();
  };
  return [
    button(words.edit, async () => done(await edit(clip))),
    button(words.replace, async () => done(await replace(clip))),
    button(words.remove, async () => await remove(clip) && leave()),
  ];
}

function leave() {
  document.dispatchEvent(new CustomEvent("clips-changed"));
  location.hash = "#/";
}

/** What is said otherwise than the clip has it. */
export function changesOf(clip, fields) {
  const changes = FIELDS.filter((name) => name in clip).map((name) => [name, fields.value(name)]);
  return Object.fromEntries(changes
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(clip[name] ?? ""))
    .map(([name, value]) => [name, value.length === 0 && name in CLEARED ? CLEARED[name] : value]));
}

function edit(clip) {
  const fields = new ClipFields(FIELDS.filter((name) => name in clip), clip);
  return formDialog({
    title: words.editing(clip.title),
    content: [fields.root],
    action: words.save,
    async submit(signal) {
      fields.tell([]);
      const changes = changesOf(clip, fields);
      if (Object.keys(changes).length === 0) return;
      await write("PATCH", `/play/${clip.id}`, { body: JSON.stringify(changes), type: "application/json", signal });
    },
    refused(error) {
      const homeless = error instanceof Refused ? fields.tell(error.errors) : [];
      return fields.focus() ? homeless.join(" ") : error.message;
    },
  });
}

function replace(clip) {
  const chooser = Object.assign(element("input", "field"), { type: "file", accept: "audio/*", required: true });
  const bar = Object.assign(element("progress"), { max: 1, hidden: true, ariaLabel: words.progress });
  return formDialog({
    title: words.replacing(clip.title),
    content: [element("label", "labelled", element("span", "", words.file), chooser), bar],
    action: words.replaceNow,
    async submit(signal) {
      const [file] = chooser.files;
      if (file === undefined) throw new Refused(words.fileMissing, []);
      bar.hidden = false;
      const progress = (loaded, total) => { bar.value = loaded / total; };
      const type = file.type || "application/octet-stream";
      await write("PUT", `/play/${clip.id}/audio`, { body: file, type, signal, progress })
        .finally(() => { bar.hidden = true; });
    },
  });
}

function remove(clip) {
  return formDialog({
    title: words.removing(clip.title),
    content: [element("p", "", words.removal)],
    action: words.removeNow,
    className: "dangerous",
    submit: (signal) => write("DELETE", `/play/${clip.id}`, { signal }),
  });
}
