#!/bin/bash
# What layers do to each other: the topmost view decides, from an archive as from overlay2.
. "$(dirname "$0")/lib.sh"

DOCKER=
start_dockerd docker && DOCKER=$(docker_driver)
[ -n "$DOCKER" ] || skip "the same from a Docker daemon" "$DOCKER_REASON"
L=$WORK/layers
NUMBER=0

# escape TEXT: as a word of make-tar's list.
escape() { printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/\t/\\t/g' | sed ':a;N;$!ba;s/\n/\\n/g'; }

# status NAME...: a dpkg database of these, "name" or "name=version", as a word.
status() {
    local entry text=
    for entry; do
        text+=$(dpkg_entry "${entry%%=*}" "$([[ $entry == *=* ]] && echo "${entry#*=}" || echo 1.0-1)")
        text+=$'\n\n'
    done
    escape "$text"
}
D12=$(escape "$(debian_os 12 bookworm)")
D11=$(escape "$(debian_os 11 bullseye)")
T=$'\t'

# layer NAME: makes the layer of the list on standard input.
layer() { mkdir -p "$L"; make_tar "$L/$1.tar"; }

# view NAME PACKAGES DISTRIBUTION LAYER...: "name=version ..." as found in each form of the image;
# DISTRIBUTION is a regular expression over the subject's, or "none".
view() {
    local name=$1 want=$2 distribution=$3 tars=() form target
    shift 3
    NUMBER=$((NUMBER + 1))
    for layer; do tars+=("$L/$layer.tar"); done
    for form in oci docker-archive-old docker-archive-new ${DOCKER:+daemon}; do
        case $form in
        oci) target=$L/image; make_image oci-dir "$target" "${tars[@]}" ;;
        daemon)
            if ! docker load -qi "$L/docker-archive-old.tar" >"$WORK/load" 2>&1; then
                not_ok "$name ($form)" "docker load: $(cat "$WORK/load")"
                continue
            fi
            target=docker:test/view:$NUMBER ;;
        *) target=$L/$form.tar
            make_image $form "$target" "${tars[@]}" --name "test/view:$NUMBER" ;;
        esac
        run facts "$target" --format json
        if crashed; then not_ok "$name ($form): no crash" "$(told)"; continue; fi
        is "$name ($form)" "$(json "$OUT" \
            '" ".join(sorted(p["name"] + "=" + p["version"] for p in d["packages"]))' 2>&1)" "$want"
        if [ "$distribution" = none ]; then
            expect_json "$name ($form): no distribution" \
                "'debian' not in json.dumps(d['subjects'][0].get('distribution'))"
        else
            expect_json "$name ($form): distribution" \
                "bool(re.search(r'''$distribution''', json.dumps(d['subjects'][0]['distribution'])))"
        fi
        cp "$OUT" "$WORK/last.$form"
    done
}

DEB12='debian.*12'
DEB11='debian.*11'

# removed NAME EXPRESSION: over r, the list of removed packages of the last view, as a scan tells it.
removed() {
    run scan "$L/image" --format json
    expect_json "$1" "(lambda r: $2)([p for s in d['subjects'] for p in s.get('removed_packages', [])])"
}

layer base <<END
dir${T}etc
dir${T}usr
dir${T}usr/lib
text${T}usr/lib/os-release${T}$D12
symlink${T}etc/os-release${T}../usr/lib/os-release
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
text${T}var/lib/dpkg/status${T}$(status a b)
END
view "one layer" "a=1.0-1 b=1.0-1" "$DEB12" base
removed "nothing is removed in one layer" "r == []"

layer newer <<END
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
text${T}var/lib/dpkg/status${T}$(status a=2.0-1 c)
END
view "database replaced in a later layer" "a=2.0-1 c=1.0-1" "$DEB12" base newer
removed "the removed package is reported, with the layers" \
    "['b'] == [p['package']['name'] if isinstance(p.get('package'), dict) else p.get('name', p.get('package')) for p in r if 'b' in json.dumps(p)]"
expect_json "packages stand in the layer that brought them" \
    "len(d['subjects'][0].get('layers', [1, 2])) == 2"
view "the same layer twice" "a=1.0-1 b=1.0-1" "$DEB12" base newer base

layer empty </dev/null
: >"$L/zero.tar"
view "empty layers" "a=1.0-1 b=1.0-1" "$DEB12" base empty
# DOCKER is empty where a daemon does not take such an image.
DOCKER='' view "layers of no bytes at all" "a=1.0-1 b=1.0-1" "$DEB12" zero base zero

