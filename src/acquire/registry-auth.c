#include "acquire/registry-auth.h"

#include <stdlib.h>
#include <strings.h>

#include "acquire/registry-client.h"
#include "wrap/json.h"

#define FORM_MAX ((size_t)256 << 10)

static void free_secret(struct bw_buf *buf)
{
    if (buf->p)
        explicit_bzero(buf->p, buf->cap);
    bw_buf_free(buf);
}

static void free_token(struct bw_registry_auth *auth)
{
    if (auth->token)
        explicit_bzero(auth->token, strlen(auth->token));
    free(auth->token);
    auth->token = NULL;
}

void bw_registry_auth_free(struct bw_registry_auth *auth)
{
    free_token(auth);
    bw_credential_free(&auth->credential);
}

void bw_registry_auth_use(const struct bw_registry_auth *auth, struct bw_curl_request *request)
{
    if (auth->token) {
        request->bearer = auth->token;
    } else if (auth->basic) {
        request->user = auth->credential.user;
        request->password = auth->credential.password;
    }
}

/* It becomes a header: only what RFC 6750 2.1 may have there. */
static bool is_token(struct bw_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= 0x20 || s.p[i] >= 0x7f)
            return false;
    return s.n > 0 && s.n <= BW_REGISTRY_TOKEN_MAX;
}

int bw_registry_token_in(struct bw_str json, char **ret_token, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    int rc = bw_json_parse(&doc, json, NULL, 0, err);
    if (rc)
        return rc;
    struct bw_str token = bw_json_string(bw_json_get(bw_json_root(doc), BW_STR("token")));
    if (!token.n)
        token = bw_json_string(bw_json_get(bw_json_root(doc), BW_STR("access_token")));
    if (!is_token(token))
        return bw_err_set(err, BW_EFORMAT, "no token in its answer");
    char *copy = strndup(token.p, token.n);
    if (!copy)
        return bw_err_set(err, BW_ENOMEM, "out of memory");
    *ret_token = copy;
    return 0;
}

static void add_parameter(struct bw_buf *buf, const char *name, struct bw_str value)
{
    if (!value.n)
        return;
    bw_buf_printf(buf, "%s=", name);
    bw_curl_escape(buf, value, "");
    bw_buf_byte(buf, '&');
}

/* "service=...&scope=...&", with NUL. */
static int question(const struct bw_registry_auth *auth, const struct bw_registry_peer *peer,
                    const struct bw_challenge *challenge, struct bw_buf *buf, struct bw_err *err)
{
    struct bw_buf own BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    const char *identity = auth->credential.identity_token;
    bw_buf_printf(&own, "repository:%" BW_STR_F ":pull", BW_STR_A(peer->repository));
    add_parameter(buf, "service", bw_str(challenge->service));
    add_parameter(buf, "scope", *challenge->scope ? bw_str(challenge->scope) : bw_buf_slice(&own));
    if (identity) {
        add_parameter(buf, "grant_type", BW_STR("refresh_token"));
        add_parameter(buf, "client_id", BW_STR("bulwark"));
        add_parameter(buf, "refresh_token", bw_str(identity));
    } else if (auth->credential.user) {
        add_parameter(buf, "account", bw_str(auth->credential.user));
    }
    bw_buf_byte(buf, 0);
    return bw_buf_failed(buf) || bw_buf_failed(&own)
               ? bw_err_set(err, BW_EFORMAT, "what it wants to be asked is too long")
               : 0;
}

struct answer {
    struct bw_buf *buf;
    const struct bw_acquire *acquire;
};

static bool stops(void *ctx, uint64_t done, uint64_t total)
{
    (void)done, (void)total;
    const struct answer *answer = ctx;
    return bw_registry_is_over(answer->acquire);
}

static int keep(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    const struct answer *answer = ctx;
    bw_buf_add(answer->buf, p, n);
    return bw_buf_failed(answer->buf) ? bw_err_set(err, BW_ELIMIT, "the answer is too long") : 0;
}

static bool may_be_asked(const struct bw_registry_peer *peer, const char *realm)
{
    return strncasecmp(realm, "https://", 8) == 0 ||
           (peer->plain && strncasecmp(realm, "http://", 7) == 0);
}

