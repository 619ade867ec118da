#include "model/object.h"

const char *bw_syntax_name(enum bw_syntax syntax)
{
    static const char *const names[] = {
        [BW_SYNTAX_MANIFEST] = "manifest",
        [BW_SYNTAX_DOCKERFILE] = "dockerfile",
        [BW_SYNTAX_COMPOSE] = "compose",
        [BW_SYNTAX_DOCKER_CREATE] = "docker-create",
        [BW_SYNTAX_DOCKER_INSPECT] = "docker-inspect",
        [BW_SYNTAX_OCI_SPEC] = "oci-spec",
        [BW_SYNTAX_IMAGE] = "image",
    };
    _Static_assert(BW_ARRAY_LEN(names) == BW_SYNTAX_COUNT, "every form has a name");
    return (unsigned)syntax < BW_SYNTAX_COUNT ? names[syntax] : "unknown";
}