layer wh-status <<END
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
text${T}var/lib/dpkg/.wh.status${T}
END
view "whiteout of the database" "" "$DEB12" base wh-status
layer wh-dpkg <<END
dir${T}var
dir${T}var/lib
text${T}var/lib/.wh.dpkg${T}
END
view "whiteout of the folder of the database" "" "$DEB12" base wh-dpkg
removed "its packages are reported as removed" "len(r) == 2"
layer wh-var <<END
text${T}.wh.var${T}
END
view "whiteout far above" "" "$DEB12" base wh-var
view "whiteout, then a new database" "a=2.0-1 c=1.0-1" "$DEB12" base wh-var newer
layer wh-and-file <<END
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
text${T}var/lib/dpkg/status${T}$(status z)
text${T}var/lib/dpkg/.wh.status-old${T}
END
view "whiteout of another file beside" "z=1.0-1" "$DEB12" base wh-and-file

layer distroless <<END
dir${T}etc
text${T}etc/os-release${T}$D12
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
dir${T}var/lib/dpkg/status.d
text${T}var/lib/dpkg/status.d/base${T}$(status base-files)
text${T}var/lib/dpkg/status.d/tzdata${T}$(status tzdata=2024a-0)
text${T}var/lib/dpkg/status.d/tzdata.md5sums${T}d41d8cd98f00b204e9800998ecf8427e  usr/share/x\\n
END
view "distroless" "base-files=1.0-1 tzdata=2024a-0" "$DEB12" distroless
layer distroless-more <<END
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
dir${T}var/lib/dpkg/status.d
text${T}var/lib/dpkg/status.d/.wh.tzdata${T}
text${T}var/lib/dpkg/status.d/libc6${T}$(status libc6)
END
view "distroless, a package out and one in" "base-files=1.0-1 libc6=1.0-1" "$DEB12" distroless \
    distroless-more
removed "and the one that went is reported" "len(r) == 1 and 'tzdata' in json.dumps(r)"

layer opaque <<END
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
dir${T}var/lib/dpkg/status.d
text${T}var/lib/dpkg/status.d/.wh..wh..opq${T}
text${T}var/lib/dpkg/status.d/new${T}$(status new)
END
view "opaque folder" "new=1.0-1" "$DEB12" distroless opaque
layer opaque-late <<END
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
dir${T}var/lib/dpkg/status.d
text${T}var/lib/dpkg/status.d/new${T}$(status new)
text${T}var/lib/dpkg/status.d/.wh..wh..opq${T}
END
view "opaque folder, its mark after its content" "new=1.0-1" "$DEB12" distroless opaque-late
layer opaque-above <<END
dir${T}var
text${T}var/.wh..wh..opq${T}
END
view "opaque folder above" "" "$DEB12" distroless opaque-above

# --- links -------------------------------------------------------------------------------------

layer packages <<END
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
text${T}var/lib/dpkg/status${T}$(status a)
END
os_release_by() { layer "$1"; view "os-release $2" "a=1.0-1" "${3:-$DEB12}" packages "$1"; }
os_release_by abs "behind an absolute link" <<END
dir${T}etc
symlink${T}etc/os-release${T}/usr/lib/os-release
dir${T}usr
dir${T}usr/lib
text${T}usr/lib/os-release${T}$D12
END
os_release_by chain "behind a chain of links" <<END
dir${T}etc
symlink${T}etc/os-release${T}../usr/lib/os-release
dir${T}usr
dir${T}usr/lib
symlink${T}usr/lib/os-release${T}./os.d/second
dir${T}usr/lib/os.d
symlink${T}usr/lib/os.d/second${T}/usr/share/../lib/os.d/third
text${T}usr/lib/os.d/third${T}$D12
dir${T}usr/share
END
os_release_by odd "at an unusual place" <<END
dir${T}etc
symlink${T}etc/os-release${T}/opt/x/release-of-mine
dir${T}opt
dir${T}opt/x
text${T}opt/x/release-of-mine${T}$D12
END
os_release_by dirlink "behind a linked folder" <<END
dir${T}etc
symlink${T}etc/os-release${T}../usr/lib/os-release
dir${T}usr
symlink${T}usr/lib${T}../data/lib
dir${T}data
dir${T}data/lib
text${T}data/lib/os-release${T}$D12
END
os_release_by hard "by a hard link to an unusual place" <<END
dir${T}opt
text${T}opt/the-release${T}$D12
dir${T}etc
hardlink${T}etc/os-release${T}opt/the-release
END
os_release_by up "behind more .. than there are folders" <<END
dir${T}etc
symlink${T}etc/os-release${T}../../../../usr/lib/os-release
dir${T}usr
dir${T}usr/lib
text${T}usr/lib/os-release${T}$D12
END
layer target-low <<END
dir${T}opt
dir${T}opt/x
text${T}opt/x/release${T}$D11
END
layer link-high <<END
dir${T}etc
symlink${T}etc/os-release${T}../opt/x/release
END
layer target-high <<END
dir${T}opt
dir${T}opt/x
text${T}opt/x/release${T}$D12
END
view "os-release: its link is above its target" "a=1.0-1" "$DEB11" packages target-low link-high
view "os-release: its target is replaced above its link" "a=1.0-1" "$DEB12" packages target-low \
    link-high target-high
