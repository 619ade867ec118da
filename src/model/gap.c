#include "model/gap.h"

const char *bw_gap_class_name(enum bw_gap_class class)
{
    return class == BW_GAP_NOTE ? "note" : "blocking";
}
