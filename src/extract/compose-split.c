/*
 * The short forms with a syntax of their own: words of a command line, ports, mounts.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>

#include "extract/compose-short.h"

static struct bw_value at(struct bw_value value, struct bw_value where)
{
    value.place = where.place;
    return value;
}

/* --- words --- */

/*
 * Words as the shellwords package (1.0.12) splits them that compose-go uses: quotes and
 * backslashes;
 * `...` and $(...) are kept as they stand, with the blanks in them; at ; & | < > the line ends. It
 * is no shell's way: a backslash always keeps what follows, and a bare parenthesis opens as it
 * closes.
 */
struct words {
    struct bw_buf *word;
    struct bw_value *list;
    struct bw_compose *compose;
    struct bw_value line;
    bool any; /* of a word something has come, be it an empty pair of quotes */
    bool escaped, single, dual, back, dollar;
};

static void end_word(struct words *w)
{
    if (w->any)
        bw_value_add(&w->compose->reading->make, w->list,
                     bw_compose_piece(w->compose, w->line, bw_buf_slice(w->word)));
    bw_buf_clear(w->word);
    w->any = false;
}

static void take(struct words *w, char c)
{
    bw_buf_byte(w->word, (uint8_t)c);
    w->any = true;
}

static void quote(struct words *w, bool *open, bool other, char c)
{
    if (other || w->dollar) {
        take(w, c);
        return;
    }
    w->any |= *open;
    *open = !*open;
}

/* False where no parenthesis may stand. */
static bool parenthesis(struct words *w, char c)
{
    if (w->single || w->dual || w->back) {
        take(w, c);
    } else if (c == ')') {
        w->dollar = !w->dollar;
        take(w, c);
    } else if (!w->dollar && w->word->n && w->word->p[w->word->n - 1] == '$') {
        w->dollar = true;
        bw_buf_byte(w->word, (uint8_t)c);
    } else {
        return false;
    }
    return true;
}

/* The line ends; the number of a redirection ("2>") is no word. */
static void end_line(struct words *w, char c)
{
    if (c == '>' && w->word->n && isdigit(w->word->p[0]))
        w->any = false;
}

/* One byte; false where the line ends, or is wrong. */
static bool next_byte(struct words *w, char c, bool *ret_wrong)
{
    bool within = w->single || w->dual || w->back || w->dollar;
    if (w->escaped) {
        take(w, c);
        w->escaped = false;
    } else if (c == '\\' && !w->single) {
        w->escaped = true;
    } else if (c == '\\') {
        bw_buf_byte(w->word, (uint8_t)c);
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        within ? bw_buf_byte(w->word, (uint8_t)c) : end_word(w);
    } else if (c == '"') {
        quote(w, &w->dual, w->single, c);
    } else if (c == '\'') {
        quote(w, &w->single, w->dual, c);
    } else if (c == '(' || c == ')') {
        *ret_wrong = !parenthesis(w, c);
        return !*ret_wrong;
    } else if (!within && (c == ';' || c == '&' || c == '|' || c == '<' || c == '>')) {
        end_line(w, c);
        return false;
    } else {
        w->back ^= c == '`' && !w->single && !w->dual && !w->dollar;
        take(w, c);
    }
    return true;
}

struct bw_value bw_compose_to_words(struct bw_compose *compose, struct bw_value value,
                                    const char *field)
{
    struct bw_str text = bw_value_text(value);
    if (value.kind != BW_VALUE_STRING)
        return value;
    struct bw_value list = bw_compose_in_place(bw_value_list(&compose->reading->make, 4), value);
    struct words w = {.word = &compose->text, .list = &list, .compose = compose, .line = value};
    bool wrong = false;
    bw_buf_clear(&compose->text);
    for (size_t i = 0; i < text.n && next_byte(&w, text.p[i], &wrong); i++)
        ;
    end_word(&w);
    if (wrong || w.escaped || w.single || w.dual || w.back || w.dollar)
        return bw_compose_misfit(compose, value, "%s: no command line: a quote or a parenthesis",
                                 field);
    return list;
}

/* --- ports --- */

struct range {
    uint64_t first, last;
};

static bool to_range(struct bw_str text, struct range *range)
{
    size_t dash = bw_str_find(text, '-');
    if (!bw_str_to_u64(bw_str_take(text, dash), &range->first))
        return false;
    range->last = range->first;
    if (dash != SIZE_MAX && !bw_str_to_u64(bw_str_from(text, dash + 1), &range->last))
        return false;
    return range->first <= range->last && range->last <= UINT16_MAX;
}

