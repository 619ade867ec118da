/*
 * The small grammars around a registry; the conversation itself is tested with a real one, in
 * tests/e2e/registry.sh.
 */
#include "acquire-rig.h"
#include "acquire/registry-auth.h"
#include "acquire/registry-credentials.h"
#include "acquire/registry-reference.h"
#include "acquire/spool.h"
#include "wrap/base64.h"

#define HEX "abababababababababababababababababababababababababababababababab"

/* --- names --- */

static void names_are_completed(void **state)
{
    struct rig *rig = *state;
    static const struct {
        const char *text, *host, *repository, *tag, *digest;
    } rows[] = {
        {"nginx", "docker.io", "library/nginx", "latest", ""},
        {"nginx:1.27", "docker.io", "library/nginx", "1.27", ""},
        {"docker.io/nginx", "docker.io", "library/nginx", "latest", ""},
        {"index.docker.io/a/b", "docker.io", "a/b", "latest", ""},
        {"team/app", "docker.io", "team/app", "latest", ""},
        {"localhost/app", "localhost", "app", "latest", ""},
        {"localhost:5000/app:a_b.c-d", "localhost:5000", "app", "a_b.c-d", ""},
        {"r.example/a/b/c", "r.example", "a/b/c", "latest", ""},
        {"HOST/app", "HOST", "app", "latest", ""},
        {"[::1]:5000/app", "[::1]:5000", "app", "latest", ""},
        {"a@sha256:" HEX, "docker.io", "library/a", "", "sha256:" HEX},
        {"r.example:8080/a:1@sha256:" HEX, "r.example:8080", "a", "1", "sha256:" HEX},
        {"a__b/c---d.e_f", "docker.io", "a__b/c---d.e_f", "latest", ""},
    };
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct bw_reference r;
        assert_int_equal(bw_reference_parse(bw_str(rows[i].text), rig->arena, &r, &rig->err), 0);
        is(r.host, rows[i].host);
        is(r.repository, rows[i].repository);
        is(r.tag, rows[i].tag);
        is(r.digest, rows[i].digest);
    }
}

static void names_that_are_none_are_refused(void **state)
{
    struct rig *rig = *state;
    char longest[300];
    static const char *const rows[] = {"",
                                       ":",
                                       "@",
                                       "/",
                                       "a/",
                                       "/a",
                                       "a//b",
                                       "a:",
                                       "a:-x",
                                       "a:b:c",
                                       "A",
                                       "Team/App/x:1",
                                       "a..b",
                                       "a___b",
                                       "-a",
                                       "a-",
                                       "a.-b",
                                       "a b",
                                       "a@sha256:ab",
                                       "a@md5:" HEX,
                                       "a@sha256:" HEX "@x",
                                       "https://r.example/a",
                                       "r.example:0/a",
                                       "r.example:99999/a",
                                       "r.example:x/a",
                                       "-r.example/a",
                                       "r..example/a",
                                       "[::1/a",
                                       "[x]:5/a",
                                       HEX,
                                       "a:\x01",
                                       "r.example/",
                                       "\xff",
                                       "user@r.example/a",
                                       "r.example/a?b",
                                       "r.example/../a"};
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct bw_reference r;
        if (bw_reference_parse(bw_str(rows[i]), rig->arena, &r, &rig->err) != BW_EUSAGE)
            fail_msg("\"%s\" was taken for a name", rows[i]);
    }
    memset(longest, 'a', sizeof longest);
    struct bw_reference r;
    assert_int_equal(bw_reference_parse(bw_str_n(longest, sizeof longest), rig->arena, &r, NULL),
                     BW_EUSAGE);
    assert_int_equal(bw_reference_parse(bw_str_n("a:1\0x", 5), rig->arena, &r, NULL), BW_EUSAGE);
}

static void the_loopback_is_known_by_its_address(void **state)
{
    (void)state;
    assert_true(bw_reference_is_loopback(BW_STR("localhost:5000")));
    assert_true(bw_reference_is_loopback(BW_STR("127.0.0.1")));
    assert_true(bw_reference_is_loopback(BW_STR("127.1.2.3:80")));
    assert_true(bw_reference_is_loopback(BW_STR("[::1]:5000")));
    assert_false(bw_reference_is_loopback(BW_STR("127.0.0.1.evil.example")));
    assert_false(bw_reference_is_loopback(BW_STR("127.evil")));
    assert_false(bw_reference_is_loopback(BW_STR("localhost.evil.example")));
    assert_false(bw_reference_is_loopback(BW_STR("10.0.0.1")));
    assert_false(bw_reference_is_loopback(BW_STR("[::2]")));
}

