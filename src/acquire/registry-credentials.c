#include "acquire/registry-credentials.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/fd.h"
#include "wrap/base64.h"
#include "wrap/json.h"

#define PATH_MAX_BYTES 4096u

/* The key under which Docker keeps its own registry, a relic of the first protocol. */
#define DOCKER_HUB_KEY "https://index.docker.io/v1/"

static void wipe(char **s)
{
    if (*s)
        explicit_bzero(*s, strlen(*s));
    free(*s);
    *s = NULL;
}

void bw_credential_free(struct bw_credential *credential)
{
    wipe(&credential->user);
    wipe(&credential->password);
    wipe(&credential->identity_token);
    wipe(&credential->helper);
}

static void free_secret(struct bw_buf *buf)
{
    if (buf->p)
        explicit_bzero(buf->p, buf->cap);
    bw_buf_free(buf);
}

static int no_memory(struct bw_err *err)
{
    return bw_err_set(err, BW_ENOMEM, "out of memory");
}

/* A copy as a C string; a value with a NUL in it is none. */
static int copy(struct bw_str s, char **ret, struct bw_err *err)
{
    if (s.n && memchr(s.p, 0, s.n))
        return bw_err_set(err, BW_EFORMAT, "a credential with a NUL byte in it");
    char *text = malloc(s.n + 1);
    if (!text)
        return no_memory(err);
    if (s.n)
        memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    *ret = text;
    return 0;
}

/* --- a configuration file --- */

static bool is_docker_hub(struct bw_str host)
{
    return bw_str_eq(host, BW_STR("docker.io")) || bw_str_eq(host, BW_STR("index.docker.io")) ||
           bw_str_eq(host, BW_STR("registry-1.docker.io"));
}

/* A key of "auths" without what stands around the host and its namespaces. */
static struct bw_str plain_key(struct bw_str key)
{
    static const char *const schemes[] = {"https://", "http://"};
    static const char *const ends[] = {"/", "/v1", "/v2"};
    for (size_t i = 0; i < BW_ARRAY_LEN(schemes); i++)
        if (bw_str_starts(key, bw_str(schemes[i])))
            key = bw_str_from(key, strlen(schemes[i]));
    for (size_t i = 0; i < BW_ARRAY_LEN(ends); i++)
        if (bw_str_ends(key, bw_str(ends[i])))
            key = bw_str_take(key, key.n - strlen(ends[i]));
    return key;
}

/* How many bytes of HOST/REPOSITORY a key covers; 0 where it is another's. */
static size_t covers(struct bw_str key, struct bw_str host, struct bw_str repository)
{
    struct bw_str plain = plain_key(key);
    if (is_docker_hub(host) && is_docker_hub(bw_str_take(plain, bw_str_find(plain, '/')))) {
        struct bw_str behind = bw_str_from(plain, bw_str_find(plain, '/'));
        host = bw_str_take(plain, plain.n - behind.n);
    }
    if (!bw_str_starts(plain, host))
        return 0;
    struct bw_str path = bw_str_from(plain, host.n);
    if (!path.n)
        return plain.n;
    if (!bw_str_starts(path, BW_STR("/")))
        return 0;
    path = bw_str_from(path, 1);
    struct bw_str below = bw_str_from(repository, path.n);
    bool whole = bw_str_starts(repository, path) && (!below.n || bw_str_starts(below, BW_STR("/")));
    return whole ? plain.n : 0;
}

static int read_auth(struct bw_str encoded, struct bw_credential *ret, struct bw_err *err)
{
    struct bw_buf plain BW_CLEANUP(free_secret) = BW_BUF(BW_CREDENTIALS_FILE_MAX);
    if (!bw_base64_read(encoded, &plain))
        return bw_err_set(err, BW_EFORMAT, "\"auth\" is no base64");
    struct bw_str s = bw_buf_slice(&plain);
    size_t colon = bw_str_find(s, ':');
    if (colon == SIZE_MAX || colon == 0)
        return bw_err_set(err, BW_EFORMAT, "\"auth\" is not USER:PASSWORD");
    struct bw_str password = bw_str_from(s, colon + 1);
    /* Docker pads with NUL bytes at times (cli/config/configfile, decodeAuth). */
    while (password.n && !password.p[password.n - 1])
        password.n--;
    int rc = copy(bw_str_take(s, colon), &ret->user, err);
    return rc ? rc : copy(password, &ret->password, err);
}

