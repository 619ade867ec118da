#include "extract/go-build-info.h"

#include <stdio.h>

#include "extract/package-fact.h"

#define MAGIC         "\xff Go buildinf:"
#define HEADER_SIZE   32u
#define ALIGNMENT     16u
#define SENTINEL      16u
#define FLAG_BIG      1u
#define FLAG_INLINE   2u
#define STDLIB_MAX    64u
#define FIELDS        4u
#define VARINT_DIGITS 10u

/* --- the blob --- */

/* `address` is that of blob.p. */
static bool find_magic(struct bw_str blob, uint64_t address, struct bw_str *ret_blob)
{
    const struct bw_str magic = BW_STR(MAGIC);
    for (;;) {
        size_t at = bw_str_find_str(blob, magic);
        if (at == SIZE_MAX)
            return false;
        blob = bw_str_from(blob, at);
        address += at;
        if (address % ALIGNMENT == 0 && blob.n >= HEADER_SIZE) {
            *ret_blob = blob;
            return true;
        }
        blob = bw_str_from(blob, magic.n);
        address += magic.n;
    }
}

static bool find_blob(const struct bw_elf_file *file, struct bw_str *ret_blob)
{
    struct bw_elf_section section;
    if (bw_elf_find_section(file, BW_STR(".go.buildinfo"), &section)) {
        /* To the end of the file: a section holds the header alone where pointers follow. */
        struct bw_str rest = bw_str_n(file->p, file->n);
        rest = bw_str_from(rest, section.offset < rest.n ? section.offset : rest.n);
        if (rest.n >= HEADER_SIZE && bw_str_starts(rest, BW_STR(MAGIC))) {
            *ret_blob = rest;
            return true;
        }
    }
    /* Segments that overlap would be searched over and over. */
    size_t left = file->n;
    for (uint32_t i = 0; i < file->segments_n; i++) {
        struct bw_elf_segment segment = bw_elf_segment(file, i);
        struct bw_str bytes = bw_elf_segment_bytes(file, &segment);
        if (segment.type != BW_ELF_PT_LOAD ||
            (segment.flags & (BW_ELF_PF_X | BW_ELF_PF_W)) != BW_ELF_PF_W || bytes.n > left)
            continue;
        left -= bytes.n;
        if (find_magic(bytes, segment.address, ret_blob))
            return true;
    }
    return false;
}

/* A string after its length (encoding/binary, Uvarint); *rest is advanced past it. */
static bool inline_string(struct bw_str *rest, size_t max, struct bw_str *ret_string)
{
    uint64_t n = 0;
    size_t i = 0;
    for (unsigned shift = 0;; shift += 7, i++) {
        if (i >= rest->n || i >= VARINT_DIGITS || shift > 56)
            return false;
        uint8_t byte = (uint8_t)rest->p[i];
        n |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            break;
    }
    *rest = bw_str_from(*rest, i + 1);
    if (n > rest->n || n > max)
        return false;
    *ret_string = bw_str_take(*rest, n);
    *rest = bw_str_from(*rest, n);
    return true;
}

/* A string by the address of its header. `file` has the byte order that the blob names. */
static struct bw_str pointed_string(const struct bw_elf_file *file, uint64_t address,
                                    unsigned pointer, size_t max)
{
    struct bw_str header = bw_elf_at(file, address);
    if (header.n < 2 * (size_t)pointer)
        return (struct bw_str){NULL, 0};
    struct bw_str content = bw_elf_at(file, bw_elf_number(file, header.p, pointer));
    uint64_t n = bw_elf_number(file, header.p + pointer, pointer);
    return n <= content.n && n <= max ? bw_str_take(content, n) : (struct bw_str){NULL, 0};
}

static struct bw_str without_sentinels(struct bw_str modules)
{
    if (modules.n < 2 * SENTINEL + 1 || modules.p[modules.n - SENTINEL - 1] != '\n')
        return (struct bw_str){NULL, 0};
    return bw_str_take(bw_str_from(modules, SENTINEL), modules.n - 2 * SENTINEL);
}

