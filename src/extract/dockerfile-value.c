#include <stdarg.h>
#include <stdio.h>

#include "extract/dockerfile-build.h"

/* Set for every build without anybody declaring them; only before FROM is that enough. */
static const char *const platform_args[] = {
    "BUILDPLATFORM", "BUILDOS",        "BUILDOSVERSION", "BUILDARCH",
    "BUILDVARIANT",  "TARGETPLATFORM", "TARGETOS",       "TARGETOSVERSION",
    "TARGETARCH",    "TARGETVARIANT",  "TARGETSTAGE",
};

uint32_t bw_dockerfile_source_place(struct bw_dockerfile_build *build, size_t source)
{
    struct bw_text_mark mark = bw_text_map_find(&build->map, source);
    return bw_reading_place(build->reading, 0, mark.line, mark.column);
}

uint32_t bw_dockerfile_place(struct bw_dockerfile_build *build, size_t at)
{
    return bw_dockerfile_source_place(build, bw_text_source(build->line.spans, at));
}

struct bw_value bw_dockerfile_text(struct bw_dockerfile_build *build, struct bw_str text,
                                   uint32_t place)
{
    struct bw_value value = bw_value_string(build->make, text);
    value.place = place;
    return value;
}

struct bw_value bw_dockerfile_raw(struct bw_dockerfile_build *build,
                                  const struct bw_dockerfile_word *word)
{
    return bw_dockerfile_text(build, word->text, bw_dockerfile_place(build, word->at));
}

struct bw_value bw_dockerfile_unknown(struct bw_dockerfile_build *build, uint32_t place)
{
    struct bw_value value =
        bw_value_unknown(build->make, BW_UNKNOWN_MISSING, bw_str(build->unknown));
    value.place = place;
    return value;
}

static void tell(struct bw_dockerfile_build *build, enum bw_gap_class class, const char *why,
                 va_list args) BW_PRINTF(3, 0);

static void tell(struct bw_dockerfile_build *build, enum bw_gap_class class, const char *why,
                 va_list args)
{
    char text[BW_ERR_MSG_MAX];
    vsnprintf(text, sizeof text, why, args);
    if (build->bad == BW_DOCKERFILE_BAD_MAX) {
        class = BW_GAP_BLOCKING;
        snprintf(text, sizeof text, "more than %u are wrong: no more of them are named",
                 BW_DOCKERFILE_BAD_MAX);
    }
    if (build->bad++ <= BW_DOCKERFILE_BAD_MAX)
        bw_reading_gap(build->reading, class, build->line.first, BW_STR("an instruction"), "%s",
                       text);
}

void bw_dockerfile_bad(struct bw_dockerfile_build *build, const char *why, ...)
{
    va_list args;
    va_start(args, why);
    tell(build, BW_GAP_BLOCKING, why, args);
    va_end(args);
}

void bw_dockerfile_refused(struct bw_dockerfile_build *build, const char *why, ...)
{
    va_list args;
    va_start(args, why);
    tell(build, BW_GAP_NOTE, why, args);
    va_end(args);
}

void bw_dockerfile_warn(struct bw_dockerfile_build *build, const char *rule, const char *message,
                        ...)
{
    char text[BW_ERR_MSG_MAX];
    struct bw_value warning = bw_value_map(build->make, 3);
    va_list args;
    if (bw_value_count(build->warnings) >= BW_DOCKERFILE_WARNINGS_MAX)
        return;
    va_start(args, message);
    vsnprintf(text, sizeof text, message, args);
    va_end(args);
    warning.place = bw_dockerfile_place(build, 0);
    bw_value_set(build->make, &warning, "rule", bw_value_string(build->make, bw_str(rule)));
    bw_value_set(build->make, &warning, "message", bw_value_string(build->make, bw_str(text)));
    bw_value_set(build->make, &warning, "line", bw_value_int(build->line.first));
    bw_value_add(build->make, &build->warnings, warning);
}

/* --- variables --- */

static bool is_platform_arg(struct bw_str name)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(platform_args); i++)
        if (bw_str_eq(name, bw_str(platform_args[i])))
            return true;
    return false;
}

static enum bw_expand_answer answer(struct bw_dockerfile_build *build, struct bw_value value,
                                    struct bw_str *ret_value)
{
    if (value.kind == BW_VALUE_UNKNOWN) {
        snprintf(build->unknown, sizeof build->unknown, "%" BW_STR_F, BW_STR_A(value.unknown->why));
        return BW_EXPAND_NOT_KNOWN;
    }
    *ret_value = bw_value_text(value);
    return BW_EXPAND_SET;
}

static enum bw_expand_answer not_known(struct bw_dockerfile_build *build, struct bw_str name,
                                       const char *why)
{
    name = bw_text_brief(name);
    snprintf(build->unknown, sizeof build->unknown, "the value of %" BW_STR_F " %s", BW_STR_A(name),
             why);
    return BW_EXPAND_NOT_KNOWN;
}

static void note_undefined(struct bw_dockerfile_build *build, struct bw_str name)
{
    for (uint32_t i = 0; i < bw_value_count(build->undefined); i++)
        if (bw_str_eq(bw_value_text(bw_value_index(build->undefined, i)), name))
            return;
    if (bw_value_count(build->undefined) < BW_DOCKERFILE_COMMENTS_MAX)
        bw_value_add(build->make, &build->undefined, bw_value_string(build->make, name));
}

