/*
 * Waivers that stand in the document: annotations of the object, and comments.
 *
 *   bulwark.dev/ignore: "ID[,ID]; reason=...; owner=...; until=YYYY-MM-DD"    also with ".NAME"
 * behind checkov.io/skip1: CKV_K8S_16=reason ignore-check.kube-linter.io/NAME: reason
 * kube-linter.io/ignore-all: reason
 */
#include "base/clock.h"
#include "check/policy-report.h"

#define OURS     "bulwark.dev/ignore"
#define CHECKOV  "checkov.io/skip"
#define LINTER   "ignore-check.kube-linter.io/"
#define LINT_ALL "kube-linter.io/ignore-all"

#define DAY 86400

struct waiver {
    struct bw_str list;
    struct bw_waiver waiver;
    bool understood;
};

/* A date is the last day on which the waiver holds. */
static bool read_date(struct bw_str text, int64_t *ret_expires)
{
    int64_t day;
    if (text.n != 10 || !bw_clock_parse(text, &day))
        return false;
    *ret_expires = day + DAY;
    return true;
}

static bool names(struct bw_str list, const struct bw_policy *policy)
{
    struct bw_str rest = list, id;
    while (bw_str_split(&rest, ',', &id)) {
        id = bw_str_trim(id);
        if (bw_str_eq(id, BW_STR("*")) || bw_str_eq(id, BW_STR("all")) ||
            (id.n && bw_policy_answers_to(policy, id)))
            return true;
    }
    return false;
}

static bool read_member(struct waiver *waiver, struct bw_str part)
{
    size_t equals = bw_str_find(part, '=');
    if (!part.n)
        return true;
    if (equals == SIZE_MAX)
        return false;
    struct bw_str key = bw_str_trim(bw_str_take(part, equals));
    struct bw_str value = bw_str_trim(bw_str_from(part, equals + 1));
    if (bw_str_eq(key, BW_STR("reason")))
        waiver->waiver.reason = value;
    else if (bw_str_eq(key, BW_STR("owner")))
        waiver->waiver.owner = value;
    else if (bw_str_eq(key, BW_STR("until")) || bw_str_eq(key, BW_STR("expires")))
        return read_date(value, &waiver->waiver.expires);
    else
        return false;
    return true;
}

static struct waiver read_ours(struct bw_str text)
{
    struct waiver waiver = {.understood = true};
    struct bw_str rest = text, part;
    if (bw_str_split(&rest, ';', &part))
        waiver.list = bw_str_trim(part);
    while (waiver.understood && bw_str_split(&rest, ';', &part))
        waiver.understood = read_member(&waiver, bw_str_trim(part));
    return waiver;
}

static struct waiver read_checkov(struct bw_str text)
{
    size_t equals = bw_str_find(text, '=');
    return (struct waiver){.list = bw_str_take(text, equals),
                           .waiver.reason =
                               equals == SIZE_MAX ? BW_STR("") : bw_str_from(text, equals + 1),
                           .understood = true};
}

static bool is_ours(struct bw_str key)
{
    struct bw_str rest = bw_str_from(key, sizeof OURS - 1);
    return bw_str_starts(key, BW_STR(OURS)) && (!rest.n || rest.p[0] == '.');
}

/* false for a key that is no waiver's. */
static bool read_annotation(struct bw_str key, struct bw_str text, struct waiver *ret_waiver)
{
    if (is_ours(key))
        *ret_waiver = read_ours(text);
    else if (bw_str_starts(key, BW_STR(CHECKOV)))
        *ret_waiver = read_checkov(text);
    else if (bw_str_starts(key, BW_STR(LINTER)))
        *ret_waiver = (struct waiver){
            .list = bw_str_from(key, sizeof LINTER - 1), .waiver.reason = text, .understood = true};
    else if (bw_str_eq(key, BW_STR(LINT_ALL)))
        *ret_waiver =
            (struct waiver){.list = BW_STR("all"), .waiver.reason = text, .understood = true};
    else
        return false;
    return true;
}

/* --- the search --- */

struct search {
    struct bw_policy_reporting *reporting;
    const struct bw_document *document;
    const struct bw_policy *policy;
    int64_t now;
};