layer wh-os <<END
dir${T}usr
dir${T}usr/lib
text${T}usr/lib/.wh.os-release${T}
END
view "os-release: its target is gone" "a=1.0-1 b=1.0-1" none base wh-os
run scan "$L/image" --format json
expect_gap "which is a gap" 'note|blocking' 'distribution|os-release'

layer status-link <<END
dir${T}etc
text${T}etc/os-release${T}$D12
dir${T}srv
text${T}srv/installed-here${T}$(status s)
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
symlink${T}var/lib/dpkg/status${T}/srv/installed-here
END
view "database behind a link to an unusual place" "s=1.0-1" "$DEB12" status-link
layer status-hard <<END
dir${T}etc
text${T}etc/os-release${T}$D12
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
text${T}var/lib/dpkg/status-old${T}$(status h)
hardlink${T}var/lib/dpkg/status${T}var/lib/dpkg/status-old
END
view "database by a hard link" "h=1.0-1" "$DEB12" status-hard
layer folder-link <<END
dir${T}etc
text${T}etc/os-release${T}$D12
dir${T}var
symlink${T}var/lib${T}../data/lib
dir${T}data
dir${T}data/lib
dir${T}data/lib/dpkg
text${T}data/lib/dpkg/status${T}$(status f)
END
view "database behind a linked folder" "f=1.0-1" "$DEB12" folder-link
layer folder-to-link <<END
dir${T}var
dir${T}var/lib
symlink${T}var/lib/dpkg${T}../../opt/dpkg
dir${T}opt
dir${T}opt/dpkg
text${T}opt/dpkg/status${T}$(status moved)
END
view "folder replaced by a link" "moved=1.0-1" "$DEB12" base folder-to-link
layer link-to-folder <<END
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
text${T}var/lib/dpkg/status${T}$(status back)
END
view "link replaced by a folder" "back=1.0-1" "$DEB12" base folder-to-link link-to-folder
layer file-over-folder <<END
dir${T}var
dir${T}var/lib
text${T}var/lib/dpkg${T}no folder any more
END
view "folder replaced by a file" "" "$DEB12" base file-over-folder

# --- the archive itself ------------------------------------------------------------------------

layer twice <<END
dir${T}etc
text${T}etc/os-release${T}$D11
dir${T}var
dir${T}var/lib
dir${T}var/lib/dpkg
text${T}var/lib/dpkg/status${T}$(status first)
text${T}etc/os-release${T}$D12
text${T}var/lib/dpkg/status${T}$(status last)
END
DOCKER='' view "an entry twice: the last counts" "last=1.0-1" "$DEB12" twice
layer bare <<END
text${T}etc/os-release${T}$D12
text${T}var/lib/dpkg/status${T}$(status a)
END
view "no entries for folders" "a=1.0-1" "$DEB12" bare
layer dotted <<END
dir${T}./
dir${T}./etc/
text${T}./etc/os-release${T}$D12
dir${T}./var
dir${T}./var/lib/
dir${T}./var//lib/./dpkg
text${T}./var/lib/dpkg//status${T}$(status dot)
END
view "paths with ./ and //" "dot=1.0-1" "$DEB12" dotted
for format in pax ustar gnu; do
    make_tar "$L/$format.tar" --format $format <<END
dir${T}etc
text${T}etc/os-release${T}$D12
dir${T}var/lib/dpkg
text${T}$(printf 'deep/%.0s' $(seq 18))file${T}long path
text${T}var/lib/dpkg/status${T}$(status "$format")
END
    view "tar in the $format form" "$format=1.0-1" "$DEB12" $format
done

# --- apk on a merged /usr ----------------------------------------------------------------------

apk_word() { escape "$(printf 'P:%s\nV:1.0-r0\nA:x86_64\no:%s\nF:usr/bin\nR:%s\n\n\n' "$1" "$1" "$1")"; }
ALPINE=$(escape "$(printf 'ID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME="Alpine Linux v3.19"\n')")
layer apk <<END
dir${T}etc
text${T}etc/os-release${T}$ALPINE
dir${T}lib
dir${T}lib/apk
dir${T}lib/apk/db
text${T}lib/apk/db/installed${T}$(apk_word musl)
END
view "apk" "musl=1.0-r0" alpine apk
layer apk-merged <<END
dir${T}etc
text${T}etc/os-release${T}$ALPINE
dir${T}usr
dir${T}usr/lib
dir${T}usr/lib/apk
dir${T}usr/lib/apk/db
text${T}usr/lib/apk/db/installed${T}$(apk_word merged)
symlink${T}lib${T}usr/lib
END
view "apk, lib is a link to usr/lib" "merged=1.0-r0" alpine apk-merged
view "apk, merged in a later layer" "merged=1.0-r0" alpine apk apk-merged
done_testing
