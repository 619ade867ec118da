/* What the runtime wrapper does with a config.json: mended by every step, changed, and read again.
 * What is mended once stays as it is. */
#include <assert.h>

#include "base/arena.h"
#include "enforce/harden.h"
#include "model/object.h"
#include "model/value-json.h"
#include "runtime/judge.h"
#include "wrap/json.h"

#define ARENA_MAX ((size_t)256 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char everything[] =
    "{\"no-new-privileges\":true,\"drop-capabilities\":[\"CHOWN\"],\"read-only-root\":true,"
    "\"memory\":\"64m\",\"cpus\":0.5}";

static struct bw_value steps_for(struct bw_value_maker *make, struct bw_str text)
{
    struct bw_value configured = {0}, spec = {0}, steps = bw_value_list(make, 0);
    struct bw_harden harden;
    int rc = bw_value_from_json(make, bw_str(everything), &configured, NULL);
    assert(rc == 0);
    rc = bw_harden_read(configured, &harden, NULL);
    assert(rc == 0);
    if (bw_value_from_json(make, text, &spec, NULL))
        return (struct bw_value){0};
    bw_harden_spec(&harden, spec, make, &steps);
    bw_harden_process(&harden, spec, bw_value_get(spec, BW_STR("process")), make, &steps);
    return steps;
}

static void mend(struct bw_arena *arena, struct bw_str text)
{
    struct bw_value_maker make = {.arena = arena};
    struct bw_value steps = steps_for(&make, text);
    struct bw_runtime_spec spec = {0};
    struct bw_str mended;
    if (make.failed || steps.kind != BW_VALUE_LIST)
        return;
    /* Keys that stand twice, or are written in another case, are refused later; the steps cannot
     * always be taken then. */
    if (bw_runtime_patched(arena, text, steps, &mended, NULL))
        return;
    int rc = bw_runtime_spec_read(arena, BW_STR("x/config.json"), mended, &spec, NULL);
    if (rc == 0 && !spec.gaps.n)
        assert(bw_value_count(steps_for(&make, mended)) == 0 || make.failed);
    bw_runtime_spec_free(&spec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_arena *arena = bw_arena_new(ARENA_MAX);
    if (arena)
        mend(arena, bw_str_n(data, size));
    bw_arena_free(arena);
    return 0;
}