/* --- challenges --- */

static struct bw_challenge read_challenge(const char *text)
{
    struct bw_challenge challenge = {0};
    bw_challenge_read(bw_str(text), &challenge);
    return challenge;
}

static void challenges_are_taken_apart(void **state)
{
    (void)state;
    struct bw_challenge c =
        read_challenge("Bearer realm=\"https://auth.example/token\",service=\"r.example\", "
                       "scope=\"repository:a/b:pull,push\",error=\"invalid_token\"");
    assert_int_equal(c.scheme, BW_CHALLENGE_BEARER);
    assert_string_equal(c.realm, "https://auth.example/token");
    assert_string_equal(c.service, "r.example");
    assert_string_equal(c.scope, "repository:a/b:pull,push");
    c = read_challenge("bEARER REALM = \"x\\\"y\\\\\"");
    assert_int_equal(c.scheme, BW_CHALLENGE_BEARER);
    assert_string_equal(c.realm, "x\"y\\");
    c = read_challenge("Basic realm=here");
    assert_int_equal(c.scheme, BW_CHALLENGE_BASIC);
    assert_string_equal(c.realm, "here");
    assert_int_equal(read_challenge("Basic").scheme, BW_CHALLENGE_BASIC);
}

static void the_best_of_several_challenges_is_taken(void **state)
{
    (void)state;
    struct bw_challenge c =
        read_challenge("Basic realm=\"a\", Bearer realm=\"b\", Digest realm=\"c\"");
    assert_int_equal(c.scheme, BW_CHALLENGE_BEARER);
    assert_string_equal(c.realm, "b");
    c = read_challenge("Negotiate, , Basic realm=\"a, Bearer realm=x\"");
    assert_int_equal(c.scheme, BW_CHALLENGE_BASIC);
    assert_string_equal(c.realm, "a, Bearer realm=x");
    bw_challenge_read(BW_STR("Bearer realm=\"other\""), &c);
    assert_int_equal(c.scheme, BW_CHALLENGE_BEARER);
    bw_challenge_read(BW_STR("Basic realm=\"late\""), &c);
    assert_string_equal(c.realm, "other");
}

static void challenges_that_are_none_are_left(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       " , ,",
                                       "Digest realm=\"x\"",
                                       "Bearer",
                                       "Bearer realm=\"\"",
                                       "Bearer realm=\"x",
                                       "Bearer realm=\"x\r\ny\"",
                                       "=x",
                                       "Bearer realm=",
                                       "\"Bearer\" realm=x"};
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++)
        assert_int_equal(read_challenge(rows[i]).scheme, BW_CHALLENGE_NONE);
    char text[BW_CHALLENGE_VALUE_MAX + 64];
    memset(text, 'x', sizeof text);
    memcpy(text, "Bearer realm=\"", 14);
    struct bw_challenge c = {0};
    bw_challenge_read(bw_str_n(text, sizeof text), &c);
    assert_int_equal(c.scheme, BW_CHALLENGE_NONE);
}

/* --- credentials --- */

static struct bw_credential find(const char *json, const char *host, const char *repository)
{
    struct bw_credential found = {0};
    struct bw_err err = {0};
    if (bw_credentials_in(bw_str(json), bw_str(host), bw_str(repository), &found, &err))
        fail_msg("%s", err.msg);
    return found;
}

static void is_user(const char *json, const char *host, const char *repository, const char *want)
{
    struct bw_credential BW_CLEANUP(bw_credential_free) found = find(json, host, repository);
    if (!want)
        assert_null(found.user);
    else
        assert_string_equal(found.user, want);
}

/* USER:secret */
#define A "\"auth\":\"YTpzZWNyZXQ=\""
#define B "\"auth\":\"YjpzZWNyZXQ\""

static void logins_are_found_by_host(void **state)
{
    (void)state;
    static const char json[] = "{\"auths\":{\"r.example\":{" A "},\"r.example:5000\":{" B "}}}";
    struct bw_credential BW_CLEANUP(bw_credential_free) found = find(json, "r.example", "x");
    assert_string_equal(found.user, "a");
    assert_string_equal(found.password, "secret");
    is_user(json, "r.example:5000", "x", "b");
    is_user(json, "example", "x", NULL);
    is_user(json, "r.example.evil.example", "x", NULL);
    is_user("{\"auths\":{\"r.example.evil.example\":{" A "}}}", "r.example", "x", NULL);
    is_user("{\"auths\":{\"https://r.example/v2/\":{" A "}}}", "r.example", "x", "a");
    is_user("{\"auths\":{\"https://index.docker.io/v1/\":{" A "}}}", "docker.io", "library/x", "a");
    is_user("{\"auths\":{\"docker.io\":{" A "}}}", "docker.io", "library/x", "a");
    is_user("{\"auths\":{\"r.example\":{\"username\":\"u\",\"password\":\"p\"}}}", "r.example", "x",
            "u");
    is_user("{}", "r.example", "x", NULL);
    is_user("{\"auths\":{\"r.example\":{}}}", "r.example", "x", NULL);
    is_user("{\"auths\":[1],\"credsStore\":2,\"credHelpers\":\"x\"}", "r.example", "x", NULL);
}