static void complain(const struct search *search, const struct bw_waiver *waiver, const char *why)
{
    struct bw_arena *arena = search->reporting->output->arena;
    struct bw_str where =
        bw_arena_printf(arena, "%" BW_STR_F ":%u", BW_STR_A(waiver->source), waiver->line);
    if (where.p)
        bw_policy_note(search->reporting, where, "a waiver", bw_str(why));
}

/* A copy in the arena, unless it has expired. */
static const struct bw_waiver *keep(const struct search *search, const struct waiver *found)
{
    struct bw_arena *arena = search->reporting->output->arena;
    if (!found->understood) {
        complain(search, &found->waiver,
                 "it is not understood, and waives nothing; it is written "
                 "\"ID,ID; reason=...; owner=...; until=YYYY-MM-DD\"");
        return NULL;
    }
    if (found->waiver.expires && found->waiver.expires <= search->now) {
        complain(search, &found->waiver, "it has expired, and waives nothing any more");
        return NULL;
    }
    struct bw_waiver *waiver = bw_arena_alloc(arena, sizeof *waiver);
    if (!waiver)
        return NULL;
    *waiver = found->waiver;
    waiver->reason = bw_arena_str(arena, waiver->reason);
    waiver->owner = bw_arena_str(arena, waiver->owner);
    return waiver;
}

static void locate(const struct bw_document *document, uint32_t place, struct bw_waiver *waiver)
{
    if (place >= document->places_n)
        return;
    waiver->line = document->places[place].line;
    if (document->places[place].file < document->files_n)
        waiver->source = document->files[document->places[place].file];
}

static const struct bw_waiver *in_annotations(const struct search *search, struct bw_value map)
{
    for (uint32_t i = 0; map.kind == BW_VALUE_MAP && i < map.map->n; i++) {
        const struct bw_value_member *member = &map.map->v[i];
        struct waiver found;
        if (!read_annotation(bw_value_text(member->key), bw_value_text(member->value), &found) ||
            (found.understood && !names(found.list, search->policy)))
            continue;
        locate(search->document, member->key.place ? member->key.place : member->value.place,
               &found.waiver);
        const struct bw_waiver *waiver = keep(search, &found);
        if (waiver)
            return waiver;
    }
    return NULL;
}

/* Annotations where the form has them; labels of what an engine runs serve as such. */
static const struct bw_waiver *in_object(const struct search *search,
                                         const struct bw_object *object)
{
    struct bw_value value = object->value;
    const struct bw_waiver *waiver =
        in_annotations(search, bw_value_at(value, "metadata", "annotations", NULL));
    if (!waiver && object->syntax != BW_SYNTAX_MANIFEST)
        waiver = in_annotations(search, bw_value_at(value, "metadata", "labels", NULL));
    if (!waiver && object->syntax != BW_SYNTAX_MANIFEST)
        waiver = in_annotations(search, bw_value_at(value, "labels", NULL));
    return waiver;
}

static const struct bw_waiver *in_comments(const struct search *search, uint32_t place)
{
    const struct bw_document *document = search->document;
    struct bw_value_place at = {0};
    if (place < document->places_n)
        at = document->places[place];
    for (size_t i = 0; i < document->ignores_n; i++) {
        const struct bw_ignore *ignore = &document->ignores[i];
        bool whole = !ignore->first && !ignore->last;
        if (ignore->file != at.file || !names(ignore->id, search->policy) ||
            (!whole && (at.line < ignore->first || at.line > ignore->last)))
            continue;
        struct waiver found = {.waiver = {.reason = ignore->reason, .line = ignore->line},
                               .understood = true};
        if (ignore->file < document->files_n)
            found.waiver.source = document->files[ignore->file];
        found.understood = !ignore->until.n || read_date(ignore->until, &found.waiver.expires);
        const struct bw_waiver *waiver = keep(search, &found);
        if (waiver)
            return waiver;
    }
    return NULL;
}

const struct bw_waiver *bw_policy_waiver(struct bw_policy_reporting *reporting,
                                         const struct bw_document *document,
                                         const struct bw_object *object,
                                         const struct bw_policy *policy, uint32_t place)
{
    struct search search = {reporting, document, policy, reporting->input->now};
    const struct bw_waiver *waiver = in_object(&search, object);
    if (!waiver && object->view_of < document->objects_n)
        waiver = in_object(&search, &document->objects[object->view_of]);
    return waiver ? waiver : in_comments(&search, place);
}
