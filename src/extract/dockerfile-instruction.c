#include "extract/dockerfile-build.h"

static void set(struct bw_dockerfile_build *build, struct bw_value *map, const char *key,
                struct bw_value value)
{
    bw_value_set(build->make, map, key, value);
}

/* --- what every instruction has --- */

static struct bw_value flags(struct bw_dockerfile_build *build)
{
    struct bw_value list = bw_value_list(build->make, (uint32_t)build->it.flags.n);
    for (size_t i = 0; i < build->it.flags.n; i++) {
        struct bw_dockerfile_word name = build->it.flags.v[i], value = name;
        size_t equals = bw_str_find(name.text, '=');
        struct bw_value flag = bw_value_map(build->make, 2);
        value.text = equals == SIZE_MAX ? BW_STR("") : bw_str_from(name.text, equals + 1);
        value.at += equals == SIZE_MAX ? 0 : (uint32_t)equals + 1;
        name.text = bw_str_from(bw_str_take(name.text, equals), 2);
        flag.place = bw_dockerfile_place(build, name.at);
        set(build, &flag, "name", bw_dockerfile_text(build, name.text, flag.place));
        set(build, &flag, "value", bw_dockerfile_raw(build, &value));
        bw_value_add(build->make, &list, flag);
    }
    return list;
}

static struct bw_value without_tabs(struct bw_dockerfile_build *build, struct bw_str body)
{
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(body.n);
    bool begins = true; /* nothing but tabs so far in this line */
    for (size_t i = 0; i < body.n; i++) {
        begins = begins && body.p[i] == '\t';
        if (!begins)
            bw_buf_byte(&buf, (uint8_t)body.p[i]);
        begins = begins || body.p[i] == '\n';
    }
    return bw_value_string(build->make, bw_buf_slice(&buf));
}

static struct bw_value heredocs(struct bw_dockerfile_build *build)
{
    struct bw_value list = bw_value_list(build->make, (uint32_t)build->it.heredocs.n);
    for (size_t i = 0; i < build->it.heredocs.n; i++) {
        const struct bw_dockerfile_heredoc *heredoc = &build->it.heredocs.v[i];
        struct bw_value value = bw_value_map(build->make, 4);
        struct bw_value content = heredoc->chomp ? without_tabs(build, heredoc->body)
                                                 : bw_value_string(build->make, heredoc->body);
        content.place =
            bw_dockerfile_source_place(build, (size_t)(heredoc->body.p - build->map.text.p));
        set(build, &value, "name", bw_value_string(build->make, heredoc->name));
        set(build, &value, "content", content);
        set(build, &value, "expand", bw_value_bool(heredoc->expand));
        set(build, &value, "chomp", bw_value_bool(heredoc->chomp));
        bw_value_add(build->make, &list, value);
    }
    return list;
}

static struct bw_value comments(struct bw_dockerfile_build *build)
{
    struct bw_value list = bw_value_list(build->make, (uint32_t)build->comments_n);
    for (size_t i = 0; i < build->comments_n; i++)
        bw_value_add(build->make, &list, bw_value_string(build->make, build->comments[i]));
    return list;
}

static struct bw_value head(struct bw_dockerfile_build *build)
{
    const struct bw_dockerfile_instruction *it = &build->it;
    struct bw_value map = bw_value_map(build->make, 20);
    map.place = bw_dockerfile_place(build, it->original.at);
    struct bw_value keyword = bw_dockerfile_raw(build, &it->original);
    set(build, &map, "original", keyword);
    if (it->keyword != BW_DOCKERFILE_UNKNOWN)
        keyword =
            bw_dockerfile_text(build, bw_str(bw_dockerfile_keywords[it->keyword]), keyword.place);
    set(build, &map, "keyword", keyword);
    set(build, &map, "text", bw_dockerfile_raw(build, &it->text));
    set(build, &map, "line", bw_value_int(build->line.first));
    set(build, &map, "endLine", bw_value_int(build->lines.line));
    set(build, &map, "onbuild", bw_value_bool(it->onbuild.text.n));
    set(build, &map, "json", bw_value_bool(it->json));
    set(build, &map, "flags", flags(build));
    set(build, &map, "heredocs", heredocs(build));
    set(build, &map, "comments", comments(build));
    return map;
}

