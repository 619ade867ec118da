/* What comments say that findings may stand: bulwark's own and those of the tools that people know.
 */
#include "extract/dockerfile-build.h"

#define WAITING_MAX ((size_t)1000)

/* A longer comment says nothing to us. */
#define COMMENT_MAX ((size_t)4096)

static void file_wide(struct bw_dockerfile_build *build, struct bw_ignore ignore)
{
    if (ignore.id.n)
        bw_reading_ignore(build->reading, &ignore);
}

static void next_one(struct bw_dockerfile_build *build, struct bw_ignore ignore)
{
    struct bw_ignore *slot = ignore.id.n ? BW_VEC_PUSH(&build->waiting, WAITING_MAX) : NULL;
    if (slot)
        *slot = ignore;
}

typedef void scope(struct bw_dockerfile_build *build, struct bw_ignore ignore);

/* Takes a word off the front, at blanks. */
static struct bw_str take_word(struct bw_str *rest)
{
    *rest = bw_str_trim(*rest);
    struct bw_str word = *rest;
    for (word.n = 0; word.n < rest->n && rest->p[word.n] != ' ' && rest->p[word.n] != '\t';)
        word.n++;
    *rest = bw_str_trim(bw_str_from(*rest, word.n));
    return word;
}

static bool take_prefix(struct bw_str *text, const char *prefix)
{
    if (!bw_str_starts(*text, bw_str(prefix)))
        return false;
    *text = bw_str_from(*text, strlen(prefix));
    return true;
}

static void each_id(struct bw_dockerfile_build *build, struct bw_str ids, struct bw_ignore ignore,
                    scope *to)
{
    struct bw_str id;
    while (bw_str_split(&ids, ',', &id)) {
        ignore.id = bw_str_trim(id);
        to(build, ignore);
    }
}

/* "hadolint ignore=A,B", "hadolint global ignore=A", "hadolint shell=bash". */
static void hadolint(struct bw_dockerfile_build *build, struct bw_str text, struct bw_ignore ignore)
{
    text = bw_str_trim(text);
    bool global = take_prefix(&text, "global ");
    text = bw_str_trim(text);
    if (take_prefix(&text, "ignore="))
        each_id(build, text, ignore, global ? file_wide : next_one);
    else if (take_prefix(&text, "shell="))
        build->pragma_shell = take_word(&text);
}

/* "trivy:ignore:ID", with ":exp:DATE" behind it; several in a line. */
static void trivy(struct bw_dockerfile_build *build, struct bw_str text, struct bw_ignore ignore)
{
    while (text.n) {
        struct bw_str word = take_word(&text);
        take_prefix(&word, "#");
        if (!take_prefix(&word, "trivy:ignore:") && !take_prefix(&word, "tfsec:ignore:"))
            continue;
        size_t until = bw_str_find_str(word, BW_STR(":exp:"));
        ignore.id = bw_str_take(word, until);
        ignore.until = until == SIZE_MAX ? BW_STR("") : bw_str_from(word, until + 5);
        next_one(build, ignore);
    }
}

/* "checkov:skip=ID:reason", for the file. */
static void checkov(struct bw_dockerfile_build *build, struct bw_str text, struct bw_ignore ignore)
{
    size_t colon = bw_str_find(text, ':');
    ignore.id = bw_str_trim(bw_str_take(text, colon));
    if (colon != SIZE_MAX)
        ignore.reason = bw_str_trim(bw_str_from(text, colon + 1));
    file_wide(build, ignore);
}

/* "bulwark:ignore ID[,ID] [until=YYYY-MM-DD] reason". */
static void bulwark(struct bw_dockerfile_build *build, struct bw_str text, struct bw_ignore ignore)
{
    struct bw_str ids = take_word(&text), rest = text, until = take_word(&rest);
    if (take_prefix(&until, "until=")) {
        ignore.until = until;
        text = rest;
    }
    ignore.reason = text;
    each_id(build, ids, ignore, next_one);
}

/* "check=skip=A,B // reason", for the instruction behind it. */
static void buildkit(struct bw_dockerfile_build *build, struct bw_str ids, struct bw_ignore ignore)
{
    size_t slashes = bw_str_find_str(ids, BW_STR("//"));
    if (slashes != SIZE_MAX)
        ignore.reason = bw_str_trim(bw_str_from(ids, slashes + 2));
    each_id(build, bw_str_take(ids, slashes), ignore, next_one);
}

void bw_dockerfile_comment(struct bw_dockerfile_build *build, struct bw_str text, uint32_t line)
{
    const struct bw_ignore ignore = {.reason = BW_STR(""), .until = BW_STR(""), .line = line};
    if (text.n > COMMENT_MAX)
        return;
    text = bw_str_trim(text);
    if (take_prefix(&text, "hadolint "))
        hadolint(build, text, ignore);
    else if (bw_str_starts(text, BW_STR("trivy:ignore:")))
        trivy(build, text, ignore);
    else if (take_prefix(&text, "checkov:skip="))
        checkov(build, text, ignore);
    else if (take_prefix(&text, "check=skip="))
        buildkit(build, text, ignore);
    else if (take_prefix(&text, "bulwark:ignore "))
        bulwark(build, text, ignore);
}

/* "check=skip=A,B;error=true". */
void bw_dockerfile_check_directive(struct bw_dockerfile_build *build, struct bw_str value,
                                   uint32_t line)
{
    const struct bw_ignore ignore = {.reason = BW_STR(""), .until = BW_STR(""), .line = line};
    struct bw_str part;
    while (bw_str_split(&value, ';', &part)) {
        part = bw_str_trim(part);
        if (take_prefix(&part, "skip="))
            each_id(build, part, ignore, file_wide);
    }
}

void bw_dockerfile_comments_end(struct bw_dockerfile_build *build, uint32_t first, uint32_t last)
{
    for (size_t i = 0; i < build->waiting.n; i++) {
        build->waiting.v[i].first = first;
        build->waiting.v[i].last = last;
        bw_reading_ignore(build->reading, &build->waiting.v[i]);
    }
    build->waiting.n = 0;
    build->comments_n = 0;
}
