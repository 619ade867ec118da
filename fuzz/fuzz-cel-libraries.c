/*
 * Two strings, the second behind the first newline, through every function of CEL that reads or
 * takes apart a string: nothing but values and ERRORs comes out, and what is compared is so.
 */
#include <stdlib.h>

#include "cel/cel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char every_format[] =
    "['dns1123Label', 'dns1123Subdomain', 'dns1035Label', 'qualifiedName', 'dns1123LabelPrefix', "
    "'dns1123SubdomainPrefix', 'dns1035LabelPrefix', 'labelValue', 'uri', 'uuid', 'byte', 'date', "
    "'datetime'].map(f, format.named(f).value().validate(s).hasValue())";

/* Each is true, an ERROR, or of another kind. */
static const char *const of_kubernetes[] = {
    "[isIP(s), isCIDR(s), isSemver(s), isQuantity(s), isURL(s), isIP(t)]",
    "ip.isCanonical(string(ip(s)))",
    "string(ip(string(ip(s)))) == string(ip(s))",
    "string(cidr(string(cidr(s).masked()))) == string(cidr(s).masked())",
    "cidr(s).containsIP(cidr(s).ip()) && cidr(s).containsCIDR(cidr(s).masked())",
    "semver(s).compareTo(semver(s)) == 0",
    "semver(s, true).compareTo(semver(t, true)) == -semver(t, true).compareTo(semver(s, true))",
    "quantity(s).compareTo(quantity(s)) == 0",
    "quantity(s).add(quantity(t)) == quantity(t).add(quantity(s))",
    "quantity(s).sub(quantity(t)).asApproximateFloat()",
    "!isURL(s) || url(s).getHost().contains(url(s).getHostname())",
    "!isURL(s) || url(s).getScheme().size() + url(s).getPort().size() <= s.size()",
    "url(s).getQuery()",
    "url(s).getEscapedPath() == '' || isURL(url(s).getEscapedPath())",
    every_format,
    "s.findAll(t)",
    "s.find(t)",
    "s.format([t, 1, 2.5, [t], {t: s}, b'x', null])",
    "jsonpatch.escapeKey(s).size() >= s.size()",
};

static const char *const of_the_suite[] = {
    "s.split(t).join(t) == s",
    "s.replace(t, t) == s",
    "s.reverse().reverse() == s",
    "s.lowerAscii().upperAscii() == s.upperAscii()",
    "s.indexOf(t) <= s.lastIndexOf(t)",
    "s.trim().size() <= s.size()",
    "strings.quote(s).size() >= s.size() + 2",
    "base64.decode(base64.encode(bytes(s))) == bytes(s)",
    "base64.decode(s)",
    "s.substring(0, s.size()) == s && s.charAt(s.size()) == ''",
    "s.format([t, 1, 2.5, [t], {t: s}, b'x', null])",
    "string(ip(s))",
};

#define PROGRAMS_MAX 32u

struct set {
    struct bw_cel_program *programs[PROGRAMS_MAX];
    size_t n;
};

static void compile(struct set *set, enum bw_cel_dialect dialect, const char *const *sources,
                    size_t n)
{
    uint32_t slot;
    struct bw_cel_env *env BW_CLEANUP(bw_cel_env_freep) = bw_cel_env_new(dialect, NULL);
    const struct bw_cel_type *string = env ? bw_cel_type_read(env, BW_STR("string"), NULL) : NULL;
    if (!string || bw_cel_env_declare(env, "s", string, &slot, NULL) ||
        bw_cel_env_declare(env, "t", string, &slot, NULL))
        abort();
    for (size_t i = 0; i < n; i++)
        if (bw_cel_compile(env, bw_str(sources[i]), &set->programs[i], NULL, NULL))
            abort();
    set->n = n;
}

static void run_all(const struct set *set, struct bw_str s, struct bw_str t)
{
    for (size_t i = 0; i < set->n; i++) {
        struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
        struct bw_value_maker make = {.arena = arena};
        struct bw_value variables[] = {bw_value_string(&make, s), bw_value_string(&make, t)};
        struct bw_cel_budget budget = {100000, 100000};
        struct bw_cel_run run = {
            .variables = variables, .variables_n = 2, .arena = arena, .budget = &budget};
        struct bw_value value = bw_cel_eval(set->programs[i], &run);
        if (value.kind == BW_VALUE_ABSENT || value.kind == BW_VALUE_UNKNOWN)
            abort();
        if (value.kind == BW_VALUE_BOOL && !value.u)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct set kubernetes, suite;
    struct bw_str t = bw_str_n(data, size), s;
    if (!kubernetes.n) {
        compile(&kubernetes, BW_CEL_KUBERNETES_1_34, of_kubernetes, BW_ARRAY_LEN(of_kubernetes));
        compile(&suite, BW_CEL_SPEC, of_the_suite, BW_ARRAY_LEN(of_the_suite));
    }
    if (size > 4096 || !bw_str_is_utf8(t) || !bw_str_split(&t, '\n', &s))
        return 0;
    if (!t.p)
        t = BW_STR("");
    run_all(&kubernetes, s, t);
    run_all(&suite, s, t);
    return 0;
}
