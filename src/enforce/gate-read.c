/*
 * The configuration of a gate, strictly: a member that is not known, stands twice or has another
 * type would otherwise be a rule that somebody wrote and nobody keeps.
 */
#include <stdio.h>

#include "base/clock.h"
#include "enforce/gate-state.h"
#include "wrap/json.h"

#define SECONDS_A_DAY 86400

struct reading {
    struct bw_arena *arena;
    struct bw_gate_configuration *configuration;
    struct bw_gate_fault *fault; /* list and index are kept, also while nothing is wrong */
    struct bw_err *err;
};

struct field {
    const char *name;
    int (*take)(struct reading *reading, const char *name, const struct bw_json *value, void *at);
    size_t offset;
};

static int wrong(struct reading *reading, const char *name, const char *remedy)
{
    struct bw_gate_fault *fault = reading->fault;
    snprintf(fault->member, sizeof fault->member, "%s", name);
    if (!fault->list)
        return bw_err_set(reading->err, BW_EFORMAT, "\"%s\" %s", name, remedy);
    return bw_err_set(reading->err, BW_EFORMAT, "%s[%zu]: \"%s\" %s", fault->list, fault->index,
                      name, remedy);
}

static int no_room(struct reading *reading)
{
    return bw_err_set(reading->err, bw_arena_is_full(reading->arena) ? BW_ELIMIT : BW_ENOMEM,
                      "no room for it");
}

static int take_text(struct reading *reading, const char *name, const struct bw_json *value,
                     void *at)
{
    struct bw_str text = bw_json_string(value), *out = at;
    if (!bw_str_trim(text).n)
        return wrong(reading, name, "is no text that says something: write \"...\"");
    *out = bw_arena_str(reading->arena, text);
    return out->p ? 0 : no_room(reading);
}

/* May be empty. */
static int take_words(struct reading *reading, const char *name, const struct bw_json *value,
                      void *at)
{
    size_t n = bw_json_size(value);
    struct bw_json_iter it = bw_json_iter(value);
    if (bw_json_type(value) != BW_JSON_ARRAY)
        return wrong(reading, name, "is no list of words: write [\"a\", \"b\"]");
    if (n > BW_GATE_WORDS_MAX)
        return bw_err_set(reading->err, BW_ELIMIT, "\"%s\" has more than %u words", name,
                          BW_GATE_WORDS_MAX);
    struct bw_str *words = bw_arena_array(reading->arena, n, sizeof *words);
    if (!words)
        return no_room(reading);
    for (size_t i = 0; i < n; i++) {
        struct bw_str word = bw_json_string(bw_json_next(&it));
        if (!word.n)
            return wrong(reading, name, "holds what is no word, or an empty one");
        words[i] = bw_arena_str(reading->arena, word);
        if (!words[i].p)
            return no_room(reading);
    }
    *(struct bw_strs *)at = (struct bw_strs){words, n};
    return 0;
}

/* A list that nothing is in would fit nothing, which nobody writes on purpose. */
static int take_patterns(struct reading *reading, const char *name, const struct bw_json *value,
                         void *at)
{
    if (bw_json_type(value) == BW_JSON_ARRAY && !bw_json_size(value))
        return wrong(reading, name, "is empty: name some, or leave it out");
    return take_words(reading, name, value, at);
}

/* "off" is for people who would not think of an empty list. */
static int take_profiles(struct reading *reading, const char *name, const struct bw_json *value,
                         void *at)
{
    struct bw_strs *profiles = at;
    int rc = take_words(reading, name, value, at);
    for (size_t i = 0; rc == 0 && i < profiles->n; i++)
        if (bw_str_eq(profiles->v[i], BW_STR("off")) && profiles->n > 1)
            rc = wrong(reading, name, "has \"off\" beside profiles: write one or the other");
    if (rc == 0 && profiles->n == 1 && bw_str_eq(profiles->v[0], BW_STR("off")))
        profiles->n = 0;
    return rc;
}

