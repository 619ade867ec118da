#include "extract/admission-review.h"

#include "extract/json-value.h"
#include "extract/manifest-object.h"
#include "wrap/json.h"

/* Where gaps are, for a person. */
#define WHERE "the object under review"

#define UID_MAX    256u
#define GROUPS_MAX 10000u

static const char *const operations[] = {"CREATE", "UPDATE", "DELETE", "CONNECT"};

/* Subresources whose object is the Pod as it is going to be, with what they change of it. */
static const char *const pod_subresources[] = {"ephemeralcontainers", "resize"};

struct reading {
    struct bw_reading reading;
    struct bw_admission_review *review;
    struct bw_value object; /* with what it is when no field has been looked at */
};

static bool is_one_of(struct bw_str s, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bw_str_eq(s, bw_str(words[i])))
            return true;
    return false;
}

static struct bw_str text_at(struct bw_value map, const char *key)
{
    return bw_value_text(bw_value_get(map, bw_str(key)));
}

static void refuse(struct reading *r, const char *why)
{
    bw_reading_gap(&r->reading, BW_GAP_BLOCKING, 0, BW_STR("the request"), "%s", why);
}

/* --- the request --- */

static int no_review(struct bw_err *err, const char *why)
{
    return bw_err_set(err, BW_EFORMAT, "no AdmissionReview of admission.k8s.io/v1: %s", why);
}

/* The uid is taken of what follows may be wrong with. */
static int take_uid(struct reading *r, const struct bw_json *root, struct bw_err *err)
{
    const struct bw_json *request = bw_json_get(root, BW_STR("request"));
    struct bw_str uid = bw_json_string(bw_json_get(request, BW_STR("uid")));
    if (!bw_str_eq(bw_json_string(bw_json_get(root, BW_STR("apiVersion"))),
                   BW_STR("admission.k8s.io/v1")) ||
        !bw_str_eq(bw_json_string(bw_json_get(root, BW_STR("kind"))), BW_STR("AdmissionReview")))
        return no_review(err, "its apiVersion or kind is another");
    if (!uid.n || uid.n > UID_MAX)
        return no_review(err, "its request has no uid");
    r->review->uid = bw_arena_str(r->reading.arena, uid);
    return r->review->uid.p ? 0 : bw_err_set(err, BW_ELIMIT, "no room for a request");
}

static int take_user(struct reading *r, struct bw_value user, struct bw_err *err)
{
    struct bw_admission_review *review = r->review;
    struct bw_value groups = bw_value_get(user, BW_STR("groups"));
    uint32_t n = bw_value_count(groups);
    if (n > GROUPS_MAX)
        return bw_err_set(err, BW_ELIMIT, "a user of more than %u groups", GROUPS_MAX);
    review->user = text_at(user, "username");
    review->groups = bw_arena_array(r->reading.arena, n, sizeof *review->groups);
    if (!review->groups)
        return bw_err_set(err, BW_ELIMIT, "no room for a request");
    for (uint32_t i = 0; i < n; i++) {
        review->groups[i] = bw_value_text(bw_value_index(groups, i));
        if (!review->groups[i].p)
            return no_review(err, "a group of its user is no string");
    }
    review->groups_n = n;
    return 0;
}

/* Without the objects, which expressions have by names of their own. */
static struct bw_value as_seen(struct bw_value_maker *make, struct bw_value request)
{
    struct bw_value seen = bw_value_map(make, bw_value_count(request));
    for (uint32_t i = 0; i < bw_value_count(request); i++) {
        const struct bw_value_member *member = &request.map->v[i];
        if (!bw_value_is(member->key, "object") && !bw_value_is(member->key, "oldObject"))
            bw_value_put(make, &seen, member->key, member->value);
    }
    return seen;
}

static struct bw_value null_if_absent(struct bw_value value)
{
    return value.kind == BW_VALUE_ABSENT ? bw_value_null() : value;
}

