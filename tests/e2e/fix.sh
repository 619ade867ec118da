#!/bin/bash
# check --fix: what it shows, what it writes, and what it leaves alone.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

need patch

D=$WORK/tree
mkdir -p "$D"
cd "$D" || exit 1

# fix [ARG...]: check --fix, with the policies of this test.
POLICIES=dockerfile-apt-recommends,dockerfile-apt-assume-yes,dockerfile-instruction-case,dockerfile-from-as-case,dockerfile-maintainer,privilege-escalation,seccomp-profile-missing,service-account-deprecated-field,compose-version-obsolete
fix() { run check --fix --fail-on any --no-ignore --only "$POLICIES" "$@"; }
says() { if grep -qF -- "$2" "$ERR"; then ok "$1"; else not_ok "$1" "$(cat "$ERR")"; fi; }

cat >Dockerfile <<'END'
# syntax=docker/dockerfile:1
FROM debian:12.5 as build   
maintainer ops@example.org
# what we need
run apt-get update && \
    # a comment within
    apt-get install curl	ca-certificates && \
    rm -rf /var/lib/apt/lists/*
WORKDIR /srv
USER app
END
cp Dockerfile before
cat >halfway <<'END'
# syntax=docker/dockerfile:1
FROM debian:12.5 AS build   
MAINTAINER ops@example.org
# what we need
RUN apt-get update && \
    # a comment within
    apt-get install --no-install-recommends -y curl	ca-certificates && \
    rm -rf /var/lib/apt/lists/*
WORKDIR /srv
USER app
END
sed 's/^MAINTAINER .*/LABEL org.opencontainers.image.authors="ops@example.org"/' halfway >wanted

# --- shown ----------------------------------------------------------------------------------------

chmod 640 Dockerfile
fix Dockerfile
expect "without --yes" 1
same "without --yes nothing is written" before Dockerfile
says "that is said" "run with --yes"
holds "what is shown is a patch" patch --dry-run -s -p0 -i "$OUT"
cp "$OUT" shown

# --- written --------------------------------------------------------------------------------------

fix --yes Dockerfile
expect "with --yes the verdict is that of what remains" 1
says "what was written is counted" "1 file written"
says "of two changes that meet one waits" "run again for the rest"
same "all other bytes stay" halfway Dockerfile
patch -s -p0 -o patched before <shown
same "what is written is what was shown" patched Dockerfile
is "the mode stays" "$(stat -c %a Dockerfile)" 640
fix --yes Dockerfile
expect "a second run does the rest" 0
same "as it should be" wanted Dockerfile
fix --yes Dockerfile
expect "a run after that" 0
says "there is nothing left to change" "nothing to change"
is "nothing lies about" "$(echo *)" "Dockerfile before halfway patched shown wanted"

sed 's/$/\r/' before >crlf.Dockerfile
fix --yes crlf.Dockerfile
fix --yes crlf.Dockerfile
is "line ends of DOS stay" "$(grep -c $'\r$' crlf.Dockerfile) $(wc -l <crlf.Dockerfile)" "10 10"
holds "such a text is mended, too" grep -q -- '--no-install-recommends' crlf.Dockerfile

cat >forms.Dockerfile <<'END'
FROM debian:12.5
RUN ["apt-get", "install", "-q", "a"]
RUN bash -c "apt-get install \"b\""
RUN <<EOF
apt-get install c
EOF
END
fix --yes forms.Dockerfile
cat >forms.wanted <<'END'
FROM debian:12.5
RUN ["apt-get", "install", "-q", "a"]
RUN bash -c "apt-get install --no-install-recommends -y \"b\""
RUN <<EOF
apt-get install --no-install-recommends -y c
EOF
END
same "of the forms of a command those that are words are mended" forms.wanted forms.Dockerfile
says "with a word on others" "forms.Dockerfile:2: dockerfile-apt-assume-yes is not fixed"

printf 'FROM debian:12.5\nuser app' >short.Dockerfile
fix --yes short.Dockerfile
is "a text without a last line end gets none" "$(cat short.Dockerfile; echo .)" $'FROM debian:12.5\nUSER app.'

# --- manifests and compose files ------------------------------------------------------------------

