#include "extract/dockerfile-build.h"

/* An image's name in its parts; p of one is NULL where it is not known. */
struct reference {
    struct bw_str registry, repository, tag, digest;
};

static bool is_known(struct bw_str s)
{
    return bw_str_find(s, BW_EXPAND_UNKNOWN) == SIZE_MAX;
}

static struct bw_str if_known(struct bw_str s)
{
    return is_known(s) ? s : (struct bw_str){0};
}

/* The first component names a registry when it looks like a host. */
static bool is_host(struct bw_str s)
{
    return bw_str_find(s, '.') != SIZE_MAX || bw_str_find(s, ':') != SIZE_MAX ||
           bw_str_eq(s, BW_STR("localhost"));
}

static void split_path(struct bw_str path, struct reference *to)
{
    size_t slash = bw_str_find(path, '/');
    struct bw_str first = bw_str_take(path, slash);
    to->registry = BW_STR("docker.io");
    to->repository = if_known(path);
    if (!is_known(first)) {
        to->registry = (struct bw_str){0};
    } else if (slash != SIZE_MAX && is_host(first)) {
        to->registry = first;
        to->repository = if_known(bw_str_from(path, slash + 1));
    }
}

/* A part that is not known may hold a tag and a digest, unless a '/' stands behind it. */
static struct reference split_reference(struct bw_str image)
{
    struct reference to = {.tag = BW_STR(""), .digest = BW_STR("")};
    size_t at = bw_str_find(image, '@');
    struct bw_str named = bw_str_take(image, at);
    size_t slash = bw_str_rfind(named, '/');
    size_t last = slash == SIZE_MAX ? 0 : slash + 1;
    struct bw_str leaf = bw_str_from(named, last);
    size_t colon = bw_str_find(leaf, ':');
    if (colon != SIZE_MAX)
        to.tag = if_known(bw_str_from(leaf, colon + 1));
    else if (!is_known(leaf))
        to.tag = (struct bw_str){0};
    if (at != SIZE_MAX)
        to.digest = if_known(bw_str_from(image, at + 1));
    else if (!is_known(leaf))
        to.digest = (struct bw_str){0};
    split_path(bw_str_take(named, last + (colon == SIZE_MAX ? leaf.n : colon)), &to);
    return to;
}

static void set_part(struct bw_dockerfile_build *build, struct bw_value *from, const char *key,
                     struct bw_str part)
{
    bw_value_set(build->make, from, key,
                 part.p ? bw_dockerfile_text(build, part, from->place)
                        : bw_dockerfile_unknown(build, from->place));
}

/* Whether what is left, with nothing for what is not known, can be no image's name. */
static bool is_broken(struct bw_str image)
{
    char last = '/';
    for (size_t i = 0; i < image.n; i++) {
        char c = image.p[i];
        if (c == BW_EXPAND_UNKNOWN)
            continue;
        if ((c == '/' || c == ':' || c == '@') && (last == '/' || last == ':' || last == '@'))
            return true;
        last = c;
    }
    return last == '/' || last == ':' || last == '@';
}

/* FROM $X:$Y with arguments that have no default cannot be built without naming them. */
static void check_defaults(struct bw_dockerfile_build *build, struct bw_str image)
{
    if (!is_known(image) && is_broken(image) &&
        bw_str_find_str(build->it.args.v[0].text, BW_STR("PLATFORM")) == SIZE_MAX)
        bw_dockerfile_warn(build, "InvalidDefaultArgInFrom",
                           "without build arguments \"%" BW_STR_F "\" names no image",
                           BW_STR_A(bw_text_brief(build->it.args.v[0].text)));
}

static bool is_stage_name(struct bw_str name)
{
    if (!name.n || name.p[0] < 'a' || name.p[0] > 'z')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("-_.", c)))
            return false;
    }
    return true;
}

static struct bw_str lower(struct bw_dockerfile_build *build, struct bw_str text)
{
    char *p = bw_arena_alloc(build->reading->arena, text.n);
    for (size_t i = 0; p && i < text.n; i++)
        p[i] = (char)(text.p[i] >= 'A' && text.p[i] <= 'Z' ? text.p[i] | 0x20 : text.p[i]);
    return p ? bw_str_n(p, text.n) : BW_STR("");
}

