#include "extract/dpkg-stanza.h"

#include <stdio.h>

#include "extract/path-list.h"
#include "extract/record.h"

enum field {
    PACKAGE,
    VERSION,
    STATUS,
    ARCHITECTURE,
    SOURCE,
    MAINTAINER
};

static const char *const names[] = {
    [PACKAGE] = "Package",           [VERSION] = "Version", [STATUS] = "Status",
    [ARCHITECTURE] = "Architecture", [SOURCE] = "Source",   [MAINTAINER] = "Maintainer",
};
#define FIELDS BW_ARRAY_LEN(names)

struct stanza {
    struct bw_str fields[FIELDS]; /* p is NULL where absent */
    uint32_t line;                /* its first; 0: no line yet */
    bool bad;                     /* a gap was made for it, and it is no package */
};

struct reader {
    const struct bw_extract_sink *sink;
    struct bw_record_gaps gaps;
    struct stanza at;
    uint32_t line, stanzas;
    bool in_conffiles;             /* the lines that follow continue that field */
    struct bw_path_list conffiles; /* of the stanza at hand */
};

enum state {
    STATE_INSTALLED,
    STATE_ABSENT,
    STATE_HALF,
    STATE_UNKNOWN
};

static enum state state_of(struct bw_str status)
{
    static const struct {
        const char *word;
        enum state state;
    } states[] = {
        {"installed", STATE_INSTALLED},        {"unpacked", STATE_INSTALLED},
        {"half-configured", STATE_INSTALLED},  {"triggers-awaited", STATE_INSTALLED},
        {"triggers-pending", STATE_INSTALLED}, {"config-files", STATE_ABSENT},
        {"not-installed", STATE_ABSENT},       {"half-installed", STATE_HALF},
    };
    if (!status.p)
        return STATE_INSTALLED;
    size_t blank = bw_str_rfind(status, ' ');
    struct bw_str word = blank == SIZE_MAX ? status : bw_str_from(status, blank + 1);
    for (size_t i = 0; i < BW_ARRAY_LEN(states); i++)
        if (bw_str_eq(word, bw_str(states[i].word)))
            return states[i].state;
    return STATE_UNKNOWN;
}

/* "name" or "name (version)". */
static bool read_source(struct bw_str source, struct bw_package *package)
{
    size_t paren = bw_str_find(source, '(');
    struct bw_str name = bw_str_trim(bw_str_take(source, paren));
    if (!bw_record_is_word(name))
        return false;
    package->source_name = name;
    if (paren == SIZE_MAX)
        return true;
    struct bw_str version = bw_str_trim(bw_str_from(source, paren + 1));
    if (!bw_str_ends(version, BW_STR(")")))
        return false;
    version = bw_str_trim(bw_str_take(version, version.n - 1));
    package->source_version = version;
    return bw_record_is_word(version);
}

/* " PATH MD5 [obsolete|remove-on-upgrade]": dpkg's own record of what it installed. What could not
 * be kept is no gap: nothing is found by it, it only spares settings from being called changed. */
static void read_conffile(struct reader *reader, struct bw_str line)
{
    struct bw_digest digest = {.algorithm = BW_DIGEST_MD5};
    line = bw_str_trim(line);
    size_t blank = bw_str_find(line, ' ');
    if (bw_path_list_add(&reader->conffiles, (struct bw_str){0}, bw_str_take(line, blank), NULL))
        return;
    struct bw_file_record *record = bw_path_list_record(&reader->conffiles);
    if (!record)
        return;
    struct bw_str rest = bw_str_from(line, blank);
    rest = bw_str_trim(rest);
    record->config = true;
    if (bw_record_hex(bw_str_take(rest, bw_str_find(rest, ' ')), digest.bytes,
                      bw_digest_size(digest.algorithm)))
        record->digest = digest;
}

static int emit_conffiles(struct reader *reader, const struct bw_package *package,
                          struct bw_err *err)
{
    char name[2 * BW_EXTRACT_WORD_MAX + 2];
    if (!reader->conffiles.n)
        return 0;
    int n = snprintf(name, sizeof name, "%" BW_STR_F "%s%" BW_STR_F, BW_STR_A(package->name),
                     package->arch.n ? ":" : "",
                     BW_STR_A(bw_str_take(package->arch, BW_EXTRACT_WORD_MAX)));
    struct bw_fact fact = {
        .kind = BW_FACT_OWNERSHIP,
        .place = {.path = reader->gaps.path, .line = reader->at.line},
        .ownership = {.type = BW_PACKAGE_DEB,
                      .package = bw_str_n(name, n > 0 ? (size_t)n : 0),
                      .files = bw_path_list_get(&reader->conffiles),
                      .records = bw_path_list_records(&reader->conffiles)},
    };
    return reader->sink->fact(reader->sink->ctx, &fact, err);
}

