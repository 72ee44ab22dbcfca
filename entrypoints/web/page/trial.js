/** A form to try an operation: its request, the same as a curl line, and the answer as it came. */

import { reach } from "/page/api.js";
import { element } from "/page/dom.js";

const SHOWN = 20_000; // characters of a body; metrics can be long

/** What the form says now, as a request. A field left empty is not sent. */
function request(operation, inputs, text, key) {
  let path = operation.path;
  const query = new URLSearchParams();
  const headers = {};
  for (const [parameter, input] of inputs) {
    const value = input.value.trim();
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value !== "" && parameter.in === "query") query.append(parameter.name, value);
    else if (value !== "") headers[parameter.name] = value;
  }
  if (text !== undefined) headers["Content-Type"] = "application/json";
  if (operation.security && key) headers.Authorization = `Bearer ${key}`;
  const url = new URL(path + (query.size > 0 ? `?${query}` : ""), location.origin);
  return { url, method: operation.method.toUpperCase(), headers, body: text };
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The request for a shell. The key itself is not shown: it is read from WRITE_KEY. */
function curl({ url, method, headers, body }) {
  const parts = [method === "HEAD" ? "curl -I" : `curl -i${method === "GET" ? "" : ` -X ${method}`}`];
  for (const [name, value] of Object.entries(headers)) {
    const shown = name === "Authorization" ? '"Authorization: Bearer $WRITE_KEY"' : quoted(`${name}: ${value}`);
    parts.push(`-H ${shown}`);
  }
  if (body !== undefined) parts.push(`--data-raw ${quoted(body)}`);
  return [...parts, quoted(url.href)].join(" \\\n  ");
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

async function answerTo({ url, ...options }) {
  const response = await reach(url, { ...options, cache: "no-store" });
  const type = response.headers.get("Content-Type") ?? "";
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const shown = [element("p", "status", `${response.status} ${response.statusText}`), element("pre", "", headers)];
  if (type.startsWith("audio/") && options.method === "GET") {
    await response.body?.cancel();
    return [...shown, ...audio(url)];
  }
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

/** The form for an operation; `key` gives the write key that was typed, or "". */
export function trial(operation, key) {
  const made = operation.parameters.map((parameter) => [parameter, ...labelled(parameter)]);
  const inputs = made.map(([parameter, input]) => [parameter, input]);
  const send = element("button", "button", "Send");
  const answer = element("div", "answer");
  const line = element("pre");
  const form = element("div", "try", element("h3", "", "Try it"));
  form.append(element("div", "inputs", ...made.map(([, , label]) => label)));
  let text;
  if (operation.requestBody) {
    const { example } = operation.requestBody.content["application/json"];
    text = element("textarea", "field", JSON.stringify(example, null, 2));
    text.spellcheck = false;
    form.append(element("label", "", "Body (JSON)", text));
  }
  const now = () => request(operation, inputs, text?.value, key());
  const describe = () => { line.textContent = curl(now()); };
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
  form.append(line, send, answer);
  return form;
}