/* --- arguments --- */

/* "NAME=value" of ENV and LABEL, where it is written so. */
static struct bw_value raw_pairs(struct bw_dockerfile_build *build)
{
    struct bw_value list = bw_value_list(build->make, (uint32_t)build->it.args.n / 2);
    for (size_t i = 0; i + 1 < build->it.args.n; i += 2) {
        struct bw_dockerfile_word pair = build->it.args.v[i];
        pair.text.n += 1 + build->it.args.v[i + 1].text.n;
        bw_value_add(build->make, &list, bw_dockerfile_raw(build, &pair));
    }
    return list;
}

static struct bw_value raw_args(struct bw_dockerfile_build *build)
{
    enum bw_dockerfile_keyword keyword = build->it.keyword;
    if ((keyword == BW_DOCKERFILE_ENV || keyword == BW_DOCKERFILE_LABEL) && !build->it.legacy)
        return raw_pairs(build);
    struct bw_value list = bw_value_list(build->make, (uint32_t)build->it.args.n);
    for (size_t i = 0; i < build->it.args.n; i++)
        bw_value_add(build->make, &list, bw_dockerfile_raw(build, &build->it.args.v[i]));
    return list;
}

static struct bw_value expanded_args(struct bw_dockerfile_build *build)
{
    struct bw_value list = bw_value_list(build->make, (uint32_t)build->it.args.n);
    for (size_t i = 0; i < build->it.args.n; i++) {
        const struct bw_dockerfile_word *word = &build->it.args.v[i];
        if (build->it.keyword == BW_DOCKERFILE_EXPOSE)
            bw_dockerfile_expand_words(build, word, &list);
        else
            bw_value_add(build->make, &list, bw_dockerfile_expanded(build, word->text, word->at));
    }
    return list;
}

/* --- ENV, LABEL, ARG --- */

static struct bw_value pair(struct bw_dockerfile_build *build, struct bw_str name, size_t name_at,
                            const struct bw_dockerfile_word *value)
{
    struct bw_value map = bw_value_map(build->make, 3);
    map.place = bw_dockerfile_place(build, name_at);
    set(build, &map, "name", bw_dockerfile_expanded(build, name, name_at));
    if (value)
        set(build, &map, "value", bw_dockerfile_expanded(build, value->text, value->at));
    set(build, &map, "legacy", bw_value_bool(build->it.legacy));
    return map;
}

/* "NAME=value" of a pair; UNKNOWN where either is. */
static struct bw_value joined(struct bw_dockerfile_build *build, struct bw_value map)
{
    struct bw_value name = bw_value_get(map, BW_STR("name"));
    struct bw_value value = bw_value_get(map, BW_STR("value"));
    if (name.kind == BW_VALUE_UNKNOWN || value.kind == BW_VALUE_ABSENT)
        return name;
    if (value.kind == BW_VALUE_UNKNOWN)
        return value;
    struct bw_str parts[] = {bw_value_text(name), bw_value_text(value)};
    bw_buf_clear(&build->word);
    bw_buf_str(&build->word, parts[0]);
    bw_buf_byte(&build->word, '=');
    bw_buf_str(&build->word, parts[1]);
    return bw_dockerfile_text(build, bw_buf_slice(&build->word), map.place);
}

