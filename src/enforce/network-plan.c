#include "enforce/network-plan.h"

#include <assert.h>

static void add(struct bw_network_plan *plan, const char *name, const char *value, const char *why)
{
    assert(plan->flags_n < BW_NETWORK_FLAGS_MAX);
    plan->flags[plan->flags_n++] =
        (struct bw_run_flag){name, bw_str(value), why, why ? BW_RUN_ADDED : BW_RUN_GIVEN};
}

static void add_for_docker(const struct bw_network_request *request, struct bw_network_plan *plan)
{
    if (!request->icc)
        add(plan, "opt", "com.docker.network.bridge.enable_icc=false",
            "Containers of the network do not reach each other: who takes over one is not beside "
            "all others.");
    add(plan, "opt", "com.docker.network.bridge.host_binding_ipv4=127.0.0.1",
        "A port that is published without an address is reached from this machine alone.");
    if (request->internal)
        add(plan, "opt", "com.docker.network.bridge.gateway_mode_ipv4=isolated",
            "Not even the host is reached through the bridge (Docker 27.1 or later; others take no "
            "notice).");
}

void bw_network_plan_make(const struct bw_network_request *request,
                          struct bw_network_plan *ret_plan)
{
    struct bw_network_plan plan = {0};
    add(&plan, "driver", "bridge",
        request->engine == BW_RUN_DOCKER
            ? "A network of its own: containers of other networks, the default one among them, do "
              "not reach it."
            : "A network with addresses of its own.");
    if (request->engine == BW_RUN_DOCKER)
        add_for_docker(request, &plan);
    else
        add(&plan, "opt", "isolate=true",
            "Containers of other networks that have this, too, do not reach it.");
    if (request->internal)
        add(&plan, "internal", NULL,
            "There is no way out: nothing can be fetched, and nothing can be sent away.");
    if (request->subnet)
        add(&plan, "subnet", request->subnet, NULL);
    add(&plan, "label", request->icc ? BW_NETWORK_LABEL "=shared" : BW_NETWORK_LABEL "=isolated",
        "Tells later how it was made; 'bulwark network list' shows networks that have it.");
    *ret_plan = plan;
}

const char *const *bw_network_plan_argv(const struct bw_network_request *request,
                                        const struct bw_network_plan *plan, struct bw_arena *arena)
{
    const char **argv = bw_arena_array(arena, plan->flags_n * 2 + 5, sizeof *argv);
    size_t n = 0;
    if (!argv)
        return NULL;
    argv[n++] = bw_run_engine_name(request->engine);
    argv[n++] = "network";
    argv[n++] = "create";
    for (size_t i = 0; i < plan->flags_n; i++) {
        struct bw_str name = bw_arena_printf(arena, "--%s", plan->flags[i].name);
        if (!name.p)
            return NULL;
        argv[n++] = name.p;
        if (plan->flags[i].value.p)
            argv[n++] = plan->flags[i].value.p;
    }
    argv[n++] = request->name;
    return argv;
}