static int read_entry(const struct bw_json *entry, struct bw_credential *ret, struct bw_err *err)
{
    struct bw_str auth = bw_json_string(bw_json_get(entry, BW_STR("auth")));
    struct bw_str user = bw_json_string(bw_json_get(entry, BW_STR("username")));
    struct bw_str password = bw_json_string(bw_json_get(entry, BW_STR("password")));
    struct bw_str token = bw_json_string(bw_json_get(entry, BW_STR("identitytoken")));
    int rc = 0;
    if (token.n)
        rc = copy(token, &ret->identity_token, err);
    if (rc || auth.n)
        return rc ? rc : read_auth(auth, ret, err);
    if (!user.n || !password.n)
        return 0;
    rc = copy(user, &ret->user, err);
    return rc ? rc : copy(password, &ret->password, err);
}

static int read_auths(const struct bw_json *auths, struct bw_str host, struct bw_str repository,
                      struct bw_credential *ret, struct bw_err *err)
{
    const struct bw_json *best = NULL;
    size_t best_n = 0;
    struct bw_json_iter it = bw_json_iter(auths);
    for (const struct bw_json *entry; (entry = bw_json_next(&it));) {
        size_t n = covers(it.key, host, repository);
        if (n < best_n || n == 0 || bw_json_type(entry) != BW_JSON_OBJECT)
            continue;
        best = entry;
        best_n = n;
    }
    return best ? read_entry(best, ret, err) : 0;
}

static struct bw_str helper_for(const struct bw_json *root, struct bw_str host)
{
    struct bw_json_iter it = bw_json_iter(bw_json_get(root, BW_STR("credHelpers")));
    for (const struct bw_json *name; (name = bw_json_next(&it));)
        if (covers(it.key, host, (struct bw_str){0}) && bw_json_string(name).n)
            return bw_json_string(name);
    return bw_json_string(bw_json_get(root, BW_STR("credsStore")));
}

int bw_credentials_in(struct bw_str json, struct bw_str host, struct bw_str repository,
                      struct bw_credential *ret, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_credential found = {0};
    int rc = bw_json_parse(&doc, json, NULL, 0, err);
    if (rc)
        return rc;
    const struct bw_json *root = bw_json_root(doc);
    if (bw_json_type(root) != BW_JSON_OBJECT)
        return bw_err_set(err, BW_EFORMAT, "an object expected");
    struct bw_str helper = helper_for(root, host);
    if (helper.n)
        rc = copy(helper, &found.helper, err);
    rc = rc ? rc : read_auths(bw_json_get(root, BW_STR("auths")), host, repository, &found, err);
    if (rc)
        bw_credential_free(&found);
    else
        *ret = found;
    return rc;
}

/* credentials/credentials.go: the user "<token>" marks an identity token. */
int bw_credentials_of_helper(struct bw_str json, struct bw_credential *ret, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_credential found = {0};
    int rc = bw_json_parse(&doc, json, NULL, 0, err);
    if (rc)
        return rc;
    struct bw_str user = bw_json_string(bw_json_get(bw_json_root(doc), BW_STR("Username")));
    struct bw_str secret = bw_json_string(bw_json_get(bw_json_root(doc), BW_STR("Secret")));
    if (!secret.n)
        return bw_err_set(err, BW_EFORMAT, "an answer without a secret");
    if (bw_str_eq(user, BW_STR("<token>"))) {
        rc = copy(secret, &found.identity_token, err);
    } else {
        rc = copy(user, &found.user, err);
        rc = rc ? rc : copy(secret, &found.password, err);
    }
    if (rc)
        bw_credential_free(&found);
    else
        *ret = found;
    return rc;
}

