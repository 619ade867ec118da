#include "extract/secret.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extract/secret-state.h"

#define WHAT          BW_STR("secrets")
#define SEEN_PATH_MAX 4096u /* bytes of a path that rules and allow-lists see */

/* --- windows --- */

static bool window_new(struct bw_secret_window *w, size_t block, size_t rules_n)
{
    w->cap = BW_SECRET_BEHIND + block + BW_SECRET_AHEAD;
    w->buf = malloc(w->cap);
    w->done = calloc(rules_n, sizeof *w->done);
    w->p = w->buf;
    return w->buf && w->done;
}

static void window_free(struct bw_secret_window *w)
{
    if (w->buf)
        explicit_bzero(w->buf, w->used);
    free(w->buf);
    free(w->done);
}

void bw_secret_window_reset(struct bw_secret_window *w, size_t rules_n)
{
    explicit_bzero(w->buf, w->used);
    memset(w->done, 0, rules_n * sizeof *w->done);
    w->p = w->buf;
    w->n = w->used = w->looked = 0;
    w->base = w->line_start = 0;
    w->lines = 0;
}

static uint32_t newlines(const uint8_t *p, size_t n)
{
    uint32_t count = 0;
    while (n) {
        /* A sum that fits a byte: the compiler makes it a vector's. */
        size_t part = n < 128 ? n : 128;
        uint8_t sum = 0;
        for (size_t i = 0; i < part; i++)
            sum += p[i] == '\n';
        count += sum;
        p += part;
        n -= part;
    }
    return count;
}

void bw_secret_window_place(const struct bw_secret_window *w, size_t at, uint32_t *ret_line,
                            uint32_t *ret_column)
{
    const uint8_t *last = memrchr(w->p, '\n', at);
    uint64_t start = last ? w->base + (size_t)(last - w->p) + 1 : w->line_start;
    uint64_t column = w->base + at - start + 1;
    *ret_line = w->lines + newlines(w->p, at) + 1;
    *ret_column = column > UINT32_MAX ? UINT32_MAX : (uint32_t)column;
}

void bw_secret_window_slide(struct bw_secret_window *w)
{
    size_t gone = w->looked > BW_SECRET_BEHIND ? w->looked - BW_SECRET_BEHIND : 0;
    if (!gone)
        return;
    const uint8_t *last = memrchr(w->p, '\n', gone);
    if (last)
        w->line_start = w->base + (size_t)(last - w->p) + 1;
    w->lines += newlines(w->p, gone);
    memmove(w->buf, w->buf + gone, w->n - gone);
    w->n -= gone;
    w->looked -= gone;
    w->base += gone;
}

/* --- the scanner --- */

static size_t find_path_rules(struct bw_secret_scanner *scanner)
{
    size_t n = 0;
    for (size_t i = 0; i < scanner->rules_n; i++) {
        const struct bw_secret_rule *rule = scanner->rules[i] = bw_secret_rule_at(i);
        if (!rule->paths)
            continue;
        scanner->path_rules[n] = rule;
        scanner->path_ids[n++] = (uint32_t)i;
    }
    return n;
}

static bool allocate(struct bw_secret_scanner *scanner)
{
    size_t n = scanner->rules_n = bw_secret_rules_count();
    scanner->rules = calloc(n, sizeof *scanner->rules);
    scanner->regexes = calloc(n, sizeof *scanner->regexes);
    scanner->room = bw_regex_room_new();
    scanner->path_rules = calloc(n, sizeof *scanner->path_rules);
    scanner->path_ids = calloc(n, sizeof *scanner->path_ids);
    scanner->here = calloc(n, sizeof *scanner->here);
    scanner->finds = calloc(BW_SECRET_FINDINGS_MAX, sizeof *scanner->finds);
    scanner->path_buf = malloc(SEEN_PATH_MAX);
    scanner->decoded.encoded = true;
    return scanner->rules && scanner->regexes && scanner->room && scanner->path_rules &&
           scanner->path_ids && scanner->here && scanner->finds && scanner->path_buf &&
           window_new(&scanner->file, BW_SECRET_BLOCK, n) &&
           window_new(&scanner->decoded, BW_SECRET_DECODED_BLOCK, n);
}

int bw_secret_scanner_new(struct bw_secret_scanner **ret_scanner, struct bw_err *err)
{
    struct bw_secret_scanner *scanner = calloc(1, sizeof *scanner);
    if (!scanner || !allocate(scanner)) {
        bw_secret_scanner_free(scanner);
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    }
    scanner->path_rules_n = find_path_rules(scanner);
    int rc = bw_vectorscan_load(&scanner->set, bw_secret_set, bw_secret_set_size, err);
    if (rc) {
        bw_secret_scanner_free(scanner);
        return bw_err_prefix(err, rc, "the patterns of secrets");
    }
    bw_secret_begin(scanner, (struct bw_str){0}, 0);
    *ret_scanner = scanner;
    return 0;
}