/* The arguments as they are written, and the pairs. */
static void pairs(struct bw_dockerfile_build *build, struct bw_value *map)
{
    bool names_alone = build->it.keyword == BW_DOCKERFILE_ARG;
    size_t n = build->it.args.n, step = names_alone ? 1 : 2;
    struct bw_value list = bw_value_list(build->make, (uint32_t)(n / step));
    struct bw_value args = bw_value_list(build->make, (uint32_t)(n / step));
    if (!n)
        bw_dockerfile_bad(build, "it has no arguments");
    for (size_t i = 0; i + step <= n; i += step) {
        struct bw_dockerfile_word name = build->it.args.v[i], value;
        size_t equals = names_alone ? bw_str_find(name.text, '=') : SIZE_MAX;
        if (!names_alone)
            value = build->it.args.v[i + 1];
        else if (equals != SIZE_MAX)
            value = (struct bw_dockerfile_word){.text = bw_str_from(name.text, equals + 1),
                                                .at = name.at + (uint32_t)equals + 1};
        bool has_value = !names_alone || equals != SIZE_MAX;
        struct bw_value one =
            pair(build, bw_str_take(name.text, equals), name.at, has_value ? &value : NULL);
        bw_value_add(build->make, &list, one);
        bw_value_add(build->make, &args, joined(build, one));
    }
    set(build, map, "args", args);
    set(build, map, "pairs", list);
}

/* --- EXPOSE, USER, HEALTHCHECK, SHELL --- */

static bool read_ports(struct bw_str text, uint64_t *ret_first, uint64_t *ret_last)
{
    size_t dash = bw_str_find(text, '-');
    if (!bw_str_to_u64(bw_str_take(text, dash), ret_first))
        return false;
    *ret_last = *ret_first;
    if (dash != SIZE_MAX && !bw_str_to_u64(bw_str_from(text, dash + 1), ret_last))
        return false;
    return *ret_first <= *ret_last && *ret_last <= UINT16_MAX;
}

static struct bw_str lower(struct bw_dockerfile_build *build, struct bw_str text)
{
    bw_buf_clear(&build->word);
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bw_buf_byte(&build->word, (uint8_t)(c >= 'A' && c <= 'Z' ? c | 0x20 : c));
    }
    return bw_buf_slice(&build->word);
}

static struct bw_value port(struct bw_dockerfile_build *build, struct bw_value arg)
{
    struct bw_value map = bw_value_map(build->make, 4);
    struct bw_str text = bw_value_text(arg), protocol = BW_STR("tcp");
    uint64_t first, last;
    map.place = arg.place;
    set(build, &map, "original", arg);
    if (arg.kind == BW_VALUE_UNKNOWN) {
        set(build, &map, "port", arg);
        set(build, &map, "endPort", arg);
        set(build, &map, "protocol", arg);
        return map;
    }
    size_t slash = bw_str_find(text, '/'), colon;
    if (slash != SIZE_MAX)
        protocol = bw_str_from(text, slash + 1);
    text = bw_str_take(text, slash);
    colon = bw_str_rfind(text, ':'); /* an address or a host port, which EXPOSE ignores */
    if (!read_ports(bw_str_from(text, colon == SIZE_MAX ? 0 : colon + 1), &first, &last)) {
        bw_dockerfile_bad(build, "\"%" BW_STR_F "\" is no port",
                          BW_STR_A(bw_text_brief(bw_value_text(arg))));
        return (struct bw_value){0};
    }
    set(build, &map, "port", bw_value_int((int64_t)first));
    set(build, &map, "endPort", bw_value_int((int64_t)last));
    set(build, &map, "protocol", bw_value_string(build->make, lower(build, protocol)));
    return map;
}

static void ports(struct bw_dockerfile_build *build, struct bw_value *map, struct bw_value args)
{
    struct bw_value list = bw_value_list(build->make, bw_value_count(args));
    if (!bw_value_count(args))
        bw_dockerfile_bad(build, "it has no arguments");
    for (uint32_t i = 0; i < bw_value_count(args); i++)
        bw_value_add(build->make, &list, port(build, bw_value_index(args, i)));
    set(build, map, "ports", list);
}

