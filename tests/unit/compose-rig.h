/*
 * For tests of the compose reader: a project read, and what is in it. What tests expect was checked
 * against compose-go v2.16.
 */
#ifndef BW_TESTS_COMPOSE_RIG_H
#define BW_TESTS_COMPOSE_RIG_H

#include "reader-rig.h"

#include "extract/compose-model.h"

/* A variable that nobody gave, as JSON. */
#define WHY "{\"$unknown\":\"a variable that nobody gave\"}"

#define FILES_MAX 8

struct project {
    const char *path; /* of the document; "shop/compose.yaml" where it is NULL */
    const char *text;
    const char *files[FILES_MAX][2]; /* path and text of others */
    const char *profiles[3];
};

static inline int load(struct reader_rig *rig, const struct project *project)
{
    const struct bw_str environment[] = {BW_STR("SET=s"), BW_STR("EMPTY=")};
    const struct bw_reader *reader = bw_reader_named(BW_STR("compose"));
    struct bw_reader_file files[FILES_MAX];
    struct bw_str profiles[3];
    struct bw_reader_request request = {
        .path = bw_str(project->path ? project->path : "shop/compose.yaml"),
        .text = bw_str(project->text),
        .files = files,
        .profiles = profiles,
        .environment = environment,
        .environment_n = BW_ARRAY_LEN(environment)};
    size_t wanted_n;
    for (; request.files_n < FILES_MAX && project->files[request.files_n][0]; request.files_n++)
        files[request.files_n] =
            (struct bw_reader_file){.path = bw_str(project->files[request.files_n][0]),
                                    .text = bw_str(project->files[request.files_n][1])};
    for (; project->profiles[request.profiles_n]; request.profiles_n++)
        profiles[request.profiles_n] = bw_str(project->profiles[request.profiles_n]);
    assert_non_null(reader);
    return rig_request(rig, reader, &request, &wanted_n);
}

static inline void load_text(struct reader_rig *rig, const char *text)
{
    struct project project = {.text = text};
    assert_int_equal(load(rig, &project), 0);
}

/* The project; and the native object or the view of a service. */
static inline struct bw_value project_of(const struct reader_rig *rig)
{
    assert_in_range(rig->document.objects_n, 1, 1000000);
    assert_true(bw_str_eq(rig->document.objects[0].resource, BW_STR("composefiles")));
    return rig->document.objects[0].value;
}

static inline struct bw_value find(const struct reader_rig *rig, const char *resource,
                                   const char *name)
{
    for (size_t i = 0; i < rig->document.objects_n; i++) {
        const struct bw_object *object = &rig->document.objects[i];
        if (bw_str_eq(object->resource, bw_str(resource)) && bw_str_eq(object->name, bw_str(name)))
            return object->value;
    }
    fail_msg("there is no %s %s", resource, name);
    return (struct bw_value){0};
}

static inline struct bw_value service_of(const struct reader_rig *rig, const char *name)
{
    return find(rig, "composeservices", name);
}

static inline struct bw_value context_of(const struct reader_rig *rig, const char *name)
{
    struct bw_value pod = find(rig, "pods", name);
    return bw_value_at(bw_value_index(bw_value_at(pod, "spec", "containers", NULL), 0),
                       "securityContext", NULL);
}

static inline void assert_line(const struct reader_rig *rig, struct bw_value value,
                               const char *file, uint32_t line)
{
    struct bw_value_place place = rig_place(rig, value);
    assert_true(bw_str_eq(rig->document.files[place.file], bw_str(file)));
    assert_int_equal(place.line, line);
}

#endif
