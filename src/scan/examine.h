/*
 * examine.h: what the worker does with the content of a file; private to src/scan.
 *
 * Content is read once, front to back, and goes to all that look at it: the checksum, the search
 * for secrets, and the parser that wants the file by its path or by its first bytes. Only what a
 * parser wants is held in memory as a whole, up to the parser's own maximum.
 */
#ifndef BW_SCAN_EXAMINE_H
#define BW_SCAN_EXAMINE_H

#include "base/buf.h"
#include "extract/parser.h"
#include "extract/secret.h"
#include "scan/emit.h"
#include "wrap/checksum.h"

/* Archives within archives, and members of all of them below one file. */
#define BW_EXAMINE_DEPTH_MAX   5u
#define BW_EXAMINE_MEMBERS_MAX 1000000u

struct bw_examiner {
    struct bw_emitter *emitter;
    uint32_t flags; /* enum bw_scan_flag */
    enum bw_digest_algorithm algorithm;
    struct bw_checksum *checksum;
    struct bw_secret_scanner *secrets; /* the process's; NULL: not looked for */
    struct bw_buf content;             /* of the file at hand, as far as it is held */

    /* Of the file at hand. */
    struct bw_str path;
    struct bw_buf inner; /* where in its archives: "a.jar!/META-INF/MANIFEST.MF" */
    unsigned depth;
    uint64_t member_bytes, member_bytes_max;
    uint32_t members;
    bool members_cut; /* a limit was reached, and a gap says so */
};

/* The emitter is borrowed. BW_ENOMEM. */
int bw_examiner_init(struct bw_examiner *examiner, struct bw_emitter *emitter,
                     const struct bw_scan_request *request, struct bw_err *err) BW_MUST_USE;
void bw_examiner_free(struct bw_examiner *examiner); /* also for BW_CLEANUP */

/* Takes checksums of another kind from the next file on. BW_ENOMEM. */
int bw_examiner_use(struct bw_examiner *examiner, enum bw_digest_algorithm algorithm,
                    struct bw_err *err) BW_MUST_USE;

/* Whether content is looked at that no parser wants. */
bool bw_examiner_wants_all(const struct bw_examiner *examiner);

/* The content of a file, block after block: *ret_n is 0 at its end. */
struct bw_content {
    void *ctx;
    int (*next)(void *ctx, const uint8_t **ret_p, size_t *ret_n, struct bw_err *err);
};

/* Reads a regular file to its end and reports it, then what was found in it. `parser` is the one
 * that wants its path, or NULL. What a parser cannot use is a gap; a failure is the content's, or
 * that of the way to the parent. */
int bw_examine(struct bw_examiner *examiner, struct bw_str path, const struct bw_file *file,
               const struct bw_parser *parser, const struct bw_content *content,
               struct bw_err *err) BW_MUST_USE;

/* Looks for secrets in the variables, labels, annotations, commands and build steps of an image,
 * and overwrites their values in the document, whose texts reports show. The facts have no path;
 * `inner` says what it is: "Env NAME", "Label NAME", "Annotation NAME", "Cmd 2" (the word),
 * "History 3". */
int bw_examine_document(struct bw_emitter *emitter, struct bw_image_document *document,
                        struct bw_arena *arena, struct bw_err *err) BW_MUST_USE;

/* Once in the parent, before workers are forked: what the libraries behind it do once, and the
 * patterns of secrets, which all workers then share. */
int bw_examine_prepare(struct bw_err *err) BW_MUST_USE;

#endif