static void the_longest_namespace_counts(void **state)
{
    (void)state;
    static const char json[] =
        "{\"auths\":{\"r.example/team\":{" B "},\"r.example\":{" A "},\"docker.io/t\":{" B "}}}";
    is_user(json, "r.example", "team/app", "b");
    is_user(json, "r.example", "team", "b");
    is_user(json, "r.example", "teams/app", "a");
    is_user(json, "docker.io", "t/x", "b");
    is_user(json, "docker.io", "u/x", NULL);
}

static void helpers_and_identity_tokens_are_found(void **state)
{
    (void)state;
    static const char json[] = "{\"credsStore\":\"all\",\"credHelpers\":{\"r.example\":\"one\"},"
                               "\"auths\":{\"s.example\":{\"auth\":\"\",\"identitytoken\":\"t\"}}}";
    struct bw_credential BW_CLEANUP(bw_credential_free) one = find(json, "r.example", "x");
    assert_string_equal(one.helper, "one");
    struct bw_credential BW_CLEANUP(bw_credential_free) all = find(json, "s.example", "x");
    assert_string_equal(all.helper, "all");
    assert_string_equal(all.identity_token, "t");
}

static void a_broken_login_is_an_error(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "[]",
        "{\"auths\":",
        "{\"auths\":{\"r.example\":{\"auth\":\"%%%\"}}}",
        "{\"auths\":{\"r.example\":{\"auth\":\"YWJj\"}}}",
        "{\"auths\":{\"r.example\":{\"auth\":\"OnNlY3JldA==\"}}}",
        "{\"auths\":{\"r.example\":{\"username\":\"a\\u0000b\",\"password\":\"p\"}}}"};
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        struct bw_credential found = {0};
        assert_int_equal(
            bw_credentials_in(bw_str(rows[i]), BW_STR("r.example"), BW_STR("x"), &found, NULL),
            BW_EFORMAT);
        assert_null(found.user);
    }
}

static void helpers_answer(void **state)
{
    (void)state;
    struct bw_credential c = {0};
    assert_int_equal(
        bw_credentials_of_helper(BW_STR("{\"Username\":\"u\",\"Secret\":\"p\"}"), &c, NULL), 0);
    assert_string_equal(c.user, "u");
    assert_string_equal(c.password, "p");
    bw_credential_free(&c);
    assert_int_equal(
        bw_credentials_of_helper(BW_STR("{\"Username\":\"<token>\",\"Secret\":\"t\"}"), &c, NULL),
        0);
    assert_null(c.user);
    assert_string_equal(c.identity_token, "t");
    bw_credential_free(&c);
    assert_int_equal(bw_credentials_of_helper(BW_STR("{\"Username\":\"u\"}"), &c, NULL),
                     BW_EFORMAT);
    assert_int_equal(bw_credentials_of_helper(BW_STR("no"), &c, NULL), BW_EFORMAT);
}

/* A helper as a script in a folder of PATH. */
static int run_helper(struct rig *rig, const char *script, const char *name, struct bw_buf *answer)
{
    char path[1024];
    rig_write(rig, "docker-credential-unit", bw_str(script));
    assert_int_equal(chmod(rig_path(rig, "docker-credential-unit"), 0755), 0);
    const char *before = getenv("PATH");
    snprintf(path, sizeof path, "%s:%.900s", rig->directory, before ? before : "");
    char *kept = strdup(before ? before : "");
    setenv("PATH", path, 1);
    int rc = bw_credential_helper(name, BW_STR("r.example"), answer, &rig->err);
    setenv("PATH", kept, 1);
    free(kept);
    return rc;
}