static int take_scope_profiles(struct reading *reading, const char *name,
                               const struct bw_json *value, void *at)
{
    struct bw_gate_scope *scope = at;
    scope->has_profiles = true;
    return take_profiles(reading, name, value, &scope->profiles);
}

static int take_bool(struct reading *reading, const char *name, const struct bw_json *value,
                     void *at)
{
    if (bw_json_type(value) != BW_JSON_BOOL)
        return wrong(reading, name, "is neither true nor false");
    *(bool *)at = bw_json_is_true(value);
    return 0;
}

static int take_enforce(struct reading *reading, const char *name, const struct bw_json *value,
                        void *at)
{
    static const char *const words[] = {
        [BW_POLICY_DENY] = "deny", [BW_POLICY_WARN] = "warn", [BW_POLICY_AUDIT] = "audit"};
    for (size_t i = 0; i < BW_ARRAY_LEN(words); i++)
        if (bw_str_eq(bw_json_string(value), bw_str(words[i]))) {
            *(enum bw_policy_action *)at = (enum bw_policy_action)i;
            return 0;
        }
    return wrong(reading, name, "is none of \"deny\", \"warn\" and \"audit\"");
}

static int take_scope_enforce(struct reading *reading, const char *name,
                              const struct bw_json *value, void *at)
{
    struct bw_gate_scope *scope = at;
    scope->has_enforce = true;
    return take_enforce(reading, name, value, &scope->enforce);
}

static int unknown(struct reading *reading, struct bw_str key, const struct field *fields, size_t n)
{
    char known[256] = "", name[sizeof reading->fault->member];
    size_t length = 0;
    snprintf(name, sizeof name, "%" BW_STR_F, BW_STR_A(bw_str_take(key, 60)));
    for (size_t i = 0; i < n && length < sizeof known; i++)
        length += (size_t)snprintf(known + length, sizeof known - length, "%s%s", i ? ", " : "",
                                   fields[i].name);
    char remedy[300];
    snprintf(remedy, sizeof remedy, "is no member of it; there are %s", known);
    return wrong(reading, name, remedy);
}

static int take_object(struct reading *reading, const struct bw_json *object,
                       const struct field *fields, size_t n, void *out)
{
    struct bw_json_iter it = bw_json_iter(object);
    uint32_t seen = 0;
    for (const struct bw_json *value; (value = bw_json_next(&it));) {
        size_t i = 0;
        while (i < n && !bw_str_eq(it.key, bw_str(fields[i].name)))
            i++;
        if (i == n)
            return unknown(reading, it.key, fields, n);
        if (seen & 1u << i)
            return wrong(reading, fields[i].name, "stands there twice");
        seen |= 1u << i;
        int rc = fields[i].take(reading, fields[i].name, value, (char *)out + fields[i].offset);
        if (rc)
            return rc;
    }
    return 0;
}

/* --- scopes --- */

static int take_scope(struct reading *reading, const struct bw_json *value)
{
    static const struct field fields[] = {
        {"namespaces", take_patterns, offsetof(struct bw_gate_scope, namespaces)},
        {"users", take_patterns, offsetof(struct bw_gate_scope, users)},
        {"groups", take_patterns, offsetof(struct bw_gate_scope, groups)},
        {"profiles", take_scope_profiles, 0},
        {"enforce", take_scope_enforce, 0},
    };
    struct bw_gate_scope *scope = BW_VEC_PUSH(&reading->configuration->scopes, BW_GATE_SCOPES_MAX);
    if (!scope)
        return no_room(reading);
    int rc = take_object(reading, value, fields, BW_ARRAY_LEN(fields), scope);
    if (rc)
        return rc;
    if (!scope->namespaces.n && !scope->users.n && !scope->groups.n)
        return wrong(reading, "namespaces",
                     "is missing, and so are \"users\" and \"groups\": say whom the scope is for");
    if (!scope->has_profiles && !scope->has_enforce)
        return wrong(reading, "profiles",
                     "is missing, and so is \"enforce\": say what is different in this scope");
    return 0;
}