void bw_secret_scanner_free(struct bw_secret_scanner *scanner)
{
    if (!scanner)
        return;
    for (size_t i = 0; scanner->regexes && i < scanner->rules_n; i++)
        bw_regex_free(scanner->regexes[i]);
    bw_regex_room_free(scanner->room);
    bw_vectorscan_free(scanner->set);
    window_free(&scanner->file);
    window_free(&scanner->decoded);
    free(scanner->rules);
    free(scanner->regexes);
    free(scanner->path_rules);
    free(scanner->path_ids);
    free(scanner->here);
    free(scanner->finds);
    free(scanner->path_buf);
    free(scanner);
}

void bw_secret_scanner_freep(struct bw_secret_scanner **scanner)
{
    bw_secret_scanner_free(*scanner);
    *scanner = NULL;
}

/* Whether the last bytes speak against a match; most patterns end so before a component is cut. */
static bool ends_differ(const char *pattern, struct bw_str path)
{
    size_t n = strlen(pattern);
    return n && path.n && pattern[n - 1] != '*' && pattern[n - 1] != path.p[path.n - 1];
}

static bool applies_here(const struct bw_secret_rule *rule, struct bw_str path)
{
    for (const char *const *pattern = rule->paths; *pattern; pattern++) {
        if (!ends_differ(*pattern, path) && bw_parser_matches(*pattern, path))
            return true;
    }
    return false;
}

void bw_secret_begin(struct bw_secret_scanner *scanner, struct bw_str path, uint64_t size)
{
    struct bw_str kept = bw_str_take(path, SEEN_PATH_MAX);
    if (kept.n)
        memcpy(scanner->path_buf, kept.p, kept.n);
    scanner->path = bw_str_n(scanner->path_buf, kept.n);
    scanner->size = size;
    scanner->fed = 0;
    scanner->binary = scanner->path_cut = false;
    scanner->quiet = -1;
    scanner->run = (struct bw_secret_run){0};
    scanner->candidates = scanner->unsure = 0;
    scanner->finds_n = scanner->here_n = 0;
    scanner->stopped = NULL;
    scanner->failed = 0;
    bw_secret_window_reset(&scanner->file, scanner->rules_n);
    bw_secret_window_reset(&scanner->decoded, scanner->rules_n);
    for (size_t i = 0; i < scanner->path_rules_n; i++) {
        if (applies_here(scanner->path_rules[i], scanner->path))
            scanner->here[scanner->here_n++] = scanner->path_ids[i];
    }
}

/* Looks at all that is at hand but for what a later match would want to see ahead of it. */
static void look(struct bw_secret_scanner *scanner, bool final)
{
    struct bw_secret_window *w = &scanner->file;
    if (w->base == 0 && w->looked == 0)
        scanner->binary = memchr(w->p, 0, w->n < 4096 ? w->n : 4096) != NULL;
    size_t limit = final ? w->n : w->n - BW_SECRET_AHEAD;
    bw_secret_look(scanner, w, limit);
    if (!bw_secret_is_over(scanner))
        bw_secret_look_encoded(scanner, w, limit, final);
    w->looked = limit;
}

static int outcome(const struct bw_secret_scanner *scanner, struct bw_err *err)
{
    return scanner->failed ? bw_err_set(err, scanner->failed, "%s", scanner->failure.msg) : 0;
}

/* The whole file at once, where it lies. */
static int feed_whole(struct bw_secret_scanner *scanner, const uint8_t *p, size_t n,
                      struct bw_err *err)
{
    struct bw_secret_window *w = &scanner->file;
    w->p = p;
    w->n = n;
    look(scanner, true);
    w->p = w->buf;
    w->n = w->looked = 0;
    return outcome(scanner, err);
}

int bw_secret_feed(struct bw_secret_scanner *scanner, const uint8_t *p, size_t n,
                   struct bw_err *err)
{
    struct bw_secret_window *w = &scanner->file;
    bool whole = scanner->fed == 0 && n == scanner->size && n <= UINT32_MAX;
    scanner->fed += n;
    if (bw_secret_is_over(scanner) || !n)
        return outcome(scanner, err);
    if (whole)
        return feed_whole(scanner, p, n, err);
    while (n && !bw_secret_is_over(scanner)) {
        size_t part = w->cap - w->n < n ? w->cap - w->n : n;
        memcpy(w->buf + w->n, p, part);
        w->n += part;
        w->used = w->n > w->used ? w->n : w->used;
        p += part;
        n -= part;
        if (w->n == w->cap) {
            look(scanner, false);
            bw_secret_window_slide(w);
        }
    }
    return outcome(scanner, err);
}

