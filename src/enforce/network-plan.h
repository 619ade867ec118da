/*
 * network-plan.h: a network whose containers are kept apart.
 *
 * Docker's own default puts every container on one bridge, where each reaches all others. Here a
 * network is a bridge of its own, without traffic between its containers unless it is asked for,
 * and ports are published on the loopback address unless an address is given. Podman keeps networks
 * apart, and cannot keep the containers of one apart.
 */
#ifndef BW_ENFORCE_NETWORK_PLAN_H
#define BW_ENFORCE_NETWORK_PLAN_H

#include "enforce/run-plan.h"

#define BW_NETWORK_LABEL     "bulwark.dev/network"
#define BW_NETWORK_FLAGS_MAX 12u

struct bw_network_request {
    enum bw_run_engine engine;
    const char *name;
    bool internal;      /* no way out of the network */
    bool icc;           /* traffic between its containers */
    const char *subnet; /* "10.1.2.0/24"; NULL: the engine chooses */
};

struct bw_network_plan {
    struct bw_run_flag flags[BW_NETWORK_FLAGS_MAX];
    size_t flags_n;
};

void bw_network_plan_make(const struct bw_network_request *request,
                          struct bw_network_plan *ret_plan);

/* The command: "docker", "network", "create", ..., NULL at the end. NULL when the arena is full. */
const char *const *bw_network_plan_argv(const struct bw_network_request *request,
                                        const struct bw_network_plan *plan,
                                        struct bw_arena *arena) BW_MUST_USE;

#endif