/* "AS NAME" into the stage; false where it is something else. */
static void read_name(struct bw_dockerfile_build *build, struct bw_dockerfile_stage *stage,
                      struct bw_value *from)
{
    const struct bw_dockerfile_words *args = &build->it.args;
    stage->name = stage->original = BW_STR("");
    if (args->n == 3 && bw_str_eq_nocase(args->v[1].text, BW_STR("as"))) {
        stage->name = lower(build, args->v[2].text);
        stage->original = bw_arena_str(build->reading->arena, args->v[2].text);
        if (!is_stage_name(stage->name))
            bw_dockerfile_refused(build, "a stage may not have that name");
        bw_value_set(build->make, from, "as", bw_dockerfile_raw(build, &args->v[1]));
    } else if (args->n != 1) {
        bw_dockerfile_refused(build, "neither \"IMAGE\" nor \"IMAGE AS NAME\"");
    }
    uint32_t place = args->n == 3 ? bw_dockerfile_place(build, args->v[2].at) : from->place;
    bw_value_set(build->make, from, "name", bw_dockerfile_text(build, stage->name, place));
}

static void set_platform(struct bw_dockerfile_build *build, struct bw_value *from)
{
    struct bw_str text;
    size_t at;
    struct bw_value value = bw_value_string(build->make, BW_STR(""));
    if (bw_dockerfile_flag(build, "platform", &text, &at))
        value = bw_dockerfile_expanded(build, text, at);
    bw_value_set(build->make, from, "platform", value);
}

/* The parts of the image, which build->word holds. */
static void set_image(struct bw_dockerfile_build *build, struct bw_value *from, int parent,
                      bool scratch)
{
    struct bw_str image = bw_buf_slice(&build->word);
    struct reference parts = {BW_STR(""), BW_STR(""), BW_STR(""), BW_STR("")};
    if (parent < 0 && !scratch)
        parts = split_reference(image);
    bw_value_set(build->make, from, "image", bw_dockerfile_value(build, image, from->place));
    set_part(build, from, "registry", parts.registry);
    set_part(build, from, "repository", parts.repository);
    set_part(build, from, "tag", parts.tag);
    set_part(build, from, "digest", parts.digest);
    bw_value_set(build->make, from, "stage", bw_value_int(parent));
    bw_value_set(build->make, from, "scratch", bw_value_bool(scratch));
    check_defaults(build, image);
}

static struct bw_value arguments(struct bw_dockerfile_build *build, struct bw_value from)
{
    struct bw_value args = bw_value_list(build->make, (uint32_t)build->it.args.n);
    bw_value_add(build->make, &args, bw_value_get(from, BW_STR("image")));
    for (size_t i = 1; i < build->it.args.n; i++)
        bw_value_add(build->make, &args, bw_dockerfile_raw(build, &build->it.args.v[i]));
    return args;
}

struct bw_value bw_dockerfile_from(struct bw_dockerfile_build *build, struct bw_value *instruction)
{
    const struct bw_dockerfile_words *args = &build->it.args;
    struct bw_value from = bw_value_map(build->make, 10);
    if (!args->n) {
        bw_dockerfile_bad(build, "it names no image");
        return (struct bw_value){0};
    }
    from.place = bw_dockerfile_place(build, args->v[0].at);
    if (!bw_dockerfile_expand(build, args->v[0].text)) {
        bw_buf_clear(&build->word);
        bw_buf_byte(&build->word, BW_EXPAND_UNKNOWN);
    }
    struct bw_str image = bw_buf_slice(&build->word);
    int parent = bw_dockerfile_stage_named(build, lower(build, image));
    bool scratch = parent < 0 && bw_str_eq(image, BW_STR("scratch"));
    set_image(build, &from, parent, scratch);
    set_platform(build, &from);
    struct bw_str written = args->v[0].text;
    struct bw_dockerfile_stage *stage =
        build->expand ? bw_dockerfile_stage_begin(build, parent, scratch) : NULL;
    if (stage) {
        if (bw_value_get(from, BW_STR("image")).kind == BW_VALUE_UNKNOWN)
            bw_dockerfile_stage_may_use(build, written);
        read_name(build, stage, &from);
        stage->from = from;
        stage->place = instruction->place;
    } else {
        bw_value_set(build->make, &from, "name", bw_value_string(build->make, BW_STR("")));
    }
    bw_value_set(build->make, instruction, "from", from);
    return arguments(build, from);
}
