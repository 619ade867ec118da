#!/usr/bin/env python3
"""Validates reports against the schemas of their forms, and prints TAP.

usage: formats-schema.py DIRECTORY SCHEMAS...

DIRECTORY holds NAME.sarif, NAME.junit.xml, NAME.openvex and NAME.gitlab; a schema is taken from the first of the
folders SCHEMAS that has it. What has no schema there is skipped.
"""
import json
import pathlib
import shutil
import subprocess
import sys

GOLDEN = pathlib.Path(sys.argv[1])
SCHEMAS = [pathlib.Path(name) for name in sys.argv[2:]]
count = failed = 0


def tell(good, name, why=""):
    global count, failed
    count += 1
    failed += not good
    print(f"{'' if good else 'not '}ok {count} - {name}")
    for line in why.splitlines()[:10]:
        print(f"# {line}")


def skip(name, why):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {why}")


def find(*names):
    places = [folder / name for folder in SCHEMAS for name in names]
    return next((place for place in places if place.is_file()), None)


def check_sarif():
    schema = find("sarif-2.1.0.schema.json", "sarif-2.1.0-rtm.5.json")
    try:
        import jsonschema
    except ImportError:
        return skip("SARIF", "python3-jsonschema is not installed")
    if not schema:
        return skip("SARIF", "its schema is not here")
    schema = json.loads(schema.read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    for path in sorted(GOLDEN.glob("*.sarif")):
        report = json.loads(path.read_text())
        errors = [f"{list(e.path)}: {e.message[:200]}" for e in validator.iter_errors(report)]
        tell(not errors, path.name, "\n".join(errors))
    del report["runs"][0]["tool"]
    tell(not validator.is_valid(report), "a run without a tool is refused")


def check_openvex():
    schema = find("openvex.schema.json")
    try:
        import jsonschema
    except ImportError:
        return skip("OpenVEX", "python3-jsonschema is not installed")
    if not schema:
        return skip("OpenVEX", "its schema is not here, and no package of npm has it")
    schema = json.loads(schema.read_text())
    validator = jsonschema.validators.validator_for(schema)(schema)
    for path in sorted(GOLDEN.glob("*.openvex")):
        document = json.loads(path.read_text())
        if not document["statements"]:
            continue  # there is nothing to state, and no such document is valid
        errors = [f"{list(e.path)}: {e.message[:200]}" for e in validator.iter_errors(document)]
        tell(not errors, path.name, "\n".join(errors))


def check_junit():
    schema = find("junit-10.xsd")
    if not shutil.which("xmllint"):
        return skip("JUnit", "xmllint is not installed")
    if not schema:
        return skip("JUnit", "its schema is not here")
    for path in sorted(GOLDEN.glob("*.junit.xml")):
        done = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", schema, path], text=True,
                              capture_output=True)
        tell(done.returncode == 0, path.name, done.stderr if done.returncode else "")


def check_gitlab():
    """No package has its schema: what version 15 of it demands, in short."""
    severities = {"Info", "Unknown", "Low", "Medium", "High", "Critical"}
    for path in sorted(GOLDEN.glob("*.gitlab")):
        report = json.loads(path.read_text())
        scan = report["scan"]
        good = scan["type"] == "container_scanning" and scan["status"] in ("success", "failure")
        for part in ("analyzer", "scanner"):
            good &= all(scan[part][key] for key in ("id", "name", "version")) and bool(scan[part]["vendor"]["name"])
        for key in ("start_time", "end_time"):
            good &= len(scan[key]) == len("2026-11-22T02:38:18")
        good &= all(m["level"] in ("info", "warn", "fatal") and m["value"] for m in scan["messages"])
        for found in report["vulnerabilities"]:
            place = found["location"]
            good &= found["severity"] in severities and len(found["name"]) <= 255
            good &= len(found["identifiers"]) > 0 and len(found["id"]) == 36
            good &= all(i["type"] and i["name"] and i["value"] for i in found["identifiers"])
            good &= bool(place["image"] and place["operating_system"] and place["dependency"]["package"]["name"])
            good &= len(found.get("solution", "")) <= 7000 and len(found["description"]) <= 1048576
            good &= all(link["url"].startswith("https://") for link in found["links"])
        tell(good, path.name)


check_sarif()
check_junit()
check_openvex()
check_gitlab()
print(f"1..{count}")
sys.exit(1 if failed else 0)
