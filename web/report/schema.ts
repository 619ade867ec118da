// The report as docs/schema/report.schema.json describes it: what the page reads of it.

export type Severity = "critical" | "high" | "medium" | "low" | "negligible" | "unknown";
export type Kind = "vulnerability" | "secret" | "file" | "licence" | "policy";
export type Text = string | null;

export interface Layer {
  digest: Text;
  diff_id: Text;
  created_by: Text;
  size: number | null;
}

export interface Subject {
  name: string;
  kind: string;
  source: Text;
  digest: Text;
  platform: Text;
  tags: string[];
  layers: Layer[];
  distribution: { id: string; version_id: Text; pretty_name: Text } | null;
  base: { name: Text; digest: Text; how: Text; layers: number } | null;
  packages: number;
  removed_packages: unknown[];
}

export interface Advisory {
  id: string;
  aliases: string[];
  cves: string[];
  kev: boolean;
  summary: Text;
  score: number | null;
  vector: Text;
  modified: Text;
  url: Text;
}

export interface Waiver {
  source: Text;
  line?: number;
  reason: Text;
  owner: Text;
  expires: Text;
  status: Text;
  justification: Text;
}

export interface Finding {
  id: string;
  kind: Kind;
  severity: Severity;
  severity_from?: Text;
  subject_index: number;
  location: { path: Text; inner?: string; line?: number; column?: number; layer: { index: number } };
  fingerprint: string;
  advisory?: Advisory;
  others?: Advisory[];
  epss?: number | null;
  epss_percentile?: number | null;
  ransomware?: boolean;
  risk?: number | null;
  loaded?: string;
  package?: { name: string; version: string; type: string; purl: Text };
  fixed_version?: Text;
  title?: Text;
  match?: Text;
  action?: "Deny" | "Warn" | "Audit";
  object?: Text;
  because?: Text;
  aliases?: string[];
  encoded?: boolean;
  remedy: Text;
  in_base: boolean;
  deleted_in?: { index: number };
  waiver: Waiver | null;
}

export interface Gap {
  class: "blocking" | "note";
  subject: Text;
  where: string;
  what: string;
  why: string;
}

export interface Report {
  bulwark: string;
  started: string;
  elapsed_ms: number;
  subjects: Subject[];
  findings: Finding[];
  gaps: Gap[];
  verdict: {
    status: "PASS" | "FAIL";
    reason: string;
    hidden_unfixed: number;
    hidden_base: number;
    waived: number;
  };
  score: {
    passed: number;
    failed: number;
    ratio: number | null;
    evaluated: number;
    applicable: number;
    coverage: number | null;
    gaps: { blocking: number; note: number };
  };
  database: { builtin: boolean; records: number; newest: Text; digest: Text } | null;
}
