#include "extract/docker-confinement.h"

#include "wrap/json.h"

static struct bw_value at(struct bw_value value, uint32_t place)
{
    value.place = place;
    return value;
}

static struct bw_value literal(struct bw_value_maker *make, const char *text, uint32_t place)
{
    return at(bw_value_string(make, bw_str(text)), place);
}

static void set_default(struct bw_value *field, struct bw_value value)
{
    if (field->kind != BW_VALUE_ABSENT)
        return;
    *field = value;
    field->flags |= BW_VALUE_DEFAULT;
}

/* --- profiles --- */

static struct bw_value profile(struct bw_value_maker *make, const char *type, struct bw_str local,
                               uint32_t place)
{
    struct bw_value map = at(bw_value_map(make, 2), place);
    bw_value_set(make, &map, "type", literal(make, type, place));
    if (local.n)
        bw_value_set(make, &map, "localhostProfile", at(bw_value_string(make, local), place));
    return map;
}

/* What a call comes to that the profile does not name. */
static bool forbids(struct bw_str action)
{
    static const char *const names[] = {"SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD",
                                        "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_TRAP"};
    for (size_t i = 0; i < BW_ARRAY_LEN(names); i++)
        if (bw_str_eq(action, bw_str(names[i])))
            return true;
    return false;
}

/* A profile may be given as its JSON; one that allows what it does not name is none. Keys are
 * matched as the daemon does: any letter case, and of several the last. */
static struct bw_value inline_profile(struct bw_value_maker *make, struct bw_str json,
                                      uint32_t place)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    bool strict = false;
    if (bw_json_parse(&doc, json, NULL, 0, NULL))
        return at(
            bw_value_unknown(make, BW_UNKNOWN_MISSING, BW_STR("a seccomp profile that is no JSON")),
            place);
    struct bw_json_iter it = bw_json_iter(bw_json_root(doc));
    for (const struct bw_json *member; (member = bw_json_next(&it));)
        if (bw_str_eq_nocase(it.key, BW_STR("defaultAction")))
            strict = forbids(bw_json_string(member));
    return strict ? profile(make, "Localhost", BW_STR("inline"), place)
                  : profile(make, "Unconfined", BW_STR(""), place);
}

/* `own`: the name of the profile that is Docker's default. */
static struct bw_value named_profile(struct bw_value_maker *make, struct bw_str name,
                                     const char *own, uint32_t place)
{
    if (bw_str_eq(name, BW_STR("unconfined")))
        return profile(make, "Unconfined", BW_STR(""), place);
    if (bw_str_eq(name, bw_str(own)) || !name.n)
        return profile(make, "RuntimeDefault", BW_STR(""), place);
    return profile(make, "Localhost", name, place);
}

/* "disable", "type:x", "user:x", "role:x", "level:x". */
static void label(struct bw_value_maker *make, struct bw_str text, uint32_t place,
                  struct bw_pod_view *view)
{
    static const char *const names[] = {"type", "user", "role", "level"};
    size_t colon = bw_str_find(text, ':');
    struct bw_str key = bw_str_take(text, colon);
    if (view->selinux_options.kind != BW_VALUE_MAP)
        view->selinux_options = at(bw_value_map(make, 4), place);
    if (bw_str_eq(text, BW_STR("disable")))
        bw_value_set(make, &view->selinux_options, "type", literal(make, "spc_t", place));
    for (size_t i = 0; colon != SIZE_MAX && i < BW_ARRAY_LEN(names); i++)
        if (bw_str_eq(key, bw_str(names[i])))
            bw_value_set(make, &view->selinux_options, names[i],
                         at(bw_value_string(make, bw_str_from(text, colon + 1)), place));
}

