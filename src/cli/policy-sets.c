#include "cli/policy-sets.h"

#include <stdlib.h>

/* A word must name a policy of one of the sets, not of each. */
static bool is_known(const struct bw_policy_sets *sets, struct bw_str word)
{
    for (size_t i = 0; i < sets->n; i++)
        if (bw_policy_find(sets->files[i].set, word) != SIZE_MAX)
            return true;
    return false;
}

/* Those of the words that name a policy of this set. */
static struct bw_strs known_of(const struct bw_policy_set *set, struct bw_strs words,
                               struct bw_str *out)
{
    struct bw_strs known = {out, 0};
    for (size_t i = 0; i < words.n; i++)
        if (bw_policy_find(set, words.v[i]) != SIZE_MAX)
            out[known.n++] = words.v[i];
    return known;
}

static int select_one(struct bw_policy_sets *sets, size_t i,
                      const struct bw_policy_sets_choice *choice, struct bw_str *room,
                      struct bw_err *err)
{
    static struct bw_str standard = {BW_POLICY_PROFILE_DEFAULT,
                                     sizeof BW_POLICY_PROFILE_DEFAULT - 1};
    struct bw_policy_choice own = {.at_least = choice->at_least};
    bool library = i == 0 && !choice->no_library;
    own.only = known_of(sets->files[i].set, choice->only, room);
    own.except = known_of(sets->files[i].set, choice->except, room + choice->only.n);
    if (library)
        own.profiles = choice->profiles.n ? choice->profiles : (struct bw_strs){&standard, 1};
    /* Only others' policies were asked for. */
    if (choice->only.n && !own.only.n)
        return 0;
    int rc = bw_policy_select(sets->files[i].set, &own, &sets->selections[i], err);
    if (rc == 0)
        sets->judge[i] = (struct bw_judge_policies){sets->files[i].set, sets->selections[i]};
    return rc;
}

static int check_words(const struct bw_policy_sets *sets, struct bw_strs words, struct bw_err *err)
{
    for (size_t i = 0; i < words.n; i++)
        if (!is_known(sets, words.v[i])) {
            struct bw_policy_selection *none = NULL;
            struct bw_policy_choice choice = {.only = {&words.v[i], 1}};
            int rc = bw_policy_select(sets->files[0].set, &choice, &none, err);
            bw_policy_selection_free(none);
            return rc ? rc : bw_err_set(err, BW_EINTERNAL, "a policy that is not known is chosen");
        }
    return 0;
}

static int select_all(struct bw_policy_sets *sets, const struct bw_policy_sets_choice *choice,
                      struct bw_err *err)
{
    struct bw_str *room = calloc(choice->only.n + choice->except.n + 1, sizeof *room);
    size_t kept = 0;
    int rc = room ? check_words(sets, choice->only, err)
                  : bw_err_set(err, BW_ENOMEM, "out of memory for policies");
    if (rc == 0)
        rc = check_words(sets, choice->except, err);
    for (size_t i = 0; i < sets->n && rc == 0; i++)
        rc = select_one(sets, i, choice, room, err);
    free(room);
    for (size_t i = 0; i < sets->n && rc == 0; i++)
        if (sets->judge[i].set)
            sets->judge[kept++] = sets->judge[i];
    sets->judged = kept;
    return rc;
}

int bw_policy_sets_open(const struct bw_policy_sets_choice *choice, struct bw_policy_sets *sets,
                        struct bw_err *err)
{
    int rc = 0;
    if (!choice->no_library)
        rc = bw_policy_files_open(&sets->files[sets->n++], NULL, 0, err);
    if (rc == 0 && choice->paths_n)
        rc = bw_policy_files_open(&sets->files[sets->n++], choice->paths, choice->paths_n, err);
    if (rc == 0 && sets->n == 0)
        rc = bw_err_set(err, BW_EUSAGE, "no policies: name some with --policy DIR");
    return rc ? rc : select_all(sets, choice, err);
}

void bw_policy_sets_free(struct bw_policy_sets *sets)
{
    for (size_t i = 0; i < BW_POLICY_SETS_MAX; i++) {
        bw_policy_selection_free(sets->selections[i]);
        bw_policy_files_close(&sets->files[i]);
    }
    *sets = (struct bw_policy_sets){0};
}