static void helpers_are_asked(void **state)
{
    struct rig *rig = *state;
    struct bw_buf answer BW_CLEANUP(bw_buf_free) = BW_BUF(BW_CREDENTIALS_ANSWER_MAX);
    assert_int_equal(run_helper(rig, "#!/bin/sh\nprintf '%s ' \"$1\"; cat\n", "unit", &answer), 0);
    is(bw_buf_slice(&answer), "get r.example");
    bw_buf_clear(&answer);
    /* One that does not read its question, and one that never ends its answer. */
    assert_int_equal(run_helper(rig, "#!/bin/sh\nexit 3\n", "unit", &answer), BW_EACCESS);
    bw_buf_clear(&answer);
    assert_int_equal(run_helper(rig, "#!/bin/sh\nexec yes\n", "unit", &answer), BW_ELIMIT);
    bw_buf_free(&answer);
    assert_int_equal(
        run_helper(rig, "#!/bin/sh\necho credentials not found in x; exit 1\n", "unit", &answer),
        BW_ENOENT);
    bw_buf_free(&answer);
    assert_int_equal(run_helper(rig, "", "not-there", &answer), BW_ENOENT);
    assert_int_equal(run_helper(rig, "", "../unit", &answer), BW_EUSAGE);
    assert_int_equal(run_helper(rig, "", "", &answer), BW_EUSAGE);
}

static void tokens_are_read(void **state)
{
    (void)state;
    char *token = NULL;
    assert_int_equal(bw_registry_token_in(BW_STR("{\"token\":\"a.b\"}"), &token, NULL), 0);
    assert_string_equal(token, "a.b");
    free(token);
    assert_int_equal(bw_registry_token_in(BW_STR("{\"access_token\":\"c\"}"), &token, NULL), 0);
    assert_string_equal(token, "c");
    free(token);
    static const char *const rows[] = {
        "",           "{}", "{\"token\":1}", "{\"token\":\"a\\r\\nX: y\"}", "{\"token\":\"a b\"}",
        "[\"token\"]"};
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++)
        assert_int_equal(bw_registry_token_in(bw_str(rows[i]), &token, NULL), BW_EFORMAT);
}

/* --- base64, temporary files --- */

static void base64_is_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text, *bytes;
    } rows[] = {{"", ""}, {"Zg==", "f"}, {"Zm8=", "fo"}, {"Zm9v", "foo"}, {"Zm9vYg==", "foob"}};
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(100);
    for (size_t i = 0; i < BW_ARRAY_LEN(rows); i++) {
        bw_buf_clear(&buf);
        assert_true(bw_base64_read(bw_str(rows[i].text), &buf));
        is(bw_buf_slice(&buf), rows[i].bytes);
        bw_buf_clear(&buf);
        bw_base64_write(rows[i].bytes, strlen(rows[i].bytes), &buf);
        is(bw_buf_slice(&buf), rows[i].text);
    }
    bw_buf_clear(&buf);
    assert_true(bw_base64_read(BW_STR(" Zm9vYg\n"), &buf));
    is(bw_buf_slice(&buf), "foob");
    static const char *const bad[] = {"Z", "Zg=g", "Z===", "Zm 9v", "Zm-v", "\xc3\xa4"};
    for (size_t i = 0; i < BW_ARRAY_LEN(bad); i++)
        assert_false(bw_base64_read(bw_str(bad[i]), &buf));
}

static void a_sealed_file_cannot_be_written(void **state)
{
    struct rig *rig = *state;
    int file, sealed;
    char byte = 0;
    setenv("XDG_CACHE_HOME", rig->directory, 1);
    assert_int_equal(bw_spool_new(&file, &rig->err), 0);
    unsetenv("XDG_CACHE_HOME");
    assert_int_equal(bw_fd_write_full(file, "x", 1), 0);
    assert_int_equal(bw_spool_seal(&file, &sealed, &rig->err), 0);
    assert_int_equal(file, -1);
    assert_int_equal(pread(sealed, &byte, 1, 0), 1);
    assert_int_equal(byte, 'x');
    assert_int_equal(write(sealed, "y", 1), -1);
    close(sealed);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(names_are_completed),
        RIGGED(names_that_are_none_are_refused),
        cmocka_unit_test(the_loopback_is_known_by_its_address),
        cmocka_unit_test(challenges_are_taken_apart),
        cmocka_unit_test(the_best_of_several_challenges_is_taken),
        cmocka_unit_test(challenges_that_are_none_are_left),
        cmocka_unit_test(logins_are_found_by_host),
        cmocka_unit_test(the_longest_namespace_counts),
        cmocka_unit_test(helpers_and_identity_tokens_are_found),
        cmocka_unit_test(a_broken_login_is_an_error),
        cmocka_unit_test(helpers_answer),
        RIGGED(helpers_are_asked),
        cmocka_unit_test(tokens_are_read),
        cmocka_unit_test(base64_is_read_and_written),
        RIGGED(a_sealed_file_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
