/** The dialog that asks for a write key, and tries it before it is used. */

import { reach, Refusal, sentence } from "/page/api.js";
import { formDialog } from "/page/dialogs.js";
import { element } from "/page/dom.js";
import { writing as words } from "/page/words-forms.js";

// Told to whoever may write, and changes nothing: without a key 401, whichever clips there are.
const TRIAL = "/play/1/stats/explain?limit=1";

async function tried(key, signal) {
  const Authorization = `Bearer ${String.fromCharCode(...new TextEncoder().encode(key))}`;
  const response = await reach(TRIAL, { headers: { Authorization }, cache: "no-store", signal });
  if (response.status === 401 || response.status === 403) throw new Refusal(await sentence(response));
}

/** Ask for a key, for a `reason`; one that the service takes, or null if nobody gives one. */
export async function askForKey(reason) {
  const field = Object.assign(element("input", "field"), { type: "password", autocomplete: "current-password" });
  Object.assign(field, { spellcheck: false, required: true, name: "key" });
  const content = [
    element("p", "", reason),
    element("label", "labelled", element("span", "", words.key), field),
    element("p", "hint", words.keyHint),
  ];
  let key = null;
  await formDialog({
    title: words.keyTitle,
    content,
    action: words.useKey,
    async submit(signal) {
      const typed = field.value.trim();
      if (typed === "") throw new Refusal(words.keyMissing);
      await tried(typed, signal);
      key = typed;
    },
    refused(error) {
      field.select();
      return error.message;
    },
  });
  return key;
}
