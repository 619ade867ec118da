/*
 * kubernetes.authorization: every function is there, and none has an opinion; see authorizer.h.
 */
#include "cel/authorizer.h"

#include "cel/dns-name.h"
#include "cel/function-text.h"

#define A "kubernetes.authorization.Authorizer"
#define P "kubernetes.authorization.PathCheck"
#define G "kubernetes.authorization.GroupCheck"
#define R "kubernetes.authorization.ResourceCheck"
#define D "kubernetes.authorization.Decision"

#define REASON "no opinion: there is no cluster that could be asked"

/* Nothing distinguishes the values of one type. */
static bool always_equal(const void *a, const void *b)
{
    return a == b;
}

static const struct bw_cel_opaque_class authorizer_class = {A, always_equal, NULL};
static const struct bw_cel_opaque_class path_class = {P, always_equal, NULL};
static const struct bw_cel_opaque_class group_class = {G, always_equal, NULL};
static const struct bw_cel_opaque_class resource_class = {R, always_equal, NULL};
static const struct bw_cel_opaque_class decision_class = {D, always_equal, NULL};

static const struct bw_cel_opaque authorizer = {&authorizer_class, &authorizer_class};
static const struct bw_cel_opaque resource = {&resource_class, &resource_class};

struct bw_value bw_cel_authorizer(void)
{
    return (struct bw_value){.kind = BW_CEL_OPAQUE, .foreign = &authorizer};
}

struct bw_value bw_cel_authorizer_resource(void)
{
    return (struct bw_value){.kind = BW_CEL_OPAQUE, .foreign = &resource};
}

static struct bw_value make(struct bw_cel_call *call, const struct bw_cel_opaque_class *class)
{
    return bw_cel_opaque(call, class, class);
}

static bool is_blank(struct bw_value value)
{
    return !bw_str_trim(bw_value_text(value)).n;
}

static struct bw_value path(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return is_blank(args[1]) ? bw_cel_fail(call, "path must not be empty")
                             : make(call, &path_class);
}

static struct bw_value group(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)args;
    (void)n;
    return make(call, &group_class);
}

static struct bw_value resource_of(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    return is_blank(args[1]) ? bw_cel_fail(call, "resource must not be empty")
                             : make(call, &resource_class);
}

/* What narrows a check down leaves it as it is. */
static struct bw_value same(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)n;
    return args[0];
}

static struct bw_value service_account(struct bw_cel_call *call, const struct bw_value *args,
                                       size_t n)
{
    (void)n;
    struct bw_str space = bw_value_text(args[1]), name = bw_value_text(args[2]);
    if (name.n > BW_DNS_SUBDOMAIN_MAX || !bw_dns_is_subdomain(name))
        return bw_cel_fail(call, "Invalid service account name");
    if (space.n > BW_DNS_LABEL_MAX || !bw_dns_is_label(space))
        return bw_cel_fail(call, "Invalid service account namespace");
    return args[0];
}

static struct bw_value decide(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)args;
    (void)n;
    return make(call, &decision_class);
}

static struct bw_value no(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)call;
    (void)args;
    (void)n;
    return bw_value_bool(false);
}

static struct bw_value no_error(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)args;
    (void)n;
    return bw_cel_string(call, BW_STR(""));
}

static struct bw_value reason(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)args;
    (void)n;
    return bw_cel_string(call, BW_STR(REASON));
}

static const char *const types[] = {A, P, G, R, D, NULL};

static const struct bw_cel_overload overloads[] = {
    {A ".path(string): " P, path},
    {A ".group(string): " G, group},
    {A ".serviceAccount(string, string): " A, service_account},
    {G ".resource(string): " R, resource_of},
    {R ".subresource(string): " R, same},
    {R ".namespace(string): " R, same},
    {R ".name(string): " R, same},
    {R ".fieldSelector(string): " R, same},
    {R ".labelSelector(string): " R, same},
    {P ".check(string): " D, decide},
    {R ".check(string): " D, decide},
    {D ".allowed(): bool", no},
    {D ".errored(): bool", no},
    {D ".error(): string", no_error},
    {D ".reason(): string", reason},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_authorizer = {
    .name = "authorizer",
    .dialects = BW_CEL_IN_KUBERNETES,
    .types = types,
    .overloads = overloads,
};