/* --- exceptions --- */

static int take_expires(struct reading *reading, struct bw_gate_exception *exception)
{
    int64_t first;
    char back[BW_CLOCK_RFC3339_SIZE];
    struct bw_str text = exception->expires;
    if (text.n != 10 || !bw_clock_parse(text, &first))
        return wrong(reading, "expires", "is no date: write \"2027-06-30\"");
    /* 2027-02-30 would be taken for a day in March. */
    bw_clock_rfc3339(first, back);
    if (memcmp(back, text.p, text.n) != 0)
        return wrong(reading, "expires", "is a day that no calendar has");
    exception->until = first + SECONDS_A_DAY;
    return 0;
}

static int complete(struct reading *reading, struct bw_gate_exception *exception)
{
    const struct bw_gate_exception *e = exception;
    if (!e->ids.n)
        return wrong(reading, "id", "is missing: say which policies may fail");
    if (!e->namespaces.n && !e->names.n && !e->users.n && !e->groups.n && !e->images.n)
        return wrong(reading, "namespaces",
                     "is missing, and so are \"names\", \"users\", \"groups\" and \"images\": say "
                     "what the exception is for");
    if (!e->reason.n)
        return wrong(reading, "reason", "is missing: say why");
    if (!e->expires.n)
        return wrong(reading, "expires", "is missing: say until when, \"2027-06-30\"");
    int rc = take_expires(reading, exception);
    if (rc)
        return rc;
    exception->why = bw_arena_printf(
        reading->arena, "%" BW_STR_F " (%" BW_STR_F "%suntil %" BW_STR_F ")", BW_STR_A(e->reason),
        BW_STR_A(e->owner), e->owner.n ? ", " : "", BW_STR_A(e->expires));
    return exception->why.p ? 0 : no_room(reading);
}

static int take_exception(struct reading *reading, const struct bw_json *value)
{
    static const struct field fields[] = {
        {"id", take_patterns, offsetof(struct bw_gate_exception, ids)},
        {"namespaces", take_patterns, offsetof(struct bw_gate_exception, namespaces)},
        {"names", take_patterns, offsetof(struct bw_gate_exception, names)},
        {"users", take_patterns, offsetof(struct bw_gate_exception, users)},
        {"groups", take_patterns, offsetof(struct bw_gate_exception, groups)},
        {"images", take_patterns, offsetof(struct bw_gate_exception, images)},
        {"reason", take_text, offsetof(struct bw_gate_exception, reason)},
        {"owner", take_text, offsetof(struct bw_gate_exception, owner)},
        {"expires", take_text, offsetof(struct bw_gate_exception, expires)},
    };
    struct bw_gate_exception *exception =
        BW_VEC_PUSH(&reading->configuration->exceptions, BW_GATE_EXCEPTIONS_MAX);
    if (!exception)
        return no_room(reading);
    int rc = take_object(reading, value, fields, BW_ARRAY_LEN(fields), exception);
    return rc ? rc : complete(reading, exception);
}

/* --- the whole --- */

static int take_list(struct reading *reading, const char *name, const struct bw_json *value,
                     size_t max, int (*take)(struct reading *reading, const struct bw_json *value))
{
    struct bw_json_iter it = bw_json_iter(value);
    int rc;
    if (bw_json_type(value) != BW_JSON_ARRAY)
        return wrong(reading, name, "is no list: write [{...}, {...}]");
    if (bw_json_size(value) > max)
        return bw_err_set(reading->err, BW_ELIMIT, "\"%s\" has more than %zu elements", name, max);
    reading->fault->list = name;
    reading->fault->index = 0;
    for (const struct bw_json *each; (each = bw_json_next(&it)); reading->fault->index++) {
        rc = bw_json_type(each) == BW_JSON_OBJECT ? take(reading, each)
                                                  : wrong(reading, name, "is no list of objects");
        if (rc)
            return rc;
    }
    reading->fault->list = NULL;
    return 0;
}

