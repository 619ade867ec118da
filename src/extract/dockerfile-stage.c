/* Stages: the configuration that each ends with, and which of them the last one needs. */
#include "extract/dockerfile-build.h"
#include "extract/pod-view.h"

#define SOURCES_MAX ((size_t)10000)

static struct bw_value unknown(struct bw_dockerfile_build *build, const char *why)
{
    return bw_value_unknown(build->make, BW_UNKNOWN_MISSING, bw_str(why));
}

struct bw_dockerfile_stage *bw_dockerfile_stage(struct bw_dockerfile_build *build)
{
    return build->stages.n && build->expand ? &build->stages.v[build->stages.n - 1] : NULL;
}

int bw_dockerfile_stage_named(const struct bw_dockerfile_build *build, struct bw_str name)
{
    for (size_t i = build->stages.n; name.n && i-- > 0;)
        if (bw_str_eq_nocase(build->stages.v[i].name, name))
            return (int)i;
    return -1;
}

static void add_source(struct bw_dockerfile_stage *stage, uint32_t of)
{
    uint32_t *slot = BW_VEC_PUSH(&stage->sources, SOURCES_MAX);
    if (slot)
        *slot = of;
}

int bw_dockerfile_source_stage(struct bw_dockerfile_build *build, struct bw_str name)
{
    struct bw_dockerfile_stage *stage = bw_dockerfile_stage(build);
    int of = bw_dockerfile_stage_named(build, name);
    uint64_t number;
    if (of < 0 && bw_str_to_u64(name, &number) && number + 1 < build->stages.n)
        of = (int)number;
    if (stage && of >= 0)
        add_source(stage, (uint32_t)of);
    return of;
}

void bw_dockerfile_stage_may_use(struct bw_dockerfile_build *build, struct bw_str written)
{
    struct bw_dockerfile_stage *stage = bw_dockerfile_stage(build);
    size_t first = bw_str_find(written, '$'), last = bw_str_rfind(written, '}');
    struct bw_str begin = bw_str_take(written, first);
    struct bw_str end = last == SIZE_MAX ? BW_STR("") : bw_str_from(written, last + 1);
    for (uint32_t i = 0; stage && i + 1 < build->stages.n; i++) {
        struct bw_str name = build->stages.v[i].name;
        if (name.n >= begin.n + end.n && bw_str_starts(name, begin) && bw_str_ends(name, end))
            add_source(stage, i);
    }
}

/* --- the configuration --- */

static struct bw_value default_shell(struct bw_dockerfile_build *build)
{
    struct bw_value shell = bw_value_list(build->make, 2);
    bw_value_add(build->make, &shell, bw_value_string(build->make, BW_STR("/bin/sh")));
    bw_value_add(build->make, &shell, bw_value_string(build->make, BW_STR("-c")));
    shell.flags = BW_VALUE_DEFAULT;
    return shell;
}

/* What is known of an image before anything is done to it. */
static void stand_on_image(struct bw_dockerfile_build *build, struct bw_dockerfile_stage *stage)
{
    static const char why[] = "the base image is not at hand";
    stage->shell = default_shell(build);
    stage->exposed = bw_value_list(build->make, 0);
    stage->labels = bw_value_map(build->make, 0);
    stage->env = bw_value_map(build->make, 0);
    if (!stage->scratch) {
        stage->user = stage->root = stage->workdir = unknown(build, why);
        return;
    }
    stage->user = bw_value_string(build->make, BW_STR("root"));
    stage->root = bw_value_bool(true);
    stage->workdir = bw_value_string(build->make, BW_STR("/"));
    stage->user.flags = stage->root.flags = stage->workdir.flags = BW_VALUE_DEFAULT;
}

static struct bw_value copy_of(struct bw_dockerfile_build *build, struct bw_value from)
{
    uint32_t n = bw_value_count(from);
    if (from.kind == BW_VALUE_LIST) {
        struct bw_value list = bw_value_list(build->make, n);
        for (uint32_t i = 0; i < n; i++)
            bw_value_add(build->make, &list, bw_value_index(from, i));
        return list;
    }
    struct bw_value map = bw_value_map(build->make, n);
    for (uint32_t i = 0; i < n; i++)
        bw_value_put(build->make, &map, from.map->v[i].key, from.map->v[i].value);
    return map;
}

static void stand_on_stage(struct bw_dockerfile_build *build, struct bw_dockerfile_stage *stage,
                           const struct bw_dockerfile_stage *parent)
{
    *stage = *parent;
    memset(&stage->sources, 0, sizeof stage->sources);
    stage->name = stage->original = BW_STR("");
    stage->entrypoint_set = stage->cmd_set = stage->used = false;
    stage->env = copy_of(build, parent->env);
    stage->labels = copy_of(build, parent->labels);
    stage->exposed = copy_of(build, parent->exposed);
}