cat >pod.yaml <<'END'
# the shop
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  serviceAccount: shop   # its own
  containers:
    - name: web
      # pinned
      image: registry.example/shop/web:1.4.2
    - image: registry.example/shop/side:1.4.2
      name: side
      securityContext: {}
    - name: trusted
      image: registry.example/shop/trusted:1.4.2
      securityContext: &own
        allowPrivilegeEscalation: true
    - {name: flow, image: "registry.example/shop/flow:1"}
END
cp pod.yaml pod.before
fix pod.yaml
holds "the diff of a manifest is a patch" patch --dry-run -s -p0 -i "$OUT"
says "flow style is left alone, with a word" "flow style"
fix --yes pod.yaml
cat >pod.wanted <<'END'
# the shop
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  serviceAccountName: shop   # its own
  securityContext:
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: web
      securityContext:
        allowPrivilegeEscalation: false
      # pinned
      image: registry.example/shop/web:1.4.2
    - image: registry.example/shop/side:1.4.2
      name: side
      securityContext:
        allowPrivilegeEscalation: false
    - name: trusted
      image: registry.example/shop/trusted:1.4.2
      securityContext: &own
        allowPrivilegeEscalation: true
    - {name: flow, image: "registry.example/shop/flow:1"}
END
same "a manifest: comments stay, members are added" pod.wanted pod.yaml
expect "what remains denies" 1

sed 's/$/\r/' pod.before >dos.yaml
fix --yes dos.yaml
sed 's/$/\r/' pod.wanted >dos.wanted
same "new lines end as the others do" dos.wanted dos.yaml

cat >pod.json <<'END'
{
  "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
  "spec": {
    "containers": [
      {
        "name": "web",
        "image": "registry.example/shop/web:1.4.2"
      }
    ]
  }
}
END
cp pod.json json.before
fix --yes pod.json
same "JSON is left alone" json.before pod.json
says "with a word" "flow style"

mkdir shop
cat >shop/common.yaml <<'END'
services:
  base:
    image: registry.example/shop/base:1.4.2
END
cat >shop/compose.yaml <<'END'
version: "3.8"

include:
  - common.yaml

x-defaults: &defaults
  restart: unless-stopped
  init: true

services:
  web:
    <<: *defaults
    image: registry.example/shop/web:1.4.2
    # by hand
    ports: ["127.0.0.1:80:80"]
  merged:
    <<: *defaults
  db:
    image: registry.example/shop/db:1.4.2
    security_opt:
      - label=type:db_t # SELinux
END
cp -r shop shop.before
fix shop/compose.yaml
holds "the diff of a compose file is a patch" patch --dry-run -s -p0 -i "$OUT"
fix --yes shop/compose.yaml
cat >compose.wanted <<'END'
include:
  - common.yaml

x-defaults: &defaults
  restart: unless-stopped
  init: true

services:
  web:
    <<: *defaults
    image: registry.example/shop/web:1.4.2
    security_opt:
      - no-new-privileges:true
    # by hand
    ports: ["127.0.0.1:80:80"]
  merged:
    <<: *defaults
  db:
    image: registry.example/shop/db:1.4.2
    security_opt:
      - label=type:db_t # SELinux
      - no-new-privileges:true
END
same "a compose file" compose.wanted shop/compose.yaml
same "an included file is left alone" shop.before/common.yaml shop/common.yaml
says "with a word" "not written in this file"

# --- left alone -----------------------------------------------------------------------------------

mkdir waived
cat >waived/Dockerfile <<'END'
FROM debian:12.5
# bulwark:ignore dockerfile-apt-assume-yes the build answers
RUN apt-get install --no-install-recommends curl=7.88.1
END
cat >waived/two.Dockerfile <<'END'
FROM debian:12.5
# bulwark:ignore dockerfile-apt-assume-yes the build answers
RUN apt-get install --no-install-recommends curl=7.88.1
RUN apt-get install --no-install-recommends jq=1.6-2
END
cat >waived/pod.yaml <<'END'
apiVersion: v1
kind: Pod
metadata:
  name: web
  annotations:
    bulwark.dev/ignore: "privilege-escalation; reason=it needs sudo"
spec:
  securityContext:
    seccompProfile: {type: RuntimeDefault}
  containers:
    - name: web
      image: registry.example/shop/web:1.4.2
END
cat >waived/compose.yaml <<'END'
services:
  web:
    image: registry.example/shop/web:1.4.2
END
cat >ignore.yaml <<'END'
- id: privilege-escalation
  reason: it needs sudo
  paths: [waived/compose.yaml]
