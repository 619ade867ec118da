#include "scan/examine.h"

#include <stdio.h>

/* Up to here every file is held: its parser may be chosen by its first bytes, and short blocks are
 * gathered into one. */
#define HELD_MIN ((size_t)1 << 20)
/* A larger buffer is given back after its file. */
#define HELD_KEPT ((size_t)4 << 20)
/* What a file that a parser wants may be at most, whatever the parser says. */
#define HELD_MAX  ((size_t)1 << 30)
#define INNER_MAX ((size_t)64 << 10)

/* The patterns take milliseconds to load and a megabyte to hold: once, before the fork. */
static struct bw_secret_scanner *scanner_of_process;

static enum bw_checksum_kind checksum_kind(enum bw_digest_algorithm algorithm)
{
    return algorithm == BW_DIGEST_MD5    ? BW_CHECKSUM_MD5
           : algorithm == BW_DIGEST_SHA1 ? BW_CHECKSUM_SHA1
                                         : BW_CHECKSUM_SHA256;
}

int bw_examiner_init(struct bw_examiner *x, struct bw_emitter *emitter,
                     const struct bw_scan_request *request, struct bw_err *err)
{
    *x = (struct bw_examiner){
        .emitter = emitter,
        .flags = request->flags,
        .content = BW_BUF(HELD_MAX),
        .inner = BW_BUF(INNER_MAX),
        .member_bytes_max = request->members_max,
        .secrets = request->flags & BW_SCAN_SECRETS ? scanner_of_process : NULL,
    };
    return bw_examiner_use(x, (enum bw_digest_algorithm)request->digest, err);
}

int bw_examiner_use(struct bw_examiner *x, enum bw_digest_algorithm algorithm, struct bw_err *err)
{
    if (!(x->flags & BW_SCAN_ALL_FILES) || algorithm == BW_DIGEST_NONE || algorithm == x->algorithm)
        return 0;
    struct bw_checksum *checksum = bw_checksum_new(checksum_kind(algorithm));
    if (!checksum)
        return bw_err_set(err, BW_ENOMEM, "out of memory for checksums");
    bw_checksum_free(x->checksum);
    x->checksum = checksum;
    x->algorithm = algorithm;
    return 0;
}

void bw_examiner_free(struct bw_examiner *x)
{
    bw_checksum_free(x->checksum);
    bw_buf_free(&x->content);
    bw_buf_free(&x->inner);
}

bool bw_examiner_wants_all(const struct bw_examiner *x)
{
    return x->flags & (BW_SCAN_SECRETS | BW_SCAN_ALL_FILES);
}

int bw_examine_prepare(struct bw_err *err)
{
    if (!scanner_of_process) {
        int rc = bw_secret_scanner_new(&scanner_of_process, err);
        if (rc)
            return rc;
    }
    for (unsigned kind = BW_CHECKSUM_MD5; kind <= BW_CHECKSUM_SHA256; kind++) {
        struct bw_checksum *checksum BW_CLEANUP(bw_checksum_freep) =
            bw_checksum_new((enum bw_checksum_kind)kind);
        if (!checksum)
            return bw_err_set(err, BW_EINTERNAL, "OpenSSL does not offer MD5, SHA-1 or SHA-256");
    }
    return 0;
}

/* --- where the parsers' facts go --- */

static int sink_fact(void *ctx, const struct bw_fact *fact, struct bw_err *err)
{
    struct bw_examiner *x = ctx;
    struct bw_fact placed = *fact;
    if (x->depth || !placed.place.path.n)
        placed.place.path = x->path;
    if (x->depth)
        placed.place.inner = bw_buf_slice(&x->inner);
    return bw_emit_fact(x->emitter, &placed, err);
}

static void sink_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                     struct bw_str why)
{
    struct bw_examiner *x = ctx;
    if (!x->depth) {
        bw_emit_gap(x->emitter, class, where, what, why);
        return;
    }
    struct bw_buf place BW_CLEANUP(bw_buf_free) = BW_BUF(2 * INNER_MAX);
    bw_buf_printf(&place, "%" BW_STR_F "!/%" BW_STR_F, BW_STR_A(x->path),
                  BW_STR_A(bw_buf_slice(&x->inner)));
    bw_emit_gap(x->emitter, class, bw_buf_failed(&place) ? x->path : bw_buf_slice(&place), what,
                why);
}

