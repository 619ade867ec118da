#!/usr/bin/env python3
"""Validates reports against their JSON Schema, and that the schema refuses what is none.

usage: report-schema.py SCHEMA DIRECTORY
"""
import copy
import json
import pathlib
import sys

SKIP = 77


def broken(report):
    """Reports that no reader should be given, each with a word on why."""
    for key in report:
        other = copy.deepcopy(report)
        del other[key]
        yield f"without {key}", other
    other = copy.deepcopy(report)
    other["extra"] = 1
    yield "with a member that is not described", other
    for finding in report["findings"][:1]:
        for key in finding:
            if key in ("id", "severity_from", "advisory", "package", "fixed_version"):
                other = copy.deepcopy(report)
                del other["findings"][0][key]
                yield f"with a finding without {key}", other
        other = copy.deepcopy(report)
        other["findings"][0]["severity"] = "bad"
        yield "with a severity that is none", other


def main():
    try:
        import jsonschema
    except ImportError:
        print("SKIP report-schema: python3-jsonschema is not installed")
        return SKIP
    if not hasattr(jsonschema, "Draft202012Validator"):
        print("SKIP report-schema: python3-jsonschema is older than JSON Schema 2020-12")
        return SKIP
    schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    reports = sorted(pathlib.Path(sys.argv[2]).glob("*.json"))
    failures, refused = [], 0
    for path in reports:
        report = json.loads(path.read_text())
        for error in validator.iter_errors(report):
            failures.append(f"{path}: {error.json_path}: {error.message}")
        for why, other in broken(report):
            refused += 1
            if validator.is_valid(other):
                failures.append(f"{path}: the schema accepts it {why}")
    for failure in failures:
        print(failure)
    print(f"{len(reports)} reports validated, {refused} broken ones tried")
    return 1 if failures or not reports else 0


if __name__ == "__main__":
    sys.exit(main())
