/*
 * The server is a thread that answers one request on a listening socket with bytes given by the
 * test and keeps what it was asked.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fd.h"
#include "wrap/curl.h"

struct server {
    int listener;
    const char *answer;
    char asked[2048];
    pthread_t thread;
};

static void *serve(void *ctx)
{
    struct server *s = ctx;
    int fd = accept(s->listener, NULL, NULL);
    size_t n = 0;
    while (fd >= 0 && n + 1 < sizeof s->asked && !strstr(s->asked, "\r\n\r\n")) {
        ssize_t r = read(fd, s->asked + n, sizeof s->asked - 1 - n);
        if (r <= 0)
            break;
        n += (size_t)r;
        s->asked[n] = '\0';
    }
    if (fd >= 0 && bw_fd_write_full(fd, s->answer, strlen(s->answer)))
        perror("write");
    if (fd >= 0)
        close(fd);
    return NULL;
}

static void server_start(struct server *s, int family, struct sockaddr *at, socklen_t *n,
                         const char *answer)
{
    *s = (struct server){.listener = socket(family, SOCK_STREAM, 0), .answer = answer};
    assert_true(s->listener >= 0);
    assert_int_equal(bind(s->listener, at, *n), 0);
    assert_int_equal(listen(s->listener, 4), 0);
    assert_int_equal(getsockname(s->listener, at, n), 0);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_start_tcp(struct server *s, const char *answer, char *url, size_t url_n)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    server_start(s, AF_INET, (struct sockaddr *)&at, &n, answer);
    snprintf(url, url_n, "http://127.0.0.1:%u/thing", ntohs(at.sin_port));
}

static void server_stop(struct server *s)
{
    pthread_join(s->thread, NULL);
    close(s->listener);
}

static void gets_a_body_with_its_etag(void **state)
{
    (void)state;
    struct server s;
    char url[64];
    server_start_tcp(&s,
                     "HTTP/1.1 200 OK\r\nContent-Length: 5\r\neTag: \"v1\"\r\n"
                     "Last-Modified: Thu, 01 Jan 1970 00:00:09 GMT\r\n\r\nhello",
                     url, sizeof url);
    struct bw_curl *curl BW_CLEANUP(bw_curl_freep) = bw_curl_new();
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(100);
    struct bw_curl_response answer;
    struct bw_curl_request ask = {.url = url, .if_none_match = "\"v0\""};
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, NULL), 0);
    server_stop(&s);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.etag, "\"v1\"");
    assert_int_equal(answer.last_modified, 9);
    assert_int_equal(answer.body_size, 5);
    assert_memory_equal(body.p, "hello", 5);
    assert_non_null(strstr(s.asked, "If-None-Match: \"v0\"\r\n"));
}

static void not_modified_has_no_body(void **state)
{
    (void)state;
    struct server s;
    char url[64];
    server_start_tcp(&s, "HTTP/1.1 304 Not Modified\r\nETag: \"v1\"\r\n\r\n", url, sizeof url);
    struct bw_curl *curl BW_CLEANUP(bw_curl_freep) = bw_curl_new();
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(100);
    struct bw_curl_response answer;
    struct bw_curl_request ask = {.url = url};
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, NULL), 0);
    server_stop(&s);
    assert_int_equal(answer.status, 304);
    assert_int_equal(body.n, 0);
}

static int begin_status;

static int note_begin(void *ctx, const struct bw_curl_response *head, struct bw_err *err)
{
    (void)ctx, (void)err;
    begin_status = head->status;
    return 0;
}

static int count_bytes(void *ctx, const void *p, size_t n, struct bw_err *err)
{
    (void)p, (void)err;
    *(size_t *)ctx += n;
    return 0;
}

static void resumes_with_a_range(void **state)
{
    (void)state;
    struct server s;
    char url[64];
    size_t n = 0;
    server_start_tcp(&s,
                     "HTTP/1.1 206 Partial Content\r\nContent-Length: 3\r\n"
                     "Content-Range: bytes 2-4/5\r\n\r\nllo",
                     url, sizeof url);
    struct bw_curl *curl BW_CLEANUP(bw_curl_freep) = bw_curl_new();
    struct bw_curl_response answer;
    struct bw_curl_request ask = {.url = url,
                                  .range_from = 2,
                                  .if_range = "\"v\"",
                                  .begin = note_begin,
                                  .write = count_bytes,
                                  .ctx = &n};
    assert_int_equal(bw_curl_get(curl, &ask, &answer, NULL), 0);
    server_stop(&s);
    assert_int_equal(begin_status, 206);
    assert_int_equal(n, 3);
    assert_non_null(strstr(s.asked, "Range: bytes=2-\r\n"));
    assert_non_null(strstr(s.asked, "If-Range: \"v\"\r\n"));
}

static void an_error_body_is_a_problem_not_a_body(void **state)
{
    (void)state;
    struct server s;
    char url[64];
    server_start_tcp(&s, "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\nno\x1bsuch\n.x", url,
                     sizeof url);
    struct bw_curl *curl BW_CLEANUP(bw_curl_freep) = bw_curl_new();
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(100);
    struct bw_curl_response answer;
    struct bw_curl_request ask = {.url = url};
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, NULL), 0);
    server_stop(&s);
    assert_int_equal(answer.status, 404);
    assert_int_equal(body.n, 0);
    assert_string_equal(answer.problem, "nosuch.");
}

static void a_long_body_is_a_limit(void **state)
{
    (void)state;
    struct server s;
    char url[64];
    server_start_tcp(&s, "HTTP/1.1 200 OK\r\n\r\n0123456789", url, sizeof url);
    struct bw_curl *curl BW_CLEANUP(bw_curl_freep) = bw_curl_new();
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(9);
    struct bw_curl_response answer;
    struct bw_curl_request ask = {.url = url};
    struct bw_err err = {0};
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, &err), BW_ELIMIT);
    server_stop(&s);
}

static void a_cut_body_is_an_error(void **state)
{
    (void)state;
    struct server s;
    char url[64];
    server_start_tcp(&s, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n0123456789", url,
                     sizeof url);
    struct bw_curl *curl BW_CLEANUP(bw_curl_freep) = bw_curl_new();
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(100);
    struct bw_curl_response answer;
    struct bw_curl_request ask = {.url = url};
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, NULL), BW_ENET);
    server_stop(&s);
}

static void redirects_leave_http_never(void **state)
{
    (void)state;
    struct server s;
    char url[64];
    server_start_tcp(&s,
                     "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n"
                     "Location: file:///etc/hostname\r\n\r\n",
                     url, sizeof url);
    struct bw_curl *curl BW_CLEANUP(bw_curl_freep) = bw_curl_new();
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(1000);
    struct bw_curl_response answer;
    struct bw_curl_request ask = {.url = url};
    assert_true(bw_curl_get_buf(curl, &ask, &body, &answer, NULL) < 0);
    server_stop(&s);
    assert_int_equal(body.n, 0);
}

static void authorization_stays_with_the_first_host(void **state)
{
    (void)state;
    struct server first, second;
    char url[64], other[64], answer_text[256];
    server_start_tcp(&second, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", other,
                     sizeof other);
    snprintf(answer_text, sizeof answer_text,
             "HTTP/1.1 307 Elsewhere\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n", other);
    server_start_tcp(&first, answer_text, url, sizeof url);
    struct bw_curl *curl BW_CLEANUP(bw_curl_freep) = bw_curl_new();
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(100);
    struct bw_curl_response answer;
    struct bw_curl_request ask = {.url = url, .bearer = "t0ken", .accept = "a/b, c/d"};
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, NULL), 0);
    server_stop(&first);
    server_stop(&second);
    assert_non_null(strstr(first.asked, "Authorization: Bearer t0ken\r\n"));
    assert_non_null(strstr(first.asked, "Accept: a/b, c/d\r\n"));
    assert_null(strstr(second.asked, "Authorization"));
    assert_null(strstr(second.asked, "t0ken"));
}

static void posts_a_form_with_a_password(void **state)
{
    (void)state;
    struct server s;
    char url[64];
    server_start_tcp(&s, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", url, sizeof url);
    struct bw_curl *curl BW_CLEANUP(bw_curl_freep) = bw_curl_new();
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(100);
    struct bw_curl_response answer;
    struct bw_curl_request ask = {.url = url, .form = "a=b", .user = "u", .password = "p:q"};
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, NULL), 0);
    server_stop(&s);
    assert_non_null(strstr(s.asked, "POST /thing HTTP/1.1\r\n"));
    assert_non_null(strstr(s.asked, "Authorization: Basic dTpwOnE=\r\n"));
}

static uint64_t retry_after(const char *value)
{
    struct server s;
    char url[64], text[256];
    snprintf(text, sizeof text,
             "HTTP/1.1 429 Later\r\nContent-Length: 0\r\nRetry-After: %s\r\n\r\n", value);
    server_start_tcp(&s, text, url, sizeof url);
    struct bw_curl *curl BW_CLEANUP(bw_curl_freep) = bw_curl_new();
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(100);
    struct bw_curl_response answer;
    struct bw_curl_request ask = {.url = url};
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, NULL), 0);
    server_stop(&s);
    assert_int_equal(answer.status, 429);
    return answer.retry_after_s;
}

static void retry_after_has_two_forms(void **state)
{
    (void)state;
    char date[64];
    time_t soon = time(NULL) + 100;
    struct tm tm;
    assert_int_equal(retry_after("7"), 7);
    assert_true(strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&soon, &tm)) > 0);
    uint64_t seconds = retry_after(date);
    assert_true(seconds > 50 && seconds <= 100);
    assert_int_equal(retry_after("Thu, 01 Jan 1970 00:00:09 GMT"), 0);
    assert_int_equal(retry_after("whenever"), 0);
}

static void note_header(void *ctx, struct bw_str name, struct bw_str value)
{
    char *text = ctx;
    if (!name.n)
        text[0] = '\0';
    else if (bw_str_eq_nocase(name, BW_STR("x-thing")))
        snprintf(text + strlen(text), 64, "[%.*s]", BW_STR_A(value));
}

static void gives_the_headers_of_the_last_answer(void **state)
{
    (void)state;
    struct server first, second;
    char url[64], other[64], text[256], noted[128] = "";
    server_start_tcp(&second,
                     "HTTP/1.1 401 No\r\nX-Thing: a: b \r\nx-thing:c\r\nContent-Length: 0\r\n\r\n",
                     other, sizeof other);
    snprintf(text, sizeof text,
             "HTTP/1.1 307 X\r\nX-Thing: first\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n",
             other);
    server_start_tcp(&first, text, url, sizeof url);
    struct bw_curl *curl BW_CLEANUP(bw_curl_freep) = bw_curl_new();
    struct bw_curl_response answer;
    struct bw_curl_request ask = {.url = url, .header = note_header, .ctx = noted};
    assert_int_equal(bw_curl_get(curl, &ask, &answer, NULL), 0);
    server_stop(&first);
    server_stop(&second);
    assert_int_equal(answer.status, 401);
    assert_string_equal(noted, "[a: b][c]");
}

static void speaks_over_a_unix_socket(void **state)
{
    (void)state;
    struct server s;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char dir[] = "/tmp/bulwark-test-XXXXXX";
    assert_non_null(mkdtemp(dir));
    snprintf(at.sun_path, sizeof at.sun_path, "%s/s", dir);
    char path[sizeof at.sun_path];
    memcpy(path, at.sun_path, sizeof path);
    socklen_t n = sizeof at;
    server_start(&s, AF_UNIX, (struct sockaddr *)&at, &n,
                 "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK");
    struct bw_curl *curl BW_CLEANUP(bw_curl_freep) = bw_curl_new();
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(100);
    struct bw_curl_response answer;
    struct bw_curl_request ask = {.url = "http://docker/_ping", .unix_socket = path};
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, NULL), 0);
    server_stop(&s);
    assert_int_equal(body.n, 2);
    unlink(path);
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, NULL), BW_ENOENT);
    rmdir(dir);
}

static void file_urls_and_bad_urls(void **state)
{
    (void)state;
    struct bw_curl *curl BW_CLEANUP(bw_curl_freep) = bw_curl_new();
    struct bw_buf body BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 20);
    struct bw_curl_response answer;
    struct bw_err err = {0};
    char path[] = "/tmp/bulwark-test-XXXXXX", url[64];
    int fd = mkstemp(path);
    assert_int_equal(bw_fd_write_full(fd, "0123456789", 10), 0);
    close(fd);
    snprintf(url, sizeof url, "file://%s", path);
    struct bw_curl_request ask = {.url = url, .range_from = 4};
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, &err), 0);
    unlink(path);
    assert_int_equal(answer.status, 206);
    assert_int_equal(body.n, 6);
    assert_memory_equal(body.p, "456789", 6);
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, &err), BW_ENOENT);
    ask.url = "ftp://user:secret@example.org/x";
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, &err), BW_EUSAGE);
    assert_null(strstr(err.msg, "secret"));
    ask.url = "nothing";
    assert_int_equal(bw_curl_get_buf(curl, &ask, &body, &answer, &err), BW_EUSAGE);
}

static void escapes(void **state)
{
    (void)state;
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(100);
    bw_curl_escape(&buf, BW_STR("a/b:c?\xff"), "/");
    assert_int_equal(buf.n, strlen("a/b%3Ac%3F%FF"));
    assert_memory_equal(buf.p, "a/b%3Ac%3F%FF", buf.n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gets_a_body_with_its_etag),
        cmocka_unit_test(not_modified_has_no_body),
        cmocka_unit_test(resumes_with_a_range),
        cmocka_unit_test(an_error_body_is_a_problem_not_a_body),
        cmocka_unit_test(a_long_body_is_a_limit),
        cmocka_unit_test(a_cut_body_is_an_error),
        cmocka_unit_test(redirects_leave_http_never),
        cmocka_unit_test(authorization_stays_with_the_first_host),
        cmocka_unit_test(posts_a_form_with_a_password),
        cmocka_unit_test(retry_after_has_two_forms),
        cmocka_unit_test(gives_the_headers_of_the_last_answer),
        cmocka_unit_test(speaks_over_a_unix_socket),
        cmocka_unit_test(file_urls_and_bad_urls),
        cmocka_unit_test(escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
