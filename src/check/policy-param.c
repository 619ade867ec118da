/*
 * Parameter objects: YAML as Kubernetes reads it, kept in a set as JSON, made values when the set
 * is opened (model/value-json.h).
 */
#include <math.h>
#include <stdlib.h>

#include "check/policy-load.h"
#include "wrap/json.h"

/* Values of one object, aliases followed; deepest nesting. */
#define VALUES_MAX 100000u
#define DEPTH_MAX  BW_JSON_WRITE_DEPTH_MAX

struct writer {
    struct bw_json_writer w;
    uint32_t left;
    struct bw_err *err;
};

static bool is_one_of(struct bw_str text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (bw_str_eq(text, bw_str(words[i])))
            return true;
    return false;
}

/* A number of YAML 1.1 that JSON has, too; others stay texts. */
static bool put_number(struct bw_json_writer *w, struct bw_str text)
{
    char copy[64], *end;
    if (!text.n || text.n >= sizeof copy || !strchr("0123456789-+.", text.p[0]))
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    if (strspn(copy, "0123456789-+.eE") != text.n)
        return false;
    long long i = strtoll(copy, &end, 10);
    if (!*end && end != copy && (copy[0] != '0' || !copy[1])) {
        bw_json_put_i64(w, i);
        return true;
    }
    double d = strtod(copy, &end);
    if (*end || end == copy || !isfinite(d) || !strpbrk(copy, ".eE"))
        return false;
    bw_json_put_double(w, d);
    return true;
}

static void put_scalar(struct bw_json_writer *w, const struct bw_yaml *value)
{
    static const char *const yes[] = {"true", "True", "TRUE", "yes", "Yes",
                                      "YES",  "on",   "On",   "ON"};
    static const char *const no[] = {"false", "False", "FALSE", "no", "No",
                                     "NO",    "off",   "Off",   "OFF"};
    struct bw_str text = bw_yaml_text(value);
    bool plain = bw_yaml_is_plain(value), is_true = is_one_of(text, yes, BW_ARRAY_LEN(yes));
    if (plain && bw_policy_is_null(value))
        bw_json_put_null(w);
    else if (plain && (is_true || is_one_of(text, no, BW_ARRAY_LEN(no))))
        bw_json_put_bool(w, is_true);
    else if (!plain || !put_number(w, text))
        bw_json_put_str(w, text);
}

static int put(struct writer *out, const struct bw_yaml *value, unsigned depth)
{
    struct bw_yaml_iter it = bw_yaml_iter(value);
    int rc = 0;
    if (!out->left-- || depth >= DEPTH_MAX)
        return bw_err_set(out->err, BW_ELIMIT,
                          "a parameter of more than %u values or %u levels, at line %u", VALUES_MAX,
                          DEPTH_MAX, bw_yaml_line(value));
    switch (bw_yaml_type(value)) {
    case BW_YAML_SEQUENCE:
        bw_json_begin_array(&out->w);
        for (const struct bw_yaml *item; rc == 0 && (item = bw_yaml_next(&it));)
            rc = put(out, item, depth + 1);
        bw_json_end(&out->w);
        return rc;
    case BW_YAML_MAPPING:
        bw_json_begin_object(&out->w);
        for (const struct bw_yaml *item; rc == 0 && (item = bw_yaml_next(&it));) {
            bw_json_key(&out->w, bw_yaml_text(it.key));
            rc = put(out, item, depth + 1);
        }
        bw_json_end(&out->w);
        return rc;
    default:
        put_scalar(&out->w, value);
        return 0;
    }
}

int bw_policy_yaml_json(const struct bw_yaml *root, struct bw_buf *buf, struct bw_err *err)
{
    struct writer out = {bw_json_writer(buf, false), VALUES_MAX, err};
    int rc = put(&out, root, 1);
    if (rc == 0 && bw_buf_failed(buf))
        return bw_err_set(err, BW_ELIMIT, "parameters of more bytes than are held");
    return rc;
}