static int take_scopes(struct reading *reading, const char *name, const struct bw_json *value,
                       void *at)
{
    (void)at;
    return take_list(reading, name, value, BW_GATE_SCOPES_MAX, take_scope);
}

static int take_exceptions(struct reading *reading, const char *name, const struct bw_json *value,
                           void *at)
{
    (void)at;
    return take_list(reading, name, value, BW_GATE_EXCEPTIONS_MAX, take_exception);
}

static int take_namespaces(struct reading *reading, const char *name, const struct bw_json *value,
                           void *at)
{
    (void)name;
    return bw_gate_namespaces_read(value, reading->arena, at, reading->err);
}

static int take_user_groups(struct reading *reading, const char *name, const struct bw_json *value,
                            void *at)
{
    struct bw_gate_members *members = at;
    struct bw_json_iter it = bw_json_iter(value);
    if (bw_json_type(value) != BW_JSON_OBJECT)
        return wrong(reading, name, "is no object: write {\"user\": [\"group\"]}");
    for (const struct bw_json *groups; (groups = bw_json_next(&it));) {
        for (size_t i = 0; i < members->n; i++)
            if (bw_str_eq(members->v[i].user, it.key))
                return wrong(reading, name, "names a user twice");
        struct bw_gate_member *member = BW_VEC_PUSH(members, BW_GATE_USERS_MAX);
        if (!member)
            return no_room(reading);
        member->user = bw_arena_str(reading->arena, it.key);
        if (!member->user.p)
            return no_room(reading);
        int rc = take_words(reading, name, groups, &member->groups);
        if (rc)
            return rc;
    }
    return 0;
}

int bw_gate_configuration_read(struct bw_str json, struct bw_arena *arena,
                               struct bw_gate_configuration *configuration,
                               struct bw_gate_fault *fault, struct bw_err *err)
{
    static struct bw_str standard = {BW_GATE_PROFILE_DEFAULT, sizeof BW_GATE_PROFILE_DEFAULT - 1};
    static const struct field fields[] = {
        {"profiles", take_profiles, offsetof(struct bw_gate_configuration, profiles)},
        {"policies", take_words, offsetof(struct bw_gate_configuration, policies)},
        {"except", take_words, offsetof(struct bw_gate_configuration, except)},
        {"library", take_bool, offsetof(struct bw_gate_configuration, library)},
        {"enforce", take_enforce, offsetof(struct bw_gate_configuration, enforce)},
        {"mended", take_words, offsetof(struct bw_gate_configuration, mended)},
        {"mutate", take_words, offsetof(struct bw_gate_configuration, mutate)},
        {"namespaces", take_namespaces, offsetof(struct bw_gate_configuration, namespaces)},
        {"namespaceLabels", take_bool, offsetof(struct bw_gate_configuration, namespace_labels)},
        {"scopes", take_scopes, 0},
        {"exceptions", take_exceptions, 0},
        {"userGroups", take_user_groups, offsetof(struct bw_gate_configuration, members)},
    };
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_gate_fault own;
    struct reading reading = {arena, configuration, fault ? fault : &own, err};
    *reading.fault = (struct bw_gate_fault){0};
    if (json.n > BW_GATE_CONFIG_MAX)
        return bw_err_set(err, BW_ELIMIT, "it is longer than %zu bytes", BW_GATE_CONFIG_MAX);
    int rc = bw_json_parse(&doc, json, NULL, 0, err);
    if (rc)
        return rc;
    if (bw_json_type(bw_json_root(doc)) != BW_JSON_OBJECT)
        return bw_err_set(err, BW_EFORMAT, "it is no object: write {...}");
    *configuration = (struct bw_gate_configuration){.profiles = {&standard, 1}, .library = true};
    return take_object(&reading, bw_json_root(doc), fields, BW_ARRAY_LEN(fields), configuration);
}

void bw_gate_configuration_free(struct bw_gate_configuration *configuration)
{
    BW_VEC_FREE(&configuration->scopes);
    BW_VEC_FREE(&configuration->exceptions);
    BW_VEC_FREE(&configuration->members);
}
