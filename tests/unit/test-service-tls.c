/*
 * A service over TLS: certificates that change, clients that are asked for theirs, and handshakes
 * that never end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "service-rig.h"
#include "wrap/curl.h"
#include "wrap/x509.h"

static char text[(size_t)1 << 16];

/* POST over TLS; 0 and the reply in `text`, or what went wrong. */
static int post(struct bw_curl *curl, const struct rig *rig, const char *ca_file,
                const char *cert_file, const char *key_file)
{
    char url[128];
    struct bw_err err = {0};
    struct bw_curl_response response = {0};
    struct bw_buf buf = BW_BUF(sizeof text - 1);
    snprintf(url, sizeof url, "%s/x", rig->url);
    struct bw_curl_request request = {.url = url,
                                      .ca_file = ca_file,
                                      .cert_file = cert_file,
                                      .key_file = key_file,
                                      .method = "POST",
                                      .body = BW_STR("{}")};
    int rc = bw_curl_get_buf(curl, &request, &buf, &response, &err);
    if (rc == 0 && response.status != 200)
        rc = (int)response.status;
    snprintf(text, sizeof text, "%" BW_STR_F, BW_STR_A(bw_buf_slice(&buf)));
    bw_buf_free(&buf);
    return rc;
}

static int probe(struct bw_curl *curl, const struct rig *rig, const char *ca_file)
{
    char url[128];
    struct bw_curl_response response = {0};
    struct bw_buf buf = BW_BUF(sizeof text);
    snprintf(url, sizeof url, "%s/healthz", rig->url);
    struct bw_curl_request request = {.url = url, .ca_file = ca_file};
    int rc = bw_curl_get_buf(curl, &request, &buf, &response, NULL);
    bw_buf_free(&buf);
    return rc ? rc : response.status == 200 ? 0 : (int)response.status;
}

static void copy_file(const char *from, const char *to)
{
    struct bw_buf buf = BW_BUF((size_t)1 << 20);
    assert_int_equal(bw_fd_slurp_path(from, &buf, NULL), 0);
    assert_int_equal(bw_fd_replace_file(to, buf.p, buf.n, 0600, NULL), 0);
    bw_buf_free(&buf);
}

static void certificates_change_while_it_serves(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    rig_use_tls(&rig);
    rig_start(&rig);
    struct bw_curl *kept = bw_curl_new(), *fresh = bw_curl_new();
    char old[128];
    snprintf(old, sizeof old, "%s/old.pem", rig.dir);
    copy_file(rig.authority, old);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(post(kept, &rig, old, NULL, NULL), 0);
        assert_string_equal(text, "POST /x? 2 fresh peer=");
    }
    /* Another authority and another certificate of it. */
    nftw(rig.tls, rig_remove, 16, FTW_DEPTH | FTW_PHYS);
    kill(rig.pid, SIGHUP);
    RIG_UNTIL(access(rig.authority, F_OK) == 0 &&
              post(fresh, &rig, rig.authority, NULL, NULL) == 0);
    assert_int_equal(post(kept, &rig, old, NULL, NULL), 0);
    bw_curl_free(fresh);
    fresh = bw_curl_new();
    assert_int_equal(post(fresh, &rig, old, NULL, NULL), BW_EACCESS);
    /* One that cannot be used: what there was is served on. */
    char key[128];
    snprintf(key, sizeof key, "%s/ca.key", rig.tls);
    unlink(key);
    snprintf(key, sizeof key, "%s/tls.key", rig.tls);
    rig_write(key, "no key");
    kill(rig.pid, SIGHUP);
    RIG_UNTIL(rig_said(&rig, "are no pair"));
    assert_int_equal(post(kept, &rig, old, NULL, NULL), 0);
    bw_curl_free(kept);
    bw_curl_free(fresh);
    rig_end(&rig);
}

/* An authority, and a client's certificate of it for CN=anna. */
static bool make_client(struct rig *rig)
{
    return rig_shell("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9 "
                     "-subj /CN=clients -keyout cca.key -out cca.pem 2>/dev/null && "
                     "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                     "-subj /O=ops/CN=anna -keyout anna.key -out anna.csr 2>/dev/null && "
                     "printf 'extendedKeyUsage=clientAuth\n' > ext && "
                     "openssl x509 -req -in anna.csr -CA cca.pem -CAkey cca.key -set_serial 7 "
                     "-days 9 -extfile ext -out anna.pem 2>/dev/null",
                     rig->dir);
}

