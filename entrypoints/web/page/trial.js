/** A form to try an operation: its request, the same as a curl line, and the answer as it came. */

import { reach } from "/page/api.js";
import { body as bodyOf } from "/page/body.js";
import { element } from "/page/dom.js";
import { curl, python } from "/page/snippets.js";

const SHOWN = 20_000; // characters of a body; metrics can be long

/** What kind of answer an operation's success is. */
function kindOfAnswer({ method, responses }) {
  const types = Object.keys(responses["200"]?.content ?? {});
  if (method === "head") return "headers";
  if (types.includes("audio/*")) return "audio";
  return types.includes("text/event-stream") ? "events" : "text";
}

/** What the form says now, as a request; its body as code names it, and as it is sent. A field left empty is not sent. */
function request(operation, inputs, body, key) {
  let path = operation.path;
  const query = new URLSearchParams();
  const headers = { ...body?.headers };
  for (const [parameter, input] of inputs) {
    const value = input.value.trim();
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value !== "" && parameter.in === "query") query.append(parameter.name, value);
    else if (value !== "") headers[parameter.name] = value;
  }
  if (operation.security && (key || isLocked(operation))) headers.Authorization = `Bearer ${key}`;
  const url = new URL(path + (query.size > 0 ? `?${query}` : ""), location.origin);
  const method = operation.method.toUpperCase();
  return { url, method, headers, body: body?.code(), sent: body?.sent(), answer: kindOfAnswer(operation) };
}

/** Whether an operation always needs a key. */
function isLocked({ security }) {
  return security.every((each) => Object.keys(each).length > 0);
}

/** A player for an answer that is audio. The answer's own bytes are not used: <audio> asks anew. */
function audio(url) {
  const player = element("audio");
  player.controls = true;
  player.preload = "none";
  player.src = url;
  return [player, element("p", "hint", "Pressing play asks again: a play of its own, unless play is filled in.")];
}

function pretty(text, type) {
  if (!/[/+]json/.test(type)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch (error) {
    if (error instanceof SyntaxError) return text; // shown as it came
    throw error;
  }
}

/** The first events of a stream that has no end. */
async function firstEvents(response) {
  const reader = response.body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return [element("pre", "", new TextDecoder().decode(value)), element("p", "hint", "And so on, for as long as it is read.")];
}

async function answerTo({ url, method, headers: told, sent }) {
  const options = { method, headers: told };
  const response = await reach(url, { ...options, body: sent, cache: "no-store" });
  const type = response.headers.get("Content-Type") ?? "";
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const shown = [element("p", "status", `${response.status} ${response.statusText}`), element("pre", "", headers)];
  if (type.startsWith("audio/") && options.method === "GET") {
    await response.body?.cancel();
    return [...shown, ...audio(url)];
  }
  if (type.startsWith("text/event-stream")) return [...shown, ...await firstEvents(response)];
  const text = pretty(await response.text(), type);
  if (text !== "") shown.push(element("pre", "", text.slice(0, SHOWN) + (text.length > SHOWN ? "\n…" : "")));
  return shown;
}

function labelled(parameter) {
  const choices = parameter.schema.enum;
  const input = element(choices ? "select" : "input", "field");
  if (choices) input.append(new Option("", ""), ...choices.map((one) => new Option(one, one)));
  else input.placeholder = parameter.example ?? parameter.schema.default ?? "";
  if (parameter.required) input.value = parameter.example ?? "";
  return [input, element("label", "", `${parameter.name} (${parameter.in})`, input)];
}

/** A block of code that can be copied: `{ shown, text }`. */
function code(name) {
  const text = element("pre", name.toLowerCase());
  const copy = element("button", "button", "Copy");
  copy.type = "button";
  copy.ariaLabel = `Copy ${name}`;
  text.tabIndex = 0; // it scrolls
  text.role = "group"; // a region would be a landmark, and these are many
  text.ariaLabel = `${name} code`;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  });
  return { shown: element("div", "code", element("h4", "", name), copy, text), text };
}

/** The form for an operation; `key` gives the write key that was typed, or "". */
export function trial(operation, key) {
  const made = operation.parameters.map((parameter) => [parameter, ...labelled(parameter)]);
  const inputs = made.map(([parameter, input]) => [parameter, input]);
  const send = element("button", "button", "Send");
  const answer = element("div", "answer");
  const codes = [["curl", curl], ["Python", python]].map(([name, written]) => ({ ...code(name), written }));
  const form = element("div", "try", element("h3", "", "Try it"));
  const { shown, now: body } = bodyOf(operation);
  form.append(element("div", "inputs", ...made.map(([, , label]) => label)), ...shown);
  const now = () => request(operation, inputs, body(), key());
  const describe = () => { for (const { text, written } of codes) text.textContent = written(now()); };
  send.type = "button";
  answer.ariaLive = "polite";
  form.addEventListener("input", describe);
  document.getElementById("key").addEventListener("input", describe);
  send.addEventListener("click", async () => {
    send.disabled = true;
    try {
      answer.replaceChildren(...await answerTo(now()));
    } catch (error) {
      answer.replaceChildren(element("p", "status", error.message));
    }
    send.disabled = false;
  });
  describe();
  form.append(...codes.map(({ shown: block }) => block), send, answer);
  return form;
}
