/*
 * compose-load.h: a compose project from its files: includes, bases of services, overrides.
 *
 * Files are taken in the order in which compose takes them: of each, the documents in it; of a
 * document first what it includes, then the bases of its services (`extends`), and then it is
 * merged over what came before. Beside a file with one of compose's own names the override file is
 * merged, too. Files that are not at hand are wanted (bw_reading_other), and a gap.
 */
#ifndef BW_EXTRACT_COMPOSE_LOAD_H
#define BW_EXTRACT_COMPOSE_LOAD_H

#include "base/err.h"
#include "extract/compose-model.h"

/* Files that a project may be read from; one that is read twice counts twice. */
#define BW_COMPOSE_LOADS_MAX 500u

/* Includes within includes, bases of bases. */
#define BW_COMPOSE_INCLUDE_DEPTH_MAX 16u
#define BW_COMPOSE_EXTENDS_DEPTH_MAX 64u

/* "compose.yaml" and the other names that compose looks for by itself, NULL at the end; and whether
 * a path has one of them, or one of those of overrides. */
extern const char *const bw_compose_default_names[];
bool bw_compose_is_default_name(struct bw_str path);
bool bw_compose_is_override_name(struct bw_str path);

/* compose->env is that of the document itself, compose->dir empty. The project in long form, before
 * defaults; a service whose base is not known still has its `extends`. BW_EFORMAT where the
 * document itself is none. */
int bw_compose_load(struct bw_compose *compose, struct bw_value *ret_project,
                    struct bw_err *err) BW_MUST_USE;

/* A path as compose->dir's conventions have it ("./a", "../a"), as the caller's: for
 * bw_reading_other. p is NULL where it leads out of the tree. */
struct bw_str bw_compose_file(struct bw_compose *compose, struct bw_str path);

/* The last component; everything before it ("" where there is nothing). */
struct bw_str bw_compose_base_name(struct bw_str path);
struct bw_str bw_compose_dir_name(struct bw_str path);

#endif