static int sink_member(void *ctx, struct bw_str path, const uint8_t *p, size_t n,
                       struct bw_err *err);

static struct bw_extract_sink sink_of(struct bw_examiner *x)
{
    return (struct bw_extract_sink){
        .ctx = x, .fact = sink_fact, .gap = sink_gap, .member = sink_member};
}

static bool is_bad_input(int rc)
{
    return rc == BW_EFORMAT || rc == BW_ELIMIT || rc == BW_EUNSUPPORTED || rc == BW_ENOMEM;
}

static int run_parser(struct bw_examiner *x, const struct bw_parser *parser, struct bw_str path,
                      const uint8_t *p, size_t n, struct bw_err *err)
{
    struct bw_extract_sink sink = sink_of(x);
    struct bw_err why = {0};
    int rc = parser->parse(path, p, n, &sink, &why);
    if (is_bad_input(rc)) {
        sink_gap(x, BW_GAP_BLOCKING, path, bw_str(parser->what), bw_str(why.msg));
        return 0;
    }
    if (rc && err)
        *err = why;
    return rc;
}

/* --- members of archives --- */

static void cut_members(struct bw_examiner *x, const char *why)
{
    if (!x->members_cut)
        sink_gap(x, BW_GAP_BLOCKING, x->path, BW_STR("the rest of the archive"), bw_str(why));
    x->members_cut = true;
}

static bool members_fit(struct bw_examiner *x, size_t n)
{
    char why[160];
    if (x->depth >= BW_EXAMINE_DEPTH_MAX) {
        snprintf(why, sizeof why, "archives within archives are read to a depth of %u",
                 BW_EXAMINE_DEPTH_MAX);
        cut_members(x, why);
        return false;
    }
    x->members++;
    x->member_bytes += n;
    if (x->members > BW_EXAMINE_MEMBERS_MAX) {
        snprintf(why, sizeof why, "it has more than %u members", BW_EXAMINE_MEMBERS_MAX);
        cut_members(x, why);
        return false;
    }
    if (x->member_bytes > x->member_bytes_max) {
        snprintf(why, sizeof why,
                 "its members unpack to more than %llu bytes; see --max-archive-size",
                 (unsigned long long)x->member_bytes_max);
        cut_members(x, why);
        return false;
    }
    return true;
}

static int find_secrets(struct bw_examiner *x, struct bw_str path, const uint8_t *p, size_t n,
                        struct bw_err *err)
{
    struct bw_extract_sink sink = sink_of(x);
    if (!x->secrets)
        return 0;
    bw_secret_begin(x->secrets, path, n);
    int rc = bw_secret_feed(x->secrets, p, n, err);
    return rc ? rc : bw_secret_end(x->secrets, &sink, err);
}

static int examine_member(struct bw_examiner *x, struct bw_str path, const uint8_t *p, size_t n,
                          struct bw_err *err)
{
    int rc = find_secrets(x, path, p, n, err);
    if (rc)
        return rc;
    const struct bw_parser *parser = bw_parser_for(path, x->flags & BW_SCAN_LOCKS);
    if (!parser)
        parser = bw_parser_sniff(p, n);
    if (!parser)
        return 0;
    if (n <= parser->max)
        return run_parser(x, parser, path, p, n, err);
    char why[128];
    snprintf(why, sizeof why, "it has %zu bytes, more than the limit of %zu for its kind", n,
             parser->max);
    sink_gap(x, BW_GAP_BLOCKING, path, bw_str(parser->what), bw_str(why));
    return 0;
}

static int sink_member(void *ctx, struct bw_str path, const uint8_t *p, size_t n,
                       struct bw_err *err)
{
    struct bw_examiner *x = ctx;
    if (!members_fit(x, n))
        return 0;
    size_t outer = x->inner.n;
    if (x->depth)
        bw_buf_str(&x->inner, BW_STR("!/"));
    bw_buf_str(&x->inner, path);
    if (bw_buf_failed(&x->inner)) {
        x->inner.failed = false;
        x->inner.n = outer;
        cut_members(x, "the names of its members are too long");
        return 0;
    }
    x->depth++;
    int rc = examine_member(x, path, p, n, err);
    x->depth--;
    x->inner.n = outer;
    return rc;
}

