#!/usr/bin/env python3
"""Validates the objects of documents against the JSON Schema of their kind.

usage: object-schema.py READER-DUMP SCHEMAS READER DOCUMENT...

SCHEMAS holds RESOURCE.json; objects of other resources are passed over. A document may be none that
its reader takes.
"""
import json
import pathlib
import subprocess
import sys

SKIP = 77


def objects(dump, reader, document):
    """What the reader makes of the document."""
    done = subprocess.run([dump, "-r", reader, document], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{document}: reader-dump ended with {done.returncode}: {done.stderr}")
    return [record for record in json.loads(done.stdout or "[]") if "object" in record]


def main():
    try:
        import jsonschema
    except ImportError:
        print("SKIP object-schema: python3-jsonschema is not installed")
        return SKIP
    if not hasattr(jsonschema, "Draft202012Validator"):
        print("SKIP object-schema: python3-jsonschema is older than JSON Schema 2020-12")
        return SKIP
    dump, schemas, reader, *documents = sys.argv[1:]
    validators = {}
    for path in pathlib.Path(schemas).glob("*.json"):
        schema = json.loads(path.read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        validators[path.stem] = jsonschema.Draft202012Validator(schema)
    failures, seen = [], 0
    for document in documents:
        for record in objects(dump, reader, document):
            if record["resource"] not in validators:
                continue
            seen += 1
            for error in validators[record["resource"]].iter_errors(record["object"]):
                failures.append(f"{document}: {error.json_path}: {error.message}")
    for failure in failures:
        print(failure)
    print(f"{seen} objects validated")
    return 1 if failures or not seen else 0


if __name__ == "__main__":
    sys.exit(main())