int bw_registry_auth_refused(const struct bw_registry_auth *auth,
                             const struct bw_registry_peer *peer, struct bw_err *err)
{
    if (auth->credential.user || auth->credential.identity_token)
        return bw_err_set(err, BW_EACCESS,
                          "%" BW_STR_F " refuses the login for %" BW_STR_F " from %" BW_STR_F
                          ": run `docker login %" BW_STR_F "` again",
                          BW_STR_A(peer->host), BW_STR_A(bw_str_take(peer->repository, 80)),
                          BW_STR_A(bw_str_take(auth->from, 120)), BW_STR_A(peer->host));
    return bw_err_set(err, BW_EACCESS,
                      "%" BW_STR_F " has no %" BW_STR_F
                      " that all may read: run `docker login %" BW_STR_F
                      "`, or see that the name is right (no login in %" BW_STR_F ")",
                      BW_STR_A(peer->host), BW_STR_A(bw_str_take(peer->repository, 80)),
                      BW_STR_A(peer->host), BW_STR_A(bw_str_take(auth->from, 160)));
}

static int take_answer(struct bw_registry_auth *auth, const struct bw_registry_peer *peer,
                       const struct bw_curl_response *answer, const char *realm, struct bw_str json,
                       struct bw_err *err)
{
    if (answer->status == 401 || answer->status == 403 || answer->status == 400)
        return bw_registry_auth_refused(auth, peer, err);
    if (answer->status == 429)
        return bw_err_set(err, BW_ENET,
                          "the token server %.100s limits the rate of questions: "
                          "wait, or log in",
                          realm);
    if (answer->status != 200)
        return bw_err_set(err, BW_ENET, "the token server %.100s answers with status %d: %.150s",
                          realm, answer->status, answer->problem);
    char *token;
    int rc = bw_registry_token_in(json, &token, err);
    if (rc)
        return bw_err_prefix(err, rc, "the token server %.100s", realm);
    free_token(auth);
    auth->token = token;
    return 0;
}

/* docs/content/spec/auth: token.md asks with GET and Basic authorization, oauth.md with POST. */
static int get_token(struct bw_registry_auth *auth, const struct bw_acquire *acquire,
                     struct bw_curl *curl, const struct bw_registry_peer *peer,
                     const struct bw_challenge *challenge, struct bw_err *err)
{
    struct bw_buf form BW_CLEANUP(free_secret) = BW_BUF(FORM_MAX);
    struct bw_buf url BW_CLEANUP(free_secret) = BW_BUF(FORM_MAX);
    struct bw_buf json BW_CLEANUP(free_secret) = BW_BUF(BW_REGISTRY_TOKEN_JSON_MAX);
    struct answer sink = {&json, acquire};
    struct bw_curl_response answer;
    if (!may_be_asked(peer, challenge->realm))
        return bw_err_set(err, BW_EACCESS,
                          "%" BW_STR_F " sends us to the token server %.100s, which is not https",
                          BW_STR_A(peer->host), challenge->realm);
    int rc = question(auth, peer, challenge, &form, err);
    if (rc)
        return rc;
    bool post = auth->credential.identity_token != NULL;
    bw_buf_str(&url, bw_str(challenge->realm));
    if (!post)
        bw_buf_printf(&url, "%c%s", strchr(challenge->realm, '?') ? '&' : '?', (char *)form.p);
    bw_buf_byte(&url, 0);
    if (bw_buf_failed(&url))
        return bw_err_set(err, BW_EFORMAT, "the address of the token server is too long");
    struct bw_curl_request request = {
        .url = (const char *)url.p,
        .form = post ? (const char *)form.p : NULL,
        .user = post ? NULL : auth->credential.user,
        .password = auth->credential.password,
        .ca_file = peer->ca_file,
        .insecure = peer->insecure,
        .write = keep,
        .progress = stops,
        .ctx = &sink,
    };
    rc = bw_curl_get(curl, &request, &answer, err);
    return rc ? rc : take_answer(auth, peer, &answer, challenge->realm, bw_buf_slice(&json), err);
}

int bw_registry_auth_answer(struct bw_registry_auth *auth, const struct bw_acquire *acquire,
                            struct bw_curl *curl, const struct bw_registry_peer *peer,
                            const struct bw_challenge *challenge, struct bw_err *err)
{
    if (challenge->scheme == BW_CHALLENGE_NONE)
        return bw_err_set(err, BW_EUNSUPPORTED,
                          "%" BW_STR_F " wants an authorization that is neither Basic nor Bearer",
                          BW_STR_A(peer->host));
    if (!auth->looked) {
        int rc = bw_credentials_find(peer->host, peer->repository, acquire->arena,
                                     &auth->credential, &auth->from, err);
        if (rc)
            return rc;
        auth->looked = true;
    }
    if (challenge->scheme == BW_CHALLENGE_BEARER)
        return get_token(auth, acquire, curl, peer, challenge, err);
    if (!auth->credential.user || auth->basic)
        return bw_registry_auth_refused(auth, peer, err);
    auth->basic = true;
    return 0;
}
