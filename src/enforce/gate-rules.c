/*
 * The rules of a gate: its configuration brought together with policies, so that whatever is wrong
 * shows when they are loaded and not at the first request.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "enforce/gate-state.h"

#define NANOSECONDS 1000000000

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory for the gate's rules");
}

/* --- patterns --- */

bool bw_gate_fits(struct bw_str pattern, struct bw_str text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, from = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.n && (pattern.p[p] == '?' || pattern.p[p] == text.p[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

bool bw_gate_fits_any(struct bw_strs patterns, struct bw_str text)
{
    for (size_t i = 0; i < patterns.n; i++)
        if (bw_gate_fits(patterns.v[i], text))
            return true;
    return false;
}

static bool is_glob(struct bw_str id)
{
    return bw_str_find(id, '*') != SIZE_MAX || bw_str_find(id, '?') != SIZE_MAX;
}

bool bw_gate_names_policy(struct bw_str id, const struct bw_policy *policy)
{
    if (!is_glob(id))
        return bw_policy_answers_to(policy, id);
    if (bw_gate_fits(id, policy->id))
        return true;
    for (size_t i = 0; i < policy->aliases.n; i++)
        if (bw_gate_fits(id, policy->aliases.v[i]))
            return true;
    return false;
}

/* --- words that must be of a policy --- */

static bool is_known(const struct bw_gate_rules *rules, struct bw_str word)
{
    if (rules->library && bw_policy_find(rules->library, word) != SIZE_MAX)
        return true;
    for (size_t i = 0; i < rules->sets_n; i++)
        if (bw_policy_find(rules->sets[i], word) != SIZE_MAX)
            return true;
    return false;
}

static void note_word(struct bw_gate_fault *fault, struct bw_str word)
{
    if (fault)
        snprintf(fault->member, sizeof fault->member, "%" BW_STR_F, BW_STR_A(word));
}

/* The error that a selection gives, which names the nearest. */
static int unknown(const struct bw_gate_rules *rules, const char *member, struct bw_str word,
                   struct bw_gate_fault *fault, struct bw_err *err)
{
    note_word(fault, word);
    const struct bw_policy_set *set = rules->library ? rules->library : rules->sets[0];
    struct bw_policy_selection *none BW_CLEANUP(bw_policy_selection_freep) = NULL;
    struct bw_policy_choice choice = {.only = {&word, 1}};
    int rc = rules->library || rules->sets_n ? bw_policy_select(set, &choice, &none, err) : 0;
    if (rc == 0)
        rc = bw_err_set(err, BW_EUSAGE, "there is no policy '%" BW_STR_F "'",
                        BW_STR_A(bw_str_take(word, 80)));
    return bw_err_prefix(err, rc, "the gate's configuration: \"%s\"", member);
}

static int check_words(const struct bw_gate_rules *rules, const char *member, struct bw_strs words,
                       struct bw_gate_fault *fault, struct bw_err *err)
{
    for (size_t i = 0; i < words.n; i++)
        if (!is_glob(words.v[i]) && !is_known(rules, words.v[i]))
            return unknown(rules, member, words.v[i], fault, err);
    return 0;
}

static int check_all_words(const struct bw_gate_rules *rules, struct bw_gate_fault *fault,
                           struct bw_err *err)
{
    const struct bw_gate_configuration *configuration = &rules->configuration;
    int rc = check_words(rules, "policies", configuration->policies, fault, err);
    if (rc == 0)
        rc = check_words(rules, "except", configuration->except, fault, err);
    for (size_t i = 0; rc == 0 && i < configuration->exceptions.n; i++)
        rc = check_words(rules, "exceptions", configuration->exceptions.v[i].ids, fault, err);
    return rc;
}

/* --- selections --- */

/* Those of the words that name a policy of this set. */
static bool known_of(struct bw_gate_rules *rules, const struct bw_policy_set *set,
                     struct bw_strs words, struct bw_strs *ret_known)
{
    struct bw_str *known = bw_arena_array(rules->arena, words.n, sizeof *known);
    size_t n = 0;
    for (size_t i = 0; known && i < words.n; i++)
        if (bw_policy_find(set, words.v[i]) != SIZE_MAX)
            known[n++] = words.v[i];
    *ret_known = (struct bw_strs){known, n};
    return known;
}

static void note_profile(const struct bw_policy_set *set, struct bw_strs profiles,
                         struct bw_gate_fault *fault)
{
    for (size_t i = 0; fault && i < profiles.n; i++) {
        struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
        struct bw_policy_choice choice = {.profiles = {&profiles.v[i], 1}};
        if (bw_policy_select(set, &choice, &selection, NULL) == BW_EUSAGE) {
            note_word(fault, profiles.v[i]);
            return;
        }
    }
}

static int add_lane(struct bw_gate_rules *rules, const struct bw_policy_set *set,
                    struct bw_policy_choice *choice, struct bw_gate_fault *fault,
                    struct bw_err *err)
{
    struct bw_policy_selection *selection = NULL;
    if (!known_of(rules, set, rules->configuration.except, &choice->except))
        return no_memory(err);
    int rc = bw_policy_select(set, choice, &selection, err);
    if (rc) {
        note_profile(set, choice->profiles, fault);
        return bw_err_prefix(err, rc, "the gate's configuration: \"profiles\"");
    }
    struct bw_gate_lane *lane =
        BW_VEC_PUSH(&rules->lanes, BW_GATE_SETS_MAX + BW_GATE_SCOPES_MAX + 1);
    if (!lane) {
        bw_policy_selection_free(selection);
        return no_memory(err);
    }
    *lane = (struct bw_gate_lane){set, selection};
    return 0;
}

/* Profiles as one word, so that the same list is selected once. */
static struct bw_str key_of(struct bw_arena *arena, struct bw_strs profiles)
{
    size_t n = 1;
    for (size_t i = 0; i < profiles.n; i++)
        n += profiles.v[i].n + 1;
    char *key = bw_arena_alloc(arena, n), *at = key;
    for (size_t i = 0; key && i < profiles.n; i++) {
        memcpy(at, profiles.v[i].p, profiles.v[i].n);
        at += profiles.v[i].n;
        *at++ = '\0';
    }
    return (struct bw_str){key, key ? (size_t)(at - key) : 0};
}

/* A lane of the library for profiles. `made` has an index of a lane, and one more, for each key. */
static int select_profiles(struct bw_gate_rules *rules, struct bw_strs profiles,
                           struct bw_map *made, uint32_t *ret_selection,
                           struct bw_gate_fault *fault, struct bw_err *err)
{
    struct bw_policy_choice choice = {.profiles = profiles};
    *ret_selection = BW_GATE_NO_LIBRARY;
    if (!rules->library)
        return 0;
    if (!known_of(rules, rules->library, rules->configuration.policies,
                  profiles.n ? &choice.also : &choice.only))
        return no_memory(err);
    if (!profiles.n && !choice.only.n)
        return 0;
    struct bw_str key = key_of(rules->arena, profiles);
    struct bw_map_item *item = key.p ? bw_map_at(made, key) : NULL;
    if (!item)
        return no_memory(err);
    if (!item->value) {
        int rc = add_lane(rules, rules->library, &choice, fault, err);
        if (rc)
            return rc;
        item->value = (void *)(uintptr_t)rules->lanes.n;
    }
    *ret_selection = (uint32_t)(uintptr_t)item->value - 1;
    return 0;
}

static bool has_profile(const struct bw_policy_set *set, struct bw_str profile)
{
    for (size_t i = 0; i < bw_policy_count(set); i++)
        for (size_t j = 0; j < bw_policy_at(set, i)->profiles.n; j++)
            if (bw_str_eq(bw_policy_at(set, i)->profiles.v[j], profile))
                return true;
    return false;
}

/* What a Namespace's label says where it names a profile. Any other label is passed over: the whole
 * gate does not stand still for it. */
static int select_labelled(struct bw_gate_rules *rules, struct bw_map *made, struct bw_err *err)
{
    struct bw_value namespaces = rules->configuration.namespaces;
    for (uint32_t i = 0; i < bw_value_count(namespaces); i++) {
        const struct bw_value_member *member = &namespaces.map->v[i];
        struct bw_str profile = bw_value_text(
            bw_value_at(member->value, "metadata", "labels", BW_GATE_PROFILE_LABEL, NULL));
        uint32_t selection;
        if (!profile.n || !rules->library || !has_profile(rules->library, profile))
            continue;
        int rc = select_profiles(rules, (struct bw_strs){&profile, 1}, made, &selection, NULL, err);
        struct bw_map_item *item =
            rc ? NULL : bw_map_at(&rules->labelled, bw_value_text(member->key));
        if (!item)
            return rc ? rc : no_memory(err);
        item->value = (void *)(uintptr_t)(selection + 1);
    }
    return 0;
}

static int select_all(struct bw_gate_rules *rules, struct bw_gate_fault *fault, struct bw_err *err)
{
    struct bw_gate_configuration *configuration = &rules->configuration;
    struct bw_map made BW_CLEANUP(bw_map_free) = BW_MAP(BW_GATE_SCOPES_MAX + 1);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < rules->sets_n; i++) {
        struct bw_policy_choice choice = {0};
        rc = add_lane(rules, rules->sets[i], &choice, fault, err);
    }
    if (rc == 0)
        rc = select_profiles(rules, configuration->profiles, &made, &rules->selection, fault, err);
    for (size_t i = 0; rc == 0 && i < configuration->scopes.n; i++) {
        struct bw_gate_scope *scope = &configuration->scopes.v[i];
        scope->selection = BW_GATE_NOT_SAID;
        if (scope->has_profiles)
            rc = select_profiles(rules, scope->profiles, &made, &scope->selection, fault, err);
    }
    return rc || !configuration->namespace_labels ? rc : select_labelled(rules, &made, err);
}

/* --- opening --- */

static int open_all(struct bw_gate_rules *rules, struct bw_str configuration,
                    const struct bw_str *sets, size_t sets_n, struct bw_gate_fault *fault,
                    struct bw_err *err)
{
    int rc =
        bw_gate_configuration_read(configuration, rules->arena, &rules->configuration, fault, err);
    if (rc)
        bw_err_prefix(err, rc, "the gate's configuration");
    if (rc == 0 && rules->configuration.library)
        rc = bw_policy_set_builtin(&rules->library, err);
    for (; rc == 0 && rules->sets_n < sets_n; rules->sets_n += rc == 0)
        rc = bw_policy_set_open(sets[rules->sets_n], &rules->sets[rules->sets_n], err);
    if (rc == 0)
        rc = check_all_words(rules, fault, err);
    if (rc == 0)
        rc = select_all(rules, fault, err);
    return rc ? rc : bw_gate_choose_mutators(rules, err);
}

int bw_gate_rules_open(struct bw_str configuration, const struct bw_str *sets, size_t sets_n,
                       struct bw_gate_rules **ret_rules, struct bw_err *err)
{
    return bw_gate_rules_open_telling(configuration, sets, sets_n, NULL, ret_rules, err);
}

int bw_gate_rules_open_telling(struct bw_str configuration, const struct bw_str *sets,
                               size_t sets_n, struct bw_gate_fault *fault,
                               struct bw_gate_rules **ret_rules, struct bw_err *err)
{
    if (sets_n > BW_GATE_SETS_MAX)
        return bw_err_set(err, BW_ELIMIT, "more than %u sets of policies", BW_GATE_SETS_MAX);
    struct bw_gate_rules *rules = calloc(1, sizeof *rules);
    if (!rules)
        return no_memory(err);
    atomic_init(&rules->references, 1);
    rules->labelled = BW_MAP(BW_VALUE_COUNT_MAX);
    rules->arena = bw_arena_new(BW_GATE_RULES_MAX);
    int rc =
        rules->arena ? open_all(rules, configuration, sets, sets_n, fault, err) : no_memory(err);
    if (rc)
        bw_gate_rules_unref(rules);
    else
        *ret_rules = rules;
    return rc;
}

struct bw_gate_rules *bw_gate_rules_ref(struct bw_gate_rules *rules)
{
    atomic_fetch_add_explicit(&rules->references, 1, memory_order_relaxed);
    return rules;
}

void bw_gate_rules_unref(struct bw_gate_rules *rules)
{
    if (!rules || atomic_fetch_sub_explicit(&rules->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < rules->lanes.n; i++)
        bw_policy_selection_free(rules->lanes.v[i].selection);
    BW_VEC_FREE(&rules->lanes);
    BW_VEC_FREE(&rules->mutators);
    bw_map_free(&rules->labelled);
    for (size_t i = 0; i < rules->sets_n; i++)
        bw_policy_set_free(rules->sets[i]);
    bw_policy_set_free(rules->library);
    bw_gate_configuration_free(&rules->configuration);
    bw_arena_free(rules->arena);
    free(rules);
}

void bw_gate_rules_unrefp(struct bw_gate_rules **rules)
{
    bw_gate_rules_unref(*rules);
    *rules = NULL;
}

/* --- figures --- */

static size_t judging(const struct bw_gate_lane *lane)
{
    size_t n = 0;
    for (size_t i = 0; i < bw_policy_count(lane->set); i++)
        n += bw_policy_is_selected(lane->selection, i) &&
             bw_policy_at(lane->set, i)->kind == BW_POLICY_VALIDATING;
    return n;
}

size_t bw_gate_rules_policies(const struct bw_gate_rules *rules)
{
    size_t n = 0;
    for (size_t i = 0; i < rules->sets_n; i++)
        n += judging(&rules->lanes.v[i]);
    return rules->selection < rules->lanes.n ? n + judging(&rules->lanes.v[rules->selection]) : n;
}

size_t bw_gate_rules_expired(const struct bw_gate_rules *rules, int64_t now_ns)
{
    size_t n = 0;
    for (size_t i = 0; i < rules->configuration.exceptions.n; i++)
        n += now_ns / NANOSECONDS >= rules->configuration.exceptions.v[i].until;
    return n;
}
