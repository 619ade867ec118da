// Writes the conformance suite that the npm package @bufbuild/cel-spec holds as objects (the JSON form
// of protocol buffers) as the textproto files that it was made from.
//
//     node cel-textproto.mjs PACKAGE DIRECTORY
import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [source, directory] = process.argv.slice(2);
const { tests } = await import(pathToFileURL(resolve(source, "dist/esm/testdata/conformance.js")));

const snake = (name) => name.replace(/[A-Z]/g, (c) => "_" + c.toLowerCase());
const bytes = (buffer) =>
  '"' + [...buffer].map((b) => "\\" + b.toString(8).padStart(3, "0")).join("") + '"';
const text = (string) => bytes(Buffer.from(string, "utf8"));

// Fields whose values are names of enumerations or numbers, and stand without quotes.
const bare = new Set(["primitive", "wellKnown", "wrapper", "nullValue", "null", "int64Value",
  "uint64Value", "doubleValue", "seconds", "nanos"]);

// "1.5s" and "2009-02-13T23:31:30.5Z" as seconds and nanoseconds.
function time(value) {
  const fraction = /\.(\d+)/.exec(value)?.[1] ?? "";
  const nanos = Number(fraction.padEnd(9, "0"));
  if (!value.endsWith("s")) {
    return { seconds: Math.floor(Date.parse(value.replace(/\.\d+/, "")) / 1000), nanos };
  }
  const sign = value.startsWith("-") ? -1 : 1;
  return { seconds: value.replace(/[.s].*$/, ""), nanos: sign * nanos };
}

function* object(value) {
  const { "@type": type, ...rest } = value;
  const isTime = /google\.protobuf\.(Duration|Timestamp)$/.test(type);
  yield `[${type}] {`;
  yield* isTime ? fields(time(value.value)) : [];
  yield "}";
}

function* field(name, value) {
  const key = snake(name);
  if (name === "objectValue") {
    yield `${key} {`;
    yield* object(value);
    yield "}";
  } else if (name === "bytesValue") {
    yield `${key}: ${bytes(Buffer.from(value, "base64"))}`;
  } else if (name === "bindings") { // a map
    for (const [variable, bound] of Object.entries(value)) {
      yield `${key} {`;
      yield* fields({ key: variable, value: bound });
      yield "}";
    }
  } else if (Array.isArray(value)) {
    for (const element of value) {
      yield* field(name, element);
    }
  } else if (value === null) {
    yield `${key}: NULL_VALUE`;
  } else if (typeof value === "object") {
    yield `${key} {`;
    yield* fields(value);
    yield "}";
  } else if (typeof value === "string" && !bare.has(name)) {
    yield `${key}: ${text(value)}`;
  } else {
    yield `${key}: ${String(value).replace("Infinity", "inf").replace("NaN", "nan")}`;
  }
}

function* fields(message) {
  for (const [name, value] of Object.entries(message)) {
    yield* field(name, value);
  }
}

function* file(suite) {
  yield `name: ${text(suite.name)}`;
  for (const section of suite.suites ?? []) {
    yield "section {";
    yield `name: ${text(section.name)}`;
    for (const { original } of section.tests ?? []) {
      yield "test {";
      yield* fields(original);
      yield "}";
    }
    yield "}";
  }
}

mkdirSync(directory, { recursive: true });
for (const suite of tests.suites) {
  writeFileSync(resolve(directory, `${suite.name}.textproto`), [...file(suite)].join("\n") + "\n");
}
