/* policy-offending.c: each part of an object that offends is an outcome of its own. */
#include "policy-helper.h"

static struct bw_arena *arena;
static char told[4096]; /* "PLACE MESSAGE; " of each failure */

#define POLICY(variable, validation, message)                                                      \
    VAP "metadata: {name: a}\nspec:\n" RULES("", "configmaps") "  variables:\n"                    \
                                                               "    - name: offending\n"           \
                                                               "      expression: \"" variable     \
                                                               "\"\n"                              \
                                                               "  validations:\n"                  \
                                                               "    - expression: \"" validation   \
                                                               "\"\n"                              \
                                                               "      message: plain\n" message
#define FILTER  "object.items.filter(i, i.n > 1)"
#define NONE    "variables.offending.size() == 0"
#define MESSAGE "      messageExpression: \"variables.offending.map(i, string(i.n)).join(',')\"\n"

/* {"items": [{"n": 0}, {"n": 1}, ...]}: element i was written at place 10 + i. */
static struct bw_object object_of(uint32_t items_n)
{
    struct bw_value_maker make = {.arena = arena};
    struct bw_value value = bw_value_map(&make, 1), items = bw_value_list(&make, items_n);
    for (uint32_t i = 0; i < items_n; i++) {
        struct bw_value item = bw_value_map(&make, 1);
        bw_value_set(&make, &item, "n", bw_value_int(i));
        item.place = 10 + i;
        bw_value_add(&make, &items, item);
    }
    bw_value_set(&make, &value, "items", items);
    assert_false(make.failed);
    return (struct bw_object){.view_of = BW_OBJECT_NO_VIEW,
                              .version = BW_STR("v1"),
                              .resource = BW_STR("configmaps"),
                              .kind = BW_STR("ConfigMap"),
                              .name = BW_STR("a"),
                              .place = 3,
                              .value = value};
}

static size_t judge(const char *policy, uint32_t items_n, bool brief)
{
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = set_of(policy);
    struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
    struct bw_policy_choice choice = {0};
    struct bw_policy_around around = {.brief = brief};
    struct bw_object object = object_of(items_n);
    const struct bw_policy_outcome *outcomes = NULL;
    struct bw_err err = {0};
    size_t n = 0, failed = 0;
    assert_int_equal(bw_policy_select(set, &choice, &selection, &err), 0);
    struct bw_policy_judge *judge BW_CLEANUP(bw_policy_judge_freep) =
        bw_policy_judge_new(set, selection, &err);
    assert_non_null(judge);
    assert_int_equal(bw_policy_judge_object(judge, &object, &around, &outcomes, &n, &err), 0);
    told[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        failed += outcomes[i].status == BW_STATUS_FAIL;
        size_t length = strlen(told);
        snprintf(told + length, sizeof told - length, "%u %.*s; ", outcomes[i].place,
                 (int)outcomes[i].message.n, outcomes[i].message.p);
    }
    return failed;
}

static void test_each_is_told(void **state)
{
    (void)state;
    assert_int_equal(judge(POLICY(FILTER, NONE, MESSAGE), 4, false), 2);
    assert_string_equal(told, "12 2; 13 3; ");
    assert_int_equal(judge(POLICY(FILTER, NONE, MESSAGE), 2, false), 0);
}

static void test_only_where_the_message_speaks_of_it(void **state)
{
    (void)state;
    assert_int_equal(judge(POLICY(FILTER, NONE, ""), 4, false), 1);
    assert_non_null(strstr(told, "plain"));
    /* A validation that fails by something else */
    assert_int_equal(judge(POLICY(FILTER, "false", MESSAGE), 2, false), 1);
    assert_string_equal(told, "3 plain; ");
    /* and a variable that is no list, or fails. */
    assert_int_equal(judge(POLICY("dyn(1)", "false", MESSAGE), 4, false), 1);
    assert_int_equal(judge(POLICY("object.nothing", "false", MESSAGE), 4, false), 1);
}

static void test_the_variable_is_as_it_was(void **state)
{
    (void)state;
    assert_int_equal(
        judge(POLICY(FILTER, NONE, MESSAGE) "    - expression: \"variables.offending.size() < 2\"\n"
                                            "      message: both\n",
              4, false),
        3);
    assert_non_null(strstr(told, "12 2; 13 3; "));
    assert_non_null(strstr(told, "both"));
}

static void test_what_is_too_much_is_told_together(void **state)
{
    (void)state;
    assert_int_equal(judge(POLICY(FILTER, NONE, MESSAGE), 1400, false), 1000);
}

static void test_an_enforcement_point_wants_one_answer(void **state)
{
    (void)state;
    assert_int_equal(judge(POLICY(FILTER, NONE, MESSAGE), 4, true), 1);
    assert_string_equal(told, "3 2,3; ");
}

static int setup(void **state)
{
    (void)state;
    arena = bw_arena_new((size_t)16 << 20);
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bw_arena_free(arena);
    return 0;
}

/* How many changes the fix gives for the finding at a line and column of the document. */
static uint32_t changes_at(uint32_t line, uint32_t column)
{
    struct bw_policy_set *set BW_CLEANUP(bw_policy_set_freep) = set_of(
        VAP "metadata:\n  name: a\n  annotations:\n"
            "    bulwark.dev/fix: \"variables.offending.map(i, {'at': dyn(i)})\"\nspec:\n" RULES(
                "", "configmaps") "  variables:\n    - name: offending\n"
                                  "      expression: \"" FILTER "\"\n"
                                  "  validations:\n    - expression: \"" NONE "\"\n");
    struct bw_policy_selection *selection BW_CLEANUP(bw_policy_selection_freep) = NULL;
    struct bw_value_place places[20] = {0}, at = {0, line, column};
    struct bw_object object = object_of(5);
    struct bw_document document = {
        .places = places, .places_n = 20, .objects = &object, .objects_n = 1};
    struct bw_value changes = {0};
    struct bw_err err = {0};
    for (uint32_t i = 0; i < 5; i++)
        places[10 + i] = (struct bw_value_place){0, 100 + i, 7};
    assert_int_equal(bw_policy_select(set, &(struct bw_policy_choice){0}, &selection, &err), 0);
    struct bw_policy_judge *judge BW_CLEANUP(bw_policy_judge_freep) =
        bw_policy_judge_new(set, selection, &err);
    assert_non_null(judge);
    assert_true(bw_policy_mends(set, 0, &object));
    assert_int_equal(bw_policy_fix(judge, 0, &document, &object, line ? &at : NULL, &changes, &err),
                     0);
    return bw_value_count(changes);
}

static void test_each_is_mended(void **state)
{
    (void)state;
    assert_int_equal(changes_at(0, 0), 3);
    assert_int_equal(changes_at(103, 7), 1);
    assert_int_equal(changes_at(100, 7), 3); /* nothing there offends */
    assert_int_equal(changes_at(103, 8), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_is_told),
        cmocka_unit_test(test_each_is_mended),
        cmocka_unit_test(test_only_where_the_message_speaks_of_it),
        cmocka_unit_test(test_the_variable_is_as_it_was),
        cmocka_unit_test(test_what_is_too_much_is_told_together),
        cmocka_unit_test(test_an_enforcement_point_wants_one_answer),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
