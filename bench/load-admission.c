/*
 * load-admission: asks a gate over and over, and tells how long the answers took.
 *
 *     load-admission [OPTION...] BODY-FILE
 *       --tcp HOST:PORT       where: TLS 1.3, no certificate is verified (the default port of
 *       --plain               127.0.0.1 is asked); --plain: without TLS
 *       --unix PATH           a unix socket, without TLS
 *       --path PATH           "/validate"
 *       --type TYPE           "application/json"
 *       --host NAME           "localhost"
 *       --connections N       kept open, each with one request on its way: 64
 *       --seconds S           of measuring, after one second that does not count: 5
 *       --rate R              requests a second at fixed times; 0 (the default): each connection
 *                             asks again as soon as it is answered
 *
 * With a rate, the time an answer took counts from the instant at which the request was to be sent,
 * whether or not a connection was free then: a server that stalls is charged for all that waited.
 *
 * Prints one JSON object: answers, allowed, denied, errors, total (with those that do not count),
 * seconds, rate, and the latency in microseconds (p50, p90, p99, p999, max). Exits with 1 where
 * nothing was answered.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#define CONNECTIONS_MAX 4096
#define ANSWER_MAX      (256 * 1024)
#define SAMPLES_MAX     (16 * 1024 * 1024)
#define WARM_UP_NS      1000000000
#define SECOND_NS       1000000000

struct connection {
    int fd;
    SSL *tls;
    bool busy;
    size_t sent;
    size_t got;
    char *answer;
    int64_t since; /* when the request on its way was to be sent */
};

static struct {
    const char *tcp, *unix_path, *path, *type, *host, *body_file;
    bool plain;
    int connections;
    double seconds, rate;
} options = {
    "127.0.0.1:8443", NULL, "/validate", "application/json", "localhost", NULL, false, 64, 5, 0};

static SSL_CTX *context;
static struct connection connections[CONNECTIONS_MAX];
static char *request;
static size_t request_n;
static uint32_t *samples;
static size_t samples_n, allowed, denied, errors, answers, total;
static int64_t count_from, end;

static void die(const char *what)
{
    fprintf(stderr, "load-admission: %s: %s\n", what, errno ? strerror(errno) : "no");
    exit(1);
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

/* --- connections --- */

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || strlen(path) >= sizeof address.sun_path)
        die(path);
    strcpy(address.sun_path, path);
    if (connect(fd, (struct sockaddr *)&address, sizeof address))
        die(path);
    return fd;
}

static int connect_tcp(const char *where)
{
    char host[64];
    const char *colon = strrchr(where, ':');
    struct sockaddr_in address = {.sin_family = AF_INET};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || !colon || (size_t)(colon - where) >= sizeof host)
        die(where);
    snprintf(host, sizeof host, "%.*s", (int)(colon - where), where);
    address.sin_port = htons((uint16_t)atoi(colon + 1));
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1 ||
        connect(fd, (struct sockaddr *)&address, sizeof address))
        die(where);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void open_connection(struct connection *c)
{
    c->fd = options.unix_path ? connect_unix(options.unix_path) : connect_tcp(options.tcp);
    c->busy = false;
    c->got = 0;
    if (context) {
        c->tls = SSL_new(context);
        if (!c->tls || !SSL_set_fd(c->tls, c->fd) || SSL_connect(c->tls) != 1)
            die("TLS");
    }
    if (fcntl(c->fd, F_SETFL, O_NONBLOCK))
        die("fcntl");
}

static void close_connection(struct connection *c)
{
    SSL_free(c->tls);
    c->tls = NULL;
    close(c->fd);
}

static void watch(int poll, struct connection *c)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = c};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, c->fd, &event))
        die("epoll_ctl");
}

