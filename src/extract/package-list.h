/*
 * package-list.h: what the parsers of language packages have alike: a package is looked at before
 * it becomes a fact, the same one named many times becomes one fact, checksums come in the forms of
 * the field, and at the end the gaps say what was left out.
 *
 *     struct bw_package_list list BW_CLEANUP(bw_package_list_free);
 *     bw_package_list_init(&list, &bw_parser_x, BW_PACKAGE_NPM, path, sink);
 *     ... bw_package_list_add(&list, &package, line, err) ...
 *     bw_package_list_end(&list);
 */
#ifndef BW_EXTRACT_PACKAGE_LIST_H
#define BW_EXTRACT_PACKAGE_LIST_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "base/vec.h"
#include "extract/parser.h"
#include "extract/record.h"

/* Names that one package may depend on; the rest is left out without a word. */
#define BW_PACKAGE_DEPENDS_MAX 4096u

/* Bytes that the longest checksum takes: "sha512:" and its digits. */
#define BW_PACKAGE_CHECKSUM_MAX 136u

struct bw_package_list {
    struct bw_record_gaps gaps;
    enum bw_package_type type; /* of what is added next; a parser may change it */
    bool locked;
    uint32_t n;       /* packages that became facts */
    uint32_t foreign; /* left out by bw_package_list_leave_out */
    bool full;
    struct bw_arena *arena; /* keys of `seen`, what a parser puts together */
    struct bw_map seen;
    /* Of the package at hand, empty again after bw_package_list_add. */
    BW_VEC_TYPE(, struct bw_str) depends;
    struct bw_buf licence;
    char checksum[BW_PACKAGE_CHECKSUM_MAX];
};

/* Makes an empty list of what a parser finds in a file. Memory that is short shows in a later call.
 */
void bw_package_list_init(struct bw_package_list *list, const struct bw_parser *parser,
                          enum bw_package_type type, struct bw_str path,
                          const struct bw_extract_sink *sink);
void bw_package_list_free(struct bw_package_list *list);

/* What the package at hand needs. Words that are no names are dropped. */
void bw_package_list_depend(struct bw_package_list *list, struct bw_str name);

/* One more licence the package at hand may be used under: "MIT OR Apache-2.0". */
void bw_package_list_licence(struct bw_package_list *list, struct bw_str licence);

/* The strongest checksum of Subresource Integrity metadata ("sha512-BASE64 sha1-BASE64"), as
 * package.h has it; empty where there is none of a known kind. Valid until the next package. */
struct bw_str bw_package_list_integrity(struct bw_package_list *list, struct bw_str integrity);

/* The same of one algorithm, whose digits in base64 stand alone. */
struct bw_str bw_package_list_base64(struct bw_package_list *list, const char *algorithm,
                                     struct bw_str digits);

/* "sha256:DIGITS" as Python's lock files have it, or the empty slice where it is none. */
struct bw_str bw_package_list_tagged(struct bw_package_list *list, struct bw_str hash);

/* "ALGORITHM:DIGITS" where the digits are hexadecimal and as many as that algorithm has; else
 * empty. An algorithm of "" is told by the number of digits. */
struct bw_str bw_package_list_hex(struct bw_package_list *list, const char *algorithm,
                                  struct bw_str digits);

/*
 * Sends the fact, with what stands above for the package at hand; of *package the name, version,
 * licence (where no bw_package_list_licence came before), checksum and development are used, the
 * first two must be words: else a blocking gap. A name and version that came before with the same
 * `development` are not sent again. More than BW_EXTRACT_PACKAGES_MAX: one blocking gap.
 */
int bw_package_list_add(struct bw_package_list *list, const struct bw_package *package,
                        uint32_t line, struct bw_err *err) BW_MUST_USE;

/* Forgets the package at hand, which comes from no registry (a directory, a repository): there are
 * no advisories for it. A note at the end counts those. */
void bw_package_list_leave_out(struct bw_package_list *list);

/* Sends the gaps of the file as a whole. To be called once. */
void bw_package_list_end(struct bw_package_list *list);

#endif
