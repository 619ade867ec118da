/*
 * Most images keep their package databases where the parsers' patterns say. Where a link leads
 * elsewhere, the file it leads to is not known until all layers are: then the layers are read once
 * more, for those files alone.
 */
#include <stdio.h>

#include "base/map.h"
#include "extract/parser.h"
#include "scan/target.h"

#define ROUNDS_MAX   4u
#define REQUESTS_MAX 200000u

struct look {
    struct bw_target *target;
    bool locks;
    struct bw_map asked; /* "PATTERN NUL PARSER" of all rounds */
    struct bw_buf list;  /* of this round */
};

static int ask(struct look *look, struct bw_str pattern, const struct bw_parser *parser,
               struct bw_err *err)
{
    struct bw_str key = bw_arena_printf(look->target->scan->arena, "%" BW_STR_F "%c%s",
                                        BW_STR_A(pattern), 0, parser->name);
    struct bw_map_item *item = key.p ? bw_map_at(&look->asked, key) : NULL;
    if (!item)
        return bw_err_set(err, BW_ELIMIT, "more than %u links to package databases", REQUESTS_MAX);
    if (item->value)
        return 0;
    item->value = look;
    bw_buf_str(&look->list, key);
    bw_buf_byte(&look->list, 0);
    return bw_buf_failed(&look->list) ? bw_err_set(err, BW_ENOMEM, "out of memory") : 0;
}

static void report_loop(struct look *look, struct bw_str path, const struct bw_parser *parser)
{
    bw_target_gap(look->target, BW_GAP_BLOCKING, path, bw_str(parser->what),
                  BW_STR("following the symbolic links at this path does not end"));
}

/* `path` is an exact pattern, or the directory of one whose last component has a '*'. */
static int follow(struct look *look, struct bw_str path, struct bw_str rest,
                  const struct bw_parser *parser, struct bw_err *err)
{
    enum bw_resolution resolution;
    const struct bw_view_entry *entry;
    struct bw_str at;
    int rc = bw_view_resolve(look->target->view, path, &resolution, &at, &entry, err);
    if (rc || bw_str_eq(at, path))
        return rc;
    if (resolution == BW_RESOLUTION_LOOP) {
        report_loop(look, path, parser);
        return 0;
    }
    if (rest.n) {
        at = bw_arena_printf(look->target->scan->arena, "%" BW_STR_F "%" BW_STR_F, BW_STR_A(at),
                             BW_STR_A(rest));
        if (!at.p)
            return bw_err_set(err, BW_ENOMEM, "out of memory");
    } else if (resolution == BW_RESOLUTION_FOUND && entry->file.type == BW_FILE_DIRECTORY) {
        return 0;
    }
    /* Read it was, but perhaps by a parser that takes it for something else. */
    return bw_parser_for(at, look->locks) == parser ? 0 : ask(look, at, parser, err);
}

static int follow_pattern(struct look *look, struct bw_str pattern, const struct bw_parser *parser,
                          struct bw_err *err)
{
    size_t star = bw_str_find(pattern, '*');
    if (star == SIZE_MAX)
        return follow(look, pattern, (struct bw_str){0}, parser, err);
    size_t slash = bw_str_rfind(bw_str_take(pattern, star), '/');
    if (slash == SIZE_MAX)
        return 0;
    return follow(look, bw_str_take(pattern, slash), bw_str_from(pattern, slash), parser, err);
}

/* Package managers link the files of a package from a store of theirs, where they have other names:
 * what was read, and by which parser, was decided by the name that came first in the layer. */
static int follow_hard_link(struct look *look, const struct bw_view_entry *link, struct bw_err *err)
{
    const struct bw_parser *parser = bw_parser_for(link->path, look->locks);
    if (!parser || bw_parser_for(link->file.link, look->locks) == parser)
        return 0;
    return bw_view_visible(look->target->view, link) ? ask(look, link->file.link, parser, err) : 0;
}

static int follow_hard_links(struct look *look, struct bw_err *err)
{
    const struct bw_view *view = look->target->view;
    int rc = 0;
    for (size_t i = 0; i < bw_view_paths(view) && rc == 0; i++)
        for (const struct bw_view_entry *e = bw_view_path(view, i); e && rc == 0; e = e->older)
            if (e->file.type == BW_FILE_HARDLINK)
                rc = follow_hard_link(look, e, err);
    return rc;
}

static int follow_all(struct look *look, struct bw_err *err)
{
    int rc = follow_hard_links(look, err);
    for (const struct bw_parser *const *parser = bw_parsers; *parser; parser++)
        for (const char *const *pattern = (*parser)->paths; *pattern && rc == 0; pattern++)
            rc = follow_pattern(look, bw_str(*pattern), *parser, err);
    return rc;
}

static int read_again(struct look *look, struct bw_err *err)
{
    struct bw_str wanted = bw_buf_slice(&look->list);
    switch (look->target->image.form) {
    case BW_FORM_BLOBS:
        return bw_target_read_layers(look->target, wanted, true, err);
    case BW_FORM_TREES:
        return bw_target_read_trees(look->target, wanted, true, err);
    default:
        return bw_target_read_stream(look->target, wanted, true, err);
    }
}

int bw_target_second_look(struct bw_target *target, struct bw_err *err)
{
    struct look look = {.target = target,
                        .locks = target->scan->options.locks ||
                                 target->image.subject.kind == BW_SUBJECT_SOURCE,
                        .asked = BW_MAP(REQUESTS_MAX),
                        .list = BW_BUF((size_t)64 << 20)};
    int rc = 0;
    for (unsigned round = 0; round < ROUNDS_MAX && rc == 0; round++) {
        bw_buf_clear(&look.list);
        rc = follow_all(&look, err);
        if (rc || look.list.n == 0)
            break;
        rc = read_again(&look, err);
    }
    bw_map_free(&look.asked);
    bw_buf_free(&look.list);
    return rc;
}