/* --- files --- */

/* Holds content until there are `limit` bytes of it or it ends. */
static int hold(struct bw_examiner *x, const struct bw_content *content, size_t limit, bool *ended,
                struct bw_err *err)
{
    while (!*ended && x->content.n < limit) {
        const uint8_t *p;
        size_t n = 0;
        int rc = content->next(content->ctx, &p, &n, err);
        if (rc)
            return rc;
        *ended = n == 0;
        bw_buf_add(&x->content, p, n);
        if (bw_buf_failed(&x->content))
            return bw_err_set(err, BW_ENOMEM, "out of memory for a file");
    }
    return 0;
}

static int feed(struct bw_examiner *x, const uint8_t *p, size_t n, struct bw_err *err)
{
    if (x->checksum)
        bw_checksum_update(x->checksum, p, n);
    return x->secrets ? bw_secret_feed(x->secrets, p, n, err) : 0;
}

static int feed_rest(struct bw_examiner *x, const struct bw_content *content, bool ended,
                     struct bw_err *err)
{
    int rc = feed(x, x->content.p, x->content.n, err);
    while (rc == 0 && !ended) {
        const uint8_t *p;
        size_t n = 0;
        rc = content->next(content->ctx, &p, &n, err);
        ended = n == 0;
        if (rc == 0)
            rc = feed(x, p, n, err);
    }
    return rc;
}

static void too_large(struct bw_examiner *x, const struct bw_parser *parser, uint64_t size)
{
    char why[160];
    snprintf(why, sizeof why, "the file has %llu bytes, more than the limit of %zu for its kind",
             (unsigned long long)size, parser->max);
    sink_gap(x, BW_GAP_BLOCKING, x->path, bw_str(parser->what), bw_str(why));
}

static int report(struct bw_examiner *x, const struct bw_file *file, bool parsed,
                  struct bw_err *err)
{
    struct bw_file seen = *file;
    seen.read = parsed;
    seen.examined = bw_examiner_wants_all(x);
    if (x->checksum) {
        seen.digest.algorithm = x->algorithm;
        if (bw_checksum_final(x->checksum, seen.digest.bytes))
            return bw_err_set(err, BW_EINTERNAL, "OpenSSL could not compute a checksum");
    }
    return bw_emit_file(x->emitter, x->path, &seen, err);
}

static int examine(struct bw_examiner *x, const struct bw_file *file,
                   const struct bw_parser *parser, const struct bw_content *content,
                   struct bw_err *err)
{
    bool ended = false;
    bool wanted = parser != NULL;
    int rc = hold(x, content, HELD_MIN, &ended, err);
    if (rc == 0 && !parser && bw_examiner_wants_all(x))
        parser = bw_parser_sniff(x->content.p, x->content.n);
    bool fits = parser && file->size <= parser->max;
    if (rc == 0 && fits && !ended) {
        size_t more = file->size > x->content.n ? (size_t)file->size - x->content.n : 0;
        rc = bw_buf_reserve(&x->content, more)
                 ? hold(x, content, parser->max + 1, &ended, err)
                 : bw_err_set(err, BW_ENOMEM, "out of memory for a file of %llu bytes",
                              (unsigned long long)file->size);
        fits = ended && x->content.n <= parser->max;
    }
    if (x->secrets)
        bw_secret_begin(x->secrets, x->path, file->size);
    if (rc == 0)
        rc = feed_rest(x, content, ended, err);
    if (rc)
        return rc;
    if (parser && !fits)
        too_large(x, parser, file->size);
    rc = report(x, file, parser && (fits || wanted), err);
    struct bw_extract_sink sink = sink_of(x);
    if (rc == 0 && x->secrets)
        rc = bw_secret_end(x->secrets, &sink, err);
    if (rc == 0 && fits)
        rc = run_parser(x, parser, x->path, x->content.p, x->content.n, err);
    return rc;
}

int bw_examine(struct bw_examiner *x, struct bw_str path, const struct bw_file *file,
               const struct bw_parser *parser, const struct bw_content *content, struct bw_err *err)
{
    x->path = path;
    x->depth = 0;
    x->members = 0;
    x->member_bytes = 0;
    x->members_cut = false;
    bw_buf_clear(&x->inner);
    int rc = examine(x, file, parser, content, err);
    if (x->content.cap > HELD_KEPT)
        bw_buf_free(&x->content);
    bw_buf_clear(&x->content);
    return rc;
}