/* --- everywhere --- */

static int ask_helper(struct bw_credential *credential, struct bw_str host, struct bw_err *err)
{
    struct bw_buf answer BW_CLEANUP(free_secret) = BW_BUF(BW_CREDENTIALS_ANSWER_MAX);
    struct bw_credential told = {0};
    struct bw_str key = is_docker_hub(host) ? BW_STR(DOCKER_HUB_KEY) : host;
    int rc = bw_credential_helper(credential->helper, key, &answer, err);
    /* What the helper does not know may stand in the file itself. */
    if (rc == BW_ENOENT && answer.n)
        return 0;
    rc = rc ? rc : bw_credentials_of_helper(bw_buf_slice(&answer), &told, err);
    if (rc)
        return bw_err_prefix(err, rc, "docker-credential-%s", credential->helper);
    bw_credential_free(credential);
    *credential = told;
    return 0;
}

static int look_into(const char *path, struct bw_str host, struct bw_str repository,
                     struct bw_credential *ret, struct bw_err *err)
{
    struct bw_buf json BW_CLEANUP(free_secret) = BW_BUF(BW_CREDENTIALS_FILE_MAX);
    int rc = bw_fd_slurp_path(path, &json, err);
    if (rc == BW_ENOENT || rc == BW_EACCESS || (rc == 0 && json.n == 0))
        return 0;
    rc = rc ? rc : bw_credentials_in(bw_buf_slice(&json), host, repository, ret, err);
    if (rc)
        return bw_err_prefix(err, rc, "%s", path);
    return ret->helper ? ask_helper(ret, host, err) : 0;
}

static bool is_found(const struct bw_credential *credential)
{
    return credential->user || credential->identity_token;
}

/* A file below a folder that one variable names, or another folder below another. */
static bool path_in(char out[PATH_MAX_BYTES], const char *variable, const char *below,
                    const char *other_variable, const char *other_below)
{
    const char *at = getenv(variable);
    bool set = at && *at;
    if (!set) {
        at = other_variable ? getenv(other_variable) : NULL;
        below = other_below;
    }
    return at && *at && (size_t)snprintf(out, PATH_MAX_BYTES, "%s%s", at, below) < PATH_MAX_BYTES;
}

int bw_credentials_find(struct bw_str host, struct bw_str repository, struct bw_arena *arena,
                        struct bw_credential *ret, struct bw_str *ret_from, struct bw_err *err)
{
    static const struct {
        const char *variable, *below, *other_variable, *other_below;
    } places[] = {
        {"REGISTRY_AUTH_FILE", "", NULL, NULL},
        {"DOCKER_CONFIG", "/config.json", "HOME", "/.docker/config.json"},
        {"XDG_RUNTIME_DIR", "/containers/auth.json", NULL, NULL},
        {"XDG_CONFIG_HOME", "/containers/auth.json", "HOME", "/.config/containers/auth.json"},
    };
    char path[PATH_MAX_BYTES];
    struct bw_credential found = {0};
    struct bw_buf looked BW_CLEANUP(bw_buf_free) = BW_BUF((size_t)16 << 10);
    int rc = 0;
    for (size_t i = 0; i < BW_ARRAY_LEN(places) && rc == 0 && !is_found(&found); i++) {
        if (!path_in(path, places[i].variable, places[i].below, places[i].other_variable,
                     places[i].other_below))
            continue;
        bw_credential_free(&found);
        rc = look_into(path, host, repository, &found, err);
        if (is_found(&found))
            bw_buf_clear(&looked);
        bw_buf_printf(&looked, "%s%s", looked.n ? ", " : "", path);
    }
    wipe(&found.helper);
    struct bw_str from = bw_arena_str(arena, bw_buf_slice(&looked));
    if (rc == 0 && !from.p)
        rc = no_memory(err);
    if (rc) {
        bw_credential_free(&found);
        return rc;
    }
    *ret = found;
    *ret_from = from;
    return 0;
}
