#include "extract/rust-audit.h"

#include <stdlib.h>

#include "base/map.h"
#include "extract/package-fact.h"
#include "wrap/deflate.h"
#include "wrap/json.h"

#define REGISTRY         "/registry/src/"
#define DIRECTORY_MAX    256u
#define PANIC_CRATES_MAX 4096u
#define DEPENDENCIES_MAX 4096u
#define DEPENDENCIES_SUM 1000000u /* of all crates of a program */

/* --- the section --- */

struct crate {
    const struct bw_json *package;
    struct bw_str name;
    bool wanted;
};

struct crates {
    struct crate *v; /* by index */
    size_t n;
    size_t depends_sum;
    struct bw_record_gaps *gaps;
};

static struct bw_str text_of(const struct bw_json *package, const char *key)
{
    return bw_json_string(bw_json_get(package, bw_str(key)));
}

static bool is_wanted(const struct bw_json *package)
{
    return !bw_str_eq(text_of(package, "kind"), BW_STR("build")) &&
           !bw_str_eq(text_of(package, "source"), BW_STR("local"));
}

/* `room` has DEPENDENCIES_MAX elements. */
static struct bw_strs dependencies(struct crates *crates, const struct bw_json *package,
                                   struct bw_str *room)
{
    struct bw_strs depends = {.v = room};
    struct bw_json_iter it = bw_json_iter(bw_json_get(package, BW_STR("dependencies")));
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        uint64_t index;
        if (!bw_json_u64(value, &index) || index >= crates->n || depends.n == DEPENDENCIES_MAX ||
            crates->depends_sum == DEPENDENCIES_SUM)
            continue;
        if (!crates->v[index].wanted || !bw_record_is_word(crates->v[index].name))
            continue;
        room[depends.n++] = crates->v[index].name;
        crates->depends_sum++;
    }
    return depends;
}

static int send_crate(struct crates *crates, const struct crate *crate, struct bw_str *room,
                      struct bw_err *err)
{
    if (!crate->wanted)
        return 0;
    return bw_package_fact(
        crates->gaps, 0,
        (struct bw_package){.type = BW_PACKAGE_CARGO,
                            .name = crate->name,
                            .version = text_of(crate->package, "version"),
                            .depends = dependencies(crates, crate->package, room)},
        err);
}

static int send_crates(struct crates *crates, const struct bw_json *packages, struct bw_err *err)
{
    crates->v = calloc(bw_json_size(packages) + 1, sizeof *crates->v);
    struct bw_str *room = calloc(DEPENDENCIES_MAX, sizeof *room);
    int rc = crates->v && room ? 0 : bw_err_set(err, BW_ENOMEM, "out of memory");
    struct bw_json_iter it = bw_json_iter(packages);
    for (const struct bw_json *package; !rc && (package = bw_json_next(&it));)
        crates->v[crates->n++] =
            (struct crate){package, text_of(package, "name"), is_wanted(package)};
    for (size_t i = 0; !rc && i < crates->n && i < BW_RUST_CRATES_MAX; i++)
        rc = send_crate(crates, &crates->v[i], room, err);
    if (!rc && crates->n > BW_RUST_CRATES_MAX)
        bw_record_gap(crates->gaps, BW_GAP_BLOCKING, 0,
                      "more than %u crates: the rest was left out", BW_RUST_CRATES_MAX);
    free(room);
    free(crates->v);
    return rc;
}

static int parse_section(struct bw_str section, struct bw_json_doc **ret_doc, struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_RUST_AUDIT_MAX);
    struct bw_inflater *inflater = bw_inflater_new();
    int rc = inflater ? bw_inflate_zlib(inflater, section.p, section.n, &text, err)
                      : bw_err_set(err, BW_ENOMEM, "out of memory");
    bw_inflater_free(inflater);
    return rc ? rc : bw_json_parse(ret_doc, bw_buf_slice(&text), NULL, 0, err);
}

