#!/bin/bash
# What has one mechanical remedy in a Dockerfile: shown as a diff, made on request, nothing else
# changed, and found no more afterwards.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

D=$WORK/Dockerfile
cat >"$WORK/before" <<'END'
FROM debian:12.5 as base
# a comment stays,	and so do blanks
run apt update && apt install curl=1
RUN apt-get update && \
    apt-get   install --no-install-recommends git=1:2 && \
    rm -rf /var/lib/apt/lists/*
RUN dnf install httpd-2.4 && zypper in foo=1
RUN apk add curl=8 && pip3 install flask==3
RUN <<EOF
useradd -u 1234567 app
wget https://example.org/x
EOF
ADD a.txt /srv/
ADD https://example.org/b /srv/
EXPOSE 80/TCP 90/udp
USER 10001
END
cat >"$WORK/after" <<'END'
FROM debian:12.5 AS base
# a comment stays,	and so do blanks
RUN apt-get update && apt-get install --no-install-recommends -y curl=1
RUN apt-get update && \
    apt-get   install -y --no-install-recommends git=1:2 && \
    rm -rf /var/lib/apt/lists/*
RUN dnf install -y httpd-2.4 && zypper --non-interactive in foo=1
RUN apk add --no-cache curl=8 && pip3 install --no-cache-dir flask==3
RUN <<EOF
useradd --no-log-init -u 1234567 app
wget --no-verbose https://example.org/x
EOF
COPY a.txt /srv/
ADD https://example.org/b /srv/
EXPOSE 80/tcp 90/udp
USER 10001
END
fixed='DL3014,DL3015,DL3027,DL3030,DL3034,DL3019,DL3042,DL3046,DL3047,DL3020,FromAsCasing,ConsistentInstructionCasing,ExposeProtoCasing'

cp "$WORK/before" "$D"
run check --profile hosting,strict --fix "$D"
says "the changes are shown" '^\+COPY a.txt /srv/'
same "and not made without consent" "$WORK/before" "$D"
# Two changes at one place are made one after the other.
for _ in 1 2 3; do run check --profile hosting,strict --fix --yes "$D"; done
same "they are made with it, and nothing else is" "$WORK/after" "$D"
run check --format json --no-ignore --only "$fixed" "$D"
expect_json "what was mended is found no more" "not d['findings']"
run check --profile hosting,strict --fix --yes "$D"
same "there is nothing more to do" "$WORK/after" "$D"

done_testing