static bool read_blob(const struct bw_elf_file *file, struct bw_str blob, struct bw_go_build *to)
{
    unsigned pointer = (uint8_t)blob.p[14], flags = (uint8_t)blob.p[15];
    if (flags & FLAG_INLINE) {
        struct bw_str rest = bw_str_from(blob, HEADER_SIZE);
        return inline_string(&rest, BW_GO_VERSION_MAX, &to->version) &&
               inline_string(&rest, BW_GO_MODULES_MAX, &to->modules);
    }
    if (pointer != 4 && pointer != 8)
        return false;
    struct bw_elf_file ordered = *file;
    uint64_t version, modules;
    ordered.big = flags & FLAG_BIG;
    version = bw_elf_number(&ordered, blob.p + 16, pointer);
    modules = bw_elf_number(&ordered, blob.p + 16 + pointer, pointer);
    to->version = pointed_string(&ordered, version, pointer, BW_GO_VERSION_MAX);
    to->modules = pointed_string(&ordered, modules, pointer, BW_GO_MODULES_MAX);
    return true;
}

bool bw_go_build_find(const struct bw_elf_file *file, struct bw_go_build *ret_build)
{
    struct bw_str blob;
    struct bw_go_build build = {0};
    if (!find_blob(file, &blob) || !read_blob(file, blob, &build) || build.version.n == 0)
        return false;
    build.modules = without_sentinels(build.modules);
    *ret_build = build;
    return true;
}

bool bw_go_is_compiled(const struct bw_elf_file *file)
{
    static const char *const names[] = {".go.buildinfo", ".gopclntab", ".data.rel.ro.gopclntab",
                                        ".note.go.buildid"};
    struct bw_elf_section section;
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++)
        if (bw_elf_find_section(file, bw_str(names[i]), &section))
            return true;
    return false;
}

/* --- the version of the compiler --- */

static struct bw_str cut_digits(struct bw_str *rest)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9')
        n++;
    struct bw_str digits = bw_str_take(*rest, n);
    *rest = bw_str_from(*rest, n);
    return digits;
}

/* "go1.21.3 X:...", "go1.22rc1", "devel go1.25-a1b2c3". `room` takes what has to be rewritten. What
 * a vendor adds behind '-' or '+' says nothing about the release. */
static struct bw_str stdlib_version(struct bw_str version, char *room, size_t room_n)
{
    if (!bw_str_starts(version, BW_STR("go")))
        return (struct bw_str){NULL, 0};
    version = bw_str_from(version, 2);
    size_t n = 0, dots = 0;
    while (n < version.n && ((version.p[n] >= '0' && version.p[n] <= '9') || version.p[n] == '.'))
        dots += version.p[n++] == '.';
    struct bw_str numbers = bw_str_take(version, n), rest = bw_str_from(version, n);
    if (numbers.n == 0 || numbers.n > room_n / 2)
        return (struct bw_str){NULL, 0};
    const char *word = bw_str_starts(rest, BW_STR("rc"))     ? "rc"
                       : bw_str_starts(rest, BW_STR("beta")) ? "beta"
                                                             : NULL;
    if (!word)
        return numbers;
    rest = bw_str_from(rest, strlen(word));
    struct bw_str number = bw_str_take(cut_digits(&rest), 4);
    int length = snprintf(room, room_n, "%" BW_STR_F "%s-%s.%" BW_STR_F, BW_STR_A(numbers),
                          dots < 2 ? ".0" : "", word, BW_STR_A(number));
    return bw_str_n(room, length > 0 ? (size_t)length : 0);
}

static int send_stdlib(const struct bw_go_build *build, struct bw_record_gaps *gaps,
                       struct bw_err *err)
{
    char room[STDLIB_MAX];
    struct bw_str version = stdlib_version(build->version, room, sizeof room);
    if (version.n == 0) {
        bw_record_gap(gaps, BW_GAP_NOTE, 0, "compiled by a Go that is no release");
        return 0;
    }
    return bw_package_fact(
        gaps, 0,
        (struct bw_package){.type = BW_PACKAGE_GO, .name = BW_STR("stdlib"), .version = version},
        err);
}

/* --- the modules --- */

struct module {
    struct bw_str path, version, sum;
};

static struct module read_module(struct bw_str fields)
{
    struct module module = {0};
    bw_str_split(&fields, '\t', &module.path);
    bw_str_split(&fields, '\t', &module.version);
    bw_str_split(&fields, '\t', &module.sum);
    return module;
}

/* Not "(devel)", and not the placeholder of modules that live in the same repository. */
static bool has_version(struct bw_str version)
{
    return version.n > 1 && version.p[0] == 'v' && !bw_str_eq(version, BW_STR("v0.0.0"));
}

static int send_module(const struct module *module, struct bw_record_gaps *gaps, struct bw_err *err)
{
    struct bw_package package = {
        .type = BW_PACKAGE_GO,
        .name = module->path,
        .version = module->version,
        .checksum = bw_record_is_word(module->sum) ? module->sum : BW_STR(""),
    };
    return bw_package_fact(gaps, 0, package, err);
}