END
cp -r waived waived.before
fix --yes --ignore-file ignore.yaml waived
expect "what is waived" 0
is "of two in one file one is" "$(grep -c 'install --no-install-recommends' waived/two.Dockerfile) $(sed -n 4p waived/two.Dockerfile)" \
    "1 RUN apt-get install -y --no-install-recommends jq=1.6-2"
cp waived/two.Dockerfile waived.before
fix --yes --ignore-file ignore.yaml waived
says "the others are not changed" "nothing to change"
holds "by a comment, an annotation or an ignore file" diff -r waived.before waived
fix --yes waived/compose.yaml
holds "the ignore file is what held it" grep -q no-new-privileges waived/compose.yaml

STDIN=pod.before fix --yes -
expect "standard input" 1
says "is left alone, with a word" "standard input is not fixed"
holds "and has no diff" test ! -s "$OUT"

# Where helm is not installed something stands in for it: what it prints is no file either way.
if ! command -v helm >/dev/null; then
    mkdir bin
    printf '#!/bin/sh\ncat %s/pod.before\n' "$D" >bin/helm
    chmod 755 bin/helm
    PATH=$D/bin:$PATH
fi
mkdir -p chart/templates
printf 'apiVersion: v2\nname: shop\nversion: 0.1.0\n' >chart/Chart.yaml
cp pod.before chart/templates/pod.yaml
fix --yes chart
says "what helm made is left alone" "(helm template) is not fixed"
same "and its template" pod.before chart/templates/pod.yaml

# --- hostile --------------------------------------------------------------------------------------

printf 'FROM debian:12.5\nuser app\n' >real
ln -s real link.Dockerfile
fix --yes link.Dockerfile
is "a symbolic link stays one" "$(readlink link.Dockerfile) $(sed -n 2p real)" "real USER app"

mkdir linked outside
printf 'FROM debian:12.5\nuser app\n' >outside/Dockerfile
ln -s ../outside/Dockerfile linked/Dockerfile
fix --yes linked
is "a link that lies in a directory is not followed" "$(sed -n 2p outside/Dockerfile)" "user app"

# A person at a terminal: answer ACTION, which runs while the question stands.
answer() {
    "$PYTHON" - "$BULWARK" "$@" <<'END' >"$OUT" 2>"$ERR"
import os, pty, subprocess, sys
bulwark, reply, action, path = sys.argv[1:5]
pid, fd = pty.fork()
if pid == 0:
    os.execv(bulwark, [bulwark, 'check', '--fix', '--no-ignore', '--only', 'dockerfile-instruction-case',
                        '--fail-on', 'any', path])
text = b''
while b'[y/N]' not in text:
    more = os.read(fd, 65536)
    if not more:
        break
    text += more
subprocess.run(action, shell=True, check=True)
os.write(fd, reply.encode() + b'\n')
try:
    while True:
        more = os.read(fd, 65536)
        if not more:
            break
        text += more
except OSError:
    pass
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stderr.write(text.decode(errors='replace'))
sys.exit(status)
END
    RC=$?
}

ask() { printf 'FROM debian:12.5\nuser app\n' >asked.Dockerfile; }
ask; answer n true asked.Dockerfile
is "no is no" "$(sed -n 2p asked.Dockerfile)" "user app"
ask; answer y true asked.Dockerfile
is "yes is yes, and the verdict that of what remains" "$RC $(sed -n 2p asked.Dockerfile)" "0 USER app"
ask; answer y 'printf "user mine\nFROM x\n" >asked.Dockerfile' asked.Dockerfile
is "a file that changes meanwhile is left alone" "$(cat asked.Dockerfile)" $'user mine\nFROM x'
says "with a word" "changed meanwhile"
ask; answer y 'ln -sf "'"$D"'/before" asked.Dockerfile' asked.Dockerfile
is "nor is a link written through that comes in its place" "$(sed -n 3p before)" "maintainer ops@example.org"

if is_root; then
    skip "a directory that may not be written to" "root may write anywhere"
else
    mkdir closed
    printf 'FROM debian:12.5\nuser app\n' >closed/Dockerfile
    chmod 555 closed
    fix --yes closed/Dockerfile
    expect "a directory that may not be written to" "2|4"
    is "leaves the file as it is" "$(sed -n 2p closed/Dockerfile)" "user app"
fi

done_testing