static int by_place(const void *a, const void *b)
{
    const struct bw_secret_find *x = a, *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    if (x->column != y->column)
        return x->column < y->column ? -1 : 1;
    return x->rule < y->rule ? -1 : x->rule > y->rule;
}

static int emit(const struct bw_secret_scanner *scanner, const struct bw_secret_find *find,
                const struct bw_extract_sink *sink, struct bw_err *err)
{
    const struct bw_secret_rule *rule = scanner->rules[find->rule];
    struct bw_fact fact = {
        .kind = BW_FACT_SECRET,
        .place = {.path = scanner->path, .line = find->line},
        .secret =
            {
                .rule = bw_str(rule->id),
                .title = bw_str(rule->title),
                .remedy = bw_str(rule->remedy),
                .match = bw_str_n(find->masked, find->masked_n),
                .severity = find->severity,
                .column = find->column,
                .count = find->count,
                .encoded = find->encoded,
            },
    };
    return sink->fact(sink->ctx, &fact, err);
}

static void tell_gaps(const struct bw_secret_scanner *scanner, const struct bw_extract_sink *sink)
{
    char text[128];
    if (scanner->stopped)
        sink->gap(sink->ctx, BW_GAP_BLOCKING, scanner->path, WHAT, bw_str(scanner->stopped));
    if (scanner->path_cut) {
        int n = snprintf(text, sizeof text,
                         "the rules for this kind of file search its first %llu MiB alone",
                         (unsigned long long)(BW_SECRET_PATH_BYTES_MAX >> 20));
        sink->gap(sink->ctx, BW_GAP_BLOCKING, scanner->path, WHAT, bw_str_n(text, (size_t)n));
    }
    if (scanner->unsure) {
        int n = snprintf(text, sizeof text,
                         "%u candidates could not be confirmed within the bounds of a search",
                         scanner->unsure);
        sink->gap(sink->ctx, BW_GAP_BLOCKING, scanner->path, WHAT, bw_str_n(text, (size_t)n));
    }
}

int bw_secret_end(struct bw_secret_scanner *scanner, const struct bw_extract_sink *sink,
                  struct bw_err *err)
{
    if (!bw_secret_is_over(scanner) && scanner->file.n)
        look(scanner, true);
    int rc = outcome(scanner, err);
    qsort(scanner->finds, scanner->finds_n, sizeof *scanner->finds, by_place);
    for (size_t i = 0; i < scanner->finds_n && !rc; i++)
        rc = emit(scanner, &scanner->finds[i], sink, err);
    if (!rc)
        tell_gaps(scanner, sink);
    scanner->finds_n = 0;
    bw_secret_window_reset(&scanner->file, scanner->rules_n);
    bw_secret_window_reset(&scanner->decoded, scanner->rules_n);
    return rc;
}

/* The value may stand in the text more than once, and only its first place is known. */
static void redact(const struct bw_secret_scanner *scanner, struct bw_str text, char *redacted)
{
    for (size_t i = 0; i < scanner->finds_n; i++) {
        const struct bw_secret_find *find = &scanner->finds[i];
        if (find->start >= find->end || find->end > text.n)
            continue;
        struct bw_str value = bw_str_take(bw_str_from(text, find->start), find->end - find->start);
        for (size_t at = 0, next; at < text.n; at = next + value.n) {
            next = bw_str_find_str(bw_str_from(text, at), value);
            if (next == SIZE_MAX)
                break;
            next += at;
            memset(redacted + next, '*', value.n);
        }
    }
}

int bw_secret_text(struct bw_secret_scanner *scanner, struct bw_str name, struct bw_str text,
                   char *redacted, const struct bw_extract_sink *sink, struct bw_err *err)
{
    bw_secret_begin(scanner, name, text.n);
    scanner->quiet = 0;
    scanner->here_n = 0;
    for (size_t i = 0; i < scanner->path_rules_n; i++) {
        if (scanner->path_rules[i]->flags & BW_SECRET_VARIABLE)
            scanner->here[scanner->here_n++] = scanner->path_ids[i];
    }
    int rc = bw_secret_feed(scanner, (const uint8_t *)text.p, text.n, err);
    if (rc == 0 && redacted)
        redact(scanner, text, redacted);
    return rc ? rc : bw_secret_end(scanner, sink, err);
}