static int take_request(struct reading *r, struct bw_value request, struct bw_err *err)
{
    struct bw_admission_review *review = r->review;
    review->operation = text_at(request, "operation");
    review->namespace = text_at(request, "namespace");
    review->name = text_at(request, "name");
    review->dry_run = bw_value_is_true(bw_value_get(request, BW_STR("dryRun")));
    review->old_object = null_if_absent(bw_value_get(request, BW_STR("oldObject")));
    review->request = as_seen(&r->reading.make, request);
    r->object = null_if_absent(bw_value_get(request, BW_STR("object")));
    if (!is_one_of(review->operation, operations, BW_ARRAY_LEN(operations)))
        return no_review(err, "its operation is none of the four");
    if (!text_at(bw_value_get(request, BW_STR("resource")), "resource").n ||
        !text_at(bw_value_get(request, BW_STR("kind")), "kind").n)
        return no_review(err, "its resource or kind has no name");
    return take_user(r, bw_value_get(request, BW_STR("userInfo")), err);
}

/* --- the objects --- */

/* What it says of itself must be what the request says: policies are chosen by the request. */
static bool agrees(struct reading *r, const struct bw_object *object, struct bw_value request)
{
    struct bw_value kind = bw_value_get(request, BW_STR("kind"));
    struct bw_str group = text_at(kind, "group"), version = text_at(kind, "version");
    struct bw_str own = text_at(object->value, "apiVersion");
    struct bw_str own_kind = text_at(object->value, "kind");
    struct bw_str own_space =
        bw_value_text(bw_value_at(object->value, "metadata", "namespace", NULL));
    size_t slash = bw_str_find(own, '/');
    struct bw_str own_group = slash == SIZE_MAX ? BW_STR("") : bw_str_take(own, slash);
    struct bw_str own_version = slash == SIZE_MAX ? own : bw_str_from(own, slash + 1);
    if (own.p && (!bw_str_eq(own_group, group) || !bw_str_eq(own_version, version)))
        refuse(r, "the object's apiVersion is another than the request's");
    else if (own_kind.p && !bw_str_eq(own_kind, object->kind))
        refuse(r, "the object's kind is another than the request's");
    else if (own_space.n && !bw_str_eq(own_space, r->review->namespace))
        refuse(r, "the object's namespace is another than the request's");
    else
        return true;
    return false;
}

static struct bw_object object_of(struct reading *r, struct bw_value request)
{
    const struct bw_admission_review *review = r->review;
    struct bw_value resource = bw_value_get(request, BW_STR("resource"));
    struct bw_str sub = text_at(request, "subResource");
    struct bw_object object = {
        .view_of = BW_OBJECT_NO_VIEW,
        .group = text_at(resource, "group"),
        .version = text_at(resource, "version"),
        .resource = text_at(resource, "resource"),
        .kind = text_at(bw_value_get(request, BW_STR("kind")), "kind"),
        .namespace = review->namespace,
        .name = review->name,
        .value = r->object,
    };
    struct bw_value metadata = bw_value_get(r->object, BW_STR("metadata"));
    if (!object.name.n)
        object.name = text_at(metadata, "name");
    if (!object.name.n)
        object.name = text_at(metadata, "generateName");
    /* Of a Namespace the request has the name as its namespace, too. */
    if (!object.group.n && bw_str_eq(object.resource, BW_STR("namespaces")))
        object.namespace = BW_STR("");
    object.cluster_scoped = !object.namespace.n;
    if (sub.n)
        object.resource = bw_arena_printf(r->reading.arena, "%" BW_STR_F "/%" BW_STR_F,
                                          BW_STR_A(object.resource), BW_STR_A(sub));
    if (!object.resource.p)
        r->reading.make.failed = true;
    return object;
}

static bool is_changed_pod(const struct bw_object *object, struct bw_str sub)
{
    return !object->group.n && bw_str_eq(object->kind, BW_STR("Pod")) &&
           is_one_of(sub, pod_subresources, BW_ARRAY_LEN(pod_subresources));
}

