/*
 * kubernetes-rig.h: an API server that is a thread: it answers one request after the other with the
 * answers of the test, each on a connection of its own, and keeps what it was asked.
 */
#ifndef BW_TESTS_KUBERNETES_RIG_H
#define BW_TESTS_KUBERNETES_RIG_H

#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "acquire/kubernetes.h"
#include "base/fd.h"

#define ASKED_MAX   32u
#define ASKED_BYTES 4096u

struct server {
    int listener;
    const char *const *answers; /* bodies behind "STATUS "; NULL at the end */
    char asked[ASKED_MAX][ASKED_BYTES];
    pthread_t thread;
    char dir[64], kubeconfig[96], token[96];
};

static inline void read_request(int fd, char *out)
{
    size_t n = 0, length = 0;
    char *end = NULL;
    while (n + 1 < ASKED_BYTES) {
        ssize_t r = read(fd, out + n, ASKED_BYTES - 1 - n);
        if (r <= 0)
            return;
        n += (size_t)r;
        out[n] = '\0';
        char *field = strstr(out, "Content-Length: ");
        length = field ? strtoul(field + 16, NULL, 10) : 0;
        end = strstr(out, "\r\n\r\n");
        if (end && n >= (size_t)(end + 4 - out) + length)
            return;
    }
}

static inline void *serve(void *ctx)
{
    struct server *s = ctx;
    for (size_t i = 0; s->answers[i]; i++) {
        int fd = accept(s->listener, NULL, NULL);
        char head[128];
        if (fd < 0)
            break;
        read_request(fd, s->asked[i]);
        const char *body = s->answers[i] + 4;
        snprintf(head, sizeof head,
                 "HTTP/1.1 %.3s X\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                 s->answers[i], strlen(body));
        if (bw_fd_write_full(fd, head, strlen(head)) || bw_fd_write_full(fd, body, strlen(body)))
            perror("write");
        close(fd);
    }
    return NULL;
}

static inline void put_file(const char *path, const char *text)
{
    assert_int_equal(bw_fd_replace_file(path, text, strlen(text), 0600, NULL), 0);
}

static inline struct bw_kubernetes *start(struct server *s, const char *const *answers)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof at;
    struct bw_kubernetes *client = NULL;
    struct bw_err err = {0};
    char text[1024];
    *s = (struct server){.listener = socket(AF_INET, SOCK_STREAM, 0), .answers = answers};
    assert_int_equal(bind(s->listener, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(s->listener, 8), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&at, &n), 0);
    snprintf(s->dir, sizeof s->dir, "/tmp/bw-test-kubernetes-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    snprintf(s->kubeconfig, sizeof s->kubeconfig, "%s/config", s->dir);
    snprintf(s->token, sizeof s->token, "%s/token", s->dir);
    snprintf(text, sizeof text,
             "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
             "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:%u/'}}]\n"
             "users: [{name: u, user: {tokenFile: token}}]\n"
             "contexts: [{name: here, context: {cluster: c, user: u}}]\n",
             ntohs(at.sin_port));
    put_file(s->kubeconfig, text);
    put_file(s->token, "first\n");
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
    if (bw_kubernetes_open(s->kubeconfig, NULL, &client, &err))
        fail_msg("%s", err.msg);
    return client;
}

static inline void stop(struct server *s, struct bw_kubernetes *client)
{
    bw_kubernetes_close(client);
    pthread_join(s->thread, NULL);
    close(s->listener);
    unlink(s->kubeconfig);
    unlink(s->token);
    rmdir(s->dir);
}

#endif
