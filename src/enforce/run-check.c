#include "enforce/run-check.h"

#include <string.h>

/* Keys of --mount; the engines take them in any case. */
static const char mount_keys[] =
    "type source src target destination dst readonly ro rw consistency bind-propagation "
    "bind-nonrecursive bind-recursive volume-nocopy volume-label volume-driver volume-opt "
    "volume-subpath tmpfs-size tmpfs-mode relabel chown idmap";

/* Podman takes several at a time, Docker takes the comma for a part of the value. */
static const char one_at_a_time[] =
    "publish cap-add cap-drop device group-add dns add-host ulimit log-opt network-alias";

static bool has_word(const char *words, struct bw_str wanted)
{
    struct bw_str rest = bw_str(words), word;
    while (bw_str_split(&rest, ' ', &word))
        if (bw_str_eq_nocase(word, wanted))
            return true;
    return false;
}

static int check_mount(const char *value, struct bw_err *err)
{
    struct bw_str rest = bw_str(value), field;
    if (strchr(value, '"'))
        return bw_err_set(err, BW_EUSAGE, "--mount: write %s without quotes", value);
    while (bw_str_split(&rest, ',', &field)) {
        struct bw_str key = bw_str_take(field, bw_str_find(field, '='));
        if (!has_word(mount_keys, key))
            return bw_err_set(err, BW_EUSAGE, "--mount: '%" BW_STR_F "' is not known here",
                              BW_STR_A(key));
    }
    return 0;
}

static int check_word(const struct bw_run_word *word, struct bw_err *err)
{
    if (!word->value)
        return 0;
    if (strcmp(word->name, "mount") == 0)
        return check_mount(word->value, err);
    if (strcmp(word->name, "network") == 0 && strpbrk(word->value, "=,\""))
        return bw_err_set(err, BW_EUSAGE,
                          "--network takes the name of one network alone, not '%s'; see "
                          "--network-alias",
                          word->value);
    if (has_word(one_at_a_time, bw_str(word->name)) && strchr(word->value, ','))
        return bw_err_set(err, BW_EUSAGE, "--%s takes one at a time; give it again for another",
                          word->name);
    return 0;
}

int bw_run_check(const struct bw_run_request *request, struct bw_err *err)
{
    unsigned networks = 0;
    if (request->image[0] == '-')
        return bw_err_set(err, BW_EUSAGE, "'%s' is no name of an image", request->image);
    for (size_t i = 0; i < request->words_n; i++) {
        int rc = check_word(&request->words[i], err);
        if (rc)
            return rc;
        networks += strcmp(request->words[i].name, "network") == 0;
    }
    return networks > 1 ? bw_err_set(err, BW_EUSAGE, "--network can be given once") : 0;
}

/* --- the user --- */

/* "0", "root", "0:0", "root:staff" and nothing; "+0", too, is a number to a runtime. */
static bool is_root(struct bw_str user)
{
    struct bw_str name = bw_str_take(user, bw_str_find(user, ':'));
    bool zeros = true;
    if (name.n > 1 && (name.p[0] == '+' || name.p[0] == '-'))
        name = bw_str_from(name, 1);
    for (size_t i = 0; i < name.n; i++)
        zeros &= name.p[i] == '0';
    return zeros || bw_str_eq(name, BW_STR("root"));
}

int bw_run_check_user(const struct bw_run_request *request, struct bw_err *err)
{
    const char *given = bw_run_word_of(request, "user");
    if (request->allowed & BW_RUN_ROOT)
        return 0;
    if (given && is_root(bw_str(given)))
        return bw_err_set(err, BW_EUSAGE,
                          "--user %s is root, who is root of the host, too, once out of the "
                          "container; allow it with '--allow root'",
                          given);
    if (!given && request->about && is_root(request->about->user))
        return bw_err_set(err, BW_EUSAGE,
                          "%s starts its program as root; run it as somebody else with "
                          "'--user 65532:65532', or allow it with '--allow root'",
                          request->image);
    return 0;
}
