/*
 * usr/share/doc/NAME/copyright: the licence of a package of Debian and what derives from it, whose
 * database says none.
 *
 * In the machine-readable form (copyright-format 1.0, "DEP-5") it is every License field's first
 * line, of the header as of the Files: the package's files fall under all of them, so they are
 * joined with AND. In any other form it is the licences of usr/share/common-licenses/ that the text
 * points to (Debian Policy 12.5), which says that they occur and nothing more; joined with AND too.
 * Names stand as the file has them; one package's file may serve others (a link of the directory).
 */
#include <stdio.h>

#include "extract/parser.h"

#define WHAT          "licences (debian/copyright)"
#define COPYRIGHT_MAX ((size_t)16 << 20)
#define NAMES_MAX     64u
#define NAME_MAX_OF   256u /* bytes of one of them */

static const char *const paths[] = {"usr/share/doc/*/copyright", NULL};

struct names {
    struct bw_str v[NAMES_MAX];
    size_t n;
};

/* A name may hold blanks ("GPL-2+ or Artistic"); a control character is no part of one. */
static void add(struct names *names, struct bw_str name)
{
    name = bw_str_trim(name);
    if (!name.n || name.n > NAME_MAX_OF || names->n == NAMES_MAX || !bw_str_is_utf8(name))
        return;
    for (size_t i = 0; i < name.n; i++)
        if ((uint8_t)name.p[i] < ' ')
            return;
    for (size_t i = 0; i < names->n; i++)
        if (bw_str_eq_nocase(names->v[i], name))
            return;
    names->v[names->n++] = name;
}

static bool field_is(struct bw_str line, struct bw_str key, struct bw_str *ret_value)
{
    size_t colon = bw_str_find(line, ':');
    if (colon == SIZE_MAX || !bw_str_eq_nocase(bw_str_take(line, colon), key))
        return false;
    *ret_value = bw_str_trim(bw_str_from(line, colon + 1));
    return true;
}

static bool is_machine_readable(struct bw_str text)
{
    struct bw_str line, value;
    while (bw_str_line(&text, &line))
        if (bw_str_trim(line).n)
            return field_is(line, BW_STR("Format"), &value) ||
                   field_is(line, BW_STR("Format-Specification"), &value);
    return false;
}

/* A stanza that has a License and no Files, and is not the first, only spells a licence out. */
static void read_fields(struct bw_str text, struct names *names)
{
    struct bw_str line, value, licence = {0};
    bool counts = true;
    while (bw_str_line(&text, &line)) {
        if (bw_str_trim(line).n == 0) {
            if (counts)
                add(names, licence);
            licence = (struct bw_str){0};
            counts = false;
        } else if (line.p[0] == ' ' || line.p[0] == '\t') {
            continue;
        } else if (field_is(line, BW_STR("License"), &value)) {
            licence = value;
        } else if (field_is(line, BW_STR("Files"), &value)) {
            counts = true;
        }
    }
    if (counts)
        add(names, licence);
}

static bool is_name_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '.';
}

static void read_pointers(struct bw_str text, struct names *names)
{
    const struct bw_str folder = BW_STR("/usr/share/common-licenses/");
    for (size_t at; (at = bw_str_find_str(text, folder)) != SIZE_MAX;) {
        text = bw_str_from(text, at + folder.n);
        size_t n = 0;
        while (n < text.n && is_name_byte(text.p[n]))
            n++;
        while (n && text.p[n - 1] == '.')
            n--;
        add(names, bw_str_take(text, n));
    }
}

static int emit(struct bw_str path, const struct names *names, const struct bw_extract_sink *sink,
                struct bw_err *err)
{
    char licence[NAMES_MAX * (NAME_MAX_OF + sizeof "() AND ")];
    size_t n = 0;
    for (size_t i = 0; i < names->n; i++) {
        bool several = names->n > 1 && bw_str_find(names->v[i], ' ') != SIZE_MAX;
        n += (size_t)snprintf(licence + n, sizeof licence - n, "%s%s%" BW_STR_F "%s",
                              i ? " AND " : "", several ? "(" : "", BW_STR_A(names->v[i]),
                              several ? ")" : "");
    }
    size_t end = bw_str_rfind(path, '/');
    struct bw_str dir = bw_str_take(path, end == SIZE_MAX ? 0 : end);
    struct bw_fact fact = {
        .kind = BW_FACT_OWNERSHIP,
        .place = {.path = path},
        .ownership = {.type = BW_PACKAGE_DEB,
                      .package = bw_str_from(dir, bw_str_rfind(dir, '/') + 1),
                      .licence = bw_str_n(licence, n)},
    };
    return sink->fact(sink->ctx, &fact, err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    struct names names = {.n = 0};
    struct bw_str text = bw_str_n(p, n);
    if (is_machine_readable(text))
        read_fields(text, &names);
    else
        read_pointers(text, &names);
    return names.n ? emit(path, &names, sink, err) : 0;
}

const struct bw_parser bw_parser_dpkg_copyright = {
    .name = "dpkg-copyright",
    .what = WHAT,
    .paths = paths,
    .max = COPYRIGHT_MAX,
    .parse = parse,
};
