#!/bin/bash
# Package databases of rpm (three forms) against rpm itself, and of apk against a count by awk.
. "$(dirname "$0")/lib.sh"

PACKAGES=$DATA/packages

# os_release DIR ID VERSION NAME
os_release() {
    mkdir -p "$1/etc"
    printf 'NAME="%s"\nID="%s"\nVERSION_ID="%s"\nPRETTY_NAME="%s %s"\n' "$4" "$2" "$3" "$4" "$3" \
        >"$1/etc/os-release"
}

# rpm_says DBPATH BACKEND: sorted lines as packages_of prints them.
rpm_says() {
    rpm --dbpath "$1" --define "_db_backend $2" -qa --qf \
        '%{NAME}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\n' \
        2>/dev/null | grep -v '^gpg-pubkey' | sed -E 's/\t0:/\t/' |
        sed -E 's/\t([^\t]*)-([^-\t]*-[^-\t]*)\.(no)?src\.rpm$/\t\1\t\2/' |
        # The name of a source rpm has no epoch: it is taken to be the package's own.
        sed -E 's/^([^\t]*\t([0-9]+:)[^\t]*\t[^\t]*\t[^\t]*\t)/\1\2/' | LC_ALL=C sort
}

# against_rpm NAME ROOT DBPATH BACKEND PACKAGE-WITH-FILES
against_rpm() {
    rpm_says "$3" "$4" >"$WORK/want"
    packages_of "$2" >"$WORK/got"
    expect "facts $1" 0
    same "$1: packages as rpm has them ($(wc -l <"$WORK/want"))" "$WORK/want" "$WORK/got"
    rpm --dbpath "$3" --define "_db_backend $4" -qa \
        --qf '[%{=NAME} %{FILEMODES:perms} %{FILENAMES}\n]' 2>/dev/null |
        sed -n "s,^$5 [^d][^ ]* /,,p" | LC_ALL=C sort -u >"$WORK/files"
    json "$OUT" "sorted(f for p in d['packages'] if p['name'] == '$5' for f in p['files'])" |
        LC_ALL=C sort -u >"$WORK/got"
    same "$1: $5 owns what rpm lists, without directories" "$WORK/files" "$WORK/got"
    run scan "$2" --format json
    expect_json "$1: scan counts them" "d['subjects'][0]['packages'] == $(wc -l <"$WORK/want")"
    make_image oci-dir "$WORK/oci" "$2"
    packages_of "$WORK/oci" >"$WORK/got"
    same "$1: the same from an image" "$WORK/want" "$WORK/got"
    rm -rf "$WORK/oci"
}

if [ ! -d "$PACKAGES" ]; then
    skip "rpm: sqlite of Amazon Linux 2023" "shared data is absent"
    skip "rpm: ndb of SLE 15" "shared data is absent"
    skip "rpm: Berkeley DB" "shared data is absent"
    skip "apk" "shared data is absent"
elif ! command -v rpm >/dev/null; then
    skip "rpm: sqlite of Amazon Linux 2023" "rpm is not installed"
    skip "rpm: ndb of SLE 15" "rpm is not installed"
    skip "rpm: Berkeley DB" "rpm is not installed"
else
    export HOME=$WORK # rpm looks for macros there
    A=$WORK/amazon
    os_release "$A" amzn 2023 "Amazon Linux"
    mkdir -p "$A/var/lib/rpm" "$WORK/ref-amazon"
    cp "$PACKAGES/amazon-2023.rpmdb.sqlite" "$A/var/lib/rpm/rpmdb.sqlite"
    cp "$PACKAGES/amazon-2023.rpmdb.sqlite" "$WORK/ref-amazon/rpmdb.sqlite"
    chmod 644 "$A/var/lib/rpm/rpmdb.sqlite" "$WORK/ref-amazon/rpmdb.sqlite"
    against_rpm "sqlite (Amazon Linux 2023)" "$A" "$WORK/ref-amazon" sqlite bash

    # The newer place of the same database.
    mkdir -p "$A/usr/lib/sysimage"
    mv "$A/var/lib/rpm" "$A/usr/lib/sysimage/rpm"
    ln -s ../../usr/lib/sysimage/rpm "$A/var/lib/rpm"
    rpm_says "$WORK/ref-amazon" sqlite >"$WORK/want"
    packages_of "$A" >"$WORK/got"
    same "sqlite at usr/lib/sysimage/rpm, behind a link: each package once" "$WORK/want" "$WORK/got"

    # Debian's rpm has no ndb backend: it is given the same headers in the form it reads.
    S=$WORK/sle
    os_release "$S" sles 15.5 "SLES"
    mkdir -p "$S/usr/lib/sysimage/rpm" "$S/var/lib" "$WORK/ref-sle"
    cp "$PACKAGES/sle15.rpmdb.ndb" "$S/usr/lib/sysimage/rpm/Packages.db"
    chmod 644 "$S/usr/lib/sysimage/rpm/Packages.db"
    ln -s ../../usr/lib/sysimage/rpm "$S/var/lib/rpm"
    rpmdb --dbpath "$WORK/ref-sle" --define '_db_backend sqlite' --initdb 2>/dev/null
    $PYTHON "$TOOLS/make-rpmdb" "$WORK/ref-sle/rpmdb.sqlite" --ndb "$PACKAGES/sle15.rpmdb.ndb"
    against_rpm "ndb (SLE 15)" "$S" "$WORK/ref-sle" sqlite glibc

    B=$WORK/bdb
    os_release "$B" almalinux 8.8 "AlmaLinux"
    mkdir -p "$B/var/lib/rpm" "$WORK/ref-bdb"
    cp "$PACKAGES/libuuid.rpmdb.bdb" "$B/var/lib/rpm/Packages"
    cp "$PACKAGES/libuuid.rpmdb.bdb" "$WORK/ref-bdb/Packages"
    chmod 644 "$B/var/lib/rpm/Packages" "$WORK/ref-bdb/Packages"
    against_rpm "Berkeley DB (AlmaLinux 8)" "$B" "$WORK/ref-bdb" bdb_ro libuuid

    # Our own maker of databases against rpm, since other tests rely on it.
    mkdir "$WORK/made"
    rpmdb --dbpath "$WORK/made" --define '_db_backend sqlite' --initdb 2>/dev/null
    printf 'a\t3:1.0-1.el8\tx86_64\ta-src-1.0-1.el8.src.rpm\nb\t2~rc1-3\tnoarch\tb-2~rc1-3.src.rpm\n' |
        $PYTHON "$TOOLS/make-rpmdb" "$WORK/made/rpmdb.sqlite"
    M=$WORK/made-root
    os_release "$M" almalinux 8.8 AlmaLinux
    mkdir -p "$M/var/lib/rpm"
    cp "$WORK/made/rpmdb.sqlite" "$M/var/lib/rpm/"
    rpm_says "$WORK/made" sqlite >"$WORK/want"
    packages_of "$M" >"$WORK/got"
    same "sqlite, with an epoch and a source of another name" "$WORK/want" "$WORK/got"
