/*
 * kubernetes.URL: absolute URIs and absolute paths, read as Go's net/url reads them.
 */
#include "cel/function-text.h"
#include "cel/url.h"

#define U "kubernetes.URL"

#define PAIRS_MAX 10000u /* of a query, as in Go */

struct url {
    struct bw_url parts;
    struct bw_str text;
};

/* A URL's equality is that of its parts; the text has them all. */
static bool url_equal(const void *a, const void *b)
{
    const struct url *x = a, *y = b;
    return bw_str_eq(x->text, y->text);
}

static struct bw_value url_to_string(struct bw_cel_call *call, const void *p)
{
    return bw_cel_string(call, ((const struct url *)p)->text);
}

static const struct bw_cel_opaque_class url_class = {U, url_equal, url_to_string};

static const struct url *url_of(struct bw_value value)
{
    return bw_cel_opaque_of(value, &url_class);
}

static struct bw_value from_string(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_str text = bw_value_text(args[0]);
    if (!bw_cel_charge_bytes(call, text.n))
        return bw_cel_fail_budget();
    struct url *url = bw_arena_alloc(call->arena, sizeof *url);
    if (!url)
        return bw_cel_fail_memory(call->arena);
    const char *why = bw_url_read(text, call->arena, &url->parts);
    if (why)
        return bw_cel_fail(call, "URL parse error during conversion from string: %s", why);
    url->text = text;
    return bw_cel_opaque(call, &url_class, url);
}

static struct bw_value is_url(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    if (!bw_cel_charge_bytes(call, bw_value_text(args[0]).n))
        return bw_cel_fail_budget();
    return bw_value_bool(!bw_url_check(bw_value_text(args[0]), call->arena));
}

#define GETTER(name, expression)                                                                   \
    static struct bw_value name(struct bw_cel_call *call, const struct bw_value *args, size_t n)   \
    {                                                                                              \
        (void)n;                                                                                   \
        const struct bw_url *url = &url_of(args[0])->parts;                                        \
        return bw_cel_string_lossy(call, expression);                                              \
    }

GETTER(get_scheme, url->scheme)
GETTER(get_host, url->host)
GETTER(get_hostname, bw_url_hostname(url->host))
GETTER(get_port, bw_url_port(url->host))
GETTER(get_escaped_path, url->path)

/* --- the query --- */

/* Adds a value to the list of its key. */
static void add_pair(struct bw_cel_call *call, struct bw_value *map, struct bw_str key,
                     struct bw_str value)
{
    struct bw_value name = bw_cel_string_lossy(call, key);
    struct bw_value list = bw_value_find(*map, name);
    if (list.kind != BW_VALUE_LIST)
        list = bw_value_list(&call->make, 1);
    bw_value_add(&call->make, &list, bw_cel_string_lossy(call, value));
    bw_value_put(&call->make, map, name, list);
}

/* Pairs with a semicolon or a broken escape are passed over, as Go does. */
static void read_pair(struct bw_cel_call *call, struct bw_value *map, struct bw_str pair)
{
    if (!pair.n || bw_str_find(pair, ';') != SIZE_MAX)
        return;
    size_t equals = bw_str_find(pair, '=');
    struct bw_str key = bw_url_unescape_query(bw_str_take(pair, equals), call->arena);
    struct bw_str value = BW_STR("");
    if (equals != SIZE_MAX)
        value = bw_url_unescape_query(bw_str_from(pair, equals + 1), call->arena);
    if (key.p && value.p)
        add_pair(call, map, key, value);
}

static size_t count_pairs(struct bw_str query)
{
    size_t n = 1;
    for (size_t i = 0; i < query.n; i++)
        n += query.p[i] == '&';
    return n;
}

static struct bw_value get_query(struct bw_cel_call *call, const struct bw_value *args, size_t n)
{
    (void)n;
    struct bw_str rest = url_of(args[0])->parts.query, pair;
    struct bw_value map = bw_value_map(&call->make, 0);
    if (!bw_cel_charge_bytes(call, rest.n))
        return bw_cel_fail_budget();
    if (count_pairs(rest) > PAIRS_MAX)
        return map;
    while (bw_str_split(&rest, '&', &pair)) {
        if (!bw_cel_charge(call, 1))
            return bw_cel_fail_budget();
        read_pair(call, &map, pair);
    }
    return map;
}

static const char *const types[] = {U, NULL};

static const struct bw_cel_overload overloads[] = {
    {"url(string): " U, from_string},
    {"isURL(string): bool", is_url},
    {U ".getScheme(): string", get_scheme},
    {U ".getHost(): string", get_host},
    {U ".getHostname(): string", get_hostname},
    {U ".getPort(): string", get_port},
    {U ".getEscapedPath(): string", get_escaped_path},
    {U ".getQuery(): map(string, list(string))", get_query},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_url = {
    .name = "url",
    .dialects = BW_CEL_IN_KUBERNETES,
    .types = types,
    .overloads = overloads,
};
