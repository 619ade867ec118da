/*
 * archive-members.h: the members of a ZIP archive in memory, within bounds, handed on to be
 * examined as files.
 *
 * Every member is handed on but those that nothing here reads: compiled classes, pictures, fonts,
 * sounds. Reaching a limit is one blocking gap that names it, and ends the archive.
 */
#ifndef BW_EXTRACT_ARCHIVE_MEMBERS_H
#define BW_EXTRACT_ARCHIVE_MEMBERS_H

#include <stdbool.h>

#include "extract/record.h"
#include "wrap/zip.h"

#define BW_MEMBERS_MAX      262144u
#define BW_MEMBER_NAME_MAX  4096u
#define BW_MEMBER_BYTES_MAX ((size_t)256 << 20) /* of a member that a parser wants by its path */
#define BW_MEMBER_OTHER_MAX                                                                        \
    ((size_t)32 << 20) /* of any other; larger ones are counted in a note                          \
                        */
#define BW_MEMBERS_BYTES_MAX ((uint64_t)1 << 30) /* of all members that are unpacked */

/* What an archive may unpack to for each of its bytes, once that is more than BW_MEMBERS_FREE:
 * DEFLATE cannot do better than 1032, and text hardly ever better than 50. */
#define BW_MEMBERS_RATIO_MAX 200u
#define BW_MEMBERS_FREE      ((uint64_t)64 << 20)

struct bw_members {
    struct bw_zip *zip;
    struct bw_record_gaps *gaps;
    uint64_t n;      /* entries that are looked at */
    uint64_t packed; /* bytes of the archive */
    uint64_t unpacked;
    uint64_t too_large;
    struct bw_buf content;    /* of the member last read */
    bool ended;               /* a limit was reached */
    enum bw_gap_class damage; /* what an entry that cannot be read is; BLOCKING unless changed */
};

/* Opens the archive, which must outlive ret_members. BW_EFORMAT, BW_ENOMEM. */
int bw_members_open(const uint8_t *p, size_t n, struct bw_record_gaps *gaps,
                    struct bw_members *ret_members, struct bw_err *err) BW_MUST_USE;
void bw_members_free(struct bw_members *members); /* takes a zeroed one */

/* The entry at a position, where it is a file with a name of use: no directory, no way out of the
 * archive ("..", a leading '/'). Names are those of the archive; ret_entry is written in any case.
 */
bool bw_members_at(struct bw_members *members, uint64_t i, struct bw_zip_entry *ret_entry);

/* Unpacks an entry of at most `max` bytes into members->content; false, with a gap, where it cannot
 * be, and where a limit was reached. */
bool bw_members_read(struct bw_members *members, uint64_t i, const struct bw_zip_entry *entry,
                     size_t max);

/* Hands all members on to sink->member. */
int bw_members_examine(struct bw_members *members, struct bw_err *err) BW_MUST_USE;

#endif
