#include "extract/docker-follow.h"

#include "extract/docker-fields.h"
#include "extract/json-glance.h"
#include "extract/json-value.h"

#define NAME_LENGTH_MAX 512u

static struct bw_value unknown(struct bw_docker_follow *follow, const char *why)
{
    return bw_value_unknown(&follow->reading->make, BW_UNKNOWN_MISSING, bw_str(why));
}

/* --- names --- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_name_byte(char c, enum bw_docker_thing thing)
{
    const char *others = thing == BW_DOCKER_THING_IMAGE ? "_.-/:@" : "_.-";
    return is_word(c) || (c && strchr(others, c));
}

/* Whether it stays one thing in a path: letters, digits and few others, no dots between slashes. */
static bool is_name(struct bw_str name, enum bw_docker_thing thing)
{
    struct bw_str rest = name, part;
    if (!name.n || name.n > NAME_LENGTH_MAX || !is_word(name.p[0]))
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!is_name_byte(name.p[i], thing))
            return false;
    while (bw_str_split(&rest, '/', &part))
        if (!part.n || bw_str_starts(part, BW_STR(".")))
            return false;
    return true;
}

static struct bw_str path_of(struct bw_docker_follow *follow, enum bw_docker_thing thing,
                             struct bw_str name)
{
    static const char *const folders[] = {"volumes", "containers", "images", "networks"};
    bool json = thing == BW_DOCKER_THING_CONTAINER || thing == BW_DOCKER_THING_IMAGE;
    return bw_arena_printf(follow->reading->arena, "/%s/%" BW_STR_F "%s", folders[thing],
                           BW_STR_A(name), json ? "/json" : "");
}

/* --- answers --- */

static struct bw_value read_answer(struct bw_docker_follow *follow, struct bw_str path,
                                   struct bw_str text)
{
    struct bw_reading *reading = follow->reading;
    struct bw_value value = {0};
    struct bw_err err = {0};
    uint32_t file = bw_reading_file(reading, path);
    if (bw_json_depth(text) > BW_VALUE_DEPTH_MAX - 2) {
        bw_reading_gap(reading, BW_GAP_BLOCKING, 0, path, "the daemon's answer is too deep");
        return unknown(follow, "the daemon's answer is too deep");
    }
    if (bw_json_value(reading, file, text, BW_JSON_DUPLICATES_MERGED, &value, &err)) {
        bw_reading_gap(reading, BW_GAP_BLOCKING, 0, path, "the daemon's answer is not JSON: %s",
                       err.msg);
        return unknown(follow, "the daemon's answer is not JSON");
    }
    return value;
}

static struct bw_value find(struct bw_docker_follow *follow, struct bw_str path)
{
    struct bw_reading *reading = follow->reading;
    struct bw_str text = {0};
    size_t wanted = reading->wanted.n;
    if (follow->references.kind == BW_VALUE_MAP) {
        struct bw_value value = bw_value_get(follow->references, path);
        return value.kind == BW_VALUE_ABSENT ? unknown(follow, "what it names is not at hand")
                                             : value;
    }
    if (bw_reading_other(reading, path, &text))
        return read_answer(follow, path, text);
    if (reading->wanted.n > wanted)
        return unknown(follow, "what it names is not at hand");
    bw_reading_gap(reading, BW_GAP_NOTE, 0, path, "there is no such thing, or it is not at hand");
    return bw_value_null();
}

static struct bw_value conform(struct bw_docker_follow *follow, enum bw_docker_thing thing,
                               struct bw_value value)
{
    static const struct bw_field *const types[] = {
        [BW_DOCKER_THING_VOLUME] = &bw_docker_volume_inspect,
        [BW_DOCKER_THING_CONTAINER] = &bw_docker_inspect,
        [BW_DOCKER_THING_IMAGE] = &bw_docker_image_inspect,
        [BW_DOCKER_THING_NETWORK] = &bw_docker_network_inspect,
    };
    struct bw_field_check check = {
        .reading = follow->reading, .who = "Docker", .judge = "the daemon", .fold = true};
    if (value.kind == BW_VALUE_NULL)
        return (struct bw_value){0};
    return bw_field_conform(&check, types[thing], "", value);
}

static struct bw_value refuse(struct bw_docker_follow *follow, struct bw_str name)
{
    bw_reading_gap(follow->reading, BW_GAP_BLOCKING, 0, BW_STR("what it names"),
                   "\"%" BW_STR_F "\" is no name the daemon gives to anything",
                   BW_STR_A(bw_str_take(name, 60)));
    return unknown(follow, "it has a name that is none");
}

struct bw_value bw_docker_ask(struct bw_docker_follow *follow, enum bw_docker_thing thing,
                              struct bw_str name)
{
    if (bw_str_starts(name, BW_STR("/")) && thing == BW_DOCKER_THING_CONTAINER)
        name = bw_str_from(name, 1);
    if (!is_name(name, thing))
        return refuse(follow, name);
    struct bw_str path = path_of(follow, thing, name);
    for (unsigned i = 0; i < follow->asked_n; i++)
        if (bw_str_eq(follow->asked[i].path, path))
            return follow->asked[i].answer;
    if (follow->asked_n == BW_DOCKER_ASKS_MAX) {
        if (!follow->full)
            bw_reading_gap(follow->reading, BW_GAP_BLOCKING, 0, BW_STR("what it names"),
                           "it names more than the %u things that are followed",
                           BW_DOCKER_ASKS_MAX);
        follow->full = true;
        return unknown(follow, "it names too many things to follow");
    }
    struct bw_value answer = conform(follow, thing, find(follow, path));
    follow->asked[follow->asked_n++] = (struct bw_docker_asked){path, answer};
    return answer;
}

struct bw_value bw_docker_lent_mode(struct bw_docker_follow *follow, const char *field,
                                    struct bw_value mode)
{
    const struct bw_str prefix = BW_STR("container:");
    uint32_t place = mode.place;
    for (unsigned hops = 0; bw_str_starts(bw_value_text(mode), prefix); hops++) {
        struct bw_str name = bw_str_from(bw_value_text(mode), prefix.n);
        struct bw_value lender = {0};
        if (hops < BW_DOCKER_LENT_MAX)
            lender = bw_docker_ask(follow, BW_DOCKER_THING_CONTAINER, name);
        if (lender.kind != BW_VALUE_MAP) {
            mode = lender.kind == BW_VALUE_UNKNOWN
                       ? lender
                       : unknown(follow, "it is another container's, and that is not known");
            break;
        }
        mode = bw_value_at(lender, "HostConfig", field, NULL);
    }
    mode.place = place;
    return mode;
}