static bool is_address(struct bw_str ip)
{
    unsigned char binary[16];
    char text[INET6_ADDRSTRLEN];
    if (ip.n >= sizeof text)
        return false;
    memcpy(text, ip.p, ip.n);
    text[ip.n] = '\0';
    return inet_pton(AF_INET, text, binary) == 1 || inet_pton(AF_INET6, text, binary) == 1;
}

/* [[IP:]HOST:]CONTAINER[/PROTOCOL] */
struct port {
    struct bw_str ip, host, container, protocol;
};

static struct port split_port(struct bw_str text)
{
    struct port port = {.container = text, .protocol = BW_STR("tcp")};
    size_t colon = bw_str_rfind(text, ':');
    if (colon != SIZE_MAX) {
        port.container = bw_str_from(text, colon + 1);
        port.host = bw_str_take(text, colon);
        colon = bw_str_rfind(port.host, ':');
        if (colon != SIZE_MAX) {
            port.ip = bw_str_take(port.host, colon);
            port.host = bw_str_from(port.host, colon + 1);
        }
    }
    if (port.ip.n > 2 && port.ip.p[0] == '[' && port.ip.p[port.ip.n - 1] == ']')
        port.ip = bw_str_n(port.ip.p + 1, port.ip.n - 2);
    size_t slash = bw_str_find(port.container, '/');
    if (slash != SIZE_MAX && slash + 1 < port.container.n)
        port.protocol = bw_str_from(port.container, slash + 1);
    port.container = bw_str_take(port.container, slash);
    return port;
}

/* "tcp", "udp" or "sctp" as they are written in lower case; NULL for anything else. */
static const char *protocol_name(struct bw_str text)
{
    static const char *const known[] = {"tcp", "udp", "sctp"};
    for (size_t i = 0; i < BW_ARRAY_LEN(known); i++)
        if (bw_str_eq_nocase(text, bw_str(known[i])))
            return known[i];
    return NULL;
}

static void add_port(struct bw_compose *compose, struct bw_value *list, struct bw_value whole,
                     const struct port *port, struct bw_value target, struct bw_value published)
{
    struct bw_value map = at(bw_value_map(&compose->reading->make, 5), whole);
    bw_compose_set(compose, &map, "mode",
                   bw_compose_string(compose, BW_STR("ingress"), whole.place));
    if (port->ip.n)
        bw_compose_set(compose, &map, "host_ip", bw_compose_piece(compose, whole, port->ip));
    bw_compose_set(compose, &map, "target", at(target, whole));
    bw_compose_set(compose, &map, "published", published);
    bw_compose_set(compose, &map, "protocol",
                   bw_compose_string(compose, bw_str(protocol_name(port->protocol)), whole.place));
    bw_value_add(&compose->reading->make, list, map);
}

/* Ports of the host for the i-th one of the container: one each, or a range for Docker to choose
 * of where the container has one alone. */
static struct bw_value host_port(struct bw_compose *compose, struct bw_value whole,
                                 struct bw_str host, struct range range, uint64_t i, bool alone)
{
    char text[32];
    if (!host.n)
        return (struct bw_value){0};
    if (bw_compose_has_hole(whole, host))
        return bw_compose_piece(compose, whole, host);
    if (alone && range.first != range.last)
        snprintf(text, sizeof text, "%u-%u", (unsigned)range.first, (unsigned)range.last);
    else
        snprintf(text, sizeof text, "%u", (unsigned)(range.first + i));
    return bw_compose_string(compose, bw_str(text), whole.place);
}

static struct bw_value port_misfit(struct bw_compose *compose, struct bw_value whole,
                                   const char *field)
{
    return bw_compose_misfit(compose, whole,
                             "%s: no port: [[ADDRESS:]HOST:]CONTAINER[/PROTOCOL] with numbers up "
                             "to 65535, or two ranges of the same length",
                             field);
}

