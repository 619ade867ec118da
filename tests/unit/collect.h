/*
 * collect.h: runs a parser and writes what it says as text, a line a fact or gap:
 *   package NAME VERSION ARCH source NAME VERSION [module M] [vendor V] [licence L] [checksum C]
 *       [locked] [development] [needs NAME...] line N: FILE...
 *   owns PACKAGE [licence L]: FILE ...
 * and with `records` behind each file [MODE ALGORITHM:FIRST BYTES config capabilities]
 *   elf [program] [pie] [nx] [guard] [fortified] [static] [go] relro none|partial|full
 *   member PATH SIZE
 *   distribution id=... version=... (what is not empty)
 *   blocking WHERE: WHY / note WHERE: WHY
 *   error CODE: MESSAGE
 */
#ifndef BW_TESTS_COLLECT_H
#define BW_TESTS_COLLECT_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fd.h"
#include "extract/parser.h"

#define COLLECT_MAX ((size_t)256 << 20)

struct collected {
    struct bw_buf text; /* NUL-terminated */
    size_t packages, files, gaps;
    bool quiet;   /* count only */
    bool records; /* also what is known of each file */
};

static inline void collect_record(struct collected *to, const struct bw_file_record *record)
{
    static const char *const names[] = {"none", "md5", "sha1", "sha256"};
    bw_buf_byte(&to->text, '[');
    if (record->mode == BW_MODE_UNKNOWN)
        bw_buf_byte(&to->text, '?');
    else
        bw_buf_printf(&to->text, "%o", record->mode);
    bw_buf_printf(&to->text, " %s", names[record->digest.algorithm]);
    if (record->digest.algorithm)
        bw_buf_printf(&to->text, ":%02x%02x", record->digest.bytes[0],
                      record->digest.bytes[bw_digest_size(record->digest.algorithm) - 1]);
    bw_buf_printf(&to->text, "%s%s]", record->config ? " config" : "",
                  record->capabilities ? " capabilities" : "");
}

static inline void collect_files(struct collected *to, struct bw_strs files,
                                 const struct bw_file_record *records)
{
    to->files += files.n;
    for (size_t i = 0; i < files.n && !to->quiet; i++) {
        bw_buf_printf(&to->text, " %" BW_STR_F, BW_STR_A(files.v[i]));
        if (to->records && records)
            collect_record(to, &records[i]);
    }
}

static inline void collect_text(struct collected *to, const char *name, struct bw_str s)
{
    if (s.n)
        bw_buf_printf(&to->text, " %s%" BW_STR_F, name, BW_STR_A(s));
}

static inline void collect_package(struct collected *to, const struct bw_fact *fact)
{
    const struct bw_package *package = &fact->package;
    to->packages++;
    if (!to->quiet) {
        bw_buf_printf(&to->text, "package");
        collect_text(to, "", package->name);
        collect_text(to, "", package->version);
        collect_text(to, "", package->arch);
        collect_text(to, "source ", package->source_name);
        collect_text(to, "", package->source_version);
        collect_text(to, "module ", package->module);
        collect_text(to, "vendor ", package->vendor);
        collect_text(to, "licence ", package->licence);
        collect_text(to, "checksum ", package->checksum);
        bw_buf_printf(&to->text, "%s%s", package->locked ? " locked" : "",
                      package->development ? " development" : "");
        if (package->depends.n)
            bw_buf_printf(&to->text, " needs");
        for (size_t i = 0; i < package->depends.n; i++)
            collect_text(to, "", package->depends.v[i]);
        bw_buf_printf(&to->text, " line %u:", fact->place.line);
    }
    collect_files(to, package->files, package->records);
    if (!to->quiet)
        bw_buf_byte(&to->text, '\n');
}

static inline void collect_distribution(struct collected *to, const struct bw_distribution *from)
{
    bw_buf_printf(&to->text, "distribution");
    collect_text(to, "id=", from->id);
    collect_text(to, "like=", from->id_like);
    collect_text(to, "version=", from->version_id);
    collect_text(to, "codename=", from->codename);
    collect_text(to, "name=", from->name);
    collect_text(to, "pretty=", from->pretty_name);
    collect_text(to, "variant=", from->variant_id);
    collect_text(to, "cpe=", from->cpe);
    bw_buf_byte(&to->text, '\n');
}

