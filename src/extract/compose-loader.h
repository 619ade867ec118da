/*
 * compose-loader.h: what the parts of loading share; private to compose-load.c, compose-extends.c
 * and compose-include.c.
 */
#ifndef BW_EXTRACT_COMPOSE_LOADER_H
#define BW_EXTRACT_COMPOSE_LOADER_H

#include "base/vec.h"
#include "extract/compose-load.h"

struct bw_compose_scope; /* compose-extends.c: services that others are made from */

struct bw_compose_loader {
    struct bw_compose *compose;
    struct bw_yaml_values values;
    BW_VEC_TYPE(bw_compose_scopes, struct bw_compose_scope *)
    scopes; /* files that `extends` named */
    struct bw_str
        including[BW_COMPOSE_INCLUDE_DEPTH_MAX + 1]; /* files being read, outermost first */
    unsigned depth, loads;
};

/* What happens to a document besides being read. */
enum {
    BW_COMPOSE_WITH_INCLUDES = 1,
    BW_COMPOSE_WITH_EXTENDS = 2,
};

/* Loads a file over *model, which may be ABSENT. */
int bw_compose_load_text(struct bw_compose_loader *loader, struct bw_str path, struct bw_str text,
                         unsigned how, struct bw_value *model, struct bw_err *err) BW_MUST_USE;

/* A file that the one at hand names; false, and a gap, where it is not to be had. */
bool bw_compose_find(struct bw_compose_loader *loader, struct bw_str path, uint32_t place,
                     struct bw_str *ret_full, struct bw_str *ret_text);

/* The directory of a path as compose->dir has it: "" for "./a", "b" for "./b/a". */
struct bw_str bw_compose_directory(struct bw_str path);

/* A map without one of its members. */
struct bw_value bw_compose_without(struct bw_compose *compose, struct bw_value map,
                                   const char *name);

/* The services and jobs of a file with their bases. */
struct bw_value bw_compose_apply_extends(struct bw_compose_loader *loader, struct bw_str path,
                                         struct bw_value model);

/* A file under which stands what it includes. */
void bw_compose_apply_includes(struct bw_compose_loader *loader, struct bw_str path,
                               struct bw_value *model);

/* Variables of services that are only named ("- HOME") take their values where the file stands.
 * Changes the model, which nobody else has yet. */
void bw_compose_resolve_variables(struct bw_compose *compose, struct bw_value model);

#endif