/* An option is NAME=VALUE, or NAME:VALUE in an older form, or NAME alone. */
static void security_option(struct bw_value_maker *make, struct bw_value option,
                            struct bw_pod_view *view)
{
    struct bw_str text = bw_value_text(option), value = BW_STR("");
    size_t cut = 0;
    while (cut < text.n && text.p[cut] != '=' && text.p[cut] != ':')
        cut++;
    struct bw_str name = bw_str_take(text, cut);
    if (cut < text.n)
        value = bw_str_from(text, cut + 1);
    if (bw_str_eq(name, BW_STR("no-new-privileges")))
        view->allow_privilege_escalation =
            at(bw_value_bool(bw_str_eq_nocase(value, BW_STR("false")) ||
                             bw_str_eq(value, BW_STR("0")) || bw_str_eq_nocase(value, BW_STR("f"))),
               option.place);
    else if (bw_str_eq(name, BW_STR("seccomp")))
        view->seccomp_profile = bw_str_starts(bw_str_trim(value), BW_STR("{"))
                                    ? inline_profile(make, value, option.place)
                                    : named_profile(make, value, "builtin", option.place);
    else if (bw_str_eq(name, BW_STR("apparmor")))
        view->apparmor_profile = named_profile(make, value, "docker-default", option.place);
    else if (bw_str_eq(name, BW_STR("label")))
        label(make, value, option.place, view);
    else if (bw_str_eq(text, BW_STR("disable")))
        label(make, text, option.place, view);
    else if (bw_str_eq(name, BW_STR("systempaths")) && bw_str_eq(value, BW_STR("unconfined")))
        view->proc_mount = literal(make, "Unmasked", option.place);
}

static void security_options(struct bw_value_maker *make, struct bw_value list,
                             struct bw_pod_view *view)
{
    struct bw_value *const fields[] = {&view->allow_privilege_escalation, &view->seccomp_profile,
                                       &view->apparmor_profile, &view->proc_mount};
    struct bw_value unknown = list;
    for (uint32_t i = 0; i < bw_value_count(list); i++)
        if (list.list->v[i].kind == BW_VALUE_UNKNOWN)
            unknown = list.list->v[i];
        else
            security_option(make, list.list->v[i], view);
    for (size_t i = 0; unknown.kind == BW_VALUE_UNKNOWN && i < BW_ARRAY_LEN(fields); i++)
        if (fields[i]->kind == BW_VALUE_ABSENT)
            *fields[i] = unknown;
}

bool bw_docker_shows_kernel(struct bw_value masked)
{
    static const char *const paths[] = {"/proc/kcore", "/proc/keys", "/sys/firmware"};
    for (size_t i = 0; masked.kind == BW_VALUE_LIST && i < BW_ARRAY_LEN(paths); i++) {
        bool found = false;
        for (uint32_t k = 0; k < masked.list->n && !found; k++)
            found = bw_value_is(masked.list->v[k], paths[i]);
        if (!found)
            return true;
    }
    return false;
}

/* Docker gives a privileged container neither profile, unless it is asked to. */
void bw_docker_confine(struct bw_value_maker *make, const struct bw_docker_container *container,
                       struct bw_pod_view *view)
{
    bool privileged = bw_value_is_true(view->privileged);
    uint32_t place = privileged ? view->privileged.place : 0;
    const char *type = privileged ? "Unconfined" : "RuntimeDefault";
    if (container->security_opt.kind == BW_VALUE_LIST ||
        container->security_opt.kind == BW_VALUE_UNKNOWN)
        security_options(make, container->security_opt, view);
    if (bw_docker_shows_kernel(container->masked_paths) && view->proc_mount.kind == BW_VALUE_ABSENT)
        view->proc_mount = literal(make, "Unmasked", container->masked_paths.place);
    set_default(&view->allow_privilege_escalation, bw_value_bool(true));
    set_default(&view->seccomp_profile, profile(make, type, BW_STR(""), place));
    set_default(&view->apparmor_profile, profile(make, type, BW_STR(""), place));
    set_default(&view->proc_mount, literal(make, "Default", 0));
}
