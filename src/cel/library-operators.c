/*
 * What the checker knows of the operators. They have no functions: the evaluator has a step for
 * each.
 */
#include "cel/function.h"

#define ORDERED(op)                                                                                \
    {op "(bool, bool): bool", NULL}, {op "(int, int): bool", NULL},                                \
        {op "(uint, uint): bool", NULL}, {op "(double, double): bool", NULL},                      \
        {op "(string, string): bool", NULL}, {op "(bytes, bytes): bool", NULL},                    \
        {op "(timestamp, timestamp): bool", NULL}, {op "(duration, duration): bool", NULL},        \
        {op "(int, double): bool", NULL}, {op "(int, uint): bool", NULL},                          \
        {op "(uint, int): bool", NULL}, {op "(uint, double): bool", NULL},                         \
        {op "(double, int): bool", NULL},                                                          \
    {                                                                                              \
        op "(double, uint): bool", NULL                                                            \
    }

static const struct bw_cel_overload overloads[] = {
    {"_?_:_(bool, A, A): A", NULL},
    {"_&&_(bool, bool): bool", NULL},
    {"_||_(bool, bool): bool", NULL},
    {"!_(bool): bool", NULL},
    {"-_(int): int", NULL},
    {"-_(double): double", NULL},
    {"_==_(A, A): bool", NULL},
    {"_!=_(A, A): bool", NULL},
    ORDERED("_<_"),
    ORDERED("_<=_"),
    ORDERED("_>_"),
    ORDERED("_>=_"),
    {"_+_(int, int): int", NULL},
    {"_+_(uint, uint): uint", NULL},
    {"_+_(double, double): double", NULL},
    {"_+_(string, string): string", NULL},
    {"_+_(bytes, bytes): bytes", NULL},
    {"_+_(list(A), list(A)): list(A)", NULL},
    {"_+_(duration, duration): duration", NULL},
    {"_+_(timestamp, duration): timestamp", NULL},
    {"_+_(duration, timestamp): timestamp", NULL},
    {"_-_(int, int): int", NULL},
    {"_-_(uint, uint): uint", NULL},
    {"_-_(double, double): double", NULL},
    {"_-_(duration, duration): duration", NULL},
    {"_-_(timestamp, duration): timestamp", NULL},
    {"_-_(timestamp, timestamp): duration", NULL},
    {"_*_(int, int): int", NULL},
    {"_*_(uint, uint): uint", NULL},
    {"_*_(double, double): double", NULL},
    {"_/_(int, int): int", NULL},
    {"_/_(uint, uint): uint", NULL},
    {"_/_(double, double): double", NULL},
    {"_%_(int, int): int", NULL},
    {"_%_(uint, uint): uint", NULL},
    {"@in(A, list(A)): bool", NULL},
    {"@in(A, map(A, B)): bool", NULL},
    {"_[_](list(A), int): A", NULL},
    {"_[_](map(A, B), A): B", NULL},
    {"_[_](optional_type(list(A)), int): optional_type(A)", NULL},
    {"_[_](optional_type(map(A, B)), A): optional_type(B)", NULL},
    {"_[?_](list(A), int): optional_type(A)", NULL},
    {"_[?_](map(A, B), A): optional_type(B)", NULL},
    {"_[?_](optional_type(list(A)), int): optional_type(A)", NULL},
    {"_[?_](optional_type(map(A, B)), A): optional_type(B)", NULL},
    {"size(string): int", NULL},
    {"size(bytes): int", NULL},
    {"size(list(A)): int", NULL},
    {"size(map(A, B)): int", NULL},
    {"string.size(): int", NULL},
    {"bytes.size(): int", NULL},
    {"list(A).size(): int", NULL},
    {"map(A, B).size(): int", NULL},
    {"type(A): type(A)", NULL},
    {"dyn(A): dyn", NULL},
    {NULL, NULL},
};

const struct bw_cel_library bw_cel_library_operators = {
    .name = "operators",
    .dialects = BW_CEL_IN_SPEC | BW_CEL_IN_KUBERNETES,
    .overloads = overloads,
};
