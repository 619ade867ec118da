// The charts: severities, kinds and layers, each a set of buttons that choose what is listed.

import { count, h, svg } from "./dom.js";
import { KINDS, SEVERITIES, hasImages, layerKey, matches, step, type Filter, type Row } from "./model.js";
import type { Kind, Report, Severity } from "./schema.js";

function tally<K>(rows: Row[], key: (row: Row) => K): Map<K, number> {
  const counts = new Map<K, number>();
  for (const row of rows) counts.set(key(row), (counts.get(key(row)) ?? 0) + 1);
  return counts;
}

function toggle<T>(set: Set<T>, value: T): void {
  if (!set.delete(value)) set.add(value);
}

const RADIUS = 50;
const ROUND = 2 * Math.PI * RADIUS;

// A ring: an arc for each severity, as a dash of the circle's stroke.
function ring(counts: Map<Severity, number>, total: number): SVGElement {
  const circle = (name: string, length: number, start: number) =>
    svg("circle", {
      class: "s-" + name,
      cx: 66,
      cy: 66,
      r: RADIUS,
      fill: "none",
      "stroke-width": 17,
      "stroke-dasharray": `${length} ${ROUND - length}`,
      "stroke-dashoffset": -start,
      transform: "rotate(-90 66 66)",
    });
  const arcs: SVGElement[] = total ? [] : [circle("none", ROUND, 0)];
  const shown = SEVERITIES.filter((severity) => counts.get(severity));
  const gap = shown.length > 1 ? 2 : 0;
  let start = 0;
  for (const severity of shown) {
    const length = ((counts.get(severity) ?? 0) / total) * ROUND;
    arcs.push(circle(severity, Math.max(length - gap, 1.5), start));
    start += length;
  }
  return svg(
    "svg",
    { viewBox: "0 0 132 132", role: "img", "aria-label": count(total, "finding", "findings") },
    arcs,
    svg("text", { x: 66, y: 70, class: total > 9999 ? "small" : total > 999 ? "mid" : "" }, total.toLocaleString("en")),
    svg("text", { x: 66, y: 86 }, total === 1 ? "finding" : "findings"),
  );
}

function severityChart(rows: Row[], filter: Filter, changed: () => void): HTMLElement {
  const counts = tally(
    rows.filter((row) => matches(row, filter, "severities")),
    (row) => row.finding.severity,
  );
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  const buttons = SEVERITIES.map((severity) =>
    h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: "bar-button",
          "data-severity": severity,
          "aria-pressed": String(filter.severities.has(severity)),
          click: () => (toggle(filter.severities, severity), changed()),
        },
        h("span", { class: "dot c-" + severity }),
        h("span", {}, severity),
        h("span", { class: "n" }, (counts.get(severity) ?? 0).toLocaleString("en")),
      ),
    ),
  );
  return h(
    "section",
    { class: "card" },
    h("h2", {}, "Severity"),
    h("div", { class: "ring" }, ring(counts, total), h("ul", { class: "legend" }, buttons)),
  );
}

function track(parts: [string, number][], largest: number): HTMLElement {
  const element = h("span", { class: "track" });
  for (const [name, n] of parts) {
    const part = h("i", { class: name });
    part.style.width = `${(n / largest) * 100}%`;
    element.append(part);
  }
  return element;
}

function kindChart(rows: Row[], filter: Filter, changed: () => void): HTMLElement {
  const counts = tally(
    rows.filter((row) => matches(row, filter, "kinds")),
    (row) => row.finding.kind,
  );
  const largest = Math.max(1, ...counts.values());
  const button = (kind: Kind, title: string) => {
    const n = counts.get(kind) ?? 0;
    return h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: "bar-button",
          "data-kind": kind,
          "aria-pressed": String(filter.kinds.has(kind)),
          click: () => (toggle(filter.kinds, kind), changed()),
        },
        h("span", {}, title),
        h("span", { class: "n" }, n.toLocaleString("en")),
        track(n ? [["", n]] : [], largest),
      ),
    );
  };
  return h(
    "section",
    { class: "card" },
    h("h2", {}, "Kind"),
    h("ul", { class: "kinds" }, KINDS.map(([kind, title]) => button(kind, title))),
  );
}

function layerChart(report: Report, rows: Row[], filter: Filter, changed: () => void): HTMLElement {
  const inLayer = new Map<string, Map<Severity, number>>();
  let largest = 1;
  for (const row of rows) {
    if (!matches(row, filter, "layer")) continue;
    const key = layerKey(row.finding);
    const counts = inLayer.get(key) ?? new Map<Severity, number>();
    counts.set(row.finding.severity, (counts.get(row.finding.severity) ?? 0) + 1);
    inLayer.set(key, counts);
  }
  for (const counts of inLayer.values())
    largest = Math.max(largest, [...counts.values()].reduce((sum, n) => sum + n, 0));
  const items: HTMLElement[] = [];
  report.subjects.forEach((subject, s) => {
    if (filter.subject >= 0 && filter.subject !== s) return;
    subject.layers.forEach((layer, l) => {
      const key = `${s}/${l}`;
      const counts = inLayer.get(key) ?? new Map<Severity, number>();
      const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
      const what = step(layer.created_by) || layer.digest || subject.name;
      const many = report.subjects.length > 1 && filter.subject < 0;
      items.push(
        h(
          "li",
          {},
          h(
            "button",
            {
              type: "button",
              class: "bar-button",
              title: `${many ? subject.name + ", " : ""}layer ${l}: ${what}`,
              "data-layer": key,
              "aria-pressed": String(filter.layer === key),
              click: () => ((filter.layer = filter.layer === key ? "" : key), changed()),
            },
            h(
              "span",
              { class: "step small" },
              h("span", { class: "soft" }, many ? `${subject.name} ${l}  ` : `${l}  `),
              h("span", { class: "mono" }, what),
              subject.base && l < subject.base.layers && h("span", { class: "base-mark" }, "base"),
            ),
            h("span", { class: "n" }, total.toLocaleString("en")),
            track(
              SEVERITIES.filter((name) => counts.get(name)).map((name) => ["c-" + name, counts.get(name) ?? 0]),
              largest,
            ),
          ),
        ),
      );
    });
  });
  return h(
    "section",
    { class: "card" },
    h("h2", {}, "Layers"),
    items.length ? h("ul", { class: "layers" }, items) : h("p", { class: "soft" }, "No layers."),
  );
}

export function charts(report: Report, rows: Row[], filter: Filter, changed: () => void): HTMLElement[] {
  return [
    severityChart(rows, filter, changed),
    kindChart(rows, filter, changed),
    ...(hasImages(report) ? [layerChart(report, rows, filter, changed)] : []),
  ];
}
