// The list of findings: rows are made when they are about to be seen, details when they are opened.

import { count, h, link, type Child } from "./dom.js";
import { hasImages, place, sortRows, sourcesOf, step, summaryOf, type Column, type Row } from "./model.js";
import type { Report } from "./schema.js";

const PIECE = 150; // rows made at a time

interface Heading {
  column: Column;
  title: string;
}

const imageColumns: Heading[] = [
  { column: "version", title: "Installed" },
  { column: "fixed", title: "Fixed in" },
  { column: "layer", title: "Layer" },
];

export class List {
  readonly element: HTMLElement;
  private readonly body = h("tbody");
  private readonly more = h("div", { class: "more", hidden: true });
  private readonly headings = new Map<Column, HTMLElement>();
  private readonly columns: Heading[];
  private rows: Row[] = [];
  private shown = 0;
  private column: Column = "severity";
  private descending = false;

  constructor(private readonly report: Report) {
    const rated = report.findings.some((finding) => typeof finding.risk === "number");
    this.columns = [
      { column: "severity", title: "Severity" },
      ...(rated ? [{ column: "risk" as Column, title: "Risk" }] : []),
      { column: "name", title: "Finding" },
      { column: "object", title: "In" },
      ...(hasImages(report) ? imageColumns : []),
    ];
    const heads = this.columns.map(({ column, title }) => {
      const head = h("th", { scope: "col" }, h("button", { type: "button", click: () => this.order(column) }, title));
      this.headings.set(column, head);
      return head;
    });
    const table = h(
      "table",
      {},
      h("colgroup", {}, this.columns.map(({ column }) => h("col", { class: "col-" + column }))),
      h("thead", {}, h("tr", {}, heads)),
      this.body,
    );
    this.element = h("div", { class: "card table-box" }, table, this.more);
    this.more.append(h("button", { type: "button", click: () => this.add() }, "Show more"));
    new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && this.add(),
      { rootMargin: "600px" },
    ).observe(this.more);
    // A page on paper has no end to scroll to.
    addEventListener("beforeprint", () => {
      while (this.shown < this.rows.length) this.add();
    });
  }

  show(rows: Row[]): void {
    this.rows = sortRows(rows, this.column, this.descending);
    this.shown = 0;
    this.body.replaceChildren();
    for (const [column, head] of this.headings)
      if (column === this.column) head.setAttribute("aria-sort", this.descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    if (!rows.length)
      this.body.append(
        h("tr", {}, h("td", { class: "none", colspan: this.columns.length }, "No finding matches.")),
      );
    this.add();
  }

  private order(column: Column): void {
    this.descending = column === this.column && !this.descending;
    this.column = column;
    this.show(this.rows);
  }

  private add(): void {
    const next = this.rows.slice(this.shown, this.shown + PIECE);
    this.shown += next.length;
    this.body.append(...next.map((row) => this.line(row)));
    this.more.hidden = this.shown >= this.rows.length;
  }

  private line(row: Row): HTMLElement {
    const { finding } = row;
    const name = h("button", { type: "button", class: "name", "aria-expanded": "false" }, row.name);
    const cells: Record<Column, Child> = {
      severity: h("span", { class: "sev" }, h("span", { class: "dot c-" + finding.severity }), finding.severity),
      risk: typeof finding.risk === "number" ? finding.risk.toFixed(1) : "",
      name: [name, " ", marks(row), h("div", { class: "what" }, row.what)],
      object: h("span", { class: "mono" }, row.object),
      version: finding.kind === "vulnerability" && h("span", { class: "mono" }, finding.package?.version),
      fixed: finding.fixed_version
        ? h("span", { class: "mono fix" }, finding.fixed_version)
        : finding.kind === "vulnerability" && h("span", { class: "soft" }, "no fix yet"),
      layer: finding.location.layer.index,
    };
    const line = h(
      "tr",
      { class: "row" + (finding.waiver ? " waived" : ""), "data-id": finding.id },
      this.columns.map(({ column }) =>
        h("td", { class: "t-" + (column === "name" ? "finding" : column) + (column === "risk" ? " num" : "") }, cells[column]),
      ),
    );
    line.addEventListener("click", () => {
      // Selecting a text of the row is no wish to open it.
      if (String(getSelection())) return;
      const open = line.classList.toggle("open");
      name.setAttribute("aria-expanded", String(open));
      if (open) line.after(h("tr", {}, h("td", { class: "detail", colspan: this.columns.length }, this.detail(row))));
      else line.nextElementSibling?.remove();
    });
    return line;
  }

  private layer(row: Row, index: number): string {
    const subject = this.report.subjects[row.finding.subject_index];
    const made = step(subject?.layers[index]?.created_by ?? null);
    return `layer ${index}${made ? ": " + made : ""}`;
  }

  private detail(row: Row): Child[] {
    const { finding } = row;
    const advisory = finding.advisory;
    const facts: [string, Child][] = [];
    if (finding.waiver) facts.push(["Waived", waiver(row)]);
    facts.push(["Severity", finding.severity + (finding.severity_from ? `, from ${finding.severity_from}` : "")]);
    if (advisory?.kev)
      facts.push(["Exploited", "in CISA's catalogue of known exploited vulnerabilities" + (finding.ransomware ? ", also for extortion" : "")]);
    if (typeof finding.epss === "number")
      facts.push(["EPSS", `${percent(finding.epss)} chance of exploitation within 30 days` + (typeof finding.epss_percentile === "number" ? `, more than ${percent(finding.epss_percentile)} of all` : "")]);
    if (advisory && (advisory.vector || advisory.score !== null))
      facts.push(["CVSS", [advisory.score !== null && advisory.score.toFixed(1) + "  ", advisory.vector && h("code", {}, advisory.vector)]]);
    if (finding.loaded && finding.loaded !== "unknown")
      facts.push(["Loaded", finding.loaded === "yes" ? "the package's files are in use" : "the package's files were never used"]);
    if (finding.kind === "vulnerability") facts.push(["Fixed in", finding.fixed_version ?? "no version yet"]);
    if (finding.because) facts.push(["Because", [h("code", {}, finding.because)]]);
    if (finding.action) facts.push(["Policy", [finding.id + ", " + finding.action]]);
    if (finding.match) facts.push([finding.kind === "secret" ? "Value, masked" : "Seen", [h("code", {}, finding.match), finding.encoded && " (within base64)"]]);
    if (finding.package) facts.push(["Package", h("code", {}, finding.package.purl ?? `${finding.package.name} ${finding.package.version}`)]);
    if (this.report.subjects.length > 1) facts.push(["Subject", this.report.subjects[finding.subject_index]?.name]);
    if (finding.object) facts.push(["Object", finding.object]);
    if (place(finding)) facts.push(["Place", h("code", {}, place(finding))]);
    if (hasImages(this.report)) facts.push(["Layer", [this.layer(row, finding.location.layer.index), finding.in_base && " (comes with the base image)"]]);
    if (finding.deleted_in) facts.push(["Deleted in", this.layer(row, finding.deleted_in.index) + "; the image still carries it"]);
    if (advisory && advisory.cves.length) facts.push(["CVEs", advisory.cves.join(", ")]);
    for (const source of sourcesOf(finding))
      facts.push(["Source", [source.id, source.url && [" ", link(source.url)], source.modified && ` (${source.modified.slice(0, 10)})`]]);
    if (finding.remedy) facts.push(["Remedy", finding.remedy]);
    facts.push(["Fingerprint", h("code", {}, finding.fingerprint)]);
    const text = summaryOf(finding) ?? (finding.title !== row.name ? finding.title : null);
    return [
      text && h("p", {}, text),
      h("dl", { class: "facts" }, facts.map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)])),
    ];
  }
}

