#include "extract/package-document.h"

static void begin(struct bw_package_list *list, const struct bw_package_job *job)
{
    bw_package_list_init(list, job->parser, job->type, job->path, job->sink);
}

int bw_package_job_json(const struct bw_package_job *job, unsigned flags,
                        int (*read)(struct bw_package_list *list, struct bw_json_text *text,
                                    struct bw_err *err),
                        struct bw_err *err)
{
    struct bw_package_list list BW_CLEANUP(bw_package_list_free);
    struct bw_json_text text BW_CLEANUP(bw_json_text_free) = {0};
    begin(&list, job);
    int rc = bw_json_text_parse(&text, job->text, flags, err);
    if (!rc)
        rc = read(&list, &text, err);
    bw_package_list_end(&list);
    return rc;
}

int bw_package_job_yaml(const struct bw_package_job *job,
                        int (*read)(struct bw_package_list *list, const struct bw_yaml *root,
                                    struct bw_err *err),
                        struct bw_err *err)
{
    struct bw_package_list list BW_CLEANUP(bw_package_list_free);
    struct bw_yaml_stream *stream BW_CLEANUP(bw_yaml_freep) = NULL;
    begin(&list, job);
    int rc = bw_yaml_parse(&stream, job->text, err);
    if (!rc)
        rc = read(&list, bw_yaml_first(stream), err);
    bw_package_list_end(&list);
    return rc;
}

int bw_package_job_toml(const struct bw_package_job *job,
                        int (*read)(struct bw_package_list *list, const struct bw_toml *root,
                                    struct bw_err *err),
                        struct bw_err *err)
{
    struct bw_package_list list BW_CLEANUP(bw_package_list_free);
    struct bw_toml_doc *doc BW_CLEANUP(bw_toml_freep) = NULL;
    begin(&list, job);
    int rc = bw_toml_parse(&doc, job->text, err);
    if (!rc)
        rc = read(&list, bw_toml_root(doc), err);
    bw_package_list_end(&list);
    return rc;
}

int bw_package_job_xml(const struct bw_package_job *job,
                       int (*read)(struct bw_package_list *list, const struct bw_xml *root,
                                   struct bw_err *err),
                       struct bw_err *err)
{
    struct bw_package_list list BW_CLEANUP(bw_package_list_free);
    struct bw_xml_doc *doc BW_CLEANUP(bw_xml_freep) = NULL;
    begin(&list, job);
    int rc = bw_xml_parse(&doc, job->text, err);
    if (!rc)
        rc = read(&list, bw_xml_root(doc), err);
    bw_package_list_end(&list);
    return rc;
}

int bw_package_job_text(const struct bw_package_job *job,
                        int (*read)(struct bw_package_list *list, struct bw_str text,
                                    struct bw_err *err),
                        struct bw_err *err)
{
    struct bw_package_list list BW_CLEANUP(bw_package_list_free);
    begin(&list, job);
    int rc = read(&list, job->text, err);
    bw_package_list_end(&list);
    return rc;
}

struct bw_str bw_json_string_at(const struct bw_json *object, const char *key)
{
    return bw_json_string(bw_json_get(object, bw_str(key)));
}

struct bw_str bw_toml_string_at(const struct bw_toml *table, const char *key)
{
    return bw_toml_string(bw_toml_get(table, key));
}

struct bw_str bw_yaml_text_at(const struct bw_yaml *mapping, const char *key)
{
    return bw_yaml_text(bw_yaml_get(mapping, key));
}

void bw_package_list_depend_keys(struct bw_package_list *list, const struct bw_json *object)
{
    struct bw_json_iter it = bw_json_iter(object);
    while (it.object && bw_json_next(&it))
        bw_package_list_depend(list, it.key);
}