static void user(struct bw_dockerfile_build *build, struct bw_value *map)
{
    const struct bw_dockerfile_word *word = &build->it.args.v[0];
    struct bw_value value = bw_value_map(build->make, 2);
    value.place = bw_dockerfile_place(build, word->at);
    if (!bw_dockerfile_expand(build, word->text)) {
        set(build, map, "user", bw_dockerfile_unknown(build, value.place));
        return;
    }
    struct bw_str text = bw_buf_slice(&build->word);
    size_t colon = bw_str_find(text, ':');
    struct bw_str name = bw_str_take(text, colon);
    bool known = bw_str_find(name, BW_EXPAND_UNKNOWN) == SIZE_MAX;
    set(build, &value, "user", bw_dockerfile_value(build, name, value.place));
    if (colon == SIZE_MAX && !known) /* $OWNER may be "me:us" */
        set(build, &value, "group", bw_dockerfile_unknown(build, value.place));
    else
        set(build, &value, "group",
            bw_dockerfile_value(
                build, colon == SIZE_MAX ? BW_STR("") : bw_str_from(text, colon + 1), value.place));
    set(build, map, "user", value);
}

static void health_flag(struct bw_dockerfile_build *build, struct bw_value *map, const char *flag,
                        const char *key)
{
    struct bw_str text;
    uint64_t number;
    size_t at;
    if (!bw_dockerfile_flag(build, flag, &text, &at))
        return;
    uint32_t place = bw_dockerfile_place(build, at);
    struct bw_value value = bw_dockerfile_text(build, text, place);
    if (key[0] == 'r' && bw_str_to_u64(text, &number) && number <= INT32_MAX) {
        value = bw_value_int((int64_t)number);
        value.place = place;
    }
    set(build, map, key, value);
}

static bool healthcheck(struct bw_dockerfile_build *build, struct bw_value *map)
{
    struct bw_value value = bw_value_map(build->make, 8), args = bw_value_list(build->make, 4);
    const struct bw_dockerfile_words *words = &build->it.args;
    struct bw_str type = words->n ? words->v[0].text : BW_STR("");
    bool none = bw_str_eq_nocase(type, BW_STR("NONE"));
    if ((!none && !bw_str_eq_nocase(type, BW_STR("CMD"))) || none != (words->n == 1)) {
        bw_dockerfile_bad(build, "neither \"NONE\" nor \"CMD\" and a command");
        return false;
    }
    value.place = map->place;
    for (size_t i = 1; i < words->n; i++)
        bw_value_add(build->make, &args, bw_dockerfile_raw(build, &words->v[i]));
    type = none ? BW_STR("NONE") : build->it.json ? BW_STR("CMD") : BW_STR("CMD-SHELL");
    set(build, &value, "type", bw_dockerfile_text(build, type, value.place));
    set(build, &value, "args", args);
    health_flag(build, &value, "interval", "interval");
    health_flag(build, &value, "timeout", "timeout");
    health_flag(build, &value, "start-period", "startPeriod");
    health_flag(build, &value, "start-interval", "startInterval");
    health_flag(build, &value, "retries", "retries");
    set(build, map, "healthcheck", value);
    bw_dockerfile_run(build, map);
    return true;
}

/* --- one instruction --- */

