#include "extract/ignore-comment.h"

/* Comments that wait for the end of what they are for. */
#define OPEN_MAX 256u

/* --- the words --- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Cuts a word off the front, blanks before it skipped. */
static struct bw_str cut_word(struct bw_str *rest)
{
    *rest = bw_str_trim(*rest);
    size_t n = 0;
    while (n < rest->n && !is_blank(rest->p[n]))
        n++;
    struct bw_str word = bw_str_take(*rest, n);
    *rest = bw_str_from(*rest, n);
    return word;
}

static bool cut_prefix(struct bw_str *s, struct bw_str prefix)
{
    if (!bw_str_starts(*s, prefix))
        return false;
    *s = bw_str_from(*s, prefix.n);
    return true;
}

static size_t own_words(struct bw_reading *reading, struct bw_str rest,
                        const struct bw_ignore *where)
{
    struct bw_ignore ignore = *where;
    struct bw_str ids = cut_word(&rest), id;
    size_t n = 0;
    ignore.reason = bw_str_trim(rest);
    struct bw_str word = cut_word(&rest);
    if (cut_prefix(&word, BW_STR("until="))) {
        ignore.until = word;
        ignore.reason = bw_str_trim(rest);
    }
    while (bw_str_split(&ids, ',', &id)) {
        ignore.id = id;
        if (!id.n)
            continue;
        bw_reading_ignore(reading, &ignore);
        n++;
    }
    return n;
}

static size_t trivy_words(struct bw_reading *reading, struct bw_str rest,
                          const struct bw_ignore *where)
{
    size_t n = 0;
    while (bw_str_trim(rest).n) {
        struct bw_ignore ignore = *where;
        struct bw_str word = cut_word(&rest), after = rest, expiry = cut_word(&after);
        if (!cut_prefix(&word, BW_STR("trivy:ignore:")) || !word.n)
            continue;
        ignore.id = bw_str_take(word, bw_str_find(word, '['));
        if (cut_prefix(&expiry, BW_STR("exp:")))
            ignore.until = expiry;
        bw_reading_ignore(reading, &ignore);
        n++;
    }
    return n;
}

size_t bw_ignore_comment(struct bw_reading *reading, struct bw_str comment,
                         const struct bw_ignore *where)
{
    comment = bw_str_trim(comment);
    if (cut_prefix(&comment, BW_STR("bulwark:ignore")))
        return comment.n && is_blank(comment.p[0]) ? own_words(reading, comment, where) : 0;
    if (bw_str_starts(comment, BW_STR("trivy:ignore:")))
        return trivy_words(reading, comment, where);
    return 0;
}

/* --- in YAML --- */

struct open_comment {
    struct bw_str comment;
    uint32_t line, first;
    int64_t level; /* it ends before a line that is no deeper; -1: with the document */
};

struct scan {
    struct bw_reading *reading;
    uint32_t file;
    struct open_comment open[OPEN_MAX]; /* deeper ones on top */
    size_t open_n, waiting;             /* the topmost `waiting` ones wait for their line */
    uint32_t line, last;                /* last: of content */
    bool content;                       /* the document has some already */
};

/* The comment of a line that may waive something; p is NULL where there is none. */
static struct bw_str find_comment(struct bw_str line)
{
    size_t at = 0;
    for (struct bw_str rest = line; (at = bw_str_find(rest, '#')) != SIZE_MAX;) {
        const char *hash = rest.p + at;
        bool begins = hash == line.p || is_blank(hash[-1]);
        struct bw_str comment = bw_str_trim(bw_str_from(rest, at + 1));
        if (begins && (bw_str_starts(comment, BW_STR("bulwark:ignore")) ||
                       bw_str_starts(comment, BW_STR("trivy:ignore:"))))
            return comment;
        rest = bw_str_from(rest, at + 1);
        if (!rest.n)
            break;
    }
    return (struct bw_str){0};
}

/* Ends the comments that are for lines of that level and deeper ones. */
static void close_deeper(struct scan *scan, int64_t level)
{
    while (scan->open_n && scan->open[scan->open_n - 1].level >= level) {
        const struct open_comment *open = &scan->open[--scan->open_n];
        struct bw_ignore where = {
            .file = scan->file, .line = open->line, .first = open->first, .last = scan->last};
        bw_ignore_comment(scan->reading, open->comment, &where);
    }
}

static void open_comment(struct scan *scan, struct bw_str comment, uint32_t first, int64_t level)
{
    if (scan->open_n == OPEN_MAX)
        return; /* one waiver fewer */
    scan->open[scan->open_n++] = (struct open_comment){comment, scan->line, first, level};
}

static void end_document(struct scan *scan)
{
    scan->open_n -= scan->waiting;
    scan->waiting = 0;
    close_deeper(scan, -1);
    scan->content = false;
}

static void content_line(struct scan *scan, int64_t level, struct bw_str comment)
{
    /* Those that wait are for this line, and the ones below them end where it begins. */
    struct open_comment waiting[OPEN_MAX];
    size_t n = scan->waiting;
    scan->open_n -= n;
    memcpy(waiting, scan->open + scan->open_n, n * sizeof waiting[0]);
    scan->waiting = 0;
    close_deeper(scan, level);
    for (size_t i = 0; i < n; i++) {
        waiting[i].first = scan->line;
        waiting[i].level = scan->content ? level : -1;
        scan->open[scan->open_n++] = waiting[i];
    }
    if (comment.p)
        open_comment(scan, comment, scan->line, level);
    scan->content = true;
    scan->last = scan->line;
}

static bool is_marker(struct bw_str line)
{
    return (bw_str_starts(line, BW_STR("---")) || bw_str_starts(line, BW_STR("..."))) &&
           (line.n == 3 || is_blank(line.p[3]));
}

static void scan_line(struct scan *scan, struct bw_str line)
{
    struct bw_str bare = bw_str_trim(line), comment = find_comment(bare);
    int64_t indent = 0;
    while ((size_t)indent < line.n && line.p[indent] == ' ')
        indent++;
    /* A sequence may stand as far left as the key that it belongs to, and is deeper. */
    int64_t level = 2 * indent + bw_str_starts(bare, BW_STR("-"));
    if (is_marker(line)) {
        end_document(scan);
    } else if (bw_str_starts(bare, BW_STR("#"))) {
        size_t before = scan->open_n;
        if (comment.p)
            open_comment(scan, comment, 0, INT64_MAX);
        scan->waiting += scan->open_n - before;
    } else if (bare.n) {
        content_line(scan, level, comment);
    }
}

void bw_ignore_yaml(struct bw_reading *reading, uint32_t file, struct bw_str text)
{
    struct scan scan = {.reading = reading, .file = file};
    struct bw_str line;
    /* Most texts waive nothing. */
    if (bw_str_find_str(text, BW_STR("bulwark:ignore")) == SIZE_MAX &&
        bw_str_find_str(text, BW_STR("trivy:ignore:")) == SIZE_MAX)
        return;
    while (bw_str_line(&text, &line)) {
        scan.line++;
        scan_line(&scan, line);
    }
    end_document(&scan);
}
