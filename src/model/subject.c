#include "model/subject.h"

const char *bw_subject_kind_name(enum bw_subject_kind kind)
{
    switch (kind) {
    case BW_SUBJECT_IMAGE:
        return "image";
    case BW_SUBJECT_SOURCE:
        return "source";
    case BW_SUBJECT_SBOM:
        return "sbom";
    case BW_SUBJECT_DOCUMENTS:
        return "documents";
    default:
        return "filesystem";
    }
}
