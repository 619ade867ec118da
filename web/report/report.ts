// The page of a report: head, charts, gaps, subjects, and the list of findings with its filter.

import { charts } from "./charts.js";
import { count, h, type Child } from "./dom.js";
import { List, described } from "./list.js";
import { hasImages, matches, noFilter, rowsOf } from "./model.js";
import type { Report, Subject } from "./schema.js";

function head(report: Report): Child[] {
  const { verdict, score, database } = report;
  const incomplete = score.gaps.blocking > 0;
  const names = report.subjects.map((subject) => subject.name);
  const title = names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
  const when = report.started.replace("T", " ").replace("Z", " UTC");
  return [
    h(
      "div",
      { class: "brand" },
      h("span", {}, h("b", {}, "bulwark"), ` ${report.bulwark} report`),
      h("span", {}, `${when}, ${(report.elapsed_ms / 1000).toFixed(1)} s`),
    ),
    h("h1", {}, title || "Nothing was examined"),
    h(
      "div",
      { class: "verdict" },
      h("span", { class: "pill " + verdict.status.toLowerCase() }, verdict.status),
      incomplete && h("span", { class: "pill gap" }, "INCOMPLETE"),
      verdict.reason && h("span", {}, verdict.reason),
      h(
        "span",
        { class: "soft small" },
        database
          ? `${database.builtin ? "built-in set only: " : ""}${count(database.records, "advisory", "advisories")}${database.newest ? `, newest of ${database.newest.slice(0, 10)}` : ""}`
          : hasImages(report) && "no advisories: packages were not judged",
      ),
    ),
  ];
}

function numbers(report: Report): HTMLElement {
  const { score, verdict } = report;
  const standing = report.findings.filter((finding) => !finding.waiver);
  const exploited = standing.filter((finding) => finding.advisory?.kev).length;
  const fixable = standing.filter((finding) => finding.fixed_version).length;
  const left = verdict.hidden_unfixed + verdict.hidden_base;
  const card = (value: string, text: string, style = "") =>
    h("div", { class: "card number " + style }, h("b", {}, value), h("span", { class: "soft small" }, text));
  const number = (n: number) => n.toLocaleString("en");
  return h(
    "div",
    { class: "numbers" },
    card(number(standing.length), `findings stand${verdict.waived ? `, ${verdict.waived} waived` : ""}${left ? `, ${left} left out` : ""}`),
    hasImages(report) && card(number(exploited), "known to be exploited", exploited ? "alarm" : ""),
    hasImages(report) && card(number(fixable), "with a fix"),
    card(`${score.passed} of ${score.passed + score.failed}`, "checks passed"),
    card(`${score.evaluated} of ${score.applicable}`, "checks evaluated", score.evaluated < score.applicable ? "caution" : ""),
    card(
      number(score.gaps.blocking + score.gaps.note),
      `${count(score.gaps.blocking, "blocking gap", "blocking gaps")}, ${count(score.gaps.note, "note", "notes")}`,
      score.gaps.blocking ? "alarm" : "",
    ),
  );
}

function gaps(report: Report): Child {
  if (!report.gaps.length) return null;
  const blocking = report.score.gaps.blocking > 0;
  const sorted = [...report.gaps].sort((a, b) => Number(b.class === "blocking") - Number(a.class === "blocking"));
  return h(
    "details",
    { class: "card fold" + (blocking ? " alarm" : ""), open: blocking },
    h("summary", {}, `Not examined: ${count(sorted.length, "gap", "gaps")}`),
    h(
      "ul",
      { class: "gap-list" },
      sorted.map((gap) =>
        h(
          "li",
          {},
          h("span", { class: "tag " + (gap.class === "blocking" ? "alarm" : "calm") }, gap.class),
          " ",
          gap.subject && [h("b", {}, gap.subject), " "],
          h("code", {}, gap.where),
          h("div", { class: "small" }, `${gap.what}: ${gap.why}`),
        ),
      ),
    ),
  );
}