fi

# Pages that sit in the write-ahead log and not yet in the file: told, or read; never lost in silence.
L=$WORK/wal
os_release "$L" almalinux 8.8 AlmaLinux
mkdir -p "$L/var/lib/rpm"
$PYTHON - "$WORK/wal.sqlite" "$L/var/lib/rpm" "$TOOLS" <<'END'
import importlib.machinery, importlib.util, shutil, sqlite3, sys
path, target, tools = sys.argv[1:]
loader = importlib.machinery.SourceFileLoader('make_rpmdb', tools + '/make-rpmdb')
maker = importlib.util.module_from_spec(importlib.util.spec_from_loader('make_rpmdb', loader))
loader.exec_module(maker)
store = sqlite3.connect(path)
store.execute("PRAGMA journal_mode=wal")
store.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
store.execute("INSERT INTO Packages VALUES (1, ?)", (maker.package('old\t1-1\tnoarch\told-1-1.src.rpm'),))
store.commit()
store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
store.execute("INSERT INTO Packages VALUES (2, ?)", (maker.package('new\t1-1\tnoarch\tnew-1-1.src.rpm'),))
store.commit()
shutil.copy(path, target + '/rpmdb.sqlite')
shutil.copy(path + '-wal', target + '/rpmdb.sqlite-wal')
END
names_of "$L"
if [ "$NAMES" = "new old" ]; then ok "sqlite with a write-ahead log: read"
else
    run scan "$L" --format json
    expect_json "sqlite with a write-ahead log: a gap says so" "($GAP)('blocking', 'wal|write-ahead')"
    expect "and the exit code" 3
fi

for file in "$PACKAGES"/*.apk-installed; do
    [ -e "$file" ] || continue
    name=$(basename "$file" .apk-installed)
    R=$WORK/$name
    os_release "$R" alpine "${name#alpine-}.0" "Alpine Linux"
    mkdir -p "$R/lib/apk/db"
    cp "$file" "$R/lib/apk/db/installed"
    awk -F: '
        function flush() { if (p != "") print p "\t" v "\t" a "\t" (o == "" ? p : o) "\t" v; p = o = "" }
        /^P:/ {p = substr($0, 3)} /^V:/ {v = substr($0, 3)} /^A:/ {a = substr($0, 3)}
        /^o:/ {o = substr($0, 3)} /^$/ {flush()} END {flush()}' "$file" | LC_ALL=C sort >"$WORK/want"
    packages_of "$R" >"$WORK/got"
    expect "facts $name" 0
    same "$name: packages as the file lists them ($(wc -l <"$WORK/want"))" "$WORK/want" "$WORK/got"
    awk '/^P:/ {p = substr($0, 3)} /^F:/ {f = substr($0, 3)}
         /^R:/ && p == "musl" {print (f == "" ? "" : f "/") substr($0, 3)}' "$file" |
        LC_ALL=C sort >"$WORK/want"
    json "$OUT" 'sorted(f for p in d["packages"] if p["name"] == "musl" for f in p["files"])' \
        >"$WORK/got"
    same "$name: musl owns its files" "$WORK/want" "$WORK/got"
    run scan "$R" --format json
    expect "scan $name" 0
done
done_testing