struct bw_dockerfile_stage *bw_dockerfile_stage_begin(struct bw_dockerfile_build *build, int parent,
                                                      bool scratch)
{
    struct bw_dockerfile_stage *stage = BW_VEC_PUSH(&build->stages, BW_DOCKERFILE_STAGES_MAX);
    if (!stage) {
        bw_dockerfile_bad(build, "more than %u stages", BW_DOCKERFILE_STAGES_MAX);
        return NULL;
    }
    if (parent >= 0) {
        stand_on_stage(build, stage, &build->stages.v[parent]);
        add_source(stage, (uint32_t)parent);
    } else {
        stage->scratch = scratch;
        stand_on_image(build, stage);
    }
    stage->parent = parent;
    stage->args = bw_value_map(build->make, 0);
    stage->instructions = bw_value_list(build->make, 8);
    return stage;
}

/* An argument without a value has that of before the first FROM, or nobody knows it. */
static struct bw_value arg_value(struct bw_dockerfile_build *build, struct bw_value pair)
{
    struct bw_value value = bw_value_get(pair, BW_STR("value"));
    struct bw_value name = bw_value_get(pair, BW_STR("name"));
    if (value.kind == BW_VALUE_ABSENT && build->stages.n)
        value = bw_value_get(build->global_args, bw_value_text(name));
    if (value.kind != BW_VALUE_ABSENT)
        return value;
    struct bw_str why = bw_arena_printf(build->reading->arena,
                                        "the build argument %" BW_STR_F " has no default value",
                                        BW_STR_A(bw_text_brief(bw_value_text(name))));
    value = bw_value_unknown(build->make, BW_UNKNOWN_MISSING, why);
    value.place = pair.place;
    return value;
}

/* ENV, LABEL and ARG: all see the variables as they were before the instruction. */
static void put_pairs(struct bw_dockerfile_build *build, struct bw_value *to, struct bw_value pairs,
                      bool args)
{
    for (uint32_t i = 0; i < bw_value_count(pairs); i++) {
        struct bw_value pair = bw_value_index(pairs, i);
        struct bw_value name = bw_value_get(pair, BW_STR("name"));
        if (name.kind == BW_VALUE_STRING)
            bw_value_put(build->make, to, name,
                         args ? arg_value(build, pair) : bw_value_get(pair, BW_STR("value")));
    }
}

static struct bw_value command(struct bw_dockerfile_build *build, struct bw_value instruction)
{
    struct bw_value map = bw_value_map(build->make, 2);
    map.place = instruction.place;
    bw_value_set(build->make, &map, "form",
                 bw_value_string(build->make, build->it.json ? BW_STR("exec") : BW_STR("shell")));
    bw_value_set(build->make, &map, "args", bw_value_get(instruction, BW_STR("args")));
    return map;
}

static bool is_zero(struct bw_str s)
{
    uint64_t number;
    return bw_str_to_u64(s, &number) && number == 0;
}

static void set_user(struct bw_dockerfile_stage *stage, struct bw_value instruction)
{
    struct bw_value user = bw_value_at(instruction, "user", "user", NULL);
    struct bw_str text = bw_value_text(user);
    if (user.kind == BW_VALUE_ABSENT)
        return;
    stage->root = user;
    if (user.kind == BW_VALUE_STRING)
        stage->root = bw_value_bool(!text.n || bw_value_is(user, "root") || is_zero(text));
    stage->root.place = user.place;
    stage->user = bw_value_index(bw_value_get(instruction, BW_STR("args")), 0);
    if (stage->user.kind == BW_VALUE_UNKNOWN)
        stage->user = user;
}

static void set_workdir(struct bw_dockerfile_build *build, struct bw_dockerfile_stage *stage,
                        struct bw_value path)
{
    struct bw_str to = bw_value_text(path), from = bw_value_text(stage->workdir);
    if (path.kind == BW_VALUE_ABSENT)
        return;
    bool absolute = to.n && (to.p[0] == '/' || to.p[0] == '\\' || (to.n > 1 && to.p[1] == ':'));
    if (path.kind != BW_VALUE_STRING || absolute) {
        stage->workdir = path;
    } else if (stage->workdir.kind == BW_VALUE_STRING) {
        struct bw_str joined =
            bw_arena_printf(build->reading->arena, "%" BW_STR_F "%s%" BW_STR_F, BW_STR_A(from),
                            bw_str_ends(from, BW_STR("/")) ? "" : "/", BW_STR_A(to));
        if (joined.n > BW_EXPAND_RESULT_MAX) /* a million relative ones would add up */
            joined = to;
        stage->workdir = bw_dockerfile_text(build, joined, path.place);
    }
}

