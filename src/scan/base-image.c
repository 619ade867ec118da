#include "scan/base-image.h"

#define BASE_NAME   "org.opencontainers.image.base.name"
#define BASE_DIGEST "org.opencontainers.image.base.digest"

static struct bw_str value_of(struct bw_strs keys, struct bw_strs values, const char *key)
{
    for (size_t i = 0; i < keys.n; i++)
        if (bw_str_eq(keys.v[i], bw_str(key)))
            return values.v[i];
    return (struct bw_str){0};
}

static struct bw_str annotation(const struct bw_subject *s, const char *key)
{
    struct bw_str value = value_of(s->annotation_keys, s->annotation_values, key);
    return value.n ? value : value_of(s->run.label_keys, s->run.label_values, key);
}

static bool is_given(const struct bw_subject *s, struct bw_strs given)
{
    if (given.n == 0 || given.n > s->layers_n)
        return false;
    for (size_t i = 0; i < given.n; i++)
        if (!bw_str_eq(given.v[i], s->layers[i].diff_id))
            return false;
    return true;
}

/* "/bin/sh -c #(nop)  CMD [...]" of the old builder, "CMD [...]" of BuildKit. */
static bool is_command(struct bw_str step)
{
    static const char nop[] = "#(nop)";
    size_t at = bw_str_find_str(step, BW_STR(nop));
    if (at != SIZE_MAX)
        step = bw_str_from(step, at + sizeof nop - 1);
    step = bw_str_trim(step);
    return bw_str_starts(step, BW_STR("CMD ")) || bw_str_starts(step, BW_STR("ENTRYPOINT "));
}

/* The number of layers below the last command that has a layer above it. Which steps made layers is
 * told by the layers themselves, which carry their steps in the order of the history. */
static uint32_t layers_by_history(const struct bw_subject *s)
{
    uint32_t layer = 0, base = 0;
    for (size_t i = 0; i < s->history.n; i++) {
        struct bw_str step = s->history.v[i];
        bool made = layer < s->layers_n && step.n && bw_str_eq(s->layers[layer].created_by, step) &&
                    !is_command(step);
        if (made)
            layer++;
        else if (is_command(step) && layer < s->layers_n)
            base = layer;
    }
    return layer == s->layers_n ? base : 0;
}

void bw_base_image_recognise(struct bw_subject *s, struct bw_str name, struct bw_strs given)
{
    bool fits = is_given(s, given);
    /* A bill of materials tells by itself what it was built on. */
    if (s->kind == BW_SUBJECT_SBOM && !fits)
        return;
    s->base = (struct bw_base_image){0};
    if (s->kind != BW_SUBJECT_IMAGE && s->kind != BW_SUBJECT_SBOM)
        return;
    if (fits) {
        s->base = (struct bw_base_image){
            .name = name, .how = BW_STR("given"), .layers_n = (uint32_t)given.n};
        return;
    }
    s->base.name = annotation(s, BASE_NAME);
    s->base.digest = annotation(s, BASE_DIGEST);
    s->base.layers_n = layers_by_history(s);
    if (s->base.name.n)
        s->base.how = BW_STR("annotation");
    else if (s->base.layers_n)
        s->base.how = BW_STR("history");
}
