/** The contract, shown to people: what each operation is for, takes and answers, and a form to try it. */

import { reach, Refusal, sentence } from "/page/api.js";
import { element } from "/page/dom.js";
import { trial } from "/page/trial.js";

const METHODS = ["get", "head", "post", "put", "patch", "delete"];

/** Paragraphs of `text`, with `code` between backticks; the only markup that the contract uses. */
function paragraphs(text = "") {
  return text.trim().split(/\n\s*\n/).map((paragraph) => {
    const parts = paragraph.split("`").map((part, index) => (index % 2 ? element("code", "", part) : part));
    return element("p", "", ...parts);
  });
}

/** The contract with every reference replaced by what it refers to. */
function resolved(node, root = node) {
  if (Array.isArray(node)) return node.map((inner) => resolved(inner, root));
  if (node === null || typeof node !== "object") return node;
  if (typeof node.$ref === "string") {
    return resolved(node.$ref.slice(2).split("/").reduce((found, key) => found[key], root), root);
  }
  return Object.fromEntries(Object.entries(node).map(([key, inner]) => [key, resolved(inner, root)]));
}

/** What a value must be, in words: "integer, 1 to 100, default 50". */
function rules(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return [schema.enum.join(" | "), defaulted(schema)].filter(Boolean).join(", ");
  const words = [[schema.type ?? "any"].flat().join(" or ")];
  if (schema.format) words.push(schema.format);
  if (schema.minimum !== undefined) words.push(`at least ${schema.minimum}`);
  if (schema.exclusiveMinimum !== undefined) words.push(`more than ${schema.exclusiveMinimum}`);
  if (schema.maximum <= Number.MAX_SAFE_INTEGER) words.push(`at most ${schema.maximum}`);
  if (schema.minLength) words.push(`at least ${schema.minLength} character`);
  if (schema.maxLength) words.push(`at most ${schema.maxLength} characters`);
  return [...words, defaulted(schema)].filter(Boolean).join(", ");
}

function defaulted(schema) {
  return schema.default === undefined ? "" : `default ${schema.default}`;
}

/** A list of terms: [name, hint, description] each. */
function terms(rows) {
  const list = element("dl", "terms");
  for (const [name, hint, description] of rows) {
    list.append(element("dt", "", name), element("dd", "", ...paragraphs(description), element("p", "hint", hint)));
  }
  return list;
}

function fields(schema) {
  if (schema.type === "array") return fields(schema.items);
  return terms(Object.entries(schema.properties ?? {}).map(([name, inner]) => {
    const need = schema.required?.includes(name) ? "" : ", may be absent";
    return [name, rules(inner) + need, inner.description];
  }));
}

function json(value) {
  return Object.assign(element("pre", "", JSON.stringify(value, null, 2)), { tabIndex: 0 }); // a long one scrolls
}

function body(content) {
  return Object.entries(content ?? {}).flatMap(([type, { schema, example }]) => [
    element("p", "hint", type),
    ...(example === undefined ? [] : [json(example)]),
    ...(schema?.properties || schema?.items ? [folded("Fields", fields(schema))] : []),
  ]);
}

function folded(title, ...content) {
  return element("details", "fields", element("summary", "hint", title), ...content);
}

function response([status, { description, headers, content }]) {
  const told = Object.entries(headers ?? {}).map(([name, header]) => {
    return [name, header.example === undefined ? "" : `e.g. ${header.example}`, header.description];
  });
  const inside = [...paragraphs(description), ...(told.length > 0 ? [terms(told)] : []), ...body(content)];
  return [element("dt", "status", status), element("dd", "", ...inside)];
}

function inside(operation) {
  const shown = element("div", "inside", ...paragraphs(operation.description));
  if (operation.parameters.length > 0) {
    const rows = operation.parameters.map((one) => [one.name, `${one.in}: ${rules(one.schema)}`, one.description]);
    shown.append(element("h3", "", "Parameters"), terms(rows));
  }
  if (operation.requestBody) shown.append(element("h3", "", "Body"), ...body(operation.requestBody.content));
  const answers = element("dl", "terms", ...Object.entries(operation.responses).flatMap(response));
  shown.append(element("h3", "", "Answers"), answers, trial(operation, () => document.getElementById("key").value));
  return shown;
}

/** Which key an operation takes; one that may be left out (an empty requirement) is asked for by private services. */
function locked(security) {
  return security.some((each) => Object.keys(each).length === 0) ? "key if private" : "write key";
}

function shownOperation(operation) {
  const { method, path, summary, operationId } = operation;
  const line = element("summary", "", element("span", `method ${method}`, method.toUpperCase()));
  line.append(element("span", "path", path), element("span", "short", summary));
  if (operation.security) line.append(element("span", "locked", locked(operation.security)));
  const details = element("details", "operation", line);
  details.id = operationId;
  details.addEventListener("toggle", () => details.append(inside(operation)), { once: true });
  return details;
}

function operations(contract) {
  return Object.entries(contract.paths).flatMap(([path, item]) => {
    return METHODS.filter((method) => item[method]).map((method) => {
      const parameters = [...(item.parameters ?? []), ...(item[method].parameters ?? [])];
      return { ...item[method], path, method, parameters };
    });
  });
}

async function show() {
  const answer = await reach("/openapi.json");
  if (!answer.ok) throw new Refusal(await sentence(answer));
  const contract = resolved(await answer.json());
  const all = operations(contract);
  const sections = contract.tags.map(({ name, description }) => {
    const title = element("h2", "", name[0].toUpperCase() + name.slice(1));
    const inTag = all.filter((operation) => operation.tags.includes(name));
    return element("section", "", title, element("p", "", description), ...inTag.map(shownOperation));
  });
  document.getElementById("about").replaceChildren(...paragraphs(contract.info.description));
  document.getElementById("operations").replaceChildren(...sections);
  const linked = document.getElementById(location.hash.slice(1));
  if (linked instanceof HTMLDetailsElement) linked.open = true;
}

show().catch((error) => {
  const trouble = document.getElementById("trouble");
  trouble.querySelector("p").textContent = error.message;
  trouble.hidden = false;
  document.getElementById("operations").replaceChildren();
});