static void set_healthcheck(struct bw_dockerfile_stage *stage, struct bw_value check)
{
    if (check.kind != BW_VALUE_ABSENT)
        stage->healthcheck = check;
}

static void add_ports(struct bw_dockerfile_build *build, struct bw_dockerfile_stage *stage,
                      struct bw_value ports)
{
    for (uint32_t i = 0; i < bw_value_count(ports); i++)
        bw_value_add(build->make, &stage->exposed, bw_value_index(ports, i));
}

void bw_dockerfile_stage_apply(struct bw_dockerfile_build *build, struct bw_value instruction)
{
    struct bw_dockerfile_stage *stage = bw_dockerfile_stage(build);
    struct bw_value pairs = bw_value_get(instruction, BW_STR("pairs"));
    struct bw_value args = bw_value_get(instruction, BW_STR("args"));
    if (!stage && build->it.keyword == BW_DOCKERFILE_ARG)
        put_pairs(build, &build->global_args, pairs, true);
    if (!stage)
        return;
    switch (build->it.keyword) {
    case BW_DOCKERFILE_ARG:
        put_pairs(build, &stage->args, pairs, true);
        break;
    case BW_DOCKERFILE_ENV:
        put_pairs(build, &stage->env, pairs, false);
        break;
    case BW_DOCKERFILE_LABEL:
        put_pairs(build, &stage->labels, pairs, false);
        break;
    case BW_DOCKERFILE_USER:
        set_user(stage, instruction);
        break;
    case BW_DOCKERFILE_WORKDIR:
        set_workdir(build, stage, bw_value_index(args, 0));
        break;
    case BW_DOCKERFILE_SHELL:
        if (build->it.json)
            stage->shell = args;
        else
            bw_dockerfile_bad(build, "SHELL wants a JSON list");
        break;
    case BW_DOCKERFILE_ENTRYPOINT:
        stage->entrypoint = command(build, instruction);
        if (!stage->cmd_set) /* that of a parent does not fit any more */
            stage->cmd = (struct bw_value){0};
        break;
    case BW_DOCKERFILE_CMD:
        stage->cmd = command(build, instruction);
        stage->cmd_set = true;
        break;
    case BW_DOCKERFILE_HEALTHCHECK:
        set_healthcheck(stage, bw_value_get(instruction, BW_STR("healthcheck")));
        break;
    case BW_DOCKERFILE_EXPOSE:
        add_ports(build, stage, bw_value_get(instruction, BW_STR("ports")));
        break;
    default:
        break;
    }
}

/* --- as values --- */

/* A stage comes behind all that it needs. */
static void mark_used(struct bw_dockerfile_build *build)
{
    build->stages.v[build->stages.n - 1].used = true;
    for (size_t i = build->stages.n; i-- > 0;) {
        const struct bw_dockerfile_stage *stage = &build->stages.v[i];
        for (size_t at = 0; stage->used && at < stage->sources.n; at++)
            build->stages.v[stage->sources.v[at]].used = true;
    }
}

static struct bw_value stage_value(struct bw_dockerfile_build *build, size_t index)
{
    const struct bw_dockerfile_stage *stage = &build->stages.v[index];
    struct bw_value_maker *make = build->make;
    struct bw_value map = bw_value_map(make, 18);
    map.place = stage->place;
    bw_value_set(make, &map, "index", bw_value_int((int64_t)index));
    bw_value_set(make, &map, "name", bw_value_string(make, stage->name));
    bw_value_set(make, &map, "originalName", bw_value_string(make, stage->original));
    bw_value_set(make, &map, "from", stage->from);
    bw_value_set(make, &map, "final", bw_value_bool(index + 1 == build->stages.n));
    bw_value_set(make, &map, "used", bw_value_bool(stage->used));
    bw_value_set(make, &map, "scratch", bw_value_bool(stage->scratch));
    bw_value_set(make, &map, "instructions", stage->instructions);
    bw_value_set(make, &map, "user", stage->user);
    bw_value_set(make, &map, "root", stage->root);
    bw_value_set(make, &map, "workdir", stage->workdir);
    bw_value_set(make, &map, "entrypoint", stage->entrypoint);
    bw_value_set(make, &map, "cmd", stage->cmd);
    bw_value_set(make, &map, "shell", stage->shell);
    bw_value_set(make, &map, "healthcheck", stage->healthcheck);
    bw_value_set(make, &map, "exposed", stage->exposed);
    bw_value_set(make, &map, "env", stage->env);
    bw_value_set(make, &map, "labels", stage->labels);
    return map;
}

struct bw_value bw_dockerfile_stage_values(struct bw_dockerfile_build *build)
{
    struct bw_value list = bw_value_list(build->make, (uint32_t)build->stages.n);
    mark_used(build);
    for (size_t i = 0; i < build->stages.n; i++)
        bw_value_add(build->make, &list, stage_value(build, i));
    return list;
}

