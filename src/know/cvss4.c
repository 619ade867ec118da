/*
 * CVSS 4.0: specification, 8 ("CVSS v4.0 Scoring"): the score of the vector's MacroVector, less the
 * mean share of the way to the next lower MacroVector of each equivalence class (EQ).
 *
 * A value's index is its severity distance from the metric's highest value (the specification's
 * levels, in steps of 0.1).
 */
#include "know/cvss-vector.h"

/* The metrics that count: base, the modified ones in the same order, requirements and threat. */
// clang-format off
enum {
    AV, AC, AT, PR, UI, VC, VI, VA, SC, SI, SA,
    MAV, MAC, MAT, MPR, MUI, MVC, MVI, MVA, MSC, MSI, MSA,
    CR, IR, AR, E,
    METRICS = 32,
};
// clang-format on
#define BASE_METRICS MAV

static const struct bw_cvss_metric METRIC[METRICS] = {
    [AV] = {"AV", "N A L P", true},
    [AC] = {"AC", "L H", true},
    [AT] = {"AT", "N P", true},
    [PR] = {"PR", "N L H", true},
    [UI] = {"UI", "N P A", true},
    [VC] = {"VC", "H L N", true},
    [VI] = {"VI", "H L N", true},
    [VA] = {"VA", "H L N", true},
    [SC] = {"SC", "H L N", true},
    [SI] = {"SI", "H L N", true},
    [SA] = {"SA", "H L N", true},
    [MAV] = {"MAV", "N A L P X", false},
    [MAC] = {"MAC", "L H X", false},
    [MAT] = {"MAT", "N P X", false},
    [MPR] = {"MPR", "N L H X", false},
    [MUI] = {"MUI", "N P A X", false},
    [MVC] = {"MVC", "H L N X", false},
    [MVI] = {"MVI", "H L N X", false},
    [MVA] = {"MVA", "H L N X", false},
    [MSC] = {"MSC", "H L N X", false},
    [MSI] = {"MSI", "S H L N X", false},
    [MSA] = {"MSA", "S H L N X", false},
    [CR] = {"CR", "H M L X", false},
    [IR] = {"IR", "H M L X", false},
    [AR] = {"AR", "H M L X", false},
    [E] = {"E", "A P U X", false},
    {"S", "X N P", false},
    {"AU", "X N Y", false},
    {"R", "X A U I", false},
    {"V", "X D C", false},
    {"RE", "X L M H", false},
    {"U", "X Clear Green Amber Red", false},
};

/* Indices of values, where the equations name them. */
enum {
    NETWORK = 0,
    PHYSICAL = 3,
    NONE_NEEDED = 0,
    HIGH = 0,
    VULNERABLE_NONE = 2
};
/* Of SC, SI and SA: the levels begin with Safety, which only MSI and MSA can have. */
enum {
    SAFETY = 0,
    SUBSEQUENT_HIGH = 1,
    SUBSEQUENT_NONE = 3
};

/* The equivalence classes; EQ3 and EQ6 depend on each other and count as one. */
enum {
    EQ1,
    EQ2,
    EQ36,
    EQ4,
    EQ5,
    CLASSES
};

/* The value that holds: the modified metric's, else the base metric's; of the others the worst
 * where it is not defined. */
static void take_effective(const uint8_t *given, uint8_t *v)
{
    for (int i = 0; i < BASE_METRICS; i++) {
        const char *known = METRIC[i + BASE_METRICS].values;
        uint8_t modified = given[i + BASE_METRICS];
        uint8_t not_defined = (uint8_t)(strlen(known) / 2); /* the last one, "X" */
        bool subsequent = i == SC || i == SI || i == SA;
        if (modified != BW_CVSS_UNSET && modified != not_defined)
            v[i] = (uint8_t)(modified + (i == SC));
        else
            v[i] = (uint8_t)(given[i] + subsequent);
    }
    for (int i = CR; i <= E; i++)
        v[i] = given[i] == BW_CVSS_UNSET || given[i] == 3 ? 0 : given[i];
}

static uint8_t eq1_of(const uint8_t *v)
{
    int worst = (v[AV] == NETWORK) + (v[PR] == NONE_NEEDED) + (v[UI] == NONE_NEEDED);
    if (worst == 3)
        return 0;
    return worst > 0 && v[AV] != PHYSICAL ? 1 : 2;
}

static uint8_t eq36_of(const uint8_t *v)
{
    bool confidentiality = v[VC] == HIGH, integrity = v[VI] == HIGH, availability = v[VA] == HIGH;
    bool required = (confidentiality && v[CR] == HIGH) || (integrity && v[IR] == HIGH) ||
                    (availability && v[AR] == HIGH);
    if (confidentiality && integrity)
        return required ? 0 : 1;
    if (confidentiality || integrity || availability)
        return required ? 2 : 3;
    return 4;
}

static uint8_t eq4_of(const uint8_t *v)
{
    if (v[SI] == SAFETY || v[SA] == SAFETY)
        return 0;
    bool high = v[SC] == SUBSEQUENT_HIGH || v[SI] == SUBSEQUENT_HIGH || v[SA] == SUBSEQUENT_HIGH;
    return high ? 1 : 2;
}

static int score_of(const uint8_t *eq)
{
    return bw_cvss4_macro_scores[eq[EQ1]][eq[EQ2]][eq[EQ36]][eq[EQ4]][eq[EQ5]];
}

