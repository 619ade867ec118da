#include "wrap/pcre2.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

struct bw_regex {
    pcre2_code *code;
};

struct bw_regex_room {
    pcre2_match_data *data;
    pcre2_match_context *context;
};

int bw_regex_compile(struct bw_regex **ret_regex, const char *pattern, struct bw_err *err)
{
    struct bw_regex *regex = calloc(1, sizeof *regex);
    if (!regex)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    int code = 0;
    PCRE2_SIZE at = 0;
    regex->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_MULTILINE, &code,
                                &at, NULL);
    if (!regex->code) {
        bw_regex_free(regex);
        return bw_err_set(err, BW_EFORMAT, "the pattern is wrong at offset %zu (PCRE2 error %d)",
                          (size_t)at, code);
    }
    *ret_regex = regex;
    return 0;
}

void bw_regex_free(struct bw_regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    free(regex);
}

void bw_regex_freep(struct bw_regex **regex)
{
    bw_regex_free(*regex);
    *regex = NULL;
}

struct bw_regex_room *bw_regex_room_new(void)
{
    struct bw_regex_room *room = calloc(1, sizeof *room);
    if (!room)
        return NULL;
    room->data = pcre2_match_data_create(2, NULL);
    room->context = pcre2_match_context_create(NULL);
    if (!room->data || !room->context) {
        bw_regex_room_free(room);
        return NULL;
    }
    pcre2_set_match_limit(room->context, BW_REGEX_STEPS_MAX);
    pcre2_set_depth_limit(room->context, BW_REGEX_DEPTH_MAX);
    pcre2_set_heap_limit(room->context, BW_REGEX_HEAP_MAX);
    return room;
}

void bw_regex_room_free(struct bw_regex_room *room)
{
    if (!room)
        return;
    pcre2_match_context_free(room->context);
    pcre2_match_data_free(room->data);
    free(room);
}

int bw_regex_search(const struct bw_regex *regex, struct bw_regex_room *room, struct bw_str subject,
                    size_t from, struct bw_regex_match *ret_match, struct bw_err *err)
{
    if (from > subject.n)
        return 0;
    int rc = pcre2_match(regex->code, (PCRE2_SPTR)(subject.p ? subject.p : ""), subject.n, from, 0,
                         room->data, room->context);
    if (rc == PCRE2_ERROR_NOMATCH)
        return 0;
    if (rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT)
        return bw_err_set(err, BW_ELIMIT, "a search took more steps or memory than it may");
    if (rc < 0)
        return bw_err_set(err, BW_EINTERNAL, "PCRE2 failed with code %d", rc);
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(room->data);
    bool group = (rc == 0 || rc > 1) && at[2] != PCRE2_UNSET;
    *ret_match = (struct bw_regex_match){
        .start = at[0],
        .end = at[1],
        .group_start = at[group ? 2 : 0],
        .group_end = at[group ? 3 : 1],
    };
    return 1;
}
