/*
 * service-parts.h: the parts of a service; private to src/enforce/service*.c.
 *
 * Three processes: the supervisor, the server, and between them the *spawner*, which is forked
 * before the supervisor has a thread or a secret, and does nothing but fork servers and wait for
 * them. A server is thus a fork of a process with one thread and the listening socket alone.
 */
#ifndef BW_ENFORCE_SERVICE_PARTS_H
#define BW_ENFORCE_SERVICE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "enforce/service-channel.h"
#include "enforce/service.h"

/* Compiled sets beside the library. */
#define BW_SERVICE_SETS 2u

/* Descriptors of a server beside those of connections. */
#define BW_SERVICE_DESCRIPTORS 128u

/* Options with every default filled in, and what all processes share. */
struct bw_service_setup {
    struct bw_service_options options;
    struct bw_metrics *metrics;
    int listen_fd;
    bool made_socket;     /* options.socket is ours to remove */
    char where[256];      /* what is listened on, for a person */
    char *log_directory;  /* NULL: no log */
    char *log_name;       /* "/NAME": the log, where that directory is the root */
    struct stat log_seen; /* the directory as the server has it; st_ino 0: not at all */
};

/* --- service-listen.c --- */

/* Sets listen_fd, made_socket and where. BW_EUSAGE, BW_EACCESS, BW_EIO. */
int bw_service_listen(struct bw_service_setup *setup, struct bw_err *err) BW_MUST_USE;
void bw_service_unlisten(struct bw_service_setup *setup);

/* Tells the service manager ("READY=1") where there is one (sd_notify(3)). */
void bw_service_notify(const char *state);

/* --- service-log.c --- */

/* Sets what is the log's, and tries to open it. */
int bw_service_log_prepare(struct bw_service_setup *setup, struct bw_err *err) BW_MUST_USE;
void bw_service_log_free(struct bw_service_setup *setup);

/* A server is held to the directory as it was when it started. Whether there is another one now: it
 * was removed and made again, or mounted. */
void bw_service_log_mark(struct bw_service_setup *setup);
bool bw_service_log_moved(const struct bw_service_setup *setup);

/* --- service-spawn.c --- */

/* The spawner: forks servers until `control` is closed. */
BW_NORETURN void bw_service_spawner(const struct bw_service_setup *setup, int control);

/* --- service-server.c --- */

/* The server: `channel` leads to the supervisor. */
BW_NORETURN void bw_service_server(const struct bw_service_setup *setup, int channel);

/* --- service-rules.c: rules in a server --- */

/* Rules in force with what they stand on. Reference-counted, immutable. */
struct bw_service_epoch {
    _Atomic unsigned refs;
    struct bw_gate_rules *rules;
    struct bw_str configuration, sets[BW_SERVICE_SETS]; /* mapped */
};
/* Takes over no descriptor; -1 is no set. */
int bw_service_epoch_open(int configuration_fd, const int set_fds[BW_SERVICE_SETS],
                          struct bw_service_epoch **ret_epoch, struct bw_err *err) BW_MUST_USE;
struct bw_service_epoch *bw_service_epoch_ref(struct bw_service_epoch *epoch);
void bw_service_epoch_unref(struct bw_service_epoch *epoch); /* takes NULL */

/* --- service-answer.c: threads of the supervisor that answer --- */

/* A channel to a server, for as long as somebody may send on it. */
struct bw_service_link {
    _Atomic unsigned refs;
    int fd;
};
struct bw_service_link *bw_service_link_new(int fd); /* takes fd over; NULL: no memory */
struct bw_service_link *bw_service_link_ref(struct bw_service_link *link);
void bw_service_link_unref(struct bw_service_link *link); /* takes NULL */

struct bw_service_answerer;
int bw_service_answerer_start(const struct bw_service_setup *setup,
                              struct bw_service_answerer **ret_answerer,
                              struct bw_err *err) BW_MUST_USE;
/* Answers on the link, now or later. */
void bw_service_answerer_ask(struct bw_service_answerer *answerer, struct bw_service_link *link,
                             uint64_t id, struct bw_str ask);
/* Waits for answers under way at most wait_ms. Takes NULL. */
void bw_service_answerer_stop(struct bw_service_answerer *answerer, int wait_ms);

/* --- service-watch.c: what is watched --- */

struct bw_service_watch;
struct bw_service_watch *bw_service_watch_new(const char *const *paths,
                                              struct bw_err *err) BW_MUST_USE;
void bw_service_watch_free(struct bw_service_watch *watch); /* takes NULL */
/* Readable when something may have changed; -1 where there is no inotify. */
int bw_service_watch_fd(const struct bw_service_watch *watch);
/* Takes what is readable. */
void bw_service_watch_drain(struct bw_service_watch *watch);
/* Whether files, directories or what is in them are other ones than at the last call. */
bool bw_service_watch_changed(struct bw_service_watch *watch);

/* --- service.c: the supervisor --- */

#endif