/* Names of variables that hold the version of the program, not that of Go or of an interface. */
static bool names_program(struct bw_str name)
{
    static const char *const names[] = {"Version",      "version",      "gitVersion",
                                        "GitVersion",   "appVersion",   "AppVersion",
                                        "buildVersion", "BuildVersion", "GitDescribe"};
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++)
        if (bw_str_eq(name, bw_str(names[i])))
            return true;
    return false;
}

static struct bw_str value_of(struct bw_str s)
{
    size_t n = s.n > 1 && s.p[0] == 'v';
    if (n >= s.n || s.p[n] < '0' || s.p[n] > '9')
        return (struct bw_str){NULL, 0};
    while (n < s.n && (uint8_t)s.p[n] > ' ' && !strchr("\"'\\", s.p[n]))
        n++;
    s = bw_str_take(s, n);
    bool dotted = bw_str_find(s, '.') != SIZE_MAX;
    return dotted && bw_record_is_word(s) ? s : (struct bw_str){NULL, 0};
}

/* The first `-X PACKAGE.Version=1.2.3` of the linker flags. They stand in Go quotes, so that a
 * quote within is `\"`. */
static struct bw_str version_of_flags(struct bw_str flags)
{
    struct bw_str before, value;
    while (bw_str_split(&flags, '=', &before) && flags.p) {
        size_t dot = bw_str_rfind(before, '.');
        if (dot == SIZE_MAX || !names_program(bw_str_from(before, dot + 1)))
            continue;
        value = value_of(flags);
        if (value.n)
            return value;
    }
    return (struct bw_str){NULL, 0};
}

struct modules {
    struct bw_record_gaps *gaps;
    struct module main, last; /* last: the dep that a "=>" may still replace */
    struct bw_str flags;
    uint32_t n;
};

static int send_last(struct modules *modules, struct bw_err *err)
{
    struct module last = modules->last;
    modules->last = (struct module){0};
    return has_version(last.version) ? send_module(&last, modules->gaps, err) : 0;
}

static int read_line(struct modules *modules, struct bw_str line, struct bw_err *err)
{
    struct bw_str rest = line, key = {0};
    int rc = 0;
    bw_str_split(&rest, '\t', &key);
    struct module module = read_module(rest);
    if (bw_str_eq(key, BW_STR("=>"))) {
        struct module *to = modules->last.path.n ? &modules->last : &modules->main;
        if (has_version(module.version))
            *to = module;
    } else if (bw_str_eq(key, BW_STR("mod"))) {
        modules->main = module;
    } else if (bw_str_eq(key, BW_STR("dep"))) {
        rc = send_last(modules, err);
        modules->last = module;
        modules->n++;
    } else if (bw_str_eq(key, BW_STR("build")) && bw_str_find_str(rest, BW_STR("-ldflags")) <= 1) {
        modules->flags = rest;
    }
    return rc;
}

static int send_main(struct modules *modules, struct bw_go_main *ret_main, struct bw_err *err)
{
    struct module main = modules->main;
    struct bw_str told = version_of_flags(modules->flags);
    /* A pseudo-version of a main module tells the commit, not the release. */
    bool recorded = has_version(main.version) && !bw_str_starts(main.version, BW_STR("v0.0.0-"));
    if (!recorded && told.n)
        main.version = told;
    *ret_main = (struct bw_go_main){.module = main.path};
    if (!recorded && !told.n)
        return 0;
    ret_main->version = main.version;
    return send_module(&main, modules->gaps, err);
}

int bw_go_build_send(const struct bw_go_build *build, struct bw_record_gaps *gaps,
                     struct bw_go_main *ret_main, struct bw_err *err)
{
    struct modules modules = {.gaps = gaps};
    struct bw_go_main main = {0};
    struct bw_str rest = build->modules, line;
    int rc = send_stdlib(build, gaps, err);
    while (!rc && modules.n <= BW_EXTRACT_PACKAGES_MAX && bw_str_line(&rest, &line))
        rc = read_line(&modules, line, err);
    if (!rc)
        rc = send_last(&modules, err);
    if (!rc && modules.main.path.n)
        rc = send_main(&modules, &main, err);
    if (!rc && modules.n > BW_EXTRACT_PACKAGES_MAX)
        bw_record_gap(gaps, BW_GAP_BLOCKING, 0, "more than %u modules: the rest was left out",
                      BW_EXTRACT_PACKAGES_MAX);
    if (!rc)
        *ret_main = main;
    return rc;
}
