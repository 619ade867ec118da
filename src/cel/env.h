/*
 * env.h: what an environment holds; for the files of src/cel/ alone. See cel.h.
 */
#ifndef BW_CEL_ENV_H
#define BW_CEL_ENV_H

#include "base/map.h"
#include "cel/cel.h"
#include "cel/function.h"
#include "cel/type.h"

struct bw_cel_variable {
    const struct bw_cel_type *type;
    uint32_t slot;
};

/* One overload of a name. */
struct bw_cel_candidate {
    const struct bw_cel_candidate *next; /* in the order of the tables */
    struct bw_cel_signature signature;
    uint16_t library, index; /* in bw_cel_libraries */
};

struct bw_cel_env {
    const struct bw_cel_env *base; /* whose functions, objects and opaques these are; or NULL */
    enum bw_cel_dialect dialect;
    struct bw_arena *arena;
    struct bw_map functions; /* from names to candidates */
    struct bw_map variables; /* from names to variables */
    struct bw_map types;     /* that were read, by their text */
    struct bw_map objects;   /* by name */
    struct bw_map opaques;   /* opaque types that may be named; the value is the name, a C string */
    struct bw_str container;
    uint32_t variables_n;
};

/* The names that `name` may stand for, container first: ret_names[0..return value). Candidates are
 * made in the arena; none where it has no more. */
#define BW_CEL_CONTAINER_DEPTH_MAX 16u
size_t bw_cel_env_names(const struct bw_cel_env *env, struct bw_arena *arena, struct bw_str name,
                        struct bw_str ret_names[BW_CEL_CONTAINER_DEPTH_MAX + 1]);

/* The name of a type as a C string that lives as long as the environment, "int", "net.IP"; NULL
 * where it is none. */
const char *bw_cel_env_type_name(const struct bw_cel_env *env, struct bw_str name);

/* --- names that were nearly right --- */

#define BW_CEL_SUGGEST_MAX 64u /* longer names are not compared */

struct bw_cel_suggestion {
    struct bw_str wanted, best; /* best.p is NULL until one is near enough */
    size_t distance;
};

void bw_cel_suggest(struct bw_cel_suggestion *suggestion, struct bw_str name);
void bw_cel_suggest_all(struct bw_cel_suggestion *suggestion, const struct bw_map *names);

#endif