/* Before FROM and in it: the arguments before FROM, and those of the platform. */
static enum bw_expand_answer get_global(struct bw_dockerfile_build *build, struct bw_str name,
                                        struct bw_str *ret_value)
{
    struct bw_value value = bw_value_get(build->global_args, name);
    if (value.kind != BW_VALUE_ABSENT)
        return answer(build, value, ret_value);
    if (is_platform_arg(name))
        return not_known(build, name, "is the platform's");
    note_undefined(build, name);
    return BW_EXPAND_UNSET;
}

static enum bw_expand_answer get(void *ctx, struct bw_str name, struct bw_str *ret_value)
{
    struct bw_dockerfile_build *build = ctx;
    const struct bw_dockerfile_stage *stage =
        build->stages.n ? &build->stages.v[build->stages.n - 1] : NULL;
    if (!build->expand)
        return not_known(build, name, "is that of another build");
    if (!stage || build->it.keyword == BW_DOCKERFILE_FROM)
        return get_global(build, name, ret_value);
    struct bw_value value = bw_value_get(stage->env, name);
    if (value.kind == BW_VALUE_ABSENT)
        value = bw_value_get(stage->args, name);
    if (value.kind != BW_VALUE_ABSENT)
        return answer(build, value, ret_value);
    if (stage->scratch && bw_str_eq(name, BW_STR("PATH"))) {
        *ret_value = BW_STR("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        return BW_EXPAND_SET;
    }
    if (!bw_str_eq(name, BW_STR("PATH"))) /* every image has one */
        note_undefined(build, name);
    if (stage->scratch)
        return BW_EXPAND_UNSET;
    return not_known(build, name, "may be set by the base image");
}

/* --- expansion --- */

static bool may_expand(struct bw_dockerfile_build *build)
{
    if (build->expanded < BW_DOCKERFILE_EXPANDED_MAX)
        return true;
    if (!build->limit_told)
        bw_dockerfile_bad(build, "the words of the file expand to more than %zu MiB",
                          BW_DOCKERFILE_EXPANDED_MAX >> 20);
    build->limit_told = true;
    return false;
}

static bool fail(struct bw_dockerfile_build *build, const struct bw_err *err)
{
    bw_dockerfile_bad(build, "%s", err->msg);
    snprintf(build->unknown, sizeof build->unknown, "it cannot be expanded: %" BW_STR_F,
             BW_STR_A(bw_text_brief(bw_str(err->msg))));
    return false;
}

static struct bw_expand expander(struct bw_dockerfile_build *build)
{
    return (struct bw_expand){.escape = build->lines.escape, .ctx = build, .get = get};
}

bool bw_dockerfile_expand(struct bw_dockerfile_build *build, struct bw_str text)
{
    const struct bw_expand expand = expander(build);
    struct bw_err err;
    bw_buf_clear(&build->word);
    snprintf(build->unknown, sizeof build->unknown, "too much to be expanded");
    if (!may_expand(build))
        return false;
    if (bw_expand_word(&expand, text, &build->word, &err))
        return fail(build, &err);
    build->expanded += build->word.n + text.n;
    return true;
}

struct bw_value bw_dockerfile_value(struct bw_dockerfile_build *build, struct bw_str text,
                                    uint32_t place)
{
    if (bw_str_find(text, BW_EXPAND_UNKNOWN) != SIZE_MAX)
        return bw_dockerfile_unknown(build, place);
    return bw_dockerfile_text(build, text, place);
}

struct bw_value bw_dockerfile_expanded(struct bw_dockerfile_build *build, struct bw_str text,
                                       size_t at)
{
    uint32_t place = bw_dockerfile_place(build, at);
    if (!bw_dockerfile_expand(build, text))
        return bw_dockerfile_unknown(build, place);
    return bw_dockerfile_value(build, bw_buf_slice(&build->word), place);
}

static bool expand_to_parts(struct bw_dockerfile_build *build, struct bw_str text,
                            struct bw_expand_parts *parts)
{
    const struct bw_expand expand = expander(build);
    struct bw_err err;
    bw_buf_clear(&build->word);
    snprintf(build->unknown, sizeof build->unknown, "too much to be expanded");
    if (!may_expand(build))
        return false;
    if (bw_expand_words(&expand, text, &build->word, parts, &err))
        return fail(build, &err);
    build->expanded += build->word.n + text.n;
    return true;
}

void bw_dockerfile_expand_words(struct bw_dockerfile_build *build,
                                const struct bw_dockerfile_word *word, struct bw_value *list)
{
    uint32_t place = bw_dockerfile_place(build, word->at);
    struct bw_expand_parts parts = {0};
    if (!expand_to_parts(build, word->text, &parts)) {
        bw_value_add(build->make, list, bw_dockerfile_unknown(build, place));
        parts.n = 0;
    }
    for (size_t i = 0; i < parts.n; i++) {
        struct bw_str part = bw_str_from(bw_buf_slice(&build->word), parts.v[i].start);
        part = bw_str_take(part, parts.v[i].end - parts.v[i].start);
        bw_value_add(build->make, list, bw_dockerfile_value(build, part, place));
    }
    BW_VEC_FREE(&parts);
}

bool bw_dockerfile_flag(const struct bw_dockerfile_build *build, const char *name,
                        struct bw_str *ret_value, size_t *ret_at)
{
    for (size_t i = 0; i < build->it.flags.n; i++) {
        const struct bw_dockerfile_word *flag = &build->it.flags.v[i];
        struct bw_str text = bw_str_from(flag->text, 2);
        size_t equals = bw_str_find(text, '=');
        if (!bw_str_eq(bw_str_take(text, equals), bw_str(name)))
            continue;
        *ret_value = equals == SIZE_MAX ? BW_STR("") : bw_str_from(text, equals + 1);
        *ret_at = flag->at + (equals == SIZE_MAX ? 0 : 2 + equals + 1);
        return true;
    }
    return false;
}