/* As read(2) and write(2): 0 is the end, -1 with EAGAIN is "later". */
static ssize_t receive(struct connection *c, char *p, size_t n)
{
    if (!c->tls)
        return read(c->fd, p, n);
    int got = SSL_read(c->tls, p, (int)n);
    if (got > 0)
        return got;
    int why = SSL_get_error(c->tls, got);
    errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : EIO;
    return why == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

static ssize_t transmit(struct connection *c, const char *p, size_t n)
{
    if (!c->tls)
        return write(c->fd, p, n);
    int put = SSL_write(c->tls, p, (int)n);
    if (put > 0)
        return put;
    int why = SSL_get_error(c->tls, put);
    errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : EIO;
    return -1;
}

/* --- requests and answers --- */

static bool push(struct connection *c)
{
    while (c->sent < request_n) {
        ssize_t n = transmit(c, request + c->sent, request_n - c->sent);
        if (n <= 0)
            return n < 0 && errno == EAGAIN;
        c->sent += (size_t)n;
    }
    return true;
}

static bool ask(struct connection *c, int64_t since)
{
    c->busy = true;
    c->sent = c->got = 0;
    c->since = since;
    return push(c);
}

/* Whether the answer is whole; its length is then known. */
static bool is_whole(const struct connection *c)
{
    char *body = memmem(c->answer, c->got, "\r\n\r\n", 4);
    if (!body)
        return false;
    c->answer[c->got] = '\0';
    const char *length = strcasestr(c->answer, "\r\ncontent-length:");
    if (!length || length > body)
        return false;
    size_t head = (size_t)(body - c->answer) + 4;
    return c->got >= head + strtoull(length + 17, NULL, 10);
}

static void take(struct connection *c)
{
    int64_t t = now();
    c->busy = false;
    total++;
    if (t < count_from || t > end)
        return;
    answers++;
    if (strncmp(c->answer, "HTTP/1.1 200", 12) != 0)
        errors++;
    else if (strstr(c->answer, "\"allowed\":true") || strstr(c->answer, "\"Allow\":true"))
        allowed++;
    else
        denied++;
    if (samples_n < SAMPLES_MAX)
        samples[samples_n++] = (uint32_t)((t - c->since) / 100); /* tenths of microseconds */
}

/* false: the connection is of no more use. */
static bool pull(struct connection *c)
{
    for (;;) {
        ssize_t n = receive(c, c->answer + c->got, ANSWER_MAX - c->got);
        if (n <= 0)
            return n < 0 && errno == EAGAIN;
        c->got += (size_t)n;
        if (c->busy && is_whole(c)) {
            take(c);
            return true;
        }
        if (c->got == ANSWER_MAX)
            return false;
    }
}

/* --- the loop --- */

static void replace(int poll, struct connection *c)
{
    errors++;
    close_connection(c);
    open_connection(c);
    watch(poll, c);
}

/* Sleeps for what there is time: a generator that spins takes its processor from everybody, and
 * what else the machine has to do then falls on the gate's. */
static void serve_events(int poll, int64_t wait_ns)
{
    struct epoll_event events[256];
    struct timespec wait = {.tv_nsec = wait_ns > 0 ? wait_ns : 0};
    int n = epoll_pwait2(poll, events, 256, &wait, NULL);
    for (int i = 0; i < n; i++) {
        struct connection *c = events[i].data.ptr;
        if (c->busy && (!push(c) || !pull(c)))
            replace(poll, c);
    }
}

static void run_closed(int poll)
{
    while (now() < end) {
        for (int i = 0; i < options.connections; i++)
            if (!connections[i].busy && !ask(&connections[i], now()))
                replace(poll, &connections[i]);
        serve_events(poll, SECOND_NS / 10);
    }
}

/* The next request waits for a free connection, and its time runs meanwhile. */
static void run_at_rate(int poll, int64_t start)
{
    uint64_t sent = 0;
    int next = 0;
    while (now() < end) {
        for (int tried = 0; tried < options.connections; tried++) {
            int64_t due = start + (int64_t)((double)sent * SECOND_NS / options.rate);
            if (now() < due)
                break;
            struct connection *c = &connections[next];
            next = (next + 1) % options.connections;
            if (c->busy)
                continue;
            sent++;
            if (!ask(c, due))
                replace(poll, c);
        }
        int64_t due = start + (int64_t)((double)sent * SECOND_NS / options.rate);
        serve_events(poll, due - now() < SECOND_NS / 10 ? due - now() : SECOND_NS / 10);
    }
}

/* --- results --- */

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double quantile(double q)
{
    size_t i = (size_t)(q * (double)samples_n);
    return samples_n ? samples[i < samples_n ? i : samples_n - 1] / 10.0 : 0;
}

static void tell(void)
{
    qsort(samples, samples_n, sizeof *samples, ascending);
    printf("{\"answers\": %zu, \"allowed\": %zu, \"denied\": %zu, \"errors\": %zu, \"total\": %zu, "
           "\"seconds\": "
           "%.3f, \"rate\": %.1f, \"p50\": %.1f, \"p90\": %.1f, \"p99\": %.1f, \"p999\": %.1f, "
           "\"max\": %.1f}\n",
           answers, allowed, denied, errors, total, options.seconds,
           (double)answers / options.seconds, quantile(0.5), quantile(0.9), quantile(0.99),
           quantile(0.999), quantile(1));
}

/* --- beginning --- */

static void read_body(void)
{
    FILE *file = fopen(options.body_file, "rb");
    if (!file || fseek(file, 0, SEEK_END))
        die(options.body_file);
    long n = ftell(file);
    rewind(file);
    request = malloc((size_t)n + 1024);
    if (!request)
        die("memory");
    int head = snprintf(request, 1024,
                        "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: "
                        "%ld\r\n\r\n",
                        options.path, options.host, options.type, n);
    if (fread(request + head, 1, (size_t)n, file) != (size_t)n)
        die(options.body_file);
    request_n = (size_t)head + (size_t)n;
    fclose(file);
}

static void usage(void)
{
    fputs("usage: load-admission [OPTION...] BODY-FILE (the source tells more)\n", stderr);
    exit(2);
}

static void read_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        const struct {
            const char *name, **text;
        } texts[] = {{"--tcp", &options.tcp},
                     {"--unix", &options.unix_path},
                     {"--path", &options.path},
                     {"--type", &options.type},
                     {"--host", &options.host}};
        bool taken = false;
        for (size_t j = 0; j < sizeof texts / sizeof *texts && !taken; j++)
            if (!strcmp(word, texts[j].name) && value) {
                *texts[j].text = value;
                taken = true;
            }
        if (taken || (value && !strcmp(word, "--connections")) ||
            (value && !strcmp(word, "--seconds")) || (value && !strcmp(word, "--rate"))) {
            if (!strcmp(word, "--connections"))
                options.connections = atoi(value);
            else if (!strcmp(word, "--seconds"))
                options.seconds = atof(value);
            else if (!strcmp(word, "--rate"))
                options.rate = atof(value);
            i++;
        } else if (!strcmp(word, "--plain")) {
            options.plain = true;
        } else if (word[0] != '-' && !options.body_file) {
            options.body_file = word;
        } else {
            usage();
        }
    }
    if (!options.body_file || options.connections < 1 || options.connections > CONNECTIONS_MAX ||
        options.seconds <= 0 || options.rate < 0)
        usage();
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    read_body();
    samples = malloc(SAMPLES_MAX * sizeof *samples);
    int poll = epoll_create1(EPOLL_CLOEXEC);
    if (!samples || poll < 0)
        die("memory");
    if (!options.unix_path && !options.plain) {
        context = SSL_CTX_new(TLS_client_method());
        if (!context)
            die("TLS");
    }
    for (int i = 0; i < options.connections; i++) {
        connections[i].answer = malloc(ANSWER_MAX + 1);
        if (!connections[i].answer)
            die("memory");
        open_connection(&connections[i]);
        watch(poll, &connections[i]);
    }
    prctl(PR_SET_TIMERSLACK, 1000);
    int64_t start = now();
    count_from = start + WARM_UP_NS;
    end = count_from + (int64_t)(options.seconds * SECOND_NS);
    if (options.rate > 0)
        run_at_rate(poll, start);
    else
        run_closed(poll);
    tell();
    return answers ? 0 : 1;
}