static int emit(struct reader *reader, struct bw_err *err)
{
    const struct stanza *at = &reader->at;
    struct bw_fact fact = {
        .kind = BW_FACT_PACKAGE,
        .place = {.path = reader->gaps.path, .line = at->line},
        .package =
            {
                .type = BW_PACKAGE_DEB,
                .name = at->fields[PACKAGE],
                .version = at->fields[VERSION],
                .arch = bw_record_text(at->fields[ARCHITECTURE]),
                .source_name = at->fields[PACKAGE],
                .source_version = at->fields[VERSION],
                .vendor = bw_record_text(at->fields[MAINTAINER]),
            },
    };
    if (at->fields[SOURCE].p && !read_source(at->fields[SOURCE], &fact.package)) {
        fact.package.source_name = fact.package.name;
        fact.package.source_version = fact.package.version;
        bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, at->line,
                      "the package %" BW_STR_F " has a malformed Source",
                      BW_STR_A(fact.package.name));
    }
    int rc = reader->sink->fact(reader->sink->ctx, &fact, err);
    return rc ? rc : emit_conffiles(reader, &fact.package, err);
}

static int end_stanza(struct reader *reader, struct bw_err *err)
{
    struct stanza *at = &reader->at;
    struct bw_str name = at->fields[PACKAGE], version = at->fields[VERSION];
    enum state state = state_of(at->fields[STATUS]);
    int rc = 0;
    if (!at->line || at->bad || state == STATE_ABSENT)
        ;
    else if (!bw_record_is_word(name))
        bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, at->line, "a stanza has %s Package",
                      name.p ? "a malformed" : "no");
    else if (state == STATE_UNKNOWN)
        bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, at->line,
                      "the package %" BW_STR_F " has an unknown Status", BW_STR_A(name));
    else if (state == STATE_HALF)
        bw_record_gap(&reader->gaps, BW_GAP_NOTE, at->line,
                      "the package %" BW_STR_F
                      " is half-installed: which of its files are there is unknown",
                      BW_STR_A(name));
    else if (!bw_record_is_word(version))
        bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, at->line,
                      "the package %" BW_STR_F " has %s Version", BW_STR_A(name),
                      version.p ? "a malformed" : "no");
    else
        rc = emit(reader, err);
    *at = (struct stanza){0};
    bw_path_list_clear(&reader->conffiles);
    reader->in_conffiles = false;
    return rc;
}

static void read_field(struct reader *reader, struct bw_str line)
{
    struct stanza *at = &reader->at;
    size_t colon = bw_str_find(line, ':');
    struct bw_str key = bw_str_take(line, colon);
    if (colon == SIZE_MAX || colon == 0 || bw_str_find(key, ' ') != SIZE_MAX) {
        bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, reader->line,
                      "the line is neither a field nor a continuation");
        return;
    }
    reader->in_conffiles = bw_str_eq_nocase(key, BW_STR("Conffiles"));
    for (size_t i = 0; i < FIELDS; i++) {
        if (!bw_str_eq_nocase(key, bw_str(names[i])))
            continue;
        if (at->fields[i].p && !at->bad) {
            bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, reader->line,
                          "a stanza has two fields %s", names[i]);
            at->bad = true;
        }
        at->fields[i] = bw_str_trim(bw_str_from(line, colon + 1));
        return;
    }
}

/* Only the first line of a field is looked at: none of those that are read here may be folded
 * (deb-control(5) calls them simple), but for Conffiles, which has a file a line. */
static int read_line(struct reader *reader, struct bw_str line, struct bw_err *err)
{
    reader->line += reader->line < UINT32_MAX;
    if (bw_str_trim(line).n == 0)
        return end_stanza(reader, err);
    bool continuation = line.p[0] == ' ' || line.p[0] == '\t';
    if (!reader->at.line) {
        reader->stanzas++;
        reader->at.line = reader->line;
        if (continuation)
            bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, reader->line,
                          "a stanza starts with a continuation line");
    }
    if (!continuation)
        read_field(reader, line);
    else if (reader->in_conffiles)
        read_conffile(reader, line);
    return 0;
}

int bw_dpkg_stanzas_parse(struct bw_str path, const uint8_t *p, size_t n,
                          const struct bw_extract_sink *sink, struct bw_str what,
                          struct bw_err *err)
{
    struct reader reader = {
        .sink = sink,
        .gaps = {.sink = sink, .path = path, .what = what},
        .conffiles = BW_PATH_LIST,
    };
    struct bw_str rest = bw_str_n(p, n), line;
    int rc = 0;
    while (!rc && reader.stanzas <= BW_EXTRACT_PACKAGES_MAX && bw_str_line(&rest, &line))
        rc = read_line(&reader, line, err);
    if (!rc && reader.stanzas <= BW_EXTRACT_PACKAGES_MAX)
        rc = end_stanza(&reader, err);
    else if (!rc)
        bw_record_gap(&reader.gaps, BW_GAP_BLOCKING, reader.line,
                      "more than %u packages: the rest was left out", BW_EXTRACT_PACKAGES_MAX);
    bw_record_gaps_end(&reader.gaps);
    bw_path_list_free(&reader.conffiles);
    return rc;
}