static int send_section(struct bw_str section, struct bw_record_gaps *gaps, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct crates crates = {.gaps = gaps};
    struct bw_err why = {0};
    int rc = parse_section(section, &doc, &why);
    if (rc == BW_ENOMEM)
        return bw_err_set(err, rc, "%s", why.msg);
    const struct bw_json *packages =
        bw_json_get(doc ? bw_json_root(doc) : NULL, BW_STR("packages"));
    if (rc || bw_json_type(packages) != BW_JSON_ARRAY) {
        bw_record_gap(gaps, BW_GAP_BLOCKING, 0, "the list of crates (.dep-v0) is unreadable: %s",
                      rc ? why.msg : "it holds no packages");
        return 0;
    }
    return send_crates(&crates, packages, err);
}

/* --- file names of panic messages --- */

static bool is_crate_name(struct bw_str name)
{
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && c != '-' && c != '_')
            return false;
    }
    return name.n > 0;
}

/* "smallvec-1.6.1": the version begins behind the first '-' that "N.N" follows. */
static bool split_directory(struct bw_str directory, struct bw_str *ret_name,
                            struct bw_str *ret_version)
{
    for (size_t i = 1; i + 3 < directory.n; i++) {
        if (directory.p[i] != '-' || directory.p[i + 1] < '0' || directory.p[i + 1] > '9')
            continue;
        struct bw_str version = bw_str_from(directory, i + 1);
        size_t digits = 0;
        while (digits < version.n && version.p[digits] >= '0' && version.p[digits] <= '9')
            digits++;
        if (digits == version.n || version.p[digits] != '.')
            continue;
        *ret_name = bw_str_take(directory, i);
        *ret_version = version;
        return is_crate_name(*ret_name) && bw_record_is_word(version);
    }
    return false;
}

/* "INDEX/NAME-VERSION/src/lib.rs": the index of crates.io is named index.crates.io-HASH, before
 * 2023 github.com-HASH. */
static bool read_directory(struct bw_str rest, struct bw_str *ret_directory)
{
    rest = bw_str_take(rest, DIRECTORY_MAX);
    if (!bw_str_starts(rest, BW_STR("index.crates.io-")) &&
        !bw_str_starts(rest, BW_STR("github.com-")))
        return false;
    size_t slash = bw_str_find(rest, '/');
    if (slash == SIZE_MAX)
        return false;
    rest = bw_str_from(rest, slash + 1);
    slash = bw_str_find(rest, '/');
    if (slash == SIZE_MAX)
        return false;
    *ret_directory = bw_str_take(rest, slash);
    return true;
}

static int send_panics(const struct bw_elf_file *file, struct bw_record_gaps *gaps,
                       struct bw_err *err)
{
    struct bw_map seen BW_CLEANUP(bw_map_free) = BW_MAP(PANIC_CRATES_MAX);
    struct bw_str rest = bw_str_n(file->p, file->n), directory, name, version;
    int rc = 0;
    for (size_t at; !rc && (at = bw_str_find_str(rest, BW_STR(REGISTRY))) != SIZE_MAX;) {
        rest = bw_str_from(rest, at + sizeof REGISTRY - 1);
        if (!read_directory(rest, &directory) || !split_directory(directory, &name, &version) ||
            bw_map_get(&seen, directory))
            continue;
        struct bw_map_item *item = bw_map_at(&seen, directory);
        if (!item)
            break;
        item->value = &seen;
        rc = bw_package_fact(
            gaps, 0,
            (struct bw_package){.type = BW_PACKAGE_CARGO, .name = name, .version = version}, err);
    }
    if (!rc && seen.n)
        bw_record_gap(gaps, BW_GAP_NOTE, 0,
                      "a Rust program without a list of its crates (cargo auditable): %zu were "
                      "recognised by the file names in it, others may be missing",
                      seen.n);
    return rc;
}

int bw_rust_audit_send(const struct bw_elf_file *file, struct bw_record_gaps *gaps,
                       struct bw_err *err)
{
    struct bw_elf_section section;
    if (bw_elf_find_section(file, BW_STR(".dep-v0"), &section))
        return send_section(bw_elf_section_bytes(file, &section), gaps, err);
    return send_panics(file, gaps, err);
}
