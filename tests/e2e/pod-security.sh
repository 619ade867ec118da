#!/bin/bash
# The fixtures of Pod Security Admission, v1.37: what it admits passes, what it refuses fails, by
# the policy that has the id of its check ("psa:ID") as an alias.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

FIXTURES=$DATA/pod-security
[ -d "$FIXTURES" ] || skip_all "$FIXTURES is not there"

# The check of a fixture is its file's name without the number, in lower case.
for level in baseline restricted; do
    for want in pass fail; do
        for file in "$FIXTURES/$level/$want"/*.yaml; do
            name=$(basename "$file" .yaml)
            run check --profile "$level" --format json "$file"
            crashed && not_ok "$level/$want/$name (no crash)" "$(told)"
            cp "$OUT" "$WORK/$level.$want.$name.$RC.json"
        done
    done
done

# NAME, then what is wrong, or nothing.
verdicts() {
    $PYTHON - "$WORK" <<'END'
import json, os, sys

for file in sorted(os.listdir(sys.argv[1])):
    if not file.endswith('.json'):
        continue
    level, want, name, code, _ = file.split('.')
    wrong = ''
    try:
        report = json.load(open(os.path.join(sys.argv[1], file)))
        checks = {alias[4:].lower() for finding in report['findings']
                  for alias in finding['aliases'] if alias.startswith('psa:')}
        gaps = [gap['why'] for gap in report['gaps'] if gap['class'] == 'blocking']
        check = name.rstrip('0123456789')
        if want == 'pass' and (checks or code != '0'):
            wrong = f'exit {code}, fails {sorted(checks)}'
        elif want == 'fail' and (check not in checks or code != '1'):
            wrong = f'exit {code}, fails {sorted(checks)}, not {check}'
        elif gaps:
            wrong = gaps[0]
    except (ValueError, KeyError) as error:
        wrong = f'exit {code}, no report: {error!r}'
    print(f'{level}/{want}/{name}\t{wrong}')
END
}

while IFS=$'\t' read -r name wrong; do
    if [ -z "$wrong" ]; then ok "$name"; else not_ok "$name" "$wrong"; fi
done < <(verdicts)
is 'every fixture is judged' "$TEST_COUNT" "$(find "$FIXTURES" -name '*.yaml' | wc -l)"

done_testing
