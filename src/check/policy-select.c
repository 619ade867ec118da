#include <stdlib.h>

#include "check/policy-load.h"

struct bw_policy_selection {
    size_t policies_n, selected_n;
    bool is_selected[];
};

static bool has_word(struct bw_strs words, struct bw_str word)
{
    for (size_t i = 0; i < words.n; i++)
        if (bw_str_eq_nocase(words.v[i], word))
            return true;
    return false;
}

static bool answers_to_any(const struct bw_policy *policy, struct bw_strs words)
{
    for (size_t i = 0; i < words.n; i++)
        if (bw_policy_answers_to(policy, words.v[i]))
            return true;
    return false;
}

/* A policy that names no profile is part of all: nobody writes one for it to be passed over. */
static bool is_in_profiles(const struct bw_policy *policy, struct bw_strs profiles)
{
    for (size_t i = 0; i < profiles.n; i++)
        if (has_word(policy->profiles, profiles.v[i]))
            return true;
    return !profiles.n || !policy->profiles.n;
}

static bool is_chosen(const struct bw_policy *policy, const struct bw_policy_choice *choice)
{
    if (answers_to_any(policy, choice->except) || policy->severity < choice->at_least)
        return false;
    return choice->only.n
               ? answers_to_any(policy, choice->only)
               : is_in_profiles(policy, choice->profiles) || answers_to_any(policy, choice->also);
}

/* --- words that are of no policy --- */

#define NAMES_MAX 4096u

struct names {
    const char *v[NAMES_MAX];
    size_t n;
};

static void add_name(struct names *names, struct bw_str name)
{
    if (names->n < NAMES_MAX) /* a NUL stands behind every word of a set */
        names->v[names->n++] = name.p;
}

static int unknown(const struct names *names, const char *what, struct bw_str word,
                   struct bw_err *err)
{
    const char *near = bw_policy_nearest(word, names->v, names->n);
    return bw_err_set(err, BW_EUSAGE, "there is no %s '%" BW_STR_F "'%s%s%s", what,
                      BW_STR_A(bw_str_take(word, 80)), near ? "; did you mean '" : "",
                      near ? near : "", near ? "'?" : "");
}

static int check_ids(const struct bw_policy_set *set, struct bw_strs words, struct bw_err *err)
{
    for (size_t i = 0; i < words.n; i++) {
        if (bw_policy_find(set, words.v[i]) != SIZE_MAX)
            continue;
        struct names names = {.n = 0};
        for (size_t j = 0; j < set->policies_n; j++)
            add_name(&names, set->policies[j].id);
        return unknown(&names, "policy", words.v[i], err);
    }
    return 0;
}

static int check_profiles(const struct bw_policy_set *set, struct bw_strs words, struct bw_err *err)
{
    for (size_t i = 0; i < words.n; i++) {
        struct names names = {.n = 0};
        bool known = false;
        for (size_t j = 0; j < set->policies_n && !known; j++) {
            known = has_word(set->policies[j].profiles, words.v[i]);
            for (size_t k = 0; k < set->policies[j].profiles.n; k++)
                add_name(&names, set->policies[j].profiles.v[k]);
        }
        if (!known && names.n)
            return unknown(&names, "profile", words.v[i], err);
    }
    return 0;
}

int bw_policy_select(const struct bw_policy_set *set, const struct bw_policy_choice *choice,
                     struct bw_policy_selection **ret_selection, struct bw_err *err)
{
    int rc = check_ids(set, choice->only, err);
    if (rc == 0)
        rc = check_ids(set, choice->also, err);
    if (rc == 0)
        rc = check_ids(set, choice->except, err);
    if (rc == 0)
        rc = check_profiles(set, choice->profiles, err);
    if (rc)
        return rc;
    struct bw_policy_selection *selection = calloc(1, sizeof *selection + set->policies_n);
    if (!selection)
        return bw_err_set(err, BW_ENOMEM, "out of memory for policies");
    selection->policies_n = set->policies_n;
    for (size_t i = 0; i < set->policies_n; i++) {
        selection->is_selected[i] = is_chosen(&set->policies[i], choice);
        selection->selected_n += selection->is_selected[i];
    }
    *ret_selection = selection;
    return 0;
}

void bw_policy_selection_free(struct bw_policy_selection *selection)
{
    free(selection);
}

void bw_policy_selection_freep(struct bw_policy_selection **selection)
{
    bw_policy_selection_free(*selection);
    *selection = NULL;
}

bool bw_policy_is_selected(const struct bw_policy_selection *selection, size_t policy)
{
    return policy < selection->policies_n && selection->is_selected[policy];
}

size_t bw_policy_selected_count(const struct bw_policy_selection *selection)
{
    return selection->selected_n;
}
