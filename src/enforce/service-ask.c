#include <stdio.h>

#include "base/clock.h"
#include "enforce/service-server.h"

/* Requests that wait for answers at a time. */
#define WAITING_MAX 512u

/* --- under server->lock --- */

static void take_out(struct bw_server *server, struct bw_server_exchange *x)
{
    for (struct bw_server_exchange **at = &server->waiting; *at; at = &(*at)->next) {
        if (*at == x) {
            *at = x->next;
            server->waiting_n--;
            return;
        }
    }
}

static void fail_exchange(struct bw_server_exchange *x, struct bw_str ask, const char *why)
{
    x->failed = true;
    snprintf(x->why, sizeof x->why, "%" BW_STR_F ": %s", BW_STR_A(bw_str_take(ask, 100)), why);
}

static void charge(struct bw_server_exchange *x, size_t n)
{
    x->server->held_bytes += n;
    x->charged += n;
}

static bool send_asks(struct bw_server_exchange *x)
{
    struct bw_server *server = x->server;
    struct bw_channel_message message = BW_CHANNEL_MESSAGE(BW_CHANNEL_ASK);
    for (size_t i = 0; i < x->public.asks_n; i++) {
        struct bw_err err = {0};
        message.id = x->serial << 8 | (x->answers_n + i);
        message.bytes = x->public.asks[i];
        int rc = message.bytes.n > BW_CHANNEL_INLINE_MAX
                     ? bw_err_set(&err, BW_ELIMIT, "too long to be looked up")
                     : bw_channel_send(server->channel, &message, false, &err);
        if (rc) {
            fail_exchange(x, message.bytes, err.msg);
            return false;
        }
    }
    return true;
}

/* Resumed outside of the lock, and not touched after that. */
void bw_server_ask(void *ctx, struct bw_http_request *request)
{
    struct bw_server *server = ctx;
    struct bw_server_exchange *x = request->user;
    pthread_mutex_lock(&server->lock);
    x->serial = ++server->serial;
    x->waiting = x->public.asks_n;
    x->deadline = bw_clock_monotonic_ms() + server->options->deadline_ms;
    size_t held = bw_arena_used(x->public.arena);
    bool ok =
        server->waiting_n < WAITING_MAX && held <= server->options->memory_max - server->held_bytes;
    if (!ok)
        fail_exchange(x, x->public.asks[0], "too many requests wait for look-ups");
    else
        charge(x, held);
    ok = ok && send_asks(x);
    if (ok) {
        x->next = server->waiting;
        server->waiting = x;
        server->waiting_n++;
    }
    pthread_mutex_unlock(&server->lock);
    if (!ok)
        bw_http_resume(request);
}

static struct bw_server_exchange *find_waiting(struct bw_server *server, uint64_t id)
{
    for (struct bw_server_exchange *x = server->waiting; x; x = x->next)
        if (x->serial == id >> 8)
            return x;
    return NULL;
}

static void take_bytes(struct bw_server_exchange *x, struct bw_reader_file *answer,
                       struct bw_str bytes)
{
    struct bw_server *server = x->server;
    if (bytes.n > server->options->memory_max - server->held_bytes) {
        fail_exchange(x, answer->path, "the memory for look-ups is used up");
        return;
    }
    charge(x, bytes.n);
    answer->text = bw_arena_str(x->public.arena, bytes);
    if (!answer->text.p)
        fail_exchange(x, answer->path, "out of memory");
}

void bw_server_answer(struct bw_server *server, const struct bw_channel_message *message)
{
    struct bw_str bytes = message->bytes, mapped = {0};
    if (message->fds[0] >= 0 && bw_channel_map(message->fds[0], &mapped, NULL) == 0)
        bytes = mapped;
    pthread_mutex_lock(&server->lock);
    struct bw_server_exchange *x = find_waiting(server, message->id);
    size_t index = message->id & 255;
    struct bw_http_request *resumed = NULL;
    if (x && index >= x->answers_n && index < x->answers_n + x->public.asks_n) {
        struct bw_reader_file *answer = &x->answers[index];
        char why[256];
        snprintf(why, sizeof why, "%" BW_STR_F, BW_STR_A(bw_str_take(bytes, 200)));
        if (message->code == BW_ENOENT)
            answer->missing = true;
        else if (message->code)
            fail_exchange(x, answer->path, why);
        else
            take_bytes(x, answer, bytes);
        if (--x->waiting == 0) {
            x->answers_n += x->public.asks_n;
            take_out(server, x);
            resumed = x->request;
        }
    }
    pthread_mutex_unlock(&server->lock);
    bw_channel_unmap(mapped);
    if (resumed)
        bw_http_resume(resumed);
}

/* Every exchange whose answers are overdue. */
void bw_server_expire(struct bw_server *server, int64_t now)
{
    for (;;) {
        struct bw_http_request *resumed = NULL;
        pthread_mutex_lock(&server->lock);
        for (struct bw_server_exchange *x = server->waiting; x; x = x->next) {
            if (now < x->deadline)
                continue;
            fail_exchange(x, x->public.asks[0], "no answer came in time");
            take_out(server, x);
            resumed = x->request;
            break;
        }
        pthread_mutex_unlock(&server->lock);
        if (!resumed)
            return;
        bw_http_resume(resumed);
    }
}
