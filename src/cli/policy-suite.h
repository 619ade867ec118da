/*
 * policy-suite.h: suites of tests of policies, and the lines that are printed of them.
 *
 * A line a test, in the manner of TAP: "ok 1 - NAME", "not ok 2 - NAME" with what was wrong in
 * comments below, "ok 3 - NAME # SKIP why"; the plan "1..N" comes last.
 */
#ifndef BW_CLI_POLICY_SUITE_H
#define BW_CLI_POLICY_SUITE_H

#include "base/arena.h"
#include "check/policy.h"
#include "extract/document.h"
#include "wrap/yaml.h"

/* Bytes of one suite, and of one document of it. */
#define BW_SUITE_TEXT_MAX ((size_t)16 << 20)

struct bw_suite_run {
    bool quiet;  /* only what fails */
    bool strict; /* a policy without examples fails, too */
    unsigned passed, failed, skipped;
    struct bw_arena *arena; /* of the suite at hand */
};

/* Prints a test. why: NULL where it passed. */
void bw_suite_tell(struct bw_suite_run *run, const char *why, const char *fmt, ...) BW_PRINTF(3, 4);
void bw_suite_skip(struct bw_suite_run *run, const char *why, const char *fmt, ...) BW_PRINTF(3, 4);

/* A document, and the first blocking gap of its reading: what a policy finds in it may well be what
 * its reader takes offence at. */
struct bw_suite_document {
    struct bw_document document;
    char gap[BW_ERR_MSG_MAX]; /* empty: none */
};

/* Reads a document. BW_EUNSUPPORTED where there is no reader for the syntax. */
int bw_suite_read(struct bw_suite_run *run, enum bw_syntax syntax, struct bw_str text,
                  struct bw_suite_document *ret_document, struct bw_err *err) BW_MUST_USE;

/* What one policy says of the objects of a document (of those that `wanted` takes; NULL: all). */
struct bw_suite_verdict {
    enum bw_status status; /* the gravest */
    unsigned failures;     /* objects' validations that fail */
    enum bw_policy_action action;
    bool error;
    struct bw_str message; /* of the first failure, or why there is no verdict */
    struct bw_str because;
};
int bw_suite_judge(struct bw_suite_run *run, const struct bw_policy_set *set, size_t policy,
                   const struct bw_document *document,
                   bool (*wanted)(void *ctx, const struct bw_document *document,
                                  const struct bw_object *object),
                   void *ctx, struct bw_suite_verdict *ret_verdict, struct bw_err *err) BW_MUST_USE;

/* A document that a policy finds fault with, as it was read. */
struct bw_suite_example {
    enum bw_syntax syntax;
    struct bw_str text;
    const struct bw_suite_document *read;
    const char *path; /* of the suite, and the line there */
    uint32_t line;
};

/* Where the policy has a fix for such documents: a test that the fix mends this one, that no policy
 * of the library finds fault with more than before, and that a second run changes nothing. A fix
 * may leave one alone, which is a test that is skipped; but not all. */
enum bw_suite_mended {
    BW_SUITE_NO_FIX,
    BW_SUITE_LEFT_ALONE,
    BW_SUITE_MENDED, /* or it failed, which was told */
};
enum bw_suite_mended bw_suite_mend(struct bw_suite_run *run, const struct bw_policy_set *set,
                                   size_t policy, const struct bw_suite_example *example);

/* 0 where a mutating policy makes of the first object of one document that of the other, and no
 * more when it is applied again; else the error says what it makes. */
int bw_suite_mutate(struct bw_suite_run *run, const struct bw_policy_set *set, size_t policy,
                    enum bw_syntax syntax, struct bw_str before, struct bw_str after,
                    struct bw_err *err) BW_MUST_USE;

/* The suites, by their files. A suite that is not understood is a test that fails. */
void bw_suite_examples(struct bw_suite_run *run, const char *path);
void bw_suite_kyverno(struct bw_suite_run *run, const char *path);
void bw_suite_gator(struct bw_suite_run *run, const char *path);

/* What --strict asks of the policies of a file. */
void bw_suite_strict(struct bw_suite_run *run, const char *path);

#endif
