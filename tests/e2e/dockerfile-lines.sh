#!/bin/bash
# Each line of a Dockerfile that offends is a finding of its own, with its place; and a comment above
# one of them, in the words of any tool, lets that one stand and no other.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

D=$WORK/Dockerfile

# lines NAME POLICY WANTED [WAIVED]: the lines of findings that count, and of those that may stand.
lines() {
    run check --format json --no-ignore --only "$2" "$D"
    is "$1" "$(json "$OUT" '" ".join(str(f["location"]["line"]) for f in d["findings"] if not f["waiver"])')" "$3"
    is "$1: may stand" "$(json "$OUT" '" ".join(str(f["location"]["line"]) for f in d["findings"] if f["waiver"])')" "${4:-}"
}

cat >"$D" <<'END'
FROM debian:12.5 AS build
RUN apt-get update && \
    apt-get install -y --no-install-recommends gcc && \
    apt-get install -y --no-install-recommends make=4.3
RUN <<EOF
set -e
if true; then
  apt-get install -y --no-install-recommends bison
fi
EOF
RUN bash -c 'apt-get install -y --no-install-recommends flex'
ENV A=1 \
    PASSWORD=hunter22 \
    API_KEY=hunter22
END
lines "commands of continued lines, of a heredoc, and of bash -c" DL3008 "3 8 11"
lines "variables of one ENV" env-secret-plain "13 14"

# In place of the comment: what each tool has for letting a line stand.
while IFS='|' read -r name policy comment; do
    printf 'FROM debian:12.5\n%s\nRUN apt-get install -y --no-install-recommends a\nRUN apt-get install -y --no-install-recommends b\nUSER 10001\n' "$comment" >"$D"
    lines "$name" "$policy" 4 3
done <<'END'
hadolint|DL3008|# hadolint ignore=DL3008
hadolint, several|DL3008|# hadolint ignore=DL3015,DL3008
bulwark|DL3008|# bulwark:ignore dockerfile-apt-version-pinned a is what it is
bulwark, by another tool's name|dockerfile-apt-version-pinned|# bulwark:ignore DL3008 a is what it is
END
while IFS='|' read -r name policy comment; do
    printf 'FROM debian:12.5\n%s\nCMD a\nFROM debian:12.5\nCMD b\nUSER 10001\n' "$comment" >"$D"
    lines "$name" "$policy" 5 3
done <<'END'
BuildKit|JSONArgsRecommended|# check=skip=JSONArgsRecommended
BuildKit, with a reason|JSONArgsRecommended|# check=skip=JSONArgsRecommended,StageNameCasing // a shell is wanted
BuildKit, everything|JSONArgsRecommended|# check=skip=all // a shell is wanted
END
printf 'FROM debian:12.5\n#trivy:ignore:DS-0005\nADD a /a\nADD b /b\nUSER 10001\n' >"$D"
lines "trivy" DS-0005 4 3
printf '# check=skip=JSONArgsRecommended\nFROM debian:12.5\nCMD a\nFROM debian:12.5\nCMD b\nUSER 10001\n' >"$D"
lines "BuildKit, the whole file" JSONArgsRecommended '' '3 5'
printf '# hadolint global ignore=DL3020\nFROM debian:12.5\nADD a /a\nADD b /b\nUSER 10001\n' >"$D"
lines "hadolint, the whole file" DL3020 '' '3 4'

# What is not known of one line does not hide what is known of another.
# shellcheck disable=SC2016 # the variable is the Dockerfile's
printf 'FROM debian:12.5\nCOPY $FILE /a\nCOPY id_rsa /root/.ssh/\nUSER 10001\n' >"$D"
lines "a known secret beside an unknown file" dockerfile-secret-file-copied 3
# shellcheck disable=SC2016
printf 'FROM debian:12.5\nCOPY $FILE /a\nUSER 10001\n' >"$D"
run check --format json --no-ignore --only dockerfile-secret-file-copied "$D"
expect_json "an unknown file alone is not evaluated" "[r['status'] for r in d['results']] == ['NOT_EVALUATED']"

done_testing
