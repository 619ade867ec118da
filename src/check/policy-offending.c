/*
 * All that offends, not the first of it alone, so that each line of a Dockerfile is told, and
 * waived, by itself.
 *
 * A policy may have a variable named "offending": a list of parts of the object. When a validation
 * fails whose message speaks of it, each element becomes an outcome of its own, with the element's
 * place, and with the message as it is where that element is the only one. For Kubernetes it is a
 * variable like others, and the message names all.
 */
#include "check/policy-judge.h"

#define NAME "offending"

/* Outcomes of one validation; the last is for all elements that remain. */
#define OFFENDERS_MAX 1000u

static uint32_t slot_of(const struct bw_policy_judge *judge)
{
    const struct bw_policy_record *record = judge->record;
    for (uint32_t i = 0; i < record->variables.n; i++) {
        const struct bw_policy_use *use = &judge->set->parts[record->variables.at + i];
        if (bw_str_eq(bw_policy_text(judge->set, use->name), BW_STR(NAME)))
            return bw_policy_first_variable(judge) + i;
    }
    return BW_POLICY_NONE;
}

static bool speaks_of_it(const struct bw_policy_judge *judge, const struct bw_policy_use *use)
{
    return use->message_program != BW_POLICY_NONE &&
           bw_str_find_str(bw_cel_source(judge->set->programs[use->message_program]),
                           BW_STR("variables." NAME)) != SIZE_MAX;
}

struct bw_policy_offending bw_policy_offending(struct bw_policy_judge *judge,
                                               const struct bw_policy_use *use)
{
    struct bw_policy_offending offending = {.slot = slot_of(judge)};
    if (offending.slot == BW_POLICY_NONE || judge->around->brief || !speaks_of_it(judge, use))
        return offending;
    struct bw_value value = judge->variables[offending.slot];
    if (!value.kind)
        value = judge->run.resolve(&judge->run, offending.slot);
    if (value.kind == BW_VALUE_LIST && value.list->n)
        offending.all = value;
    return offending;
}

bool bw_policy_next_offending(struct bw_policy_judge *judge, struct bw_policy_offending *offending,
                              uint32_t *ret_place)
{
    struct bw_value_maker make = {.arena = judge->arena};
    struct bw_value all = offending->all, some;
    uint32_t at = offending->next, n;
    if (!all.kind)
        return false;
    judge->variables[offending->slot] = all;
    if (at >= all.list->n)
        return false;
    n = at + 1 == OFFENDERS_MAX ? all.list->n - at : 1;
    some = bw_value_list(&make, n);
    for (uint32_t i = 0; i < n; i++)
        bw_value_add(&make, &some, all.list->v[at + i]);
    if (!make.failed)
        judge->variables[offending->slot] = some;
    offending->next = at + n;
    *ret_place = all.list->v[at].place;
    return true;
}

void bw_policy_narrow_offending(struct bw_policy_judge *judge, const struct bw_document *document,
                                struct bw_value_place at)
{
    struct bw_value_maker make = {.arena = judge->arena};
    uint32_t slot = slot_of(judge);
    if (slot == BW_POLICY_NONE)
        return;
    struct bw_value all = judge->run.resolve(&judge->run, slot), some = bw_value_list(&make, 1);
    for (uint32_t i = 0; all.kind == BW_VALUE_LIST && i < all.list->n; i++) {
        uint32_t place = all.list->v[i].place;
        if (place < document->places_n && document->places[place].line == at.line &&
            document->places[place].column == at.column)
            bw_value_add(&make, &some, all.list->v[i]);
    }
    if (!make.failed && bw_value_count(some))
        judge->variables[slot] = some;
}