static void add_ports(struct bw_compose *compose, struct bw_value *list, struct bw_value whole,
                      const char *field)
{
    struct port port = split_port(bw_value_text(whole));
    struct range container = {0}, host = {0};
    bool open = bw_compose_has_hole(whole, port.container);
    bool open_host = bw_compose_has_hole(whole, port.host);
    bool fits = protocol_name(port.protocol) &&
                (!port.ip.n || bw_compose_has_hole(whole, port.ip) || is_address(port.ip)) &&
                (open || to_range(port.container, &container)) &&
                (!port.host.n || open_host || to_range(port.host, &host));
    uint64_t n = container.last - container.first + 1;
    if (!fits || (port.host.n && n > 1 && !open_host && n != host.last - host.first + 1)) {
        bw_value_add(&compose->reading->make, list, port_misfit(compose, whole, field));
        return;
    }
    if (n > BW_COMPOSE_PORTS_MAX - compose->ports) {
        bw_value_add(&compose->reading->make, list,
                     bw_compose_misfit(compose, whole, "%s: more than %u ports in ranges", field,
                                       BW_COMPOSE_PORTS_MAX));
        return;
    }
    compose->ports += (uint32_t)n;
    for (uint64_t i = 0; i < n; i++)
        add_port(compose, list, whole, &port,
                 open ? bw_compose_piece(compose, whole, port.container)
                      : bw_value_int((int64_t)(container.first + i)),
                 host_port(compose, whole, port.host, host, i, n == 1));
}

struct bw_value bw_compose_to_ports(struct bw_compose *compose, struct bw_value value,
                                    const char *field)
{
    if (value.kind != BW_VALUE_LIST)
        return value;
    struct bw_value list =
        bw_compose_in_place(bw_value_list(&compose->reading->make, value.list->n), value);
    for (uint32_t i = 0; i < value.list->n; i++) {
        struct bw_value element = value.list->v[i];
        char digits[32];
        if (element.kind == BW_VALUE_INT) {
            snprintf(digits, sizeof digits, "%lld", (long long)element.i);
            element = bw_compose_string(compose, bw_str(digits), element.place);
        }
        if (element.kind == BW_VALUE_STRING)
            add_ports(compose, &list, element, field);
        else
            bw_value_add(&compose->reading->make, &list, element);
    }
    return list;
}

/* --- mounts --- */

static bool is_drive(struct bw_str s)
{
    return s.n > 1 && isalpha((unsigned char)s.p[0]) && s.p[1] == ':';
}

static bool is_file_path(struct bw_str source)
{
    static const char *const starts[] = {".", "/", "~", "\\\\"};
    for (size_t i = 0; i < BW_ARRAY_LEN(starts); i++)
        if (bw_str_starts(source, bw_str(starts[i])))
            return true;
    return is_drive(source);
}

/* The piece before the next colon, but for that of a drive ("c:\data"). */
static bool next_section(struct bw_str *rest, struct bw_str *ret_section)
{
    struct bw_str s = *rest;
    size_t from = is_drive(s) ? 2 : 0;
    if (!s.p)
        return false;
    size_t colon = bw_str_find(bw_str_from(s, from), ':');
    *ret_section = colon == SIZE_MAX ? s : bw_str_take(s, from + colon);
    *rest = colon == SIZE_MAX ? (struct bw_str){0} : bw_str_from(s, from + colon + 1);
    return true;
}

/* Without ".", "..", and slashes that say nothing: as path.Clean of Go. */
static struct bw_value clean(struct bw_compose *compose, struct bw_value whole, struct bw_str path)
{
    struct bw_buf *out = &compose->text;
    struct bw_str rest = path, part;
    size_t root = path.n && path.p[0] == '/';
    if (!path.n || bw_compose_has_hole(whole, path))
        return bw_compose_piece(compose, whole, path);
    bw_buf_clear(out);
    if (root)
        bw_buf_byte(out, '/');
    while (bw_str_split(&rest, '/', &part)) {
        if (!part.n || bw_str_eq(part, BW_STR(".")))
            continue;
        size_t slash = bw_str_rfind(bw_buf_slice(out), '/');
        size_t last = slash == SIZE_MAX ? 0 : slash + 1; /* where its last part begins */
        bool up = bw_str_eq(part, BW_STR(".."));
        if (up && root && out->n == root)
            continue;
        if (up && out->n > root && !bw_str_eq(bw_str_from(bw_buf_slice(out), last), BW_STR(".."))) {
            out->n = last > root ? last - 1 : root;
            continue;
        }
        if (out->n > root)
            bw_buf_byte(out, '/');
        bw_buf_str(out, part);
    }
    if (!out->n)
        bw_buf_byte(out, '.');
    return bw_compose_string(compose, bw_buf_slice(out), whole.place);
}