static inline void collect_elf(struct collected *to, const struct bw_elf *elf)
{
    static const char *const relro[] = {"none", "partial", "full"};
    bw_buf_printf(&to->text, "elf%s%s%s%s%s%s%s relro %s\n", elf->executable ? " program" : "",
                  elf->pie ? " pie" : "", elf->nx ? " nx" : "",
                  elf->stack_protector ? " guard" : "", elf->fortified ? " fortified" : "",
                  elf->is_static ? " static" : "", elf->compiled_go ? " go" : "",
                  relro[elf->relro]);
}

static inline int collect_member(void *ctx, struct bw_str path, const uint8_t *p, size_t n,
                                 struct bw_err *err)
{
    struct collected *to = ctx;
    (void)p, (void)err;
    bw_buf_printf(&to->text, "member %" BW_STR_F " %zu\n", BW_STR_A(path), n);
    return 0;
}

static inline int collect_fact(void *ctx, const struct bw_fact *fact, struct bw_err *err)
{
    struct collected *to = ctx;
    (void)err;
    if (fact->kind == BW_FACT_PACKAGE)
        collect_package(to, fact);
    else if (fact->kind == BW_FACT_DISTRIBUTION)
        collect_distribution(to, &fact->distribution);
    else if (fact->kind == BW_FACT_ELF)
        collect_elf(to, &fact->elf);
    else if (fact->kind == BW_FACT_OWNERSHIP) {
        bw_buf_printf(&to->text, "owns %" BW_STR_F, BW_STR_A(fact->ownership.package));
        collect_text(to, "licence ", fact->ownership.licence);
        bw_buf_byte(&to->text, ':');
        collect_files(to, fact->ownership.files, fact->ownership.records);
        bw_buf_byte(&to->text, '\n');
    }
    return 0;
}

static inline void collect_gap(void *ctx, enum bw_gap_class class, struct bw_str where,
                               struct bw_str what, struct bw_str why)
{
    struct collected *to = ctx;
    (void)what;
    to->gaps++;
    bw_buf_printf(&to->text, "%s %" BW_STR_F ": %" BW_STR_F "\n",
                  class == BW_GAP_BLOCKING ? "blocking" : "note", BW_STR_A(where), BW_STR_A(why));
}

/* Parses with the parser that wants the path or the content, or aborts the test. The bytes are
 * copied to the heap, exactly, so that a read past their end is seen. Returns the text. */
static inline const char *collect(struct collected *to, const char *path, const void *p, size_t n)
{
    const struct bw_parser *parser = bw_parser_for(bw_str(path), true);
    if (!parser)
        parser = bw_parser_sniff(p, n);
    uint8_t *copy = malloc(n ? n : 1);
    if (!parser || !copy)
        abort();
    if (n)
        memcpy(copy, p, n);
    bw_buf_free(&to->text);
    *to =
        (struct collected){.text = BW_BUF(COLLECT_MAX), .quiet = to->quiet, .records = to->records};
    const struct bw_extract_sink sink = {
        .ctx = to, .fact = collect_fact, .gap = collect_gap, .member = collect_member};
    struct bw_err err = {0};
    int rc = parser->parse(bw_str(path), copy, n, &sink, &err);
    if (rc)
        bw_buf_printf(&to->text, "error %s: %s\n", bw_code_name(rc), err.msg);
    bw_buf_byte(&to->text, 0);
    free(copy);
    return (const char *)to->text.p;
}

static inline const char *collect_str(struct collected *to, const char *path, const char *content)
{
    return collect(to, path, content, strlen(content));
}

/* The shared test data. cmocka 1.1 reports skip() as a failure to a TAP reader, so a test that
 * cannot run says so in its name, as TAP has it, and returns. */
#define COLLECT_SHARED "../shared/data/packages/"
#define COLLECT_SHARED_TEST(test)                                                                  \
    {                                                                                              \
        access(COLLECT_SHARED, R_OK) ? #test " # SKIP " COLLECT_SHARED " is absent" : #test, test, \
            NULL, NULL, NULL                                                                       \
    }

/* Reads a file of it; false, with the reason printed, where it is absent. */
static inline bool collect_shared(const char *name, struct bw_buf *ret_bytes)
{
    char path[256];
    snprintf(path, sizeof path, COLLECT_SHARED "%s", name);
    *ret_bytes = BW_BUF(COLLECT_MAX);
    struct bw_err err = {0};
    if (bw_fd_slurp_path(path, ret_bytes, &err) == 0)
        return true;
    fprintf(stderr, "SKIP %s is absent\n", path);
    return false;
}

#endif