function percent(part: number): string {
  return part >= 0.01 ? `${Math.round(part * 100)} %` : `${(part * 100).toFixed(2)} %`;
}

function waiver(row: Row): string {
  const given = row.finding.waiver;
  if (!given) return "";
  const parts = [given.reason ?? given.justification ?? "without a reason"];
  if (given.owner) parts.push("by " + given.owner);
  if (given.expires) parts.push("until " + given.expires.slice(0, 10));
  if (given.source) parts.push(`in ${given.source}${given.line ? ":" + given.line : ""}`);
  return parts.join(", ");
}

function marks(row: Row): Child[] {
  const { finding } = row;
  const list: Child[] = [];
  const add = (style: string, text: string) => list.push(h("span", { class: "tag " + style }, text), " ");
  if (finding.advisory?.kev) add("alarm", "exploited");
  if (typeof finding.epss === "number" && finding.epss >= 0.01) add("caution", `EPSS ${percent(finding.epss)}`);
  if (finding.deleted_in) add("caution", "deleted, still carried");
  if (finding.waiver) add("calm", "waived");
  return list;
}

export function described(shown: number, all: number): string {
  return shown === all ? count(all, "finding", "findings") : `${shown.toLocaleString("en")} of ${count(all, "finding", "findings")}`;
}
