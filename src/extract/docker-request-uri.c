#include "extract/docker-request.h"

/* --- escapes (net/url, unescape) --- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* p is NULL where an escape is none. In parameters "+" is a blank. */
static struct bw_str decode(struct bw_reading *reading, struct bw_str text, bool parameter)
{
    char *out = bw_arena_alloc(reading->arena, text.n + 1);
    size_t n = 0;
    if (!out) {
        reading->make.failed = true;
        return (struct bw_str){0};
    }
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%') {
            int high = i + 2 < text.n ? hex(text.p[i + 1]) : -1;
            int low = i + 2 < text.n ? hex(text.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return (struct bw_str){0};
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && parameter) {
            c = ' ';
        }
        out[n++] = c;
    }
    return bw_str_n(out, n);
}

static bool has_control(struct bw_str text)
{
    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f)
            return true;
    return false;
}

/* --- the path --- */

static bool is_scheme(struct bw_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool other = (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
        if (!letter && (!other || i == 0))
            return false;
    }
    return text.n > 0;
}

/* Of "http://host/path" the path, as net/url's ParseRequestURI has it; p is NULL where there is
 * none. */
static struct bw_str without_host(struct bw_str text)
{
    size_t colon = bw_str_find(text, ':');
    if (bw_str_starts(text, BW_STR("/")))
        return text;
    if (colon == SIZE_MAX || !is_scheme(bw_str_take(text, colon)))
        return (struct bw_str){0};
    text = bw_str_from(text, colon + 1);
    if (bw_str_starts(text, BW_STR("//"))) {
        text = bw_str_from(text, 2);
        size_t slash = bw_str_find(text, '/');
        return slash == SIZE_MAX ? (struct bw_str){0} : bw_str_from(text, slash);
    }
    return bw_str_starts(text, BW_STR("/")) ? text : (struct bw_str){0};
}

/* Whether mux hands it on as it is, and does not redirect to a cleaner one. */
static bool is_clean(struct bw_str path)
{
    struct bw_str rest = bw_str_from(path, 1), part;
    while (bw_str_split(&rest, '/', &part))
        if (bw_str_eq(part, BW_STR(".")) || bw_str_eq(part, BW_STR("..")) || (!part.n && rest.p))
            return false;
    return true;
}

/* "/v{version:[0-9.]+}" in front of a route. */
static void strip_version(struct bw_docker_uri *uri)
{
    size_t n = 2;
    if (!bw_str_starts(uri->path, BW_STR("/v")))
        return;
    while (n < uri->path.n &&
           ((uri->path.p[n] >= '0' && uri->path.p[n] <= '9') || uri->path.p[n] == '.'))
        n++;
    if (n == 2 || n == uri->path.n || uri->path.p[n] != '/')
        return;
    uri->version = bw_str_n(uri->path.p + 2, n - 2);
    uri->path = bw_str_from(uri->path, n);
}

static const char *read_path(struct bw_reading *reading, struct bw_str raw,
                             struct bw_docker_uri *uri)
{
    struct bw_str path = without_host(raw);
    if (!path.p)
        return "it has no path";
    path = decode(reading, path, false);
    if (!path.p)
        return "its path has an escape that is none";
    if (!bw_str_is_utf8(path) || has_control(path))
        return "its path has bytes that no name has";
    uri->path = path;
    if (!is_clean(path))
        return "its path has empty components or dots, and is redirected";
    strip_version(uri);
    return NULL;
}

/* --- parameters (net/url, ParseQuery) --- */

static const char *add_parameter(struct bw_reading *reading, struct bw_str pair, uint32_t place,
                                 struct bw_value *query)
{
    struct bw_value_maker *make = &reading->make;
    size_t equals = bw_str_find(pair, '=');
    struct bw_str name = decode(reading, bw_str_take(pair, equals), true);
    struct bw_str text =
        decode(reading, equals == SIZE_MAX ? BW_STR("") : bw_str_from(pair, equals + 1), true);
    if (bw_str_find(pair, ';') != SIZE_MAX)
        return "its parameters have a semicolon, which daemons take in different ways";
    if (!name.p || !text.p)
        return "its parameters have an escape that is none";
    if (!bw_str_is_utf8(name) || !bw_str_is_utf8(text))
        return "its parameters are not UTF-8";
    struct bw_value key = bw_value_string(make, name), value = bw_value_string(make, text);
    const struct bw_value_member *old = bw_value_member(*query, key);
    struct bw_value list = old ? old->value : bw_value_list(make, 1);
    key.place = value.place = list.place = place;
    bw_value_add(make, &list, value);
    bw_value_put(make, query, key, list);
    return NULL;
}

static const char *read_query(struct bw_reading *reading, struct bw_str raw, uint32_t place,
                              struct bw_value *query)
{
    struct bw_str pair;
    unsigned n = 0;
    const char *problem = NULL;
    while (!problem && bw_str_split(&raw, '&', &pair)) {
        if (!pair.n)
            continue;
        if (n++ == BW_DOCKER_PARAMETERS_MAX)
            return "it has more parameters than are read";
        problem = add_parameter(reading, pair, place, query);
    }
    return problem;
}

void bw_docker_uri_read(struct bw_reading *reading, struct bw_str raw, uint32_t place,
                        struct bw_docker_uri *ret_uri)
{
    size_t mark = bw_str_find(raw, '?');
    struct bw_docker_uri uri = {.path = BW_STR(""), .version = BW_STR("")};
    uri.query = bw_value_map(&reading->make, 4);
    uri.query.place = place;
    if (has_control(raw) || bw_str_find(raw, ' ') != SIZE_MAX)
        uri.problem = "it has a blank or a control character";
    if (!uri.problem)
        uri.problem = read_path(reading, bw_str_take(raw, mark), &uri);
    if (!uri.problem && mark != SIZE_MAX)
        uri.problem = read_query(reading, bw_str_from(raw, mark + 1), place, &uri.query);
    *ret_uri = uri;
}
