/*
 * authorizer.h: what the variables `authorizer` and `authorizer.requestResource` of Kubernetes'
 * policies are bound to.
 *
 * Outside a cluster nobody knows who may do what: every check has no opinion, so that allowed() is
 * false, and reason() says why. The types are kubernetes.authorization.Authorizer and
 * kubernetes.authorization.ResourceCheck.
 */
#ifndef BW_CEL_AUTHORIZER_H
#define BW_CEL_AUTHORIZER_H

#include "base/value.h"

struct bw_value bw_cel_authorizer(void);
struct bw_value bw_cel_authorizer_resource(void);

#endif