static void set_option(struct bw_compose *compose, struct bw_value whole, struct bw_str option,
                       struct bw_value *map, struct bw_value *bind)
{
    static const char *const propagations[] = {"rprivate", "private", "rshared",
                                               "shared",   "rslave",  "slave"};
    bool write = bw_str_eq(option, BW_STR("rw"));
    if (write || bw_str_eq(option, BW_STR("ro")))
        bw_compose_set(compose, map, "read_only", at(bw_value_bool(!write), whole));
    if (bw_str_eq_nocase(option, BW_STR("z")))
        bw_compose_set(compose, bind, "selinux", bw_compose_piece(compose, whole, option));
    for (size_t i = 0; i < BW_ARRAY_LEN(propagations); i++)
        if (bw_str_eq(option, bw_str(propagations[i])))
            bw_compose_set(compose, bind, "propagation", bw_compose_piece(compose, whole, option));
    if (bw_str_eq(option, BW_STR("nocopy"))) {
        struct bw_value volume = at(bw_value_map(&compose->reading->make, 1), whole);
        bw_compose_set(compose, &volume, "nocopy", at(bw_value_bool(true), whole));
        bw_compose_set(compose, map, "volume", volume);
    }
}

static struct bw_value mount_source(struct bw_compose *compose, struct bw_value whole,
                                    struct bw_str source)
{
    if (!is_file_path(source) || bw_compose_has_hole(whole, source))
        return bw_compose_piece(compose, whole, source);
    return bw_compose_string(compose, bw_compose_path(compose, source), whole.place);
}

/* What a source is: a path, or the name of a volume; which of them a variable decides that stands
 * at its beginning. */
static struct bw_value mount_type(struct bw_compose *compose, struct bw_value whole,
                                  struct bw_str source)
{
    if (source.n && bw_compose_has_hole(whole, bw_str_take(source, 1)))
        return bw_compose_piece(compose, whole, source);
    return bw_compose_string(compose, is_file_path(source) ? BW_STR("bind") : BW_STR("volume"),
                             whole.place);
}

/* "TARGET", "SOURCE:TARGET", "SOURCE:TARGET:OPTION,OPTION". */
static struct bw_value short_mount(struct bw_compose *compose, struct bw_value whole,
                                   const char *field)
{
    struct bw_value_maker *make = &compose->reading->make;
    struct bw_str rest = bw_value_text(whole), sections[3] = {{0}}, option;
    struct bw_value map = bw_compose_in_place(bw_value_map(make, 5), whole),
                    bind = at(bw_value_map(make, 2), whole);
    size_t n = 0;
    if (rest.n <= 2) { /* too short for two sections: compose-go does not split it */
        sections[n++] = rest;
        rest = (struct bw_str){0};
    }
    while (next_section(&rest, &sections[n < 3 ? n : 2]))
        if (!sections[n < 3 ? n : 2].n || n++ == 3)
            return bw_compose_misfit(compose, whole, "%s: no mount: [SOURCE:]TARGET[:OPTIONS]",
                                     field);
    struct bw_str source = n > 1 ? sections[0] : BW_STR("");
    bw_compose_set(compose, &map, "type", mount_type(compose, whole, source));
    if (n > 1)
        bw_compose_set(compose, &map, "source", mount_source(compose, whole, source));
    bw_compose_set(compose, &map, "target",
                   clean(compose, whole, n > 1 ? sections[1] : sections[0]));
    for (rest = sections[2]; n > 2 && bw_str_split(&rest, ',', &option);)
        set_option(compose, whole, option, &map, &bind);
    if (is_file_path(source))
        bw_compose_set(compose, &bind, "create_host_path", at(bw_value_bool(true), whole));
    if (bw_value_count(bind))
        bw_compose_set(compose, &map, "bind", bind);
    return map;
}

struct bw_value bw_compose_to_mount(struct bw_compose *compose, struct bw_value value,
                                    const char *field)
{
    struct bw_value type = bw_value_get(value, BW_STR("type")), map;
    struct bw_value source = bw_value_get(value, BW_STR("source"));
    if (value.kind == BW_VALUE_STRING)
        return short_mount(compose, value, field);
    if (value.kind == BW_VALUE_MAP && type.kind == BW_VALUE_ABSENT)
        return bw_compose_misfit(compose, value, "%s: a mount without a type", field);
    if (!bw_value_is(type, "bind") || source.kind != BW_VALUE_STRING ||
        (source.flags & BW_COMPOSE_PARTIAL) || !compose->dir.n)
        return value;
    map = bw_compose_in_place(bw_value_map(&compose->reading->make, value.map->n), value);
    for (uint32_t i = 0; i < value.map->n; i++)
        bw_value_put(&compose->reading->make, &map, value.map->v[i].key, value.map->v[i].value);
    bw_compose_set(
        compose, &map, "source",
        bw_compose_string(compose, bw_compose_path(compose, bw_value_text(source)), source.place));
    return map;
}
