#include "model/subject.h"

const char *bw_subject_kind_name(enum bw_subject_kind kind)
{
    return kind == BW_SUBJECT_IMAGE ? "image" : "filesystem";
}
