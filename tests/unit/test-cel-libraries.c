#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cel/authorizer.h"
#include "cel/cel.h"

/* [{"a": something}] */
static struct bw_value half_known(struct bw_arena *arena)
{
    struct bw_value_maker make = {.arena = arena};
    struct bw_value list = bw_value_list(&make, 1), map = bw_value_map(&make, 1);
    bw_value_set(&make, &map, "a", bw_value_unknown(&make, BW_UNKNOWN_MISSING, BW_STR("not said")));
    bw_value_add(&make, &list, map);
    return list;
}

/* The value as JSON, an ERROR as "!text", an UNKNOWN as "?why", what does not compile as "#text".
 */
static void show(struct bw_cel_env *env, const char *source, struct bw_arena *arena,
                 struct bw_buf *buf)
{
    struct bw_cel_program *program BW_CLEANUP(bw_cel_freep) = NULL;
    struct bw_value variables[] = {bw_cel_authorizer(), bw_cel_authorizer_resource(),
                                   half_known(arena)};
    struct bw_cel_budget budget = {BW_CEL_COST_POLICY_MAX, BW_CEL_COST_EXPRESSION_MAX};
    struct bw_cel_run run = {.variables = variables,
                             .variables_n = BW_ARRAY_LEN(variables),
                             .arena = arena,
                             .budget = &budget};
    struct bw_err err = {0};
    if (bw_cel_compile(env, bw_str(source), &program, NULL, &err)) {
        bw_buf_printf(buf, "#%s", err.msg);
        return;
    }
    struct bw_value value = bw_cel_eval(program, &run);
    if (value.kind == BW_CEL_ERROR)
        bw_buf_printf(buf, "!%" BW_STR_F, BW_STR_A(bw_cel_error_text(value)));
    else if (value.kind == BW_VALUE_UNKNOWN)
        bw_buf_printf(buf, "?%" BW_STR_F, BW_STR_A(value.unknown->why));
    else if (bw_cel_json(value, buf, &err))
        bw_buf_printf(buf, "-%s", err.msg);
}

struct row {
    const char *source, *value;
};

static void check(enum bw_cel_dialect dialect, const struct row *rows, size_t n)
{
    struct bw_cel_env *env BW_CLEANUP(bw_cel_env_freep) = bw_cel_env_new(dialect, NULL);
    struct bw_buf buf BW_CLEANUP(bw_buf_free) = BW_BUF(1 << 16);
    uint32_t slot;
    assert_non_null(env);
    if (dialect == BW_CEL_KUBERNETES_1_34) {
        const struct bw_cel_type *authorizer =
            bw_cel_type_read(env, BW_STR("kubernetes.authorization.Authorizer"), NULL);
        const struct bw_cel_type *resource =
            bw_cel_type_read(env, BW_STR("kubernetes.authorization.ResourceCheck"), NULL);
        assert_int_equal(bw_cel_env_declare(env, "authorizer", authorizer, &slot, NULL), 0);
        assert_int_equal(
            bw_cel_env_declare(env, "authorizer.requestResource", resource, &slot, NULL), 0);
        assert_int_equal(bw_cel_env_declare(env, "half", bw_cel_type_dyn(env), &slot, NULL), 0);
    }
    for (size_t i = 0; i < n; i++) {
        struct bw_arena *arena BW_CLEANUP(bw_arena_freep) = bw_arena_new((size_t)64 << 20);
        bw_buf_clear(&buf);
        show(env, rows[i].source, arena, &buf);
        if (!bw_str_eq(bw_buf_slice(&buf), bw_str(rows[i].value)))
            fail_msg("%s is %" BW_STR_F ", not %s", rows[i].source, BW_STR_A(bw_buf_slice(&buf)),
                     rows[i].value);
    }
}

