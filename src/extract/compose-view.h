/*
 * compose-view.h: a service of a compose project as a Pod.
 *
 * Docker's defaults are written in, but for a service that another file completes
 * (compose-project.h): lists of such a one have an UNKNOWN element.
 */
#ifndef BW_EXTRACT_COMPOSE_VIEW_H
#define BW_EXTRACT_COMPOSE_VIEW_H

#include "extract/compose-model.h"

/* Services that lend each other their namespaces or volumes, one to the next. */
#define BW_COMPOSE_LENT_MAX 8u

/* Services whose volumes one may have by way of `volumes_from`. */
#define BW_COMPOSE_LENDERS_MAX 100u

/* Adds the view of object `of`, which is the service of that name in the finished project. */
void bw_compose_view(struct bw_compose *compose, struct bw_value project, struct bw_value name,
                     struct bw_value service, uint32_t of);

#endif