static void clients_are_asked_for_certificates(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    if (!make_client(&rig)) {
        print_message("# SKIP openssl cannot make a client's certificate\n");
        nftw(rig.dir, rig_remove, 16, FTW_DEPTH | FTW_PHYS);
        skip();
    }
    rig_use_tls(&rig);
    snprintf(rig.client_ca, sizeof rig.client_ca, "%s/cca.pem", rig.dir);
    rig.options.client_ca_file = rig.client_ca;
    rig_start(&rig);
    char cert[128], key[128];
    snprintf(cert, sizeof cert, "%s/anna.pem", rig.dir);
    snprintf(key, sizeof key, "%s/anna.key", rig.dir);
    struct bw_curl *curl = bw_curl_new();
    assert_int_equal(post(curl, &rig, rig.authority, cert, key), 0);
    assert_string_equal(text, "POST /x? 2 fresh peer=anna");
    bw_curl_free(curl);
    /* None is answered to, but for probes. */
    curl = bw_curl_new();
    assert_int_equal(post(curl, &rig, rig.authority, NULL, NULL), 403);
    assert_int_equal(probe(curl, &rig, rig.authority), 0);
    bw_curl_free(curl);
    /* The server's own is of another authority. */
    curl = bw_curl_new();
    snprintf(cert, sizeof cert, "%s/tls.crt", rig.tls);
    snprintf(key, sizeof key, "%s/tls.key", rig.tls);
    assert_true(post(curl, &rig, rig.authority, cert, key) < 0);
    bw_curl_free(curl);
    rig_end(&rig);
}

static void an_expired_certificate_is_said(void **state)
{
    (void)state;
    struct rig rig;
    struct bw_x509_made ca = {BW_BUF(8192), BW_BUF(8192)}, made = {BW_BUF(8192), BW_BUF(8192)};
    struct bw_str name = BW_STR("127.0.0.1");
    int64_t past = bw_clock_wall() - (int64_t)100 * 86400;
    rig_new(&rig);
    rig_use_tls(&rig);
    assert_int_equal(bw_x509_make_ca("theirs", past, (int64_t)9999 * 86400, &ca, NULL), 0);
    assert_int_equal(bw_x509_make_server(bw_buf_slice(&ca.certificate_pem),
                                         bw_buf_slice(&ca.key_pem), &name, 1, past, 86400, &made,
                                         NULL),
                     0);
    char path[128];
    assert_int_equal(mkdir(rig.tls, 0700), 0);
    snprintf(path, sizeof path, "%s/tls.crt", rig.tls);
    assert_int_equal(
        bw_fd_replace_file(path, made.certificate_pem.p, made.certificate_pem.n, 0600, NULL), 0);
    snprintf(path, sizeof path, "%s/tls.key", rig.tls);
    assert_int_equal(bw_fd_replace_file(path, made.key_pem.p, made.key_pem.n, 0600, NULL), 0);
    rig_start(&rig);
    assert_true(rig_said(&rig, "has expired"));
    char url[128];
    snprintf(url, sizeof url, "%s/readyz", rig.url);
    struct bw_curl *curl = bw_curl_new();
    struct bw_curl_response response = {0};
    struct bw_buf buf = BW_BUF(8192);
    struct bw_curl_request request = {.url = url, .insecure = true};
    assert_int_equal(bw_curl_get_buf(curl, &request, &buf, &response, NULL), 0);
    assert_int_equal(response.status, 503);
    assert_non_null(strstr(response.problem, "has expired"));
    bw_curl_free(curl);
    bw_buf_free(&buf);
    bw_buf_free(&ca.certificate_pem);
    bw_buf_free(&ca.key_pem);
    bw_buf_free(&made.certificate_pem);
    bw_buf_free(&made.key_pem);
    rig_end(&rig);
}

static void no_client_is_waited_for_in_a_handshake(void **state)
{
    (void)state;
    struct rig rig;
    rig_new(&rig);
    rig_use_tls(&rig);
    rig.options.threads = 1;
    rig.options.deadline_ms = 700;
    rig_start(&rig);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(strchr(rig.address, ':') + 1)),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int fds[3];
    static const char *const starts[] = {"", "\x16\x03\x01\x02\x00\x01", "GET / HTTP/1.1\r\n\r\n"};
    for (size_t i = 0; i < BW_ARRAY_LEN(fds); i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(fds[i], (struct sockaddr *)&address, sizeof address), 0);
        rig_send(fds[i], starts[i], i == 1 ? 6 : strlen(starts[i]));
    }
    struct bw_curl *curl = bw_curl_new();
    for (int i = 0; i < 5; i++)
        assert_int_equal(post(curl, &rig, rig.authority, NULL, NULL), 0);
    bw_curl_free(curl);
    for (size_t i = 0; i < BW_ARRAY_LEN(fds); i++) {
        while (recv(fds[i], text, sizeof text, 0) > 0)
            continue;
        close(fds[i]);
    }
    rig_end(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates_change_while_it_serves),
        cmocka_unit_test(clients_are_asked_for_certificates),
        cmocka_unit_test(an_expired_certificate_is_said),
        cmocka_unit_test(no_client_is_waited_for_in_a_handshake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
