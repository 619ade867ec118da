/*
 * Whether a policy is for an object (admissionregistration.k8s.io/v1 MatchResources, as the API
 * server's rules matcher reads it).
 */
#include "check/policy-state.h"

/* Kinds that belong to no namespace; every other kind does. */
static const char *const cluster_scoped[] = {
    "apiservices",
    "certificatesigningrequests",
    "clusterissuers",
    "clusterpolicies",
    "clusterrolebindings",
    "clusterroles",
    "clustertrustbundles",
    "componentstatuses",
    "constrainttemplates",
    "csidrivers",
    "csinodes",
    "customresourcedefinitions",
    "deviceclasses",
    "flowschemas",
    "gatewayclasses",
    "imagevalidatingpolicies",
    "ingressclasses",
    "ipaddresses",
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "mutatingwebhookconfigurations",
    "namespaces",
    "nodes",
    "persistentvolumes",
    "podsecuritypolicies",
    "priorityclasses",
    "prioritylevelconfigurations",
    "runtimeclasses",
    "selfsubjectaccessreviews",
    "selfsubjectreviews",
    "selfsubjectrulesreviews",
    "servicecidrs",
    "storageclasses",
    "storageversions",
    "subjectaccessreviews",
    "tokenreviews",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "validatingwebhookconfigurations",
    "volumeattachments",
    "volumeattributesclasses",
};

/* Kinds that were served by several groups (matchPolicy Equivalent). */
static const struct {
    const char *resource, *group, *other;
} equivalent[] = {
    {"daemonsets", "apps", "extensions"},
    {"deployments", "apps", "extensions"},
    {"replicasets", "apps", "extensions"},
    {"ingresses", "networking.k8s.io", "extensions"},
    {"networkpolicies", "networking.k8s.io", "extensions"},
    {"podsecuritypolicies", "policy", "extensions"},
    {"events", "", "events.k8s.io"},
};

/* What stands behind the slash of "pods/exec"; "" of "pods". */
static struct bw_str cut_subresource(struct bw_str *resource)
{
    size_t slash = bw_str_find(*resource, '/');
    struct bw_str sub = slash == SIZE_MAX ? BW_STR("") : bw_str_from(*resource, slash + 1);
    *resource = slash == SIZE_MAX ? *resource : bw_str_take(*resource, slash);
    return sub;
}

bool bw_policy_is_cluster_scoped(const struct bw_object *object)
{
    struct bw_str resource = object->resource;
    if (object->namespace.n || object->cluster_scoped)
        return !object->namespace.n;
    cut_subresource(&resource);
    for (size_t i = 0; i < BW_ARRAY_LEN(cluster_scoped); i++)
        if (bw_str_eq(resource, bw_str(cluster_scoped[i])))
            return true;
    return false;
}

struct bw_str bw_policy_namespace_of(const struct bw_object *object)
{
    return object->namespace.n ? object->namespace : BW_STR("default");
}

/* --- rules --- */

static bool has_word(const struct bw_policy_set *set, struct bw_policy_run list, struct bw_str word)
{
    for (uint32_t i = 0; i < list.n; i++)
        if (bw_str_eq(bw_policy_word(set, list, i), word))
            return true;
    return false;
}

static bool has_any(const struct bw_policy_set *set, struct bw_policy_run list)
{
    return has_word(set, list, BW_STR("*"));
}

static bool is_equivalent(struct bw_str resource, struct bw_str a, struct bw_str b)
{
    for (size_t i = 0; i < BW_ARRAY_LEN(equivalent); i++) {
        struct bw_str one = bw_str(equivalent[i].group), other = bw_str(equivalent[i].other);
        if (bw_str_eq(resource, bw_str(equivalent[i].resource)) &&
            ((bw_str_eq(a, one) && bw_str_eq(b, other)) ||
             (bw_str_eq(a, other) && bw_str_eq(b, one))))
            return true;
    }
    return false;
}

/* "*" is every group of Kubernetes. Native kinds have a shape of their own, which a policy that
 * does not name them knows nothing of. */
static bool group_fits(const struct bw_policy_set *set, const struct bw_policy_rule *rule,
                       bool exact, const struct bw_object *object)
{
    for (uint32_t i = 0; i < rule->groups.n; i++) {
        struct bw_str group = bw_policy_word(set, rule->groups, i);
        if (bw_str_eq(group, object->group) ||
            (bw_str_eq(group, BW_STR("*")) && !bw_str_eq(object->group, BW_STR(BW_OBJECT_GROUP))))
            return true;
        if (!exact && is_equivalent(object->resource, group, object->group))
            return true;
    }
    return false;
}

static bool word_fits(struct bw_str pattern, struct bw_str word)
{
    return bw_str_eq(pattern, BW_STR("*")) || bw_str_eq(pattern, word);
}

