/** A request as code that runs as it is shown: a line for curl, and a program for Python that needs nothing else.
 *
 * A key is never shown: both read it from WRITE_KEY. */

const KEY = "WRITE_KEY";

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** What follows `curl` by what is answered: bytes go into a file, events are shown as they come. */
const OPTIONS = { audio: ["-D -", "-o audio"], events: ["-i", "-N"], headers: ["-I"], text: ["-i"] };

function curlBody({ text, file, fields }) {
  if (text !== undefined) return [`--data-raw ${quoted(text)}`];
  if (fields) {
    return [...fields.map(([name, value]) => `--form-string ${quoted(`${name}=${value}`)}`), `-F ${quoted(`audio=@${file}`)}`];
  }
  return [`--data-binary ${quoted(`@${file}`)}`];
}

/** The request for a shell. */
export function curl({ url, method, headers, body, answer }) {
  const how = method === "GET" || method === "HEAD" ? [] : [`-X ${method}`];
  const parts = [["curl", ...OPTIONS[answer], ...how].join(" ")];
  for (const [name, value] of Object.entries(headers)) {
    parts.push(name === "Authorization" ? `-H "Authorization: Bearer $${KEY}"` : `-H ${quoted(`${name}: ${value}`)}`);
  }
  if (body) parts.push(...curlBody(body));
  return [...parts, quoted(url.href)].join(" \\\n  ");
}

/** A JSON value as Python writes it; JSON's strings are Python's too. */
function literal(value) {
  if (value === null) return "None";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value).map(([key, inner]) => `${literal(key)}: ${literal(inner)}`).join(", ")}}`;
  }
  return typeof value === "boolean" ? (value ? "True" : "False") : JSON.stringify(value);
}

/** The data of a JSON body; as it was typed where that is no JSON. */
function data(text) {
  try {
    return `json.dumps(${literal(JSON.parse(text))}).encode()`;
  } catch (error) {
    if (error instanceof SyntaxError) return `${literal(text)}.encode()`;
    throw error;
  }
}

const FORM = (fields, file) => `boundary = uuid.uuid4().hex
fields = [${fields.map(([name, value]) => `(${literal(name)}, ${literal(value)})`).join(", ")}]
form = "".join(
    f'--{boundary}\\r\\nContent-Disposition: form-data; name="{name}"\\r\\n\\r\\n{value}\\r\\n' for name, value in fields
)
form += f'--{boundary}\\r\\nContent-Disposition: form-data; name="audio"; filename=${literal(file)}\\r\\n\\r\\n'
with open(${literal(file)}, "rb") as audio:
    body = form.encode() + audio.read() + f"\\r\\n--{boundary}--\\r\\n".encode()

`;

const READ = {
  audio: '        with open("audio", "wb") as file:\n            shutil.copyfileobj(answer, file)',
  events: '        for line in answer:\n            print(line.decode(), end="", flush=True)',
  headers: "        print(answer.headers)",
  text: "        print(answer.read().decode())",
};

/** What comes before the request, and what its data are. */
function pythonBody(body) {
  if (!body) return ["", ""];
  if (body.text !== undefined) return ["", `    data=${data(body.text)},\n`];
  if (body.fields) return [FORM(body.fields, body.file), "    data=body,\n"];
  return [`with open(${literal(body.file)}, "rb") as audio:\n    body = audio.read()\n\n`, "    data=body,\n"];
}

/** The request for Python's own library: it works wherever Python does, with nothing to install. */
export function python({ url, method, headers, body, answer }) {
  const sent = Object.entries(headers).map(([name, value]) => {
    return `        ${literal(name)}: ${name === "Authorization" ? `"Bearer " + os.environ["${KEY}"]` : literal(value)},\n`;
  });
  if (body?.fields) sent.push('        "Content-Type": f"multipart/form-data; boundary={boundary}",\n');
  const [before, dataLine] = pythonBody(body);
  const modules = { json: body?.text !== undefined, os: "Authorization" in headers, shutil: answer === "audio", uuid: body?.fields };
  const imports = Object.keys(modules).filter((name) => modules[name]).map((name) => `import ${name}\n`).join("");
  const headerLines = sent.length > 0 ? `    headers={\n${sent.join("")}    },\n` : "";
  return `${imports}from urllib.error import HTTPError
from urllib.request import Request, urlopen

${before}request = Request(
    ${literal(url.href)},
    method="${method}",
${headerLines}${dataLine})
try:
    with urlopen(request) as answer:
        print(answer.status, answer.reason)
${READ[answer]}
except HTTPError as refusal:
    print(refusal.status, refusal.read().decode())
`;
}
