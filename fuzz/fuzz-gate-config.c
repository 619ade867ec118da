/*
 * Configurations of gates: JSON that is read strictly, and YAML that becomes it. A first byte of
 * 'y' or 'e' is YAML (a configuration, a list of exceptions), all else JSON. What is made of YAML
 * must be read again, and rules that open decide.
 */
#include <stdlib.h>

#include "enforce/gate-config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decide(struct bw_gate_rules *rules)
{
    struct bw_object object = {.view_of = BW_OBJECT_NO_VIEW,
                               .version = BW_STR("v1"),
                               .resource = BW_STR("pods"),
                               .kind = BW_STR("Pod"),
                               .namespace = BW_STR("shop"),
                               .name = BW_STR("web")};
    struct bw_document document = {.objects = &object, .objects_n = 1};
    struct bw_gate_request request = {.document = &document, .around = {.now_ns = 1}};
    struct bw_gate_decision decision;
    struct bw_buf message BW_CLEANUP(bw_buf_free) = BW_BUF(4096);
    struct bw_gate_judge *judge BW_CLEANUP(bw_gate_judge_freep) = bw_gate_judge_new(rules, NULL);
    if (judge && bw_gate_decide(judge, &request, &decision, NULL) == 0)
        bw_gate_message(&decision, 4096, &message);
}

static int open_rules(struct bw_str json)
{
    struct bw_gate_rules *rules BW_CLEANUP(bw_gate_rules_unrefp) = NULL;
    struct bw_err err;
    int rc = bw_gate_rules_open(json, NULL, 0, &rules, &err);
    if (rc == 0)
        decide(rules);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bw_buf json BW_CLEANUP(bw_buf_free) = BW_BUF(BW_GATE_CONFIG_MAX);
    struct bw_str text = bw_str_n(data, size);
    struct bw_err err;
    if (!size || (data[0] != 'y' && data[0] != 'e')) {
        (void)open_rules(text);
        return 0;
    }
    if (bw_gate_yaml(BW_STR("f"), bw_str_from(text, 1), data[0] == 'e', &json, &err))
        return 0;
    if (open_rules(bw_buf_slice(&json)) == BW_EFORMAT)
        abort();
    return 0;
}
