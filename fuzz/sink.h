/*
 * sink.h: where fuzz targets send facts: every byte is looked at, and what consumers rely on is
 * asserted.
 */
#ifndef BW_FUZZ_SINK_H
#define BW_FUZZ_SINK_H

#include <stdlib.h>

#include "extract/parser.h"
#include "extract/path-list.h"
#include "extract/record.h"

/* Keeps the reads from being optimised away. */
static volatile uint8_t fuzz_seen;

static inline void fuzz_read(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        fuzz_seen ^= (uint8_t)s.p[i];
}

static inline void fuzz_files(struct bw_strs files, const struct bw_file_record *records)
{
    for (size_t i = 0; i < files.n; i++) {
        if (records && records[i].mode > 07777 && records[i].mode != BW_MODE_UNKNOWN)
            abort();
        for (size_t at = 0; records && at < BW_DIGEST_SIZE_MAX; at++)
            fuzz_seen ^= records[i].digest.bytes[at];
        fuzz_read(files.v[i]);
        if (!bw_path_is_normal(files.v[i]))
            abort();
    }
}

static inline void fuzz_package(const struct bw_package *package)
{
    if (!bw_record_is_word(package->name) || !package->version.n || !package->source_name.n ||
        !package->source_version.n)
        abort();
    fuzz_read(package->version);
    fuzz_read(package->arch);
    fuzz_read(package->source_name);
    fuzz_read(package->source_version);
    fuzz_read(package->module);
    fuzz_read(package->vendor);
    fuzz_read(package->licence);
    fuzz_read(package->checksum);
    for (size_t i = 0; i < package->depends.n; i++) {
        fuzz_read(package->depends.v[i]);
        if (!bw_record_is_word(package->depends.v[i]))
            abort();
    }
    fuzz_files(package->files, package->records);
}

static inline int fuzz_fact(void *ctx, const struct bw_fact *fact, struct bw_err *err)
{
    (void)ctx, (void)err;
    if (fact->kind == BW_FACT_PACKAGE)
        fuzz_package(&fact->package);
    if (fact->kind == BW_FACT_OWNERSHIP) {
        fuzz_read(fact->ownership.package);
        fuzz_read(fact->ownership.licence);
        fuzz_files(fact->ownership.files, fact->ownership.records);
    }
    if (fact->kind == BW_FACT_DISTRIBUTION) {
        fuzz_read(fact->distribution.id);
        fuzz_read(fact->distribution.version_id);
        fuzz_read(fact->distribution.codename);
        fuzz_read(fact->distribution.name);
        fuzz_read(fact->distribution.pretty_name);
    }
    return 0;
}

static inline void fuzz_gap(void *ctx, enum bw_gap_class class, struct bw_str where,
                            struct bw_str what, struct bw_str why)
{
    (void)ctx, (void)class;
    fuzz_read(where);
    fuzz_read(what);
    fuzz_read(why);
}

/* Gives the bytes to the parser that wants the path. */
static inline void fuzz_parse(const char *path, const uint8_t *data, size_t size)
{
    const struct bw_parser *parser = bw_parser_for(bw_str(path), true);
    const struct bw_extract_sink sink = {.fact = fuzz_fact, .gap = fuzz_gap};
    struct bw_err err = {0};
    if (!parser)
        abort();
    int rc = parser->parse(bw_str(path), data, size, &sink, &err);
    if (rc && !err.msg[0])
        abort();
}

#endif
