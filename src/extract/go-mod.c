/*
 * go.mod (Go Modules Reference, "go.mod files"): the modules that a build would use, by the
 * directives `require` and `replace`, alone or in blocks. Since Go 1.17 indirect ones stand there
 * too. A module replaced by a directory has no version and is left out; what `exclude`, `retract`
 * and `tool` say changes no version, and `go` and `toolchain` tell what is demanded, not what is
 * used.
 */
#include "extract/package-fact.h"

#include "base/vec.h"

#define WHAT         "packages (Go)"
#define GO_MOD_MAX   ((size_t)16 << 20)
#define REQUIRES_MAX 65536u
#define REPLACES_MAX 4096u
#define WORDS_MAX    6u

static const char *const paths[] = {"**/go.mod", NULL};

struct require {
    struct bw_str path, version;
    uint32_t line;
};

struct replace {
    struct bw_str path, version; /* version empty: any */
    struct bw_str to, to_version;
};

struct reader {
    struct bw_record_gaps gaps;
    BW_VEC_TYPE(requires, struct require) requires;
    BW_VEC_TYPE(replaces, struct replace) replaces;
    struct bw_str block; /* the directive of the block at hand, or empty */
    uint32_t line;
};

/* Words apart by blanks, up to a comment; quotes are taken off. */
static size_t split_words(struct bw_str line, struct bw_str *words)
{
    size_t n = 0, comment = bw_str_find_str(line, BW_STR("//"));
    line = bw_str_trim(bw_str_take(line, comment));
    while (line.n && n < WORDS_MAX) {
        size_t end = 0;
        while (end < line.n && line.p[end] != ' ' && line.p[end] != '\t')
            end++;
        struct bw_str word = bw_str_take(line, end);
        bool quoted =
            word.n > 1 && (word.p[0] == '"' || word.p[0] == '`') && word.p[word.n - 1] == word.p[0];
        words[n++] = quoted ? bw_str_take(bw_str_from(word, 1), word.n - 2) : word;
        line = bw_str_trim(bw_str_from(line, end));
    }
    return n;
}

static void too_many(struct reader *reader, const char *what, unsigned limit)
{
    bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, reader->line, "more than %u %s: it was left out",
                  limit, what);
}

static void add_require(struct reader *reader, const struct bw_str *words, size_t n)
{
    if (n != 2) {
        bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, reader->line,
                      "a requirement is no module and version");
        return;
    }
    struct require *require = BW_VEC_PUSH(&reader->requires, REQUIRES_MAX);
    if (require)
        *require = (struct require){words[0], words[1], reader->line};
    else
        too_many(reader, "requirements", REQUIRES_MAX);
}

/* "old [version] => new [version]" */
static void add_replace(struct reader *reader, const struct bw_str *words, size_t n)
{
    size_t arrow = 0;
    while (arrow < n && !bw_str_eq(words[arrow], BW_STR("=>")))
        arrow++;
    if (arrow < 1 || arrow > 2 || n - arrow < 2 || n - arrow > 3) {
        bw_record_gap(&reader->gaps, BW_GAP_BLOCKING, reader->line, "a replacement has no form");
        return;
    }
    struct replace *replace = BW_VEC_PUSH(&reader->replaces, REPLACES_MAX);
    if (!replace) {
        too_many(reader, "replacements", REPLACES_MAX);
        return;
    }
    replace->path = words[0];
    replace->version = arrow == 2 ? words[1] : (struct bw_str){NULL, 0};
    replace->to = words[arrow + 1];
    replace->to_version = n - arrow == 3 ? words[arrow + 2] : (struct bw_str){NULL, 0};
}

static void read_directive(struct reader *reader, struct bw_str name, const struct bw_str *words,
                           size_t n)
{
    if (bw_str_eq(name, BW_STR("require")))
        add_require(reader, words, n);
    else if (bw_str_eq(name, BW_STR("replace")))
        add_replace(reader, words, n);
}

static void read_line(struct reader *reader, struct bw_str line)
{
    struct bw_str words[WORDS_MAX];
    size_t n = split_words(line, words);
    reader->line += reader->line < UINT32_MAX;
    if (n == 0)
        return;
    if (reader->block.n && bw_str_eq(words[0], BW_STR(")")))
        reader->block = (struct bw_str){NULL, 0};
    else if (reader->block.n)
        read_directive(reader, reader->block, words, n);
    else if (n == 2 && bw_str_eq(words[1], BW_STR("(")))
        reader->block = words[0];
    else
        read_directive(reader, words[0], words + 1, n - 1);
}

/* A replacement of the version at hand goes before one of any version. */
static const struct replace *replacement(const struct reader *reader, const struct require *of)
{
    const struct replace *any = NULL;
    for (size_t i = 0; i < reader->replaces.n; i++) {
        const struct replace *it = &reader->replaces.v[i];
        if (!bw_str_eq(it->path, of->path))
            continue;
        if (bw_str_eq(it->version, of->version))
            return it;
        if (!it->version.n)
            any = it;
    }
    return any;
}

static int send(struct reader *reader, const struct require *require, struct bw_err *err)
{
    struct bw_str name = require->path, version = require->version;
    const struct replace *replace = replacement(reader, require);
    if (replace && !replace->to_version.n)
        return 0;
    if (replace) {
        name = replace->to;
        version = replace->to_version;
    }
    return bw_package_fact(
        &reader->gaps, require->line,
        (struct bw_package){
            .type = BW_PACKAGE_GO, .name = name, .version = version, .locked = true},
        err);
}

static int parse(struct bw_str path, const uint8_t *p, size_t n, const struct bw_extract_sink *sink,
                 struct bw_err *err)
{
    struct reader reader = {.gaps = {.sink = sink, .path = path, .what = BW_STR(WHAT)}};
    struct bw_str rest = bw_str_n(p, n), line;
    int rc = 0;
    while (bw_str_line(&rest, &line))
        read_line(&reader, line);
    for (size_t i = 0; !rc && i < reader.requires.n; i++)
        rc = send(&reader, &reader.requires.v[i], err);
    bw_record_gaps_end(&reader.gaps);
    BW_VEC_FREE(&reader.requires);
    BW_VEC_FREE(&reader.replaces);
    return rc;
}

const struct bw_parser bw_parser_go_mod = {
    .name = "go-mod",
    .what = WHAT,
    .paths = paths,
    .max = GO_MOD_MAX,
    .lock = true,
    .parse = parse,
};