/* "pods" and "pods/asterisk" are for pods, "pods/exec" is not. */
static bool resource_fits(struct bw_str pattern, struct bw_str resource)
{
    struct bw_str wanted_sub = cut_subresource(&pattern), sub = cut_subresource(&resource);
    return word_fits(pattern, resource) && word_fits(wanted_sub, sub);
}

static bool resources_fit(const struct bw_policy_set *set, const struct bw_policy_rule *rule,
                          bool exact, const struct bw_object *object)
{
    if (rule->kinds.n) /* of whole objects: a kind says nothing of a subresource */
        return bw_str_find(object->resource, '/') == SIZE_MAX &&
               (has_any(set, rule->kinds) || has_word(set, rule->kinds, object->kind));
    if (exact && !has_any(set, rule->versions) && !has_word(set, rule->versions, object->version))
        return false;
    for (uint32_t i = 0; i < rule->resources.n; i++)
        if (resource_fits(bw_policy_word(set, rule->resources, i), object->resource))
            return true;
    return false;
}

static bool scope_fits(uint32_t scope, const struct bw_object *object)
{
    return scope == BW_POLICY_SCOPE_ANY ||
           (scope == BW_POLICY_SCOPE_CLUSTER) == bw_policy_is_cluster_scoped(object);
}

static bool kind_fits(const struct bw_policy_set *set, const struct bw_policy_rule *rule,
                      bool exact, const struct bw_object *object, uint32_t operation)
{
    return (rule->operations & operation) && group_fits(set, rule, exact, object) &&
           resources_fit(set, rule, exact, object);
}

static bool name_fits(const struct bw_policy_set *set, const struct bw_policy_rule *rule,
                      const struct bw_object *object)
{
    return !rule->names.n || has_word(set, rule->names, object->name);
}

bool bw_policy_match_kind(const struct bw_policy_set *set, const struct bw_policy_match *match,
                          const struct bw_object *object, uint32_t operation)
{
    if (match->any_resource)
        return !bw_str_eq(object->group, BW_STR(BW_OBJECT_GROUP));
    for (uint32_t i = 0; i < match->rules.n; i++)
        if (kind_fits(set, &set->rules[match->rules.at + i], match->exact, object, operation))
            return true;
    return false;
}

static bool any_rule(const struct bw_policy_set *set, struct bw_policy_run rules, bool exact,
                     const struct bw_object *object, uint32_t operation)
{
    for (uint32_t i = 0; i < rules.n; i++) {
        const struct bw_policy_rule *rule = &set->rules[rules.at + i];
        if (name_fits(set, rule, object) && scope_fits(rule->scope, object) &&
            kind_fits(set, rule, exact, object, operation))
            return true;
    }
    return false;
}

/* --- labels --- */

static enum bw_policy_answer of_unknown(struct bw_value value)
{
    return value.unknown->class == BW_UNKNOWN_MISSING ? BW_POLICY_MISSING : BW_POLICY_INEXPRESSIBLE;
}

static enum bw_policy_answer decide(const struct bw_policy_set *set,
                                    const struct bw_policy_requirement *requirement, bool there,
                                    struct bw_str label)
{
    bool listed = there && has_word(set, requirement->values, label);
    switch (requirement->operator) {
    case BW_POLICY_IN:
        return listed ? BW_POLICY_YES : BW_POLICY_NO;
    case BW_POLICY_NOT_IN:
        return listed ? BW_POLICY_NO : BW_POLICY_YES;
    case BW_POLICY_EXISTS:
        return there ? BW_POLICY_YES : BW_POLICY_NO;
    default:
        return there ? BW_POLICY_NO : BW_POLICY_YES;
    }
}

static enum bw_policy_answer meets(const struct bw_policy_set *set,
                                   const struct bw_policy_requirement *requirement,
                                   struct bw_value labels)
{
    struct bw_value label = bw_value_get(labels, bw_policy_text(set, requirement->key));
    if (label.kind == BW_VALUE_UNKNOWN)
        return of_unknown(label);
    return decide(set, requirement, label.kind != BW_VALUE_ABSENT, bw_value_text(label));
}

/* NO wins, since one that does not hold is enough; then what is not known. */
static enum bw_policy_answer both(enum bw_policy_answer a, enum bw_policy_answer b)
{
    if (a == BW_POLICY_NO || b == BW_POLICY_NO)
        return BW_POLICY_NO;
    return a > b ? a : b;
}

enum bw_policy_answer bw_policy_match_labels(const struct bw_policy_set *set,
                                             struct bw_policy_run requirements,
                                             struct bw_value labels)
{
    enum bw_policy_answer answer = BW_POLICY_YES;
    for (uint32_t i = 0; i < requirements.n && answer != BW_POLICY_NO; i++)
        answer = both(answer, meets(set, &set->requirements[requirements.at + i], labels));
    return answer;
}