/* --- the view as a Pod --- */

static void view_user(struct bw_dockerfile_build *build, const struct bw_dockerfile_stage *stage,
                      struct bw_pod_view *view)
{
    struct bw_str text = bw_value_text(stage->user);
    size_t colon = bw_str_find(text, ':');
    uint64_t number;
    view->run_as_user = unknown(build, "the number of a user's name is in the image");
    view->run_as_group = unknown(build, "the group of the user is in the image");
    if (stage->user.kind == BW_VALUE_UNKNOWN) {
        view->run_as_user = view->run_as_group = view->run_as_non_root = stage->user;
        return;
    }
    if (bw_value_is_true(stage->root))
        view->run_as_user = bw_value_int(0);
    else if (bw_str_to_u64(bw_str_take(text, colon), &number) && number <= INT32_MAX)
        view->run_as_user = bw_value_int((int64_t)number);
    if (colon != SIZE_MAX && bw_str_to_u64(bw_str_from(text, colon + 1), &number) &&
        number <= INT32_MAX)
        view->run_as_group = bw_value_int((int64_t)number);
    view->run_as_non_root = bw_value_bool(!bw_value_is_true(stage->root));
    if (stage->root.kind == BW_VALUE_UNKNOWN)
        view->run_as_non_root = stage->root;
    view->run_as_user.place = view->run_as_group.place = stage->user.place;
    view->run_as_non_root.place = stage->user.place;
    view->run_as_non_root.flags = stage->user.flags;
    if (view->run_as_user.kind == BW_VALUE_INT)
        view->run_as_user.flags = stage->user.flags;
}

static struct bw_value view_env(struct bw_dockerfile_build *build, struct bw_value env)
{
    struct bw_value list = bw_value_list(build->make, bw_value_count(env));
    for (uint32_t i = 0; i < bw_value_count(env); i++) {
        struct bw_value one = bw_value_map(build->make, 2);
        one.place = env.map->v[i].key.place;
        bw_value_set(build->make, &one, "name", env.map->v[i].key);
        bw_value_set(build->make, &one, "value", env.map->v[i].value);
        bw_value_add(build->make, &list, one);
    }
    return list;
}

static struct bw_value view_ports(struct bw_dockerfile_build *build, struct bw_value exposed)
{
    struct bw_value list = bw_value_list(build->make, bw_value_count(exposed));
    for (uint32_t i = 0; i < bw_value_count(exposed); i++) {
        struct bw_value port = bw_value_index(exposed, i), one = bw_value_map(build->make, 2);
        bool udp = bw_value_is(bw_value_get(port, BW_STR("protocol")), "udp");
        one.place = port.place;
        bw_value_set(build->make, &one, "containerPort", bw_value_get(port, BW_STR("port")));
        bw_value_set(build->make, &one, "protocol",
                     bw_value_string(build->make, udp ? BW_STR("UDP") : BW_STR("TCP")));
        bw_value_add(build->make, &list, one);
    }
    return list;
}

/* What the container runs; in shell form, the shell with the text. */
static struct bw_value view_command(struct bw_dockerfile_build *build,
                                    const struct bw_dockerfile_stage *stage,
                                    struct bw_value command)
{
    struct bw_value args = bw_value_get(command, BW_STR("args"));
    if (command.kind == BW_VALUE_ABSENT)
        return unknown(build, "the base image is not at hand");
    if (!bw_value_is(bw_value_get(command, BW_STR("form")), "shell"))
        return args;
    struct bw_value list = copy_of(build, stage->shell);
    bw_value_add(build->make, &list, bw_value_index(args, 0));
    return list;
}

void bw_dockerfile_pod(struct bw_dockerfile_build *build, uint32_t of)
{
    const struct bw_dockerfile_stage *stage = &build->stages.v[build->stages.n - 1];
    struct bw_str path = build->reading->request->path;
    size_t slash = bw_str_rfind(path, '/');
    struct bw_pod_view view = {0};
    view.name = bw_value_string(build->make, bw_str_from(path, slash == SIZE_MAX ? 0 : slash + 1));
    view.command = view_command(build, stage, stage->entrypoint);
    view.args = view_command(build, stage, stage->cmd);
    view.working_dir = stage->workdir;
    view.env = view_env(build, stage->env);
    view.ports = view_ports(build, stage->exposed);
    view_user(build, stage, &view);
    bw_pod_view_fill(build->make, &view, BW_UNKNOWN_INEXPRESSIBLE,
                     BW_STR("a Dockerfile cannot say it"));
    bw_pod_view_add(build->reading, &view, of);
}
