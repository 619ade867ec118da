/*
 * The one-line files that named a distribution before os-release(5), and still do in old images.
 * `paths` is in the order in which they speak where no os-release is visible: a distribution's own
 * file before the ones that its derivatives carry too (Rocky Linux has etc/redhat-release, Ubuntu
 * has etc/debian_version).
 */
#include <stdlib.h>

#include "extract/assignments.h"
#include "extract/parser.h"

#define RELEASE_FILE_MAX ((size_t)64 << 10)

/* What a file's first line is made of. */
enum form {
    FORM_VERSION,   /* "3.19.1" */
    FORM_RELEASE,   /* "NAME release VERSION (CODENAME)" */
    FORM_LAST_WORD, /* "NAME VERSION" */
    FORM_DEBIAN,    /* "12.5", "trixie/sid" */
    FORM_SUSE,      /* "NAME VERSION (ARCH)", then VERSION = and PATCHLEVEL = */
    FORM_LSB,       /* assignments DISTRIB_ID= ... */
};

static const struct {
    const char *name; /* last component of the path */
    enum form form;
    const char *id; /* NULL: by the name in the line */
} files[] = {
    {"alpine-release", FORM_VERSION, "alpine"},
    {"lsb-release", FORM_LSB, NULL},
    {"oracle-release", FORM_RELEASE, NULL},
    {"rocky-release", FORM_RELEASE, NULL},
    {"almalinux-release", FORM_RELEASE, NULL},
    {"centos-release", FORM_RELEASE, NULL},
    {"fedora-release", FORM_RELEASE, NULL},
    {"photon-release", FORM_LAST_WORD, "photon"},
    {"mariner-release", FORM_LAST_WORD, "mariner"},
    {"azurelinux-release", FORM_LAST_WORD, "azurelinux"},
    {"SuSE-release", FORM_SUSE, NULL},
    {"redhat-release", FORM_RELEASE, NULL},
    {"system-release", FORM_RELEASE, NULL},
    {"debian_version", FORM_DEBIAN, "debian"},
};

static const char *const paths[] = {
    "etc/alpine-release",     "etc/lsb-release",       "etc/oracle-release",
    "etc/rocky-release",      "etc/almalinux-release", "etc/centos-release",
    "etc/fedora-release",     "etc/photon-release",    "etc/mariner-release",
    "etc/azurelinux-release", "etc/SuSE-release",      "etc/redhat-release",
    "etc/system-release",     "etc/debian_version",    NULL,
};

/* What a distribution calls itself, and how many components its VERSION_ID has in os-release
 * (0: all). Longer names stand before their own beginnings. */
static const struct {
    const char *name, *id;
    unsigned components;
} names[] = {
    {"Red Hat Enterprise Linux", "rhel", 2},
    {"Rocky Linux", "rocky", 2},
    {"AlmaLinux", "almalinux", 2},
    {"Oracle Linux", "ol", 2},
    {"Enterprise Linux Enterprise Linux", "ol", 2},
    {"CentOS", "centos", 1},
    {"Fedora", "fedora", 1},
    {"Amazon Linux", "amzn", 0},
    {"Scientific Linux", "scientific", 2},
    {"SUSE Linux Enterprise Server", "sles", 0},
    {"SUSE Linux Enterprise Desktop", "sled", 0},
    {"SUSE Linux Enterprise", "sles", 0},
    {"openSUSE", "opensuse", 0},
    {"Ubuntu", "ubuntu", 2},
    {"Debian", "debian", 1},
    {"Alpine", "alpine", 0},
};

/* The first `components` parts of a dotted version; 0 takes all. */
static struct bw_str cut_version(struct bw_str version, unsigned components)
{
    for (size_t i = 0; i < version.n && components; i++)
        if (version.p[i] == '.' && --components == 0)
            return bw_str_take(version, i);
    return version;
}

static void set_name(struct bw_distribution *to, struct bw_str name)
{
    to->name = bw_str_trim(name);
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++)
        if (bw_str_starts(to->name, bw_str(names[i].name))) {
            to->id = bw_str(names[i].id);
            to->version_id = cut_version(to->version_id, names[i].components);
            return;
        }
}

static struct bw_str first_word(struct bw_str s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
        n++;
    return bw_str_take(s, n);
}

static void read_release(struct bw_distribution *to, struct bw_str line)
{
    const struct bw_str word = BW_STR(" release ");
    size_t at = bw_str_find_str(line, word);
    if (at == SIZE_MAX) {
        set_name(to, line);
        return;
    }
    to->version_id = first_word(bw_str_trim(bw_str_from(line, at + word.n)));
    set_name(to, bw_str_take(line, at));
}