/* One of both is enough. */
static enum bw_policy_answer either(enum bw_policy_answer a, enum bw_policy_answer b)
{
    if (a == BW_POLICY_YES || b == BW_POLICY_YES)
        return BW_POLICY_YES;
    return a == BW_POLICY_NO ? b : a;
}

static enum bw_policy_answer match_own_labels(const struct bw_policy_set *set,
                                              const struct bw_policy_match *match,
                                              struct bw_value object)
{
    if (object.kind == BW_VALUE_NULL || object.kind == BW_VALUE_ABSENT)
        return BW_POLICY_NO;
    return bw_policy_match_labels(set, match->label_requirements,
                                  bw_value_at(object, "metadata", "labels", NULL));
}

/* --- namespaces --- */

/* Gatekeeper's: '*' at the beginning, at the end, or at both. */
static bool glob_fits(struct bw_str glob, struct bw_str name)
{
    bool before = bw_str_starts(glob, BW_STR("*")), after = bw_str_ends(glob, BW_STR("*"));
    struct bw_str word = before ? bw_str_from(glob, 1) : glob;
    if (after && word.n)
        word = bw_str_take(word, word.n - 1);
    if (before && after)
        return bw_str_find_str(name, word) != SIZE_MAX;
    if (before)
        return bw_str_ends(name, word);
    return after ? bw_str_starts(name, word) : bw_str_eq(name, word);
}

static bool any_glob(const struct bw_policy_set *set, struct bw_policy_run globs,
                     struct bw_str name)
{
    for (uint32_t i = 0; i < globs.n; i++)
        if (glob_fits(bw_policy_word(set, globs, i), name))
            return true;
    return false;
}

/* Every Namespace has its name as a label, also one that is not at hand. */
static enum bw_policy_answer match_namespace_labels(const struct bw_policy_set *set,
                                                    struct bw_policy_run requirements,
                                                    struct bw_str name, struct bw_value labels)
{
    enum bw_policy_answer answer = BW_POLICY_YES;
    for (uint32_t i = 0; i < requirements.n && answer != BW_POLICY_NO; i++) {
        const struct bw_policy_requirement *one = &set->requirements[requirements.at + i];
        bool named =
            bw_str_eq(bw_policy_text(set, one->key), BW_STR("kubernetes.io/metadata.name"));
        answer = both(answer, named ? decide(set, one, true, name) : meets(set, one, labels));
    }
    return answer;
}

/* A Namespace is selected by its own labels, or those it had when it is deleted; what belongs to
 * none is always selected. */
static enum bw_policy_answer match_namespace(const struct bw_policy_set *set,
                                             const struct bw_policy_match *match,
                                             const struct bw_object *object,
                                             struct bw_value old_object,
                                             struct bw_value namespace_object)
{
    bool is_namespace = !object->group.n && bw_str_eq(object->resource, BW_STR("namespaces"));
    struct bw_str name = is_namespace ? object->name : bw_policy_namespace_of(object);
    if (bw_policy_is_cluster_scoped(object) && !is_namespace)
        return BW_POLICY_YES;
    if (match->namespaces.n && !any_glob(set, match->namespaces, name))
        return BW_POLICY_NO;
    if (any_glob(set, match->excluded_namespaces, name))
        return BW_POLICY_NO;
    struct bw_value of = !is_namespace                         ? namespace_object
                         : object->value.kind == BW_VALUE_NULL ? old_object
                                                               : object->value;
    return match_namespace_labels(set, match->namespace_requirements, name,
                                  bw_value_at(of, "metadata", "labels", NULL));
}

enum bw_policy_answer bw_policy_match_object(const struct bw_policy_set *set,
                                             const struct bw_policy_match *match,
                                             const struct bw_object *object, uint32_t operation,
                                             struct bw_value old_object,
                                             struct bw_value namespace_object)
{
    enum bw_policy_answer answer = BW_POLICY_YES;
    if (match->any_resource ? bw_str_eq(object->group, BW_STR(BW_OBJECT_GROUP))
                            : !any_rule(set, match->rules, match->exact, object, operation))
        return BW_POLICY_NO;
    if (any_rule(set, match->excluded, match->exact, object, operation) ||
        (match->name.n && !glob_fits(bw_policy_text(set, match->name), object->name)))
        return BW_POLICY_NO;
    if (match->label_requirements.n)
        answer = either(match_own_labels(set, match, object->value),
                        match_own_labels(set, match, old_object));
    if (answer == BW_POLICY_NO)
        return answer;
    return both(answer, match_namespace(set, match, object, old_object, namespace_object));
}
