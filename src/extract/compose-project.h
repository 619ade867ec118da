/*
 * compose-project.h: what compose adds to a project once all its files are merged: defaults, names,
 * the variables of env files; as its package loader normalises it. What nobody wrote has the flag
 * BW_VALUE_DEFAULT.
 *
 * A service that has neither an image nor a build, or whose base is not at hand (its `extends` is
 * still there), is completed by another file: nothing is added then, and what it does not say is
 * UNKNOWN, `extends` too.
 */
#ifndef BW_EXTRACT_COMPOSE_PROJECT_H
#define BW_EXTRACT_COMPOSE_PROJECT_H

#include "extract/compose-model.h"

/* Sets compose->name, and the variable COMPOSE_PROJECT_NAME: from that variable, else from the
 * member `name` of the file's root, else from the directory. It stays ABSENT where none is known.
 */
void bw_compose_name(struct bw_compose *compose, struct bw_value root);

/* The project as policies see it: of services and jobs those that the request's profiles ask for.
 */
struct bw_value bw_compose_finish(struct bw_compose *compose, struct bw_value project);

#endif
