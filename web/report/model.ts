// What the page asks of a report: words about a finding, filters and orders.

import type { Advisory, Finding, Kind, Report, Severity } from "./schema.js";

export const SEVERITIES: Severity[] = ["critical", "high", "medium", "low", "negligible", "unknown"];
export const KINDS: [Kind, string, string][] = [
  ["vulnerability", "Vulnerabilities", "vulnerability"],
  ["secret", "Secrets", "secret"],
  ["file", "Files", "file"],
  ["licence", "Licences", "licence"],
  ["policy", "Policy violations", "policy violation"],
];

export type Column = "risk" | "severity" | "name" | "object" | "version" | "fixed" | "layer";

export interface Row {
  finding: Finding;
  at: number; // in the report's order
  name: string;
  what: string;
  object: string;
  haystack: string; // all of its texts, for the search box
}

export interface Filter {
  words: string[];
  severities: Set<Severity>; // empty: all
  kinds: Set<Kind>;
  subject: number; // -1: all
  layer: string; // "SUBJECT/LAYER", or ""
  fixable: boolean;
  exploited: boolean;
  base: "" | "in" | "out";
  waived: "" | "hide" | "only";
}

// Documents have neither layers nor packages.
export function hasImages(report: Report): boolean {
  return report.subjects.some((subject) => subject.kind !== "documents");
}

export function noFilter(): Filter {
  return {
    words: [],
    severities: new Set(),
    kinds: new Set(),
    subject: -1,
    layer: "",
    fixable: false,
    exploited: false,
    base: "",
    waived: "",
  };
}

// "RUN apt-get update" of what builders write; as src/report/words.c has it.
export function step(createdBy: string | null): string {
  let text = (createdBy ?? "").trim().replace(/\s*# buildkit$/, "");
  const run = /^RUN\s/.test(text);
  if (run) text = text.slice(4).trim();
  if (text.startsWith("/bin/sh -c #(nop)")) return text.slice(17).trim();
  if (text.startsWith("/bin/sh -c ")) return "RUN " + text.slice(11).trim();
  return run ? "RUN " + text : text;
}

export function place(finding: Finding): string {
  const { path, inner, line, column } = finding.location;
  return (path ?? "") + (path && inner ? "!/" : "") + (inner ?? "") + (line ? ":" + line : "") + (column ? ":" + column : "");
}

// An advisory by its CVE, where it has one.
function nameOf(finding: Finding): string {
  const advisory = finding.advisory;
  if (!advisory || finding.kind !== "vulnerability") return finding.title ?? finding.id;
  const cve = advisory.cves[0];
  if (!cve) return finding.id;
  if (advisory.cves.length > 1) return `${finding.id} (${advisory.cves.length} CVEs)`;
  return finding.id.endsWith(cve) ? cve : `${cve} (${finding.id})`;
}

// Of the first source that says a word about it.
export function summaryOf(finding: Finding): string | undefined {
  return sourcesOf(finding).map((source) => source.summary).find(Boolean) ?? undefined;
}

function whatOf(finding: Finding): string {
  if (finding.kind === "vulnerability") return summaryOf(finding) ?? "";
  return finding.match ?? (finding.title ? finding.id : "");
}

function objectOf(finding: Finding): string {
  if ((finding.kind === "vulnerability" || finding.kind === "licence") && finding.package)
    return finding.package.name;
  return place(finding) + (finding.object ? ", " + finding.object : "");
}

export function sourcesOf(finding: Finding): Advisory[] {
  return finding.advisory ? [finding.advisory, ...(finding.others ?? [])] : [];
}

export function rowsOf(report: Report): Row[] {
  return report.findings.map((finding, at) => {
    const row = { finding, at, name: nameOf(finding), what: whatOf(finding), object: objectOf(finding), haystack: "" };
    const texts = [row.name, row.what, row.object, finding.id, finding.kind, place(finding)];
    texts.push(finding.severity, finding.package?.purl ?? "", finding.remedy ?? "");
    texts.push(finding.waiver?.reason ?? "", finding.waiver?.owner ?? "", ...(finding.aliases ?? []));
    for (const advisory of sourcesOf(finding))
      texts.push(advisory.id, advisory.summary ?? "", ...advisory.cves, ...advisory.aliases);
    row.haystack = texts.join("\n").toLowerCase();
    return row;
  });
}

export function layerKey(finding: Finding): string {
  return `${finding.subject_index}/${finding.location.layer.index}`;
}

// `without` leaves one question out: a chart shows what its own choice would give.
export function matches(row: Row, filter: Filter, without: "" | "severities" | "kinds" | "layer" = ""): boolean {
  const finding = row.finding;
  return (
    (filter.subject < 0 || finding.subject_index === filter.subject) &&
    (without === "severities" || !filter.severities.size || filter.severities.has(finding.severity)) &&
    (without === "kinds" || !filter.kinds.size || filter.kinds.has(finding.kind)) &&
    (without === "layer" || !filter.layer || layerKey(finding) === filter.layer) &&
    (!filter.fixable || !!finding.fixed_version) &&
    (!filter.exploited || !!finding.advisory?.kev) &&
    (!filter.base || finding.in_base === (filter.base === "in")) &&
    (!filter.waived || !!finding.waiver === (filter.waived === "only")) &&
    filter.words.every((word) => row.haystack.includes(word))
  );
}

const names = new Intl.Collator("en", { numeric: true });

// What to look at first: what stands before what is waived, what is exploited, the worst, and of the
// same severity the higher risk.
function urgency(row: Row): number {
  const { finding } = row;
  const steps = (finding.waiver ? 2 : 0) + (finding.advisory?.kev ? 0 : 1);
  return steps * 1e6 + SEVERITIES.indexOf(finding.severity) * 1e3 - (finding.risk ?? 0);
}

function valueOf(row: Row, column: Column): number | string {
  const finding = row.finding;
  switch (column) {
    case "risk":
      return -(finding.risk ?? -1);
    case "severity":
      return urgency(row);
    case "name":
      return row.name;
    case "object":
      return row.object;
    case "version":
      return finding.package?.version ?? "";
    case "fixed":
      return finding.fixed_version ?? "\uffff";
    case "layer":
      return finding.subject_index * 1e6 + finding.location.layer.index;
  }
}

// Ascending: what matters most, or comes first by name, is on top.
export function sortRows(rows: Row[], column: Column, descending: boolean): Row[] {
  const keyed = rows.map((row) => ({ row, value: valueOf(row, column) }));
  keyed.sort((a, b) => {
    const order =
      typeof a.value === "number" && typeof b.value === "number"
        ? a.value - b.value
        : names.compare(String(a.value), String(b.value));
    return (descending ? -order : order) || a.row.at - b.row.at;
  });
  return keyed.map((entry) => entry.row);
}