static void read_last_word(struct bw_distribution *to, struct bw_str line)
{
    size_t at = bw_str_rfind(line, ' ');
    if (at == SIZE_MAX)
        return;
    to->name = bw_str_trim(bw_str_take(line, at));
    to->version_id = cut_version(bw_str_from(line, at + 1), 2);
}

/* Testing and unstable have no number: "trixie/sid". */
static void read_debian(struct bw_distribution *to, struct bw_str line)
{
    to->name = BW_STR("Debian GNU/Linux");
    if (line.p[0] >= '0' && line.p[0] <= '9')
        to->version_id = cut_version(line, 1);
    else
        to->codename = bw_str_take(line, bw_str_find(line, '/'));
}

/* SUSE Linux Enterprise 11 SP4 is "11.4" in os-release. */
static void read_suse(struct bw_distribution *to, struct bw_str line, struct bw_str rest,
                      char *room)
{
    struct bw_str version = {0}, level = {0}, part;
    while (bw_str_line(&rest, &part)) {
        size_t at = bw_str_find(part, '=');
        struct bw_str key = bw_str_trim(bw_str_take(part, at));
        if (bw_str_eq(key, BW_STR("VERSION")))
            version = bw_str_trim(bw_str_from(part, at));
        else if (bw_str_eq(key, BW_STR("PATCHLEVEL")))
            level = bw_str_trim(bw_str_from(part, at));
    }
    version = bw_str_trim(bw_str_from(version, 1));
    level = bw_str_trim(bw_str_from(level, 1));
    if (version.n && level.n && !bw_str_eq(level, BW_STR("0"))) {
        memcpy(room, version.p, version.n);
        room[version.n] = '.';
        memcpy(room + version.n + 1, level.p, level.n);
        version = bw_str_n(room, version.n + 1 + level.n);
    }
    to->version_id = version;
    set_name(to, bw_str_take(line, bw_str_find(line, '(')));
}

static void read_lsb(struct bw_distribution *to, struct bw_str text, char *room)
{
    struct bw_assignments from = bw_assignments(text, room);
    struct bw_str key, value, name = {0}, pretty = {0};
    while (bw_assignments_next(&from, &key, &value)) {
        if (bw_str_eq(key, BW_STR("DISTRIB_ID")))
            name = value;
        else if (bw_str_eq(key, BW_STR("DISTRIB_RELEASE")))
            to->version_id = value;
        else if (bw_str_eq(key, BW_STR("DISTRIB_CODENAME")))
            to->codename = value;
        else if (bw_str_eq(key, BW_STR("DISTRIB_DESCRIPTION")))
            pretty = value;
    }
    set_name(to, name);
    to->pretty_name = pretty;
}

static bool is_text(struct bw_str line)
{
    for (size_t i = 0; i < line.n; i++)
        if ((uint8_t)line.p[i] < ' ' && line.p[i] != '\t')
            return false;
    return line.n != 0;
}

static void read_file(size_t which, struct bw_str text, char *room, struct bw_distribution *to)
{
    struct bw_str rest = text, line = {0};
    if (bw_str_line(&rest, &line))
        line = bw_str_trim(line);
    if (!is_text(line))
        return;
    to->pretty_name = line;
    to->id = bw_str(files[which].id);
    switch (files[which].form) {
    case FORM_VERSION:
        to->version_id = first_word(line);
        break;
    case FORM_RELEASE:
        read_release(to, line);
        break;
    case FORM_LAST_WORD:
        read_last_word(to, line);
        break;
    case FORM_DEBIAN:
        read_debian(to, line);
        break;
    case FORM_SUSE:
        read_suse(to, line, rest, room);
        break;
    case FORM_LSB:
        read_lsb(to, text, room);
        break;
    }
}

/* A file that names nothing known says nothing: an image without any other name is reported as
 * unknown where the tree is looked at as a whole. */
static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    size_t slash = bw_str_rfind(path, '/');
    struct bw_str name = slash == SIZE_MAX ? path : bw_str_from(path, slash + 1);
    size_t which = 0;
    while (which < BW_ARRAY_LEN(files) && !bw_str_eq(name, bw_str(files[which].name)))
        which++;
    if (which == BW_ARRAY_LEN(files) || n == 0)
        return 0;
    char *room = malloc(n + 1);
    if (!room)
        return bw_err_set(err, BW_ENOMEM, "no memory for %" BW_STR_F, BW_STR_A(path));
    struct bw_fact fact = {.kind = BW_FACT_DISTRIBUTION, .place = {.path = path}};
    int rc = 0;
    read_file(which, bw_str_n(p, n), room, &fact.distribution);
    if (fact.distribution.id.n)
        rc = sink->fact(sink->ctx, &fact, err);
    free(room);
    return rc;
}

const struct bw_parser bw_parser_release_files = {
    .name = "release-files",
    .what = "the distribution (release files)",
    .paths = paths,
    .max = RELEASE_FILE_MAX,
    .parse = parse,
};
