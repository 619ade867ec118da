#include "cli/policy-sets.h"

#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"

/* --- loading --- */

static bool is_policy_name(struct bw_str name)
{
    if (bw_str_ends(name, BW_STR(".examples.yaml")))
        return false;
    return bw_str_ends(name, BW_STR(".yaml")) || bw_str_ends(name, BW_STR(".yml")) ||
           bw_str_ends(name, BW_STR(".json"));
}

static int load_file(struct bw_policy_loader *loader, const char *path, bool named,
                     struct bw_err *err)
{
    struct bw_buf text BW_CLEANUP(bw_buf_free) = BW_BUF(BW_POLICY_TEXT_MAX);
    int rc = bw_fd_slurp_path(path, &text, err);
    if (rc)
        return rc;
    if (bw_policy_is_policy_text(bw_buf_slice(&text)))
        return bw_policy_load(loader, bw_str(path), bw_buf_slice(&text), err);
    return named
               ? bw_err_set(err, BW_EFORMAT,
                            "%s: no policy: a ValidatingAdmissionPolicy, a "
                            "MutatingAdmissionPolicy, a Gatekeeper template with CEL or a Kyverno "
                            "ValidatingPolicy is expected",
                            path)
               : 0;
}

/* By name, so that errors and reports come in the same order everywhere. */
static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int load_entry(struct bw_policy_loader *loader, const FTSENT *entry, struct bw_err *err)
{
    switch (entry->fts_info) {
    case FTS_F:
        return is_policy_name(bw_str(entry->fts_name))
                   ? load_file(loader, entry->fts_path, false, err)
                   : 0;
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return bw_err_set(err, BW_EIO, "cannot read %s: %s", entry->fts_path,
                          strerror(entry->fts_errno));
    default:
        return 0;
    }
}

static int load_directory(struct bw_policy_loader *loader, const char *path, struct bw_err *err)
{
    char *paths[] = {(char *)path, NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
    int rc = 0;
    if (!tree)
        return bw_err_errno(err, "cannot read %s", path);
    for (FTSENT *entry; rc == 0 && (entry = fts_read(tree));)
        rc = load_entry(loader, entry, err);
    fts_close(tree);
    return rc;
}

int bw_policy_sets_load(struct bw_policy_loader *loader, const char *path, struct bw_err *err)
{
    struct stat st;
    if (stat(path, &st))
        return bw_err_errno(err, "cannot read %s", path);
    return S_ISDIR(st.st_mode) ? load_directory(loader, path, err)
                               : load_file(loader, path, true, err);
}

/* --- sets --- */

static bool is_compiled(const char *path)
{
    struct stat st;
    struct bw_str name = bw_str(path);
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && !is_policy_name(name);
}

static int open_compiled(struct bw_policy_sets *sets, const char *path, struct bw_err *err)
{
    struct bw_buf *bytes = &sets->files[sets->n];
    *bytes = BW_BUF(BW_POLICY_SET_MAX);
    int rc = bw_fd_slurp_path(path, bytes, err);
    if (rc == 0)
        rc = bw_policy_set_open(bw_buf_slice(bytes), &sets->sets[sets->n], err);
    return rc ? bw_err_prefix(err, rc, "%s", path) : 0;
}

static int open_path(struct bw_policy_sets *sets, const char *path, struct bw_err *err)
{
    if (is_compiled(path))
        return open_compiled(sets, path, err);
    struct bw_policy_loader *loader BW_CLEANUP(bw_policy_loader_freep) =
        bw_policy_loader_new(NULL, NULL, err);
    int rc = loader ? bw_policy_sets_load(loader, path, err) : (int)err->code;
    return rc ? rc : bw_policy_set_build(loader, &sets->sets[sets->n], err);
}

/* A word must name a policy of one of the sets, not of each. */
static bool is_known(const struct bw_policy_sets *sets, struct bw_str word)
{
    for (size_t i = 0; i < sets->n; i++)
        if (bw_policy_find(sets->sets[i], word) != SIZE_MAX)
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
    own.only = known_of(sets->sets[i], choice->only, room);
    own.except = known_of(sets->sets[i], choice->except, room + choice->only.n);
    if (library)
        own.profiles = choice->profiles.n ? choice->profiles : (struct bw_strs){&standard, 1};
    /* Only others' policies were asked for. */
    if (choice->only.n && !own.only.n)
        return 0;
    int rc = bw_policy_select(sets->sets[i], &own, &sets->selections[i], err);
    if (rc == 0)
        sets->judge[i] = (struct bw_judge_policies){sets->sets[i], sets->selections[i]};
    return rc;
}

static int check_words(const struct bw_policy_sets *sets, struct bw_strs words, struct bw_err *err)
{
    for (size_t i = 0; i < words.n; i++)
        if (!is_known(sets, words.v[i])) {
            struct bw_policy_selection *none = NULL;
            struct bw_policy_choice choice = {.only = {&words.v[i], 1}};
            int rc = bw_policy_select(sets->sets[0], &choice, &none, err);
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
    if (!choice->no_library) {
        rc = bw_policy_set_builtin(&sets->sets[0], err);
        sets->n = 1;
    }
    for (size_t i = 0; i < choice->paths_n && rc == 0; i++) {
        if (sets->n == BW_POLICY_SETS_MAX)
            return bw_err_set(err, BW_EUSAGE, "--policy is taken at most %u times",
                              BW_POLICY_SETS_MAX - 1);
        rc = open_path(sets, choice->paths[i], err);
        sets->n++;
    }
    if (rc == 0 && sets->n == 0)
        rc = bw_err_set(err, BW_EUSAGE, "no policies: name some with --policy DIR");
    return rc ? rc : select_all(sets, choice, err);
}

void bw_policy_sets_free(struct bw_policy_sets *sets)
{
    for (size_t i = 0; i < BW_POLICY_SETS_MAX; i++) {
        bw_policy_selection_free(sets->selections[i]);
        bw_policy_set_free(sets->sets[i]);
        bw_buf_free(&sets->files[i]);
    }
    *sets = (struct bw_policy_sets){0};
}
