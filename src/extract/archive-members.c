#include "extract/archive-members.h"

/* Endings of what no parser reads and no secret hides in. */
static const char *const unread[] = {
    ".class", ".png",  ".jpg", ".jpeg", ".gif", ".ico",  ".bmp",   ".webp", ".ttf",
    ".otf",   ".woff", ".eot", ".mp3",  ".mp4", ".webm", ".woff2", ".wav",  ".ogg",
};

int bw_members_open(const uint8_t *p, size_t n, struct bw_record_gaps *gaps,
                    struct bw_members *ret_members, struct bw_err *err)
{
    struct bw_members members = {.gaps = gaps,
                                 .packed = n,
                                 .content = BW_BUF(BW_MEMBER_BYTES_MAX + 1),
                                 .damage = BW_GAP_BLOCKING};
    int rc = bw_zip_open_memory(p, n, &members.zip, err);
    if (rc)
        return rc;
    members.n = bw_zip_count(members.zip);
    if (members.n > BW_MEMBERS_MAX) {
        bw_record_gap(gaps, BW_GAP_BLOCKING, 0, "more than %u members: the rest was left out",
                      BW_MEMBERS_MAX);
        members.n = BW_MEMBERS_MAX;
    }
    *ret_members = members;
    return 0;
}

void bw_members_free(struct bw_members *members)
{
    bw_zip_close(members->zip);
    bw_buf_free(&members->content);
}

static bool is_inside(struct bw_str name)
{
    struct bw_str rest = name, part;
    while (bw_str_split(&rest, '/', &part))
        if (part.n == 0 || bw_str_eq(part, BW_STR(".")) || bw_str_eq(part, BW_STR("..")))
            return false;
    return bw_str_find(name, '\0') == SIZE_MAX;
}

/* NULL, or why the entry is of no use. */
static const char *look_at(struct bw_members *members, uint64_t i, struct bw_zip_entry *ret_entry,
                           struct bw_err *err)
{
    if (bw_zip_stat(members->zip, i, ret_entry, err))
        return err->msg;
    if (bw_str_starts(ret_entry->name, BW_STR("./")))
        ret_entry->name = bw_str_from(ret_entry->name, 2);
    if (ret_entry->directory)
        return NULL;
    if (ret_entry->name.n > BW_MEMBER_NAME_MAX)
        return "its name is too long";
    return is_inside(ret_entry->name) ? NULL : "its name is no path within the archive";
}

bool bw_members_at(struct bw_members *members, uint64_t i, struct bw_zip_entry *ret_entry)
{
    struct bw_err err;
    return !look_at(members, i, ret_entry, &err) && !ret_entry->directory;
}

static void end(struct bw_members *members, unsigned long long limit, const char *unit)
{
    members->ended = true;
    bw_record_gap(members->gaps, BW_GAP_BLOCKING, 0,
                  "the archive unpacks to more than %llu %s: the rest was left out", limit, unit);
}

/* Counted before it is unpacked, by what its header promises; more than that is never unpacked. */
static bool is_affordable(struct bw_members *members, uint64_t size)
{
    uint64_t total = members->unpacked + size;
    if (total > BW_MEMBERS_BYTES_MAX)
        end(members, BW_MEMBERS_BYTES_MAX, "bytes");
    else if (total > BW_MEMBERS_FREE && total / BW_MEMBERS_RATIO_MAX > members->packed)
        end(members, BW_MEMBERS_RATIO_MAX, "times its size");
    else
        members->unpacked = total;
    return !members->ended;
}

bool bw_members_read(struct bw_members *members, uint64_t i, const struct bw_zip_entry *entry,
                     size_t max)
{
    struct bw_err err;
    bw_buf_clear(&members->content);
    if (members->ended)
        return false;
    if (entry->size > max) {
        members->too_large++;
        return false;
    }
    if (!is_affordable(members, entry->size))
        return false;
    if (bw_zip_read(members->zip, i, &members->content, &err)) {
        bw_record_gap(members->gaps, members->damage, 0, "member %" BW_STR_F ": %s",
                      BW_STR_A(bw_str_take(entry->name, 256)), err.msg);
        return false;
    }
    return true;
}

static bool is_unread(struct bw_str name)
{
    size_t dot = bw_str_rfind(name, '.');
    if (dot == SIZE_MAX)
        return false;
    for (size_t i = 0; i < BW_ARRAY_LEN(unread); i++)
        if (bw_str_eq_nocase(bw_str_from(name, dot), bw_str(unread[i])))
            return true;
    return false;
}

/* The dependencies of what is in the archive already, as it was published. */
static bool is_published_pom(struct bw_str name)
{
    return bw_str_starts(name, BW_STR("META-INF/maven/")) && bw_str_ends(name, BW_STR("/pom.xml"));
}

static int examine(struct bw_members *members, uint64_t i, const struct bw_zip_entry *entry,
                   struct bw_err *err)
{
    const struct bw_extract_sink *sink = members->gaps->sink;
    if (is_published_pom(entry->name) || is_unread(entry->name))
        return 0;
    const struct bw_parser *parser = bw_parser_for(entry->name, true);
    size_t max = parser && parser->max < BW_MEMBER_BYTES_MAX ? parser->max : BW_MEMBER_BYTES_MAX;
    if (parser && entry->size > max) {
        bw_record_gap(members->gaps, BW_GAP_BLOCKING, 0,
                      "member %" BW_STR_F " has %llu bytes, more than the limit of %zu",
                      BW_STR_A(bw_str_take(entry->name, 256)), (unsigned long long)entry->size,
                      max);
        return 0;
    }
    if (!bw_members_read(members, i, entry, parser ? max : BW_MEMBER_OTHER_MAX))
        return 0;
    return sink->member(sink->ctx, entry->name, members->content.p, members->content.n, err);
}

int bw_members_examine(struct bw_members *members, struct bw_err *err)
{
    int rc = 0;
    if (!members->gaps->sink->member)
        return 0;
    for (uint64_t i = 0; !rc && !members->ended && i < members->n; i++) {
        struct bw_zip_entry entry;
        struct bw_err why;
        const char *bad = look_at(members, i, &entry, &why);
        if (bad)
            bw_record_gap(members->gaps, members->damage, 0, "member %llu: %s",
                          (unsigned long long)i, bad);
        else if (!entry.directory)
            rc = examine(members, i, &entry, err);
    }
    if (members->too_large)
        bw_record_gap(members->gaps, BW_GAP_NOTE, 0,
                      "%llu members are too large to be looked at (programs and the like over %zu "
                      "bytes)",
                      (unsigned long long)members->too_large, BW_MEMBER_OTHER_MAX);
    return rc;
}