function subjectFacts(subject: Subject): Child {
  const facts: [string, Child][] = [];
  const system = subject.distribution;
  facts.push([subject.kind, [subject.platform, subject.source && ` from ${subject.source}`]]);
  facts.push(["System", system ? system.pretty_name ?? `${system.id} ${system.version_id ?? ""}` : "unknown"]);
  facts.push(["Packages", subject.packages.toLocaleString("en") + (subject.removed_packages.length ? `, and ${subject.removed_packages.length} that a later layer removed or replaced` : "")]);
  if (subject.base)
    facts.push(["Base", `${subject.base.name ?? "image"}${subject.base.layers ? `, ${subject.base.layers} of ${subject.layers.length} layers` : ""}${subject.base.how ? ` (by ${subject.base.how})` : ""}`]);
  if (subject.digest) facts.push(["Digest", h("code", {}, subject.digest)]);
  if (subject.tags.length) facts.push(["Tags", subject.tags.join(", ")]);
  return h("dl", { class: "facts small" }, facts.map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]));
}

function subjects(report: Report): Child {
  return h(
    "details",
    { class: "card fold" },
    h("summary", {}, report.subjects.length === 1 ? "What was examined" : `What was examined: ${report.subjects.length} subjects`),
    h("ul", { class: "gap-list" }, report.subjects.map((subject) => h("li", {}, h("b", {}, subject.name), subjectFacts(subject)))),
  );
}

function start(report: Report): void {
  const rows = rowsOf(report);
  let filter = noFilter();
  const list = new List(report);
  const chartBox = h("div", { class: "charts" });
  const counter = h("span", { class: "count", role: "status" });
  const search = h("input", {
    type: "search",
    placeholder: "Search: CVE, package, path, rule …  ( / )",
    "aria-label": "Search in findings",
    input: () => ((filter.words = search.value.toLowerCase().split(/\s+/).filter(Boolean)), changed()),
  });
  const select = (label: string, choices: [string, string][], chosen: (value: string) => void) =>
    h(
      "select",
      { "aria-label": label, change: (event) => (chosen((event.target as HTMLSelectElement).value), changed()) },
      choices.map(([value, text]) => h("option", { value }, text)),
    );
  const flag = (text: string, name: "fixable" | "exploited"): HTMLButtonElement => {
    const button = h("button", {
      type: "button",
      "aria-pressed": "false",
      click: () => ((filter[name] = !filter[name]), button.setAttribute("aria-pressed", String(filter[name])), changed()),
    }, text);
    return button;
  };
  const selects: HTMLSelectElement[] = [];
  if (report.subjects.length > 1)
    selects.push(
      select("Subject", [["-1", "All subjects"], ...report.subjects.map((subject, i): [string, string] => [String(i), subject.name])], (value) => {
        filter.subject = Number(value);
        filter.layer = "";
      }),
    );
  if (report.subjects.some((subject) => subject.base?.layers))
    selects.push(select("Base image", [["", "Base and own layers"], ["out", "Own layers only"], ["in", "Base image only"]], (value) => (filter.base = value as typeof filter.base)));
  if (report.findings.some((finding) => finding.waiver))
    selects.push(select("Waived", [["", "Waived too"], ["hide", "Without waived"], ["only", "Waived only"]], (value) => (filter.waived = value as typeof filter.waived)));
  const flags = [flag("Fixable", "fixable"), flag("Exploited", "exploited")];
  const reset = h("button", { type: "button", id: "reset", click: () => clear() }, "Reset");

  function clear(): void {
    filter = noFilter();
    search.value = "";
    for (const choice of selects) choice.selectedIndex = 0;
    for (const button of flags) button.setAttribute("aria-pressed", "false");
    changed();
  }

  function changed(): void {
    const focused = document.activeElement?.closest<HTMLElement>("[data-severity],[data-kind],[data-layer]");
    const key = focused && Object.entries(focused.dataset)[0];
    const chosen = rows.filter((row) => matches(row, filter));
    chartBox.replaceChildren(...charts(report, rows, filter, changed));
    list.show(chosen);
    counter.textContent = described(chosen.length, rows.length);
    // The buttons of the charts are new ones: the keyboard goes on where it was.
    if (key)
      for (const button of chartBox.querySelectorAll<HTMLElement>(`[data-${key[0]}]`))
        if (button.dataset[key[0]] === key[1]) button.focus();
  }

  addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === "Escape" && event.target === search) clear();
  });

  const main = document.getElementById("report");
  if (!main) return;
  const parts: Child[] = [
    head(report),
    numbers(report),
    gaps(report),
    chartBox,
    subjects(report),
    h("div", { class: "tools" }, search, selects, flags, reset, counter),
    list.element,
  ];
  main.replaceChildren(h("div", {}, parts));
  main.removeAttribute("aria-busy");
  changed();
}

start(JSON.parse(document.getElementById("data")?.textContent ?? "") as Report);