static void add_object(struct reading *r, struct bw_object *object, struct bw_str sub)
{
    struct bw_manifest_maker maker = bw_manifest_maker(&r->reading);
    struct bw_manifest_holder holder = bw_manifest_conform(&maker, object);
    if (!sub.n) {
        bw_manifest_add(&maker, object, holder.template);
        return;
    }
    uint32_t index = bw_reading_object(&r->reading, object);
    if (is_changed_pod(object, sub))
        bw_manifest_add_view(&maker, object, index, object->value);
}

/* What was stored has the kind of what comes. */
static void conform_old(struct reading *r, struct bw_object object)
{
    struct bw_manifest_maker maker = bw_manifest_maker(&r->reading);
    object.value = r->review->old_object;
    if (object.value.kind == BW_VALUE_MAP)
        bw_manifest_conform(&maker, &object);
    r->review->old_object = object.value;
}

static void take_object(struct reading *r, struct bw_value request)
{
    struct bw_admission_review *review = r->review;
    struct bw_object object = object_of(r, request);
    bool deleted = bw_str_eq(review->operation, BW_STR("DELETE"));
    bool connected = bw_str_eq(review->operation, BW_STR("CONNECT"));
    if (object.value.kind == BW_VALUE_MAP && !deleted) {
        if (agrees(r, &object, request))
            add_object(r, &object, text_at(request, "subResource"));
    } else if (object.value.kind == BW_VALUE_NULL && (deleted || connected)) {
        bw_reading_object(&r->reading, &object);
    } else {
        refuse(r, deleted ? "a DELETE that has an object" : "there is no object");
    }
    review->object = object.value;
    conform_old(r, object);
}

/* --- reading --- */

static int read(struct reading *r, struct bw_str text, struct bw_err *err)
{
    struct bw_json_doc *doc BW_CLEANUP(bw_json_freep) = NULL;
    struct bw_value request = {0};
    int rc = bw_json_parse(&doc, text, NULL, 0, err);
    const struct bw_json *root = rc ? NULL : bw_json_root(doc);
    if (rc == 0)
        rc = take_uid(r, root, err);
    if (rc == 0)
        rc = bw_json_value_bare(&r->reading, bw_json_get(root, BW_STR("request")),
                                BW_JSON_DUPLICATES_REFUSED, &request, err);
    if (rc == 0)
        rc = take_request(r, request, err);
    if (rc)
        return rc;
    take_object(r, request);
    return bw_reading_document(&r->reading, &r->review->document, err);
}

int bw_admission_review_read(struct bw_str text, const struct bw_reader_sink *sink,
                             struct bw_arena *arena, struct bw_admission_review *ret_review,
                             struct bw_err *err)
{
    struct bw_reader_request request = {.path = BW_STR(WHERE), .text = text};
    struct bw_admission_review review = {0};
    *ret_review = review;
    if (text.n > BW_READER_TEXT_MAX)
        return bw_err_set(err, BW_ELIMIT, "longer than the %zu MiB that are read",
                          BW_READER_TEXT_MAX >> 20);
    struct reading r = {
        .reading = bw_reading_begin(&request, sink, arena, BW_SYNTAX_MANIFEST),
        .review = &review,
    };
    int rc = read(&r, text, err);
    bw_reading_end(&r.reading);
    *ret_review = rc ? (struct bw_admission_review){.uid = review.uid} : review;
    return rc;
}

int bw_admission_review_before(const struct bw_admission_review *review,
                               const struct bw_reader_sink *sink, struct bw_arena *arena,
                               struct bw_document *ret_document, struct bw_err *err)
{
    struct bw_reader_request request = {.path = BW_STR("the object before the change")};
    struct bw_object object = review->document.objects[0];
    struct bw_reading reading = bw_reading_begin(&request, sink, arena, BW_SYNTAX_MANIFEST);
    struct bw_manifest_maker maker = bw_manifest_maker(&reading);
    object.value = review->old_object;
    struct bw_manifest_holder holder = bw_manifest_conform(&maker, &object);
    bw_manifest_add(&maker, &object, holder.template);
    int rc = bw_reading_document(&reading, ret_document, err);
    bw_reading_end(&reading);
    return rc;
}