/* Members that only this keyword has; returns the arguments, ABSENT where it is no use (a gap). */
static struct bw_value own_members(struct bw_dockerfile_build *build, struct bw_value *map)
{
    struct bw_value args;
    switch (build->it.keyword) {
    case BW_DOCKERFILE_FROM:
        return bw_dockerfile_from(build, map);
    case BW_DOCKERFILE_ADD:
    case BW_DOCKERFILE_COPY:
        args = expanded_args(build);
        return bw_dockerfile_copy(build, map, args) ? args : (struct bw_value){0};
    case BW_DOCKERFILE_RUN:
    case BW_DOCKERFILE_CMD:
    case BW_DOCKERFILE_ENTRYPOINT:
        bw_dockerfile_run(build, map);
        return raw_args(build);
    case BW_DOCKERFILE_ENV:
    case BW_DOCKERFILE_LABEL:
    case BW_DOCKERFILE_ARG:
        pairs(build, map);
        return bw_value_get(*map, BW_STR("args"));
    case BW_DOCKERFILE_EXPOSE:
        args = expanded_args(build);
        ports(build, map, args);
        return args;
    case BW_DOCKERFILE_USER:
        if (!build->it.args.n) {
            bw_dockerfile_bad(build, "it has no argument");
            return (struct bw_value){0};
        }
        user(build, map);
        return expanded_args(build);
    case BW_DOCKERFILE_VOLUME:
        args = expanded_args(build);
        set(build, map, "paths", args);
        return args;
    case BW_DOCKERFILE_HEALTHCHECK:
        return healthcheck(build, map) ? raw_args(build) : (struct bw_value){0};
    case BW_DOCKERFILE_WORKDIR:
    case BW_DOCKERFILE_STOPSIGNAL:
        return expanded_args(build);
    default:
        return raw_args(build);
    }
}

static void check_onbuild(struct bw_dockerfile_build *build)
{
    enum bw_dockerfile_keyword keyword = build->it.keyword;
    if (keyword == BW_DOCKERFILE_ONBUILD || keyword == BW_DOCKERFILE_FROM ||
        keyword == BW_DOCKERFILE_MAINTAINER)
        bw_dockerfile_refused(build, "ONBUILD may not hold %s", bw_dockerfile_keywords[keyword]);
}

static void check_undefined(struct bw_dockerfile_build *build)
{
    bool from = build->it.keyword == BW_DOCKERFILE_FROM;
    const struct bw_dockerfile_stage *stage = bw_dockerfile_stage(build);
    if (!from && (!stage || !stage->scratch))
        return; /* the base image may set it */
    for (uint32_t i = 0; i < bw_value_count(build->undefined); i++)
        bw_dockerfile_warn(
            build, from ? "UndefinedArgInFrom" : "UndefinedVar",
            "nothing sets the variable %" BW_STR_F,
            BW_STR_A(bw_text_brief(bw_value_text(bw_value_index(build->undefined, i)))));
}

void bw_dockerfile_add_instruction(struct bw_dockerfile_build *build)
{
    bool onbuild = build->it.onbuild.text.n;
    build->expand = !onbuild;
    build->undefined = bw_value_list(build->make, 0);
    if (onbuild)
        check_onbuild(build);
    if (build->it.keyword != BW_DOCKERFILE_FROM && build->it.keyword != BW_DOCKERFILE_ARG &&
        !build->stages.n)
        bw_dockerfile_refused(build, "it stands before the first FROM");
    if (build->line.empty_continuation)
        bw_dockerfile_warn(build, "NoEmptyContinuation", "an empty line among continued lines");
    struct bw_value map = head(build);
    set(build, &map, "rawArgs", raw_args(build));
    struct bw_value args = own_members(build, &map);
    if (args.kind == BW_VALUE_ABSENT)
        return;
    set(build, &map, "args", args);
    set(build, &map, "undefined", build->undefined);
    set(build, &map, "stage", bw_value_int((int64_t)build->stages.n - 1));
    check_undefined(build);
    bw_value_add(build->make, &build->instructions, map);
    struct bw_dockerfile_stage *stage =
        build->stages.n ? &build->stages.v[build->stages.n - 1] : NULL;
    if (stage && (onbuild || build->it.keyword != BW_DOCKERFILE_FROM))
        bw_value_add(build->make, &stage->instructions, map);
    if (!onbuild)
        bw_dockerfile_stage_apply(build, map);
}
