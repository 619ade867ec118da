/*
 * The configuration goes through the reader of image configurations, so that an image is the same
 * object whether it was scanned or only its configuration is at hand; what was found takes the
 * place of what the reader has to leave open.
 */
#include "scan/image-object.h"

#include "check/capability.h"
#include "extract/document.h"
#include "wrap/json.h"

#define TEXT_MAX ((size_t)256 << 20)

/* --- the configuration, in the words of the image specification --- */

static void put_list(struct bw_json_writer *w, const char *key, struct bw_strs list)
{
    if (!list.n)
        return;
    bw_json_key(w, bw_str(key));
    bw_json_begin_array(w);
    for (size_t i = 0; i < list.n; i++)
        bw_json_put_str(w, list.v[i]);
    bw_json_end(w);
}

/* Keys; their values, or empty objects. */
static void put_map(struct bw_json_writer *w, const char *key, struct bw_strs keys,
                    const struct bw_strs *values)
{
    if (!keys.n)
        return;
    bw_json_key(w, bw_str(key));
    bw_json_begin_object(w);
    for (size_t i = 0; i < keys.n; i++) {
        bw_json_key(w, keys.v[i]);
        if (values) {
            bw_json_put_str(w, i < values->n ? values->v[i] : BW_STR(""));
        } else {
            bw_json_begin_object(w);
            bw_json_end(w);
        }
    }
    bw_json_end(w);
}

static void put_text(struct bw_json_writer *w, const char *key, struct bw_str text)
{
    if (text.n)
        bw_json_member_str(w, key, text);
}

static void put_config(struct bw_json_writer *w, const struct bw_image_config *config)
{
    bw_json_key(w, BW_STR("config"));
    bw_json_begin_object(w);
    put_text(w, "User", config->user);
    put_text(w, "WorkingDir", config->working_dir);
    put_text(w, "StopSignal", config->stop_signal);
    put_list(w, "Env", config->env);
    put_list(w, "Entrypoint", config->entrypoint);
    put_list(w, "Cmd", config->cmd);
    put_list(w, "Shell", config->shell);
    put_list(w, "OnBuild", config->on_build);
    put_map(w, "Labels", config->label_keys, &config->label_values);
    put_map(w, "ExposedPorts", config->exposed_ports, NULL);
    put_map(w, "Volumes", config->volumes, NULL);
    if (config->health_check.n) {
        bw_json_key(w, BW_STR("Healthcheck"));
        bw_json_begin_object(w);
        put_list(w, "Test", config->health_check);
        bw_json_end(w);
    }
    bw_json_end(w);
}

static void put_history(struct bw_json_writer *w, struct bw_strs history)
{
    bw_json_key(w, BW_STR("history"));
    bw_json_begin_array(w);
    for (size_t i = 0; i < history.n; i++) {
        bw_json_begin_object(w);
        bw_json_member_str(w, "created_by", history.v[i]);
        bw_json_end(w);
    }
    bw_json_end(w);
}

static struct bw_str reference_of(const struct bw_subject *s)
{
    return s->tags.n ? s->tags.v[0] : s->name;
}

static void put_image(struct bw_json_writer *w, const struct bw_subject *s)
{
    const struct bw_str reference = reference_of(s);
    struct bw_str platform = s->platform, os = {0}, architecture = {0}, variant = {0};
    (void)(bw_str_split(&platform, '/', &os) && bw_str_split(&platform, '/', &architecture) &&
           bw_str_split(&platform, '/', &variant));
    bw_json_begin_object(w);
    bw_json_member_str(w, "os", os);
    bw_json_member_str(w, "architecture", architecture);
    put_text(w, "variant", variant);
    put_text(w, "created", s->created);
    put_list(w, "RepoTags", (struct bw_strs){(struct bw_str *)&reference, 1});
    put_config(w, &s->run);
    bw_json_key(w, BW_STR("rootfs"));
    bw_json_begin_object(w);
    bw_json_member_str(w, "type", BW_STR("layers"));
    bw_json_key(w, BW_STR("diff_ids"));
    bw_json_begin_array(w);
    for (size_t i = 0; i < s->layers_n; i++)
        bw_json_put_str(w, s->layers[i].diff_id);
    bw_json_end(w);
    bw_json_end(w);
    put_history(w, s->history);
    bw_json_end(w);
}

/* --- what was found --- */

struct found {
    struct bw_value_maker make;
    const struct bw_subject *subject;
};

static struct bw_value text(struct found *f, struct bw_str s)
{
    return bw_value_string(&f->make, s);
}

static void set_text(struct found *f, struct bw_value *map, const char *key, struct bw_str s)
{
    bw_value_set(&f->make, map, key, text(f, s));
}

static struct bw_value packages(struct found *f)
{
    struct bw_value list = bw_value_list(&f->make, (uint32_t)f->subject->packages_n);
    for (size_t i = 0; i < f->subject->packages_n; i++) {
        const struct bw_package *package = f->subject->packages[i].package;
        struct bw_value map = bw_value_map(&f->make, 3);
        set_text(f, &map, "type", bw_str(bw_package_type_name(package->type)));
        set_text(f, &map, "name", package->name);
        set_text(f, &map, "version", package->version);
        bw_value_add(&f->make, &list, map);
    }
    return list;
}

