/*
 * service-supervisor.h: the supervisor of a service from within; private to src/enforce/service*.c.
 *
 * service.c has its loop, service-load.c rules and certificates: how they are loaded, kept in
 * sealed memory for servers to come, and told to the one that is there.
 */
#ifndef BW_ENFORCE_SERVICE_SUPERVISOR_H
#define BW_ENFORCE_SERVICE_SUPERVISOR_H

#include <signal.h>
#include <sys/types.h>

#include "enforce/service-parts.h"

/* A moment that does not come. */
#define BW_SUPERVISOR_NEVER INT64_MAX

struct bw_supervisor {
    struct bw_service_setup setup;
    const struct bw_service_options *options;
    sigset_t old_mask;
    pid_t spawner, server;
    int control, signals;
    struct bw_service_link *link; /* to the server; NULL: there is none now */
    struct bw_service_answerer *answerer;
    struct bw_service_watch *watch;
    int configuration; /* rules in force; -1: none */
    int sets[BW_SERVICE_SETS];
    int chain, key, clients;    /* the certificate in force */
    bool served, stopping;      /* a server has served; the end is near */
    int64_t heard, heard_first; /* of changes that are not loaded yet; or NEVER */
    int64_t look, tick, end;
    int failed; /* why the first server could not start */
    char rules_why[BW_ERR_MSG_MAX], certificate_why[BW_ERR_MSG_MAX], failed_why[BW_ERR_MSG_MAX];
};

/* Tells the server, if there is one. One that does not listen is killed. */
void bw_supervisor_tell(struct bw_supervisor *s, const struct bw_channel_message *message);
/* A new one: the rules, the certificate and the state that are in force. */
void bw_supervisor_tell_all(struct bw_supervisor *s);

/* Loads what the options load. On failure what was in force stays. */
int bw_supervisor_load_rules(struct bw_supervisor *s, struct bw_err *err) BW_MUST_USE;
int bw_supervisor_load_certificate(struct bw_supervisor *s, struct bw_err *err) BW_MUST_USE;

/* Loads rules and tells of it, also where they could not be loaded. */
void bw_supervisor_reload(struct bw_supervisor *s);
void bw_supervisor_rules_are_stale(struct bw_supervisor *s, const char *why);

#endif