/* What Kubernetes 1.34 answers, but for the sentences of its errors. */
static const struct row of_kubernetes[] = {
    {"'tacocat'.charAt(7)", "\"\""},
    {"'tacocat'.charAt(8)", "!index out of range: 8"},
    {"'ta©o©αT'.indexOf('©', 3)", "4"},
    {"'tacocat'.indexOf('a', 30)", "-1"},
    {"'tacocat'.lastIndexOf('a', 30)", "-1"},
    {"'tacocat'.lastIndexOf('', 3)", "3"},
    {"'bananananana'.lastIndexOf('nana', 7)", "6"},
    {"'aé日'.split('')", "[\"a\",\"é\",\"日\"]"},
    {"'a,b,c'.split(',', 2)", "[\"a\",\"b,c\"]"},
    {"''.split('')", "[]"},
    {"'ab'.replace('', '-')", "\"-a-b-\""},
    {"'aaa'.replace('a', 'bc', 2)", "\"bcbca\""},
    {"'tacocat'.substring(4, 3)", "!invalid substring range. start: 4, end: 3"},
    {"'aé日b'.substring(1, 3)", "\"é日\""},
    {"'\\u2000 x \\u00a0'.trim()", "\"x\""},
    {"'TacoCÆt'.lowerAscii()", "\"tacocÆt\""},
    {"'tacoCαt'.upperAscii()", "\"TACOCαT\""},
    {"['x', 'y'].join('-')", "\"x-y\""},
    {"strings.quote(\"a\\\"b\\n\\\\\")", "\"\\\"a\\\\\\\"b\\\\n\\\\\\\\\\\"\""},
    {"\"%s and %d%%\".format([\"x\", 3])", "\"x and 3%\""},
    {"\"%s\".format([[\"abc\", 3.14, null, [9], duration(\"90m\"), b\"x\"]])",
     "\"[\\\"abc\\\", 3.140000, null, [9], duration(\\\"5400s\\\"), b\\\"x\\\"]\""},
    {"\"%s\".format([{\"b\": 1, \"a\": true, \"c\": double(\"NaN\")}])",
     "\"{\\\"a\\\":true, \\\"b\\\":1, \\\"c\\\":\\\"NaN\\\"}\""},
    {"\"%s %s\".format([1234567.0, 0.0001])", "\"1.234567e+06 0.0001\""},
    {"\"%.2f\".format([1234567.891])", "\"1,234,567.89\""},
    {"\"%.1f\".format([-999.96])", "\"-1,000.0\""},
    {"\"%e\".format([1052.03])", "\"1.052030×10⁰³\""},
    {"\"%x %X %x\".format([30, \"hi\", b\"\\xff\"])", "\"1e 6869 ff\""},
    {"\"%b %o %b\".format([-5, 8, true])", "\"-101 10 1\""},
    {"\"%d\".format([1.5])", "#1:6: error during formatting: decimal clause can only be used on "
                             "integers, was given double"},
    {"\"%s %s\".format([\"only one\"])", "#1:9: index 1 out of range"},
    {"\"%a\".format([1])",
     "#1:6: could not parse formatting clause: unrecognized formatting clause \"a\""},
    {"[3, 1, 2].sort()", "[1,2,3]"},
    {"['b', 'a'].sort().first().orValue('')", "\"a\""},
    {"[{'n': 2}, {'n': 1}].sortBy(x, x.n).map(x, x.n)", "[1,2]"},
    {"[[1], [2, 3]].flatten()", "[1,2,3]"},
    {"[[1, [2]], [3]].flatten(2)", "#1:6: expected type 'int' but found 'list(int)'"},
    {"[1, 2, 3, 4].slice(1, 3)", "[2,3]"},
    {"[1, 2].slice(1, 3)", "!cannot slice(1, 3), list is length 2"},
    {"[1, 2, 1.0, 1].distinct()", "#1:8: expected type 'int' but found 'double'"},
    {"lists.range(3)", "[0,1,2]"},
    {"[1, 2, 3].reverse()", "[3,2,1]"},
    {"[1, 2].last().value()", "2"},
    {"[].first().hasValue()", "false"},
    {"sets.contains([1, 2, 3], [3, 1])", "true"},
    {"sets.equivalent([1, 1, 2], [2, 1])", "true"},
    {"sets.intersects([1], [2])", "false"},
    {"[1, 2, 2].isSorted()", "true"},
    {"['b', 'a'].isSorted()", "false"},
    {"[1.5, 2.5].sum()", "4"},
    {"[].sum() == 0", "true"},
    {"[duration(\"1m\"), duration(\"30s\")].sum() == duration(\"90s\")", "true"},
    {"[9223372036854775807, 1].sum()", "!integer overflow"},
    {"[2, 3, 1].max()", "3"},
    {"['b', 'a'].min()", "\"a\""},
    {"[1, 2, 1].lastIndexOf(1)", "2"},
    {"[1].indexOf(2)", "-1"},
    {"\"abc 123 def 456\".find(\"[0-9]+\")", "\"123\""},
    {"\"abc\".find(\"[0-9]+\")", "\"\""},
    {"\"123 abc 456\".findAll(\"[0-9]*\")", "[\"123\",\"\",\"\",\"\",\"\",\"456\"]"},
    {"\"a1b2c3\".findAll(\"[0-9]\", 2)", "[\"1\",\"2\"]"},
    {"\"a\".find(\"(\")", "#1:10: missing closing ): `(`"},
    {"quantity(\"1.5Gi\") == quantity(\"1610612736\")", "true"},
    {"quantity(\"50Mi\").isLessThan(quantity(\"0.05Gi\"))", "true"},
    {"quantity(\"1500m\").isGreaterThan(quantity(\"1.4\"))", "true"},
    {"quantity(\"1.5\").isInteger()", "false"},
    {"quantity(\"1000m\").isInteger()", "false"},
    {"quantity(\"2k\").asInteger()", "2000"},
    {"quantity(\"1.5Gi\").asInteger()", "!cannot convert value to integer"},
    {"quantity(\"100m\").asApproximateFloat()", "0.1"},
    {"quantity(\"0.1n\") == quantity(\"1n\")", "true"},
    {"quantity(\"-0.1n\") == quantity(\"-1n\")", "true"},
    {"quantity(\"8Ei\") == quantity(\"9223372036854775807\")", "true"},
    {"quantity(\"50k\").add(quantity(\"1.5\")).sub(2).compareTo(quantity(\"49999.5\"))", "0"},
    {"sign(quantity(\"-1m\"))", "-1"},
    {"isQuantity(\"20\")", "true"},
    {"isQuantity(\"1.2.3\")", "false"},
    {"isQuantity(\"1ki\")", "false"},
    {"isQuantity(\"1e3\") && isQuantity(\"1E-3\") && isQuantity(\"+.5Mi\")", "true"},
    {"quantity(\"five\")", "!quantities must match the regular expression "
                           "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
    {"quantity(\"5 Gi\")", "!quantities must match the regular expression "
                           "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
    {"quantity(\"5GB\")", "!quantities must match the regular expression "
                          "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"},
    {"url(\"https://user@Example.com:80/a%2Fb/é?x=1&y=+&x=%20#f\").getHost()",
     "\"Example.com:80\""},
    {"url(\"https://user@Example.com:80/a%2Fb/é?x=1&y=+&x=%20#f\").getHostname()",
     "\"Example.com\""},
    {"url(\"https://[2001:db8::1]:8443/\").getHostname()", "\"2001:db8::1\""},
    {"url(\"https://[2001:db8::1]:8443/\").getPort()", "\"8443\""},
    {"url(\"HTTPS://example.com\").getScheme()", "\"https\""},
    {"url(\"https://example.com/a%2Fb/é \\\"\").getEscapedPath()", "\"/a/b/%C3%A9%20%22\""},
    {"url(\"https://example.com/?x=1&y=+&x=%20&z\").getQuery()",
     "{\"x\":[\"1\",\" \"],\"y\":[\" \"],\"z\":[\"\"]}"},
    {"url(\"/path/only\").getEscapedPath()", "\"/path/only\""},
    {"isURL(\"https://example.com:port/\")", "false"},
    {"isURL(\"../relative\")", "false"},
    {"isURL(\"https://a b/\")", "false"},
    {"isURL(\"https://example.com/%zz\")", "false"},
    {"url(\"relative\")",
     "!URL parse error during conversion from string: invalid URI for request"},
    {"isIP(\"1.2.3.4\") && isIP(\"2001:db8::1\")", "true"},
    {"isIP(\"1.2.3.04\")", "false"},
    {"isIP(\"fe80::1%eth0\")", "false"},
    {"isIP(\"::ffff:1.2.3.4\")", "false"},
    {"isIP(\"1::2::3\")", "false"},
    {"ip.isCanonical(\"2001:DB8::68\")", "false"},
    {"string(ip(\"2001:DB8:0:0:1:0:0:1\"))", "\"2001:db8::1:0:0:1\""},
    {"ip(\"127.0.0.1\").isLoopback()", "true"},
    {"ip(\"169.254.169.254\").isLinkLocalUnicast()", "true"},
    {"ip(\"255.255.255.255\").isGlobalUnicast()", "false"},
    {"ip(\"::\").isUnspecified()", "true"},
    {"ip(\"ff02::1\").isLinkLocalMulticast()", "true"},
    {"ip(\"::1\").family()", "6"},
    {"cidr(\"10.0.0.0/8\").containsIP(\"10.1.2.3\")", "true"},
    {"cidr(\"10.0.0.0/8\").containsIP(ip(\"::1\"))", "false"},
    {"cidr(\"10.0.0.0/8\").containsCIDR(\"10.1.0.0/16\")", "true"},
    {"cidr(\"10.1.0.0/16\").containsCIDR(cidr(\"10.0.0.0/8\"))", "false"},
    {"string(cidr(\"192.168.3.9/20\").masked())", "\"192.168.0.0/20\""},
    {"cidr(\"2001:db8::/33\").prefixLength()", "33"},
    {"isCIDR(\"10.0.0.0/33\")", "false"},
    {"isCIDR(\"10.0.0.0/08\")", "false"},
    {"string(cidr(\"10.0.0.1/8\").ip())", "\"10.0.0.1\""},
    {"isSemver(\"1.2.3-rc.1+build.5\")", "true"},
    {"isSemver(\"v1.2\")", "false"},
    {"isSemver(\"v1.2\", true)", "true"},
    {"isSemver(\"1.02.3\")", "false"},
    {"semver(\"v01.2\", true).compareTo(semver(\"1.2.0\"))", "0"},
    {"semver(\"1.0.0-alpha.1\").isLessThan(semver(\"1.0.0-alpha.beta\"))", "true"},
    {"semver(\"1.0.0-rc.2\").isLessThan(semver(\"1.0.0-rc.11\"))", "true"},
    {"semver(\"1.0.0+a\") == semver(\"1.0.0+b\")", "true"},
    {"semver(\"1.0.0\").isGreaterThan(semver(\"1.0.0-rc.1\"))", "true"},
    {"semver(\"3.14.15\").minor()", "14"},
    {"semver(\"1.0\")", "!No Major.Minor.Patch elements found"},
    {"format.dns1123Label().validate(\"my-name\").hasValue()", "false"},
    {"format.dns1123Label().validate(\"my.name\").value().size()", "1"},
    {"format.dns1123Subdomain().validate(\"a.b-c.d1\").hasValue()", "false"},
    {"format.dns1123Subdomain().validate(\"a..b\").hasValue()", "true"},
    {"format.dns1035Label().validate(\"1a\").hasValue()", "true"},
    {"format.dns1123LabelPrefix().validate(\"my-\").hasValue()", "false"},
    {"format.qualifiedName().validate(\"example.com/My_Name.1\").hasValue()", "false"},
    {"format.qualifiedName().validate(\"example.com/\").value().size()", "2"},
    {"format.labelValue().validate(\"\").hasValue()", "false"},
    {"format.labelValue().validate(\"-a\").hasValue()", "true"},
    {"format.uri().validate(\"https://example.com\").hasValue()", "false"},
    {"format.uuid().validate(\"123e4567-e89b-12d3-a456-426614174000\").hasValue()", "false"},
    {"format.byte().validate(\"YQ==\").hasValue()", "false"},
    {"format.byte().validate(\"YQ=\").hasValue()", "true"},
    {"format.date().validate(\"2024-02-29\").hasValue()", "false"},
    {"format.date().validate(\"2023-02-29\").hasValue()", "true"},
    {"format.datetime().validate(\"2024-01-01T10:00:00.5+01:00\").hasValue()", "false"},
    {"format.datetime().validate(\"2024-01-01T24:00:00Z\").hasValue()", "true"},
    {"format.named(\"dns1123Label\").value() == format.dns1123Label()", "true"},
    {"format.named(\"nothing\").hasValue()", "false"},
    {"jsonpatch.escapeKey(\"a/b~c\")", "\"a~1b~0c\""},
    {"\"%d\".format([dyn(1.5)])",
     "!error during formatting: decimal clause can only be used on integers, was given double"},
    {"dyn(\"%s %s\").format([\"only one\"])", "!index 1 out of range"},
    {"\"%d\".format([1, 2])",
     "#1:6: too many arguments supplied to string.format (expected 1, got 2)"},
    {"\"%s\".format([[1, 'a']])", "\"[1, \\\"a\\\"]\""},
    {"['d', 'a', 'g', 'b', ''].sort()", "[\"\",\"a\",\"b\",\"d\",\"g\"]"},
    {"'d' > 'a' && 'a' < 'c' && b'd' > b'b' && !('d' <= 'b')", "true"},
    {"dyn([1, 2]).flatten()", "[1,2]"},
    {"url('http://a%ff/?x=%ff&%fe=1').getHost()", "\"a\xef\xbf\xbd\""},
    {"url('http://a/?x=%ff&%fe=1').getQuery()",
     "{\"x\":[\"\xef\xbf\xbd\"],\"\xef\xbf\xbd\":[\"1\"]}"},
    {"authorizer.group('apps').resource('deployments').namespace('a').check('create').allowed()",
     "false"},
    {"authorizer.path('/healthz').check('get').reason()",
     "\"no opinion: there is no cluster that could be asked\""},
    {"authorizer.serviceAccount('a', 'b').group('').resource('pods').subresource('exec')"
     ".name('x').fieldSelector('a=b').labelSelector('c=d').check('get').errored()",
     "false"},
    {"authorizer.requestResource.check('delete').error()", "\"\""},
    {"authorizer.serviceAccount('a', 'B')", "!Invalid service account name"},
    {"authorizer.serviceAccount('a.b', 'b.c')", "!Invalid service account namespace"},
    {"authorizer.path(' ')", "!path must not be empty"},
    {"authorizer.group('').resource('')", "!resource must not be empty"},
};

/* What the newest cel-go answers. */
static const struct row of_the_suite[] = {
    {"'tacocat'.indexOf('a', 30)", "!index out of range: 30"},
    {"'tacocat'.lastIndexOf('a', -1)", "!index out of range: -1"},
    {"'Ta©oCαt'.reverse()", "\"tαCo©aT\""},
    {"\"%s\".format([[\"abc\", 3.14, null, [9], duration(\"90m\"), b\"x\"]])",
     "\"[abc, 3.14, null, [9], 5400s, x]\""},
    {"\"%s\".format([{\"b\": 1, \"a\": true, \"c\": double(\"NaN\")}])",
     "\"{a: true, b: 1, c: NaN}\""},
    {"\"%s %s\".format([1234567.0, 0.00001])", "\"1234567 0.00001\""},
    {"\"%.2f\".format([1234567.891])", "\"1234567.89\""},
    {"\"%e %.1e\".format([1052.03, 2])", "\"1.052030e+03 2.0e+00\""},
    {"\"%d %d\".format([1.5, double(\"-Infinity\")])", "\"1.5 -Infinity\""},
    {"\"%.3f\".format([123.4999])", "\"123.500\""},
    {"\"%.f\".format([2.5])", "!could not parse formatting clause: error while parsing precision: "
                              "error while converting precision to integer"},
    {"\"%.101f\".format([2.5])",
     "!could not parse formatting clause: error while parsing precision: the precision exceeds the "
     "maximum allowed precision 100"},
    {"\"%.1\".format([2.5])", "!could not parse formatting clause: error while parsing precision: "
                              "could not find end of precision specifier"},
    {"\"%b\".format([\"a\"])", "!error during formatting: only integers and bools can be formatted "
                               "as binary, was given string"},
    {"math.greatest(1, 2.5, 3u)", "3"},
    {"math.greatest([1, 2.0, 3u])", "3"},
    {"math.least(5.4, 10, 3u, -5.0)", "-5"},
    {"math.least(dyn('a'), 1)", "!no such overload"},
    {"math.greatest([])", "#1:15: math.greatest() invalid single argument value"},
    {"math.abs(-9223372036854775807 - 1)", "!integer overflow"},
    {"math.abs(-1.5)", "1.5"},
    {"math.ceil(1.2) == 2.0 && math.floor(-1.2) == -2.0 && math.round(-1.5) == -2.0 && "
     "math.trunc(-1.9) == -1.0",
     "true"},
    {"math.sign(-3) == -1 && math.sign(0u) == 0u && math.sign(2.5) == 1.0", "true"},
    {"math.isNaN(0.0 / 0.0) && math.isInf(-1.0 / 0.0) && math.isFinite(1.0)", "true"},
    {"math.sqrt(81) == 9.0", "true"},
    {"math.bitAnd(6, 3) == 2 && math.bitOr(4u, 1u) == 5u && math.bitXor(1, 3) == 2 && "
     "math.bitNot(1) == -2",
     "true"},
    {"math.bitShiftRight(-1024, 3)", "2305843009213693824"},
    {"math.bitShiftLeft(1u, 200)", "0"},
    {"math.bitShiftLeft(1, -1)", "!math.bitShiftLeft() negative offset: -1"},
    {"base64.encode(b'hello')", "\"aGVsbG8=\""},
    {"string(base64.decode('aGVsbG8'))", "\"hello\""},
    {"base64.decode('aGVsbG8==')", "!illegal base64 data"},
    {"base64.decode('a')", "!illegal base64 data"},
    {"string(ip('::ffff:c0a8:1'))", "\"192.168.0.1\""},
    {"ip('::ffff:192.168.0.1')",
     "!IP Address '::ffff:192.168.0.1' IPv4-mapped IPv6 address is not allowed"},
    {"ip('fe80::1%en0')", "!IP Address 'fe80::1%en0' with zone value is not allowed"},
    {"ip('192.168.0.1.0')",
     "!IP Address '192.168.0.1.0' parse error during conversion from string"},
    {"cidr('192.168.0.0/')", "!CIDR '192.168.0.0/' parse error during conversion from string"},
    {"cidr('::ffff:192.168.0.1/24')",
     "!CIDR '::ffff:192.168.0.1/24' IPv4-mapped IPv6 address is not allowed"},
    {"ip.isCanonical('2001:DB8::68')", "false"},
    {"type(ip('192.168.0.1')) == net.IP", "true"},
    {"[1, 2, 1.0, 1].distinct()", "[1,2]"},
    {"sets.contains([], [])", "true"},
    {"quantity(\"1\")", "#1:1: undeclared reference to 'quantity'"},
};

static void test_kubernetes(void **state)
{
    (void)state;
    check(BW_CEL_KUBERNETES_1_34, of_kubernetes, BW_ARRAY_LEN(of_kubernetes));
}

static void test_the_suites_dialect(void **state)
{
    (void)state;
    check(BW_CEL_SPEC, of_the_suite, BW_ARRAY_LEN(of_the_suite));
}

/* What nobody knows decides where nothing that is known does. */
static void test_what_is_not_known_stays_so(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"sets.contains(half, [{'a': 1}])", "?not said"},
        {"sets.contains(half, [{'a': 1}, {'b': 1}])", "false"},
        {"sets.intersects(half + [{'a': 1}], [{'a': 1}])", "true"},
        {"sets.equivalent(half, [{'a': 1}])", "?not said"},
        {"half.indexOf({'a': 1})", "?not said"},
        {"half.indexOf({'b': 1})", "-1"},
        {"(half + [{'a': 1}]).distinct()", "?not said"},
    };
    check(BW_CEL_KUBERNETES_1_34, rows, BW_ARRAY_LEN(rows));
}

/* What would take long or much is stopped by the budget. */
static void test_everything_is_paid_for(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"lists.range(2000000)", "!actual cost limit exceeded"},
        {"lists.range(1000).map(i, 'abcdefghij').join('-').replace('', "
         "lists.range(1000).map(i, 'abcdefghij').join('-'))",
         "!actual cost limit exceeded"},
        {"lists.range(2000).distinct().size()", "!actual cost limit exceeded"},
        {"lists.range(100).map(i, lists.range(1000).map(k, k < 999 ? k : i)).distinct().size()",
         "!actual cost limit exceeded"},
        {"sets.contains(lists.range(2000), lists.range(2000))", "!actual cost limit exceeded"},
        {"lists.range(20000).map(i, 'a').join().findAll('a*?b|a').size()",
         "!actual cost limit exceeded"},
        {"'%s'.format([lists.range(500000)])", "!actual cost limit exceeded"},
    };
    check(BW_CEL_KUBERNETES_1_34, rows, BW_ARRAY_LEN(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kubernetes),
        cmocka_unit_test(test_the_suites_dialect),
        cmocka_unit_test(test_what_is_not_known_stays_so),
        cmocka_unit_test(test_everything_is_paid_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