/* --- the configuration of an image --- */

static int config_fact(void *ctx, const struct bw_fact *fact, struct bw_err *err)
{
    struct bw_fact placed = *fact;
    placed.place = (struct bw_place){.inner = fact->place.path};
    return bw_emit_fact(ctx, &placed, err);
}

static void config_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                       struct bw_str why)
{
    bw_emit_gap(ctx, class, where, what, why);
}

/* "Env NAME" and the like: the kind, and the name up to '='. The text itself is redacted: it is
 * shown by reports. */
static int find_in_text(struct bw_emitter *emitter, const char *kind, struct bw_str name,
                        struct bw_arena *arena, struct bw_str *text, struct bw_err *err)
{
    struct bw_extract_sink sink = {.ctx = emitter, .fact = config_fact, .gap = config_gap};
    struct bw_buf place BW_CLEANUP(bw_buf_free) = BW_BUF(INNER_MAX);
    bw_buf_printf(&place, "%s %" BW_STR_F, kind, BW_STR_A(bw_str_take(name, 1024)));
    char *redacted = bw_arena_alloc(arena, text->n + 1);
    if (bw_buf_failed(&place) || !redacted)
        return bw_err_set(err, BW_ENOMEM, "out of memory for a document");
    if (text->n)
        memcpy(redacted, text->p, text->n);
    int rc = bw_secret_text(scanner_of_process, bw_buf_slice(&place), *text, redacted, &sink, err);
    text->p = redacted;
    return rc;
}

static int find_in_pairs(struct bw_emitter *emitter, const char *kind, struct bw_strs keys,
                         struct bw_strs values, struct bw_arena *arena, struct bw_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < keys.n && rc == 0; i++) {
        struct bw_str key = keys.v[i];
        struct bw_str text = bw_arena_printf(arena, "%" BW_STR_F "=%" BW_STR_F, BW_STR_A(key),
                                             BW_STR_A(values.v[i]));
        rc = text.p ? find_in_text(emitter, kind, key, arena, &text, err)
                    : bw_err_set(err, BW_ENOMEM, "out of memory for a document");
        values.v[i] = bw_str_from(text, key.n + 1);
    }
    return rc;
}

/* The words of a command, by their number. */
static int find_in_words(struct bw_emitter *emitter, const char *kind, struct bw_strs words,
                         struct bw_arena *arena, struct bw_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < words.n && rc == 0; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i + 1);
        rc = find_in_text(emitter, kind, bw_str(number), arena, &words.v[i], err);
    }
    return rc;
}

int bw_examine_document(struct bw_emitter *emitter, struct bw_image_document *document,
                        struct bw_arena *arena, struct bw_err *err)
{
    struct bw_image_config *run = &document->run;
    const struct {
        const char *kind;
        struct bw_strs words;
    } commands[] = {{"Entrypoint", run->entrypoint},
                    {"Cmd", run->cmd},
                    {"Shell", run->shell},
                    {"OnBuild", run->on_build},
                    {"Healthcheck", run->health_check}};
    int rc = 0;
    for (size_t i = 0; i < run->env.n && rc == 0; i++) {
        struct bw_str name = bw_str_take(run->env.v[i], bw_str_find(run->env.v[i], '='));
        rc = find_in_text(emitter, "Env", name, arena, &run->env.v[i], err);
    }
    if (rc == 0)
        rc = find_in_pairs(emitter, "Label", run->label_keys, run->label_values, arena, err);
    if (rc == 0)
        rc = find_in_pairs(emitter, "Annotation", document->annotation_keys,
                           document->annotation_values, arena, err);
    for (size_t i = 0; i < BW_ARRAY_LEN(commands) && rc == 0; i++)
        rc = find_in_words(emitter, commands[i].kind, commands[i].words, arena, err);
    for (size_t i = 0; i < document->history_n && rc == 0; i++) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i + 1);
        rc = find_in_text(emitter, "History", bw_str(number), arena,
                          &document->history[i].created_by, err);
    }
    return rc;
}