static struct bw_value capabilities(struct found *f, uint64_t bits)
{
    struct bw_value list = bw_value_list(&f->make, 0);
    struct bw_str names = bw_capability_names(bits, f->make.arena), name;
    while (bits && bw_str_split(&names, ',', &name))
        bw_value_add(&f->make, &list, text(f, bw_str_trim(name)));
    return list;
}

static struct bw_value absolute(struct found *f, struct bw_str path)
{
    struct bw_str whole = bw_arena_printf(f->make.arena, "/%" BW_STR_F, BW_STR_A(path));
    f->make.failed |= !whole.p;
    return text(f, whole);
}

static struct bw_value files(struct found *f)
{
    struct bw_value list = bw_value_list(&f->make, (uint32_t)f->subject->files_n);
    for (size_t i = 0; i < f->subject->files_n; i++) {
        const struct bw_notable_file *notable = &f->subject->files[i];
        const struct bw_file *file = notable->file;
        if (file->type == BW_FILE_SYMLINK)
            continue; /* its mode means nothing */
        struct bw_value map = bw_value_map(&f->make, 8);
        bw_value_set(&f->make, &map, "path", absolute(f, notable->place.path));
        bw_value_set(&f->make, &map, "mode", bw_value_int(file->mode));
        bw_value_set(&f->make, &map, "uid", bw_value_int(file->uid));
        bw_value_set(&f->make, &map, "gid", bw_value_int(file->gid));
        bw_value_set(&f->make, &map, "setuid", bw_value_bool(notable->flags & BW_FILE_SETUID));
        bw_value_set(&f->make, &map, "setgid", bw_value_bool(notable->flags & BW_FILE_SETGID));
        bw_value_set(&f->make, &map, "capabilities", capabilities(f, file->capabilities));
        if (notable->owner)
            set_text(f, &map, "package", notable->owner->name);
        bw_value_add(&f->make, &list, map);
    }
    return list;
}

static struct bw_value secrets(struct found *f)
{
    struct bw_value list = bw_value_list(&f->make, (uint32_t)f->subject->secrets_n);
    for (size_t i = 0; i < f->subject->secrets_n; i++) {
        const struct bw_kept_secret *secret = &f->subject->secrets[i];
        struct bw_value map = bw_value_map(&f->make, 2);
        bw_value_set(&f->make, &map, "path", absolute(f, secret->place.path));
        set_text(f, &map, "rule", secret->secret->rule);
        bw_value_add(&f->make, &list, map);
    }
    return list;
}

static struct bw_value distribution(struct found *f)
{
    struct bw_value map = bw_value_map(&f->make, 2);
    set_text(f, &map, "id", f->subject->distribution.id);
    set_text(f, &map, "versionId", f->subject->distribution.version_id);
    return map;
}

static void fill_in(struct found *f, struct bw_object *object)
{
    const struct bw_subject *s = f->subject;
    if (!bw_str_eq(object->resource, BW_STR("images")))
        return;
    object->name = s->name;
    if (s->digest.n)
        set_text(f, &object->value, "digest", s->digest);
    bw_value_set(&f->make, &object->value, "packages", packages(f));
    bw_value_set(&f->make, &object->value, "distribution", distribution(f));
    if (s->looked_at_files)
        bw_value_set(&f->make, &object->value, "files", files(f));
    if (s->looked_for_secrets)
        bw_value_set(&f->make, &object->value, "secrets", secrets(f));
}

/* --- the document --- */

struct gaps {
    struct bw_scan *scan;
    struct bw_target target;
};

static void on_gap(void *ctx, enum bw_gap_class class, struct bw_str where, struct bw_str what,
                   struct bw_str why)
{
    struct gaps *gaps = ctx;
    (void)where;
    bw_target_gap(&gaps->target, class, bw_str(gaps->target.argument), what, why);
}

int bw_image_object_add(struct bw_scan *scan, uint32_t subject, struct bw_err *err)
{
    const struct bw_subject *s = &scan->subjects.v[subject];
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(TEXT_MAX);
    struct bw_json_writer w = bw_json_writer(&json, false);
    struct gaps gaps = {.scan = scan, .target = {.scan = scan, .argument = s->name.p}};
    struct found found = {.make = {.arena = scan->arena}, .subject = s};
    struct bw_str *wanted;
    size_t wanted_n;
    if (s->kind != BW_SUBJECT_IMAGE)
        return 0;
    put_image(&w, s);
    if (bw_buf_failed(&json))
        return bw_err_set(err, BW_ENOMEM, "out of memory for the configuration of an image");
    const struct bw_reader_request request = {.path = s->name, .text = bw_buf_slice(&json)};
    const struct bw_reader_sink sink = {.ctx = &gaps, .gap = on_gap};
    struct bw_read_document *slot =
        BW_VEC_PUSH(&scan->documents, BW_SCAN_TARGETS_MAX * (size_t)1024);
    int rc = slot ? bw_reader_read(bw_reader_named(BW_STR("image-config")), &request, &sink,
                                   scan->arena, &slot->document, &wanted, &wanted_n, err)
                  : bw_err_set(err, BW_ELIMIT, "no room for more objects");
    if (rc)
        return rc;
    slot->subject = subject;
    for (size_t i = 0; i < slot->document.objects_n; i++)
        fill_in(&found, &slot->document.objects[i]);
    /* The text was made here: nobody can look its lines up. */
    slot->document.places_n = slot->document.files_n = 0;
    return found.make.failed ? bw_err_set(err, BW_ELIMIT, "no room for more facts") : 0;
}