/* The score of the MacroVector one lower in one class, or -1 where there is none. */
static int next_lower(const uint8_t *eq, int class)
{
    static const uint8_t LAST[CLASSES] = {2, 1, 4, 2, 2};
    /* 00 has two next lower ones, 01 and 10, of which the higher score counts. */
    static const uint8_t AFTER_EQ36[] = {2, 3, 3, 4};
    uint8_t lower[CLASSES];
    if (eq[class] == LAST[class])
        return -1;
    memcpy(lower, eq, sizeof lower);
    lower[class] = class == EQ36 ? AFTER_EQ36[eq[EQ36]] : (uint8_t)(eq[class] + 1);
    int score = score_of(lower);
    if (class == EQ36 && eq[EQ36] == 0) {
        lower[EQ36] = 1;
        int other = score_of(lower);
        score = other > score ? other : score;
    }
    return score;
}

#define HIGHEST_MAX     5
#define HIGHEST_METRICS 6

/* The highest severity vectors of a class and level, as values of the class's metrics. */
struct highest {
    uint8_t n;
    uint8_t depth; /* the specification's MacroVector depth, in steps */
    uint8_t values[HIGHEST_MAX][HIGHEST_METRICS];
};

static const struct highest_class {
    uint8_t n;
    uint8_t metrics[HIGHEST_METRICS];
    struct highest levels[5];
} HIGHEST[EQ5] = {
    [EQ1] = {3,
             {AV, PR, UI},
             {{1, 1, {{0, 0, 0}}},
              {3, 4, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}},
              {2, 5, {{3, 0, 0}, {1, 1, 1}}}}},
    [EQ2] = {2, {AC, AT}, {{1, 1, {{0, 0}}}, {2, 2, {{1, 0}, {0, 1}}}}},
    [EQ36] = {6,
              {VC, VI, VA, CR, IR, AR},
              {{1, 7, {{0, 0, 0, 0, 0, 0}}},
               {2, 6, {{0, 0, 1, 1, 1, 0}, {0, 0, 0, 1, 1, 1}}},
               {2, 8, {{1, 0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0}}},
               {5,
                8,
                {{1, 0, 1, 0, 1, 0},
                 {1, 0, 0, 0, 1, 1},
                 {0, 1, 0, 1, 0, 1},
                 {0, 1, 1, 1, 0, 0},
                 {1, 1, 0, 0, 0, 1}}},
               {1, 10, {{1, 1, 1, 0, 0, 0}}}}},
    [EQ4] = {3, {SC, SI, SA}, {{1, 6, {{1, 0, 0}}}, {1, 5, {{1, 1, 1}}}, {1, 4, {{2, 2, 2}}}}},
};

/* Steps from the first highest severity vector that is nowhere below v, and 0 where none is. */
static int distance(const uint8_t *v, const struct highest_class *class, uint8_t level)
{
    const struct highest *highest = &class->levels[level];
    for (uint8_t i = 0; i < highest->n; i++) {
        int sum = 0;
        bool fits = true;
        for (uint8_t m = 0; m < class->n; m++) {
            int steps = v[class->metrics[m]] - highest->values[i][m];
            fits = fits && steps >= 0;
            sum += steps;
        }
        if (fits)
            return sum;
    }
    return 0;
}

/* A multiple of every depth, so that the shares add up as integers. */
#define SHARE 840

static unsigned interpolate(const uint8_t *v, const uint8_t *eq)
{
    int score = score_of(eq), shares = 0, n = 0;
    for (int class = 0; class < CLASSES; class ++) {
        int lower = next_lower(eq, class);
        if (lower < 0)
            continue;
        n++;
        if (class == EQ5) /* its levels hold one value each */
            continue;
        const struct highest_class *highest = &HIGHEST[class];
        int step = SHARE / highest->levels[eq[class]].depth;
        shares += (score - lower) * distance(v, highest, eq[class]) * step;
    }
    if (n == 0)
        return (unsigned)score;
    int unit = SHARE * n; /* of a tenth; half a tenth rounds up */
    int exact = score * unit - shares;
    return exact < 0 ? 0 : (unsigned)((2 * exact + unit) / (2 * unit));
}

static bool has_impact(const uint8_t *v)
{
    return v[VC] != VULNERABLE_NONE || v[VI] != VULNERABLE_NONE || v[VA] != VULNERABLE_NONE ||
           v[SC] != SUBSEQUENT_NONE || v[SI] != SUBSEQUENT_NONE || v[SA] != SUBSEQUENT_NONE;
}

int bw_cvss4_score(struct bw_str body, unsigned *ret_tenths, struct bw_err *err)
{
    uint8_t given[METRICS], v[METRICS] = {0};
    int rc = bw_cvss_parse(body, "4.0", METRIC, METRICS, given, err);
    if (rc)
        return rc;
    take_effective(given, v);
    const uint8_t eq[CLASSES] = {
        [EQ1] = eq1_of(v), [EQ2] = v[AC] || v[AT] ? 1 : 0, [EQ36] = eq36_of(v), [EQ4] = eq4_of(v),
        [EQ5] = v[E],
    };
    *ret_tenths = has_impact(v) ? interpolate(v, eq) : 0;
    return 0;
}
