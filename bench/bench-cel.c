/*
 * What CEL costs: compiling, opening and evaluating expressions as policies have them, over a pod
 * of three containers. Each is run a fixed number of times. Prints lines WHAT, VALUE, UNIT, TARGET
 * (none), NOTE, separated by tabs.
 *
 *     bench-cel [iterations]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cel/cel.h"

#define ARENA_MAX ((size_t)1 << 30)

static const char *const expressions[] = {
    "object.spec.replicas > 1",
    "object.metadata.name == 'web'",
    "object.kind in ['Pod', 'Deployment', 'Job', 'CronJob']",
    "!has(object.spec.hostNetwork) || object.spec.hostNetwork == false",
    "object.spec.containers.all(c, !has(c.securityContext) || !has(c.securityContext.privileged) "
    "|| "
    "c.securityContext.privileged == false)",
    "object.spec.containers.all(c, has(c.securityContext) && has(c.securityContext.capabilities) "
    "&& "
    "has(c.securityContext.capabilities.drop) && c.securityContext.capabilities.drop.exists(d, d "
    "== "
    "'ALL'))",
    "object.spec.containers.all(c, c.?securityContext.?runAsNonRoot.orValue(false))",
    "object.spec.containers.all(c, !has(c.ports) || c.ports.all(p, !has(p.hostPort) || p.hostPort "
    "== "
    "0))",
    "object.spec.containers.all(c, !c.image.endsWith(':latest') && c.image.contains(':'))",
    "object.spec.containers.all(c, "
    "c.image.matches('^registry[.]example[.]org/[a-z0-9/-]+:[0-9.]+$'))",
    "object.spec.containers.filter(c, c.name != 'log').map(c, c.image).size() == 2",
    "(object.spec.containers + object.spec.?initContainers.orValue([])).all(c, "
    "has(c.resources.limits.memory))",
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void die(const char *what, const struct bw_err *err)
{
    fprintf(stderr, "bench-cel: %s: %s\n", what, err->msg);
    exit(1);
}

/* The value of an expression that is a document. */
static struct bw_value document(struct bw_cel_env *env, struct bw_arena *arena)
{
    static const char source[] =
        "{'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'web', 'namespace': 'default', "
        "'labels': {'app': 'web', 'team': 'shop'}}, 'spec': {'replicas': 3, 'serviceAccountName': "
        "'web', 'hostNetwork': false, 'securityContext': {'runAsNonRoot': true, 'seccompProfile': "
        "{'type': 'RuntimeDefault'}}, 'containers': ['web', 'proxy', 'log'].map(n, {'name': n, "
        "'image': 'registry.example.org/shop/' + n + ':1.2.3', 'ports': [{'containerPort': 8080}], "
        "'env': [{'name': 'A', 'value': 'b'}], 'resources': {'limits': {'cpu': '1', 'memory': "
        "'1Gi'}}, 'securityContext': {'privileged': false, 'allowPrivilegeEscalation': false, "
        "'runAsNonRoot': true, 'capabilities': {'drop': ['ALL']}}})}}";
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
    struct bw_err err = {0};
    if (bw_cel_compile(env, BW_STR(source), &program, NULL, &err))
        die("document", &err);
    struct bw_cel_run run = {.arena = arena};
    /* Its texts lie in the program: copy what is made of them through JSON-like values. */
    static struct bw_cel_program *kept;
    kept = program;
    program = NULL;
    return bw_cel_eval(kept, &run);
}

static void measure(const struct bw_cel_env *env, const char *source, struct bw_value pod,
                    unsigned iterations)
{
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(ARENA_MAX);
    struct bw_err err = {0};
    unsigned compilations = iterations / 100 + 1;
    double from = now();
    for (unsigned i = 0; i < compilations; i++) {
        bw_cel_freep(&program);
        if (bw_cel_compile(env, bw_str(source), &program, NULL, &err))
            die(source, &err);
    }
    double compile = (now() - from) / compilations;
    from = now();
    for (unsigned i = 0; i < iterations; i++)
        if (!bw_cel_open(bw_cel_bytes(program), &err))
            die(source, &err);
    double open = (now() - from) / iterations;
    struct bw_value result = {0};
    from = now();
    for (unsigned i = 0; i < iterations; i++) {
        struct bw_cel_budget budget = {BW_CEL_COST_POLICY_MAX, BW_CEL_COST_EXPRESSION_MAX};
        struct bw_cel_run run = {
            .variables = &pod, .variables_n = 1, .arena = arena, .budget = &budget};
        result = bw_cel_eval(program, &run);
    }
    double eval = (now() - from) / iterations;
    printf("%.60s\t%.0f\tns\t\topening %.0f ns, compiling %.0f ns, %zu bytes, gives %s\n", source,
           eval, open, compile, bw_cel_bytes(program).n,
           bw_value_is_true(result)       ? "true"
           : result.kind == BW_VALUE_BOOL ? "false"
                                          : "an error");
}

int main(int argc, char **argv)
{
    unsigned iterations = argc > 1 ? (unsigned)atoi(argv[1]) : 200000;
    struct bw_err err = {0};
    uint32_t slot;
    double from = now();
    struct bw_cel_env *env BW_CLEANUP(bw_cel_env_freep) =
        bw_cel_env_new(BW_CEL_KUBERNETES_1_34, &err);
    struct bw_cel_env *spec BW_CLEANUP(bw_cel_env_freep) = bw_cel_env_new(BW_CEL_SPEC, &err);
    struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new(ARENA_MAX);
    if (!env || !spec || !arena ||
        bw_cel_env_declare(env, "object", bw_cel_type_dyn(env), &slot, &err))
        die("environment", &err);
    printf("an environment\t%.0f\tns\n", (now() - from) / 2);
    struct bw_value pod = document(spec, arena);
    for (size_t i = 0; i < BW_ARRAY_LEN(expressions); i++)
        measure(env, expressions[i], pod, iterations);
    return 0;
}
