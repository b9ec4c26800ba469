#include "agent/apps/prometheus_text.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

PrometheusParser parser;

// Everything that was said: "name{key=value,…}=value\n" for each sample.
char said[65536];
std::size_t said_bytes;

void say(void*, const PrometheusSample& sample) {
    std::string line(sample.name);
    line += '{';
    std::string_view tags = sample.tags;
    for (bool is_key = true; !tags.empty(); is_key = !is_key) {
        const std::size_t end = tags.find('\0');
        line += tags.substr(0, end);
        line += is_key ? '=' : ',';
        tags.remove_prefix(end + 1);
    }
    char value[64];
    snprintf(value, sizeof value, "}=%.17g\n", sample.value);
    line += value;
    if (line.size() >= sizeof said - said_bytes) return;
    std::memcpy(said + said_bytes, line.c_str(), line.size() + 1);
    said_bytes += line.size();
}

const char* parse(std::string_view text, bool is_openmetrics = false, std::string_view url = {}) {
    said_bytes = 0;
    said[0] = '\0';
    parser.begin(text, url, is_openmetrics);
    while (parser.step(1, {say, nullptr})) {
    }
    return said;
}

const char* parse_bound(const char* bound) {
    char text[128];
    snprintf(text, sizeof text, "# TYPE h histogram\nh_bucket{le=\"%s\"} 1\n", bound);
    return parse(text);
}

// Texts that tests build: static, because a failed test leaves by longjmp.
std::string built;
std::string whole;

void each_type_gets_its_name(void**) {
    assert_string_equal(parse("# HELP g What it \\n is.\n# TYPE g gauge\ng 1.5\n"
                              "# TYPE c_total counter\nc_total 7 1395066363000\n"
                              "# TYPE u untyped\nu -1e-3\n"
                              "n 3\n"),
                        "g.gauge{}=1.5\nc_total.counter{}=7\nu.value{}=-0.001\nn.value{}=3\n");
    assert_int_equal(parser.counts().samples, 4);
    assert_int_equal(parser.counts().malformed, 0);
}

void summary_and_histogram_have_their_bound_in_the_name(void**) {
    assert_string_equal(
        parse("# TYPE s summary\n"
              "s{quantile=\"0.5\",a=\"b\"} 1\ns{quantile=\"0.990\"} NaN\ns_sum 10\ns_count 4\n"
              "# TYPE h histogram\n"
              "h_bucket{le=\"0.05\"} 1\nh_bucket{a=\"b\",le=\"1.0\",c=\"d\"} 2\n"
              "h_bucket{le=\"+Inf\"} 3\nh_sum 5.5\nh_count 3\n"),
        "s.0.5{a=b,}=1\ns.0.99{}=nan\ns.sum{}=10\ns.count{}=4\n"
        "h.0.05{}=1\nh.1{a=b,c=d,}=2\nh.+Inf{}=3\nh.sum{}=5.5\nh.count{}=3\n");
}

void bounds_are_written_as_the_old_system_did(void**) {
    assert_string_equal(parse_bound("1e3"), "h.1000{}=1\n");
    assert_string_equal(parse_bound("0.0001"), "h.0.0001{}=1\n");
    assert_string_equal(parse_bound("0.00001"), "h.1e-05{}=1\n");
    assert_string_equal(parse_bound("1e20"), "h.100000000000000000000{}=1\n");
    assert_string_equal(parse_bound("1e21"), "h.1e+21{}=1\n");
    assert_string_equal(parse_bound("-inf"), "h.-Inf{}=1\n");
    assert_string_equal(parse_bound("1.7976931348623157e308"), "h.1.7976931348623157e+308{}=1\n");
    assert_string_equal(parse_bound("-2.2250738585072014e-308"),
                        "h.-2.2250738585072014e-308{}=1\n");
    assert_string_equal(parse_bound("0.30000000000000004"), "h.0.30000000000000004{}=1\n");
    assert_string_equal(parse_bound("x"), "");
    assert_int_equal(parser.counts().malformed, 1);
    assert_string_equal(parse("# TYPE h histogram\nh_bucket 1\n# TYPE s summary\ns 1\n"), "");
    assert_int_equal(parser.counts().malformed, 2);
}

void openmetrics_has_the_same_names_and_skips_exemplars_and_times_of_making(void**) {
    assert_string_equal(
        parse("# TYPE c counter\n# UNIT c seconds\n# HELP c Some \\\"help\\\".\n"
              "c_total{a=\"1\"} 17.0 1520879607.789 # {trace_id=\"K }{\"} 0.5 1520879607.7\n"
              "c_created{a=\"1\"} 1520430000.123\n"
              "# TYPE h histogram\nh_bucket{le=\"1.0\"} 0 # {} 0.7\nh_count 0\nh_sum 0\n"
              "h_created 5\n"
              "# TYPE i info\ni_info{version=\"1\"} 1\n"
              "# TYPE e stateset\ne{e=\"a\"} 1\n"
              "# TYPE q gaugehistogram\nq_bucket{le=\"2\"} 1\nq_gcount 1\nq_gsum 2\n"
              "# TYPE k unknown\nk 1\n"
              "# EOF\nafter 1\n",
              true),
        "c_total.counter{a=1,}=17\nh.1{}=0\nh.count{}=0\nh.sum{}=0\n"
        "i_info.gauge{version=1,}=1\ne.gauge{e=a,}=1\nq.2{}=1\nq.count{}=1\nq.sum{}=2\n"
        "k.value{}=1\n");
    assert_int_equal(parser.counts().skipped, 2);
    assert_int_equal(parser.counts().malformed, 0);
    assert_string_equal(parse("x 1\n# EOF\ny 2\n", false), "x.value{}=1\ny.value{}=2\n");
}

void openmetrics_without_its_end_was_cut_off(void**) {
    assert_string_equal(parse("x 1\n", true), "x.value{}=1\n");
    assert_int_equal(parser.counts().malformed, 1);
    assert_false(parser.step(1, {say, nullptr}));
    assert_int_equal(parser.counts().malformed, 1);
}

void labels_are_unescaped_and_sorted_and_url_is_ours(void**) {
    assert_string_equal(
        parse("x{z=\"a\\\\b\\\"c\\nd\\q\",a=\"}\",empty=\"\",url=\"forged\" , } 1\n", false,
              "http://h/m"),
        "x.value{a=},url=http://h/m,z=a\\b\"c\nd\\q,}=1\n");
    assert_string_equal(parse("x{}1\nx {a=\"b\"} 2\n \tx\t{ a = \"b\" }\t3\t4\r\n", false, "u"),
                        "x.value{url=u,}=1\nx.value{a=b,url=u,}=2\nx.value{a=b,url=u,}=3\n");
    assert_string_equal(parse("x{url=\"mine\"} 1\n"), "x.value{url=mine,}=1\n");
    assert_string_equal(parse("x{u=\"\xff\"} 1\n"), "x.value{u=\xff,}=1\n");
}

void numbers_are_read_in_all_their_forms(void**) {
    assert_string_equal(parse("a +1\na -0\na .5\na 1E+2\na Inf\na +inf\na -Infinity\na nan\n"
                              "a 18446744073709551616\n"),
                        "a.value{}=1\na.value{}=-0\na.value{}=0.5\na.value{}=100\na.value{}=inf\n"
                        "a.value{}=inf\na.value{}=-inf\na.value{}=nan\n"
                        "a.value{}=1.8446744073709552e+19\n");
    double value = 5;
    for (const char* bad :
         {"", "+", "-", "+-1", "1 ", "1x", "0x10", "1e999", "nan(1)", "1_000", "--1"})
        assert_false(parse_prometheus_number(bad, value));
    assert_true(value == 5);
}

void malformed_lines_are_counted_and_the_rest_is_kept(void**) {
    const std::string_view bad[] = {"x\n",
                                    "x \n",
                                    "x{\n",
                                    "x{a\n",
                                    "x{a=\n",
                                    "x{a=\"\n",
                                    "x{a=\"b\n",
                                    "x{a=\"b\\\"} 1\n",
                                    "x{a=\"b\"\n",
                                    "x{a=\"b\"}\n",
                                    "x{a=\"b\"} y\n",
                                    "x{a=b} 1\n",
                                    "x{a=\"b\"c=\"d\"} 1\n",
                                    "x{a=\"b\",,} 1\n",
                                    "x{,} 1\n",
                                    "x{1a=\"b\"} 1\n",
                                    "x{a:b=\"c\"} 1\n",
                                    "1x 1\n",
                                    "{} 1\n",
                                    "{\"x.y\"} 1\n",
                                    "x-y 1\n",
                                    "x 1 2 3\n",
                                    "x 1 y\n",
                                    "x 1 # \n# TYPE y thing\n",
                                    "x{a=\"1\",a=\"2\"} 1\n",
                                    "x{a=\"1\",a=\"\"} 1\n",
                                    "# TYPE\n",
                                    "# TYPE x\n",
                                    "# TYPE 1x gauge\n",
                                    "# TYPE x gauge y\n",
                                    "<html>\n",
                                    "\"\n",
                                    "x1\xff 1\n"};
    for (const std::string_view line : bad) {
        built = "before 1\n";
        built.append(line).append("after 2\n");
        parse(built);
        assert_int_equal(parser.counts().malformed, 1);
        assert_non_null(strstr(said, "before.value{}=1\n"));
        assert_non_null(strstr(said, "after.value{}=2\n"));
    }
    static constexpr char with_nul[] = "x{a=\"b\0c\"} 1\nx{a=\"\\\0\"} 1\nx 1\0\ny 1\n";
    assert_string_equal(parse({with_nul, sizeof with_nul - 1}), "y.value{}=1\n");
    assert_int_equal(parser.counts().malformed, 3);
}

void a_bad_type_line_does_not_leave_the_family_before_it(void**) {
    assert_string_equal(parse("# TYPE x gauge\n# TYPE x thing\nx 1\n"), "x.value{}=1\n");
}

void a_sample_of_another_family_has_no_type(void**) {
    assert_string_equal(parse("# TYPE x histogram\nxy 1\nx 2\ny_bucket{le=\"1\"} 3\n"
                              "# TYPE x gauge\nx_sum 1\n# TYPE x counter\nx_bucket 2\n"),
                        "xy.value{}=1\nx.value{}=2\ny_bucket.value{le=1,}=3\nx_sum.value{}=1\n"
                        "x_bucket.value{}=2\n");
}

void what_is_too_large_is_counted_and_the_rest_is_kept(void**) {
    const std::size_t name_bytes_max = limits::app_name_bytes_max - strlen(".value");
    const std::size_t text_bytes_max = limits::app_tag_bytes_max - strlen("a") - 2;
    built.assign(name_bytes_max, 'n').append(" 1\n");
    whole.assign(name_bytes_max, 'n').append(".value{}=1\n");
    assert_string_equal(parse(built), whole.c_str());
    built.assign("x{a=\"").append(2 * text_bytes_max, '\\').append("\"} 1\n");
    whole.assign("x.value{a=").append(text_bytes_max, '\\').append(",}=1\n");
    assert_string_equal(parse(built), whole.c_str());
    built.assign(name_bytes_max + 1, 'n').append(" 1\n");
    built.append("x{a=\"").append(text_bytes_max + 1, 'v').append("\"} 1\n");
    built.append("x{a=\"").append(2 * limits::app_tag_bytes_max, '\\').append("\\n\"} 1\n");
    built.append("x ").append(limits::prometheus_line_bytes_max, ' ').append("1\n");
    built.append("x{");
    for (std::size_t i = 0; i <= limits::prometheus_label_count_max; ++i)
        built.append("l").append(std::to_string(i)).append("=\"\",");
    built.append("} 1\n# HELP x ").append(limits::prometheus_line_bytes_max, 'h').append("\ny 2\n");
    assert_string_equal(parse(built), "y.value{}=2\n");
    assert_int_equal(parser.counts().oversized, 5);
    assert_int_equal(parser.counts().malformed, 0);
}

void every_prefix_gives_whole_lines_only(void**) {
    const std::string_view text =
        "# HELP c h\n# TYPE c_total counter\nc_total{a=\"b\\n\",c=\"d\"} 123 456\n"
        "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 789\nh_sum 1e3\n\nplain -5\n# EOF\n";
    whole = parse(text, true, "u");
    for (std::size_t size = 0; size < text.size(); ++size) {
        // An exact copy, so that a sanitizer sees any look past its end.
        char* const copy = static_cast<char*>(malloc(size + 1));
        std::memcpy(copy, text.data(), size);
        parse({copy, size}, true, "u");
        free(copy);
        assert_true(whole.starts_with(said));
        const auto line_count =
            std::count(text.begin(), text.begin() + static_cast<long>(size), '\n');
        const int sample_count =
            (line_count >= 3) + (line_count >= 5) + (line_count >= 6) + (line_count >= 8);
        assert_int_equal(parser.counts().samples, sample_count);
        assert_true(parser.counts().malformed >= 1);
    }
}

void steps_of_any_size_give_the_same(void**) {
    const std::string_view text = "# TYPE x gauge\nx 1\nx{a=\"b\"} 2\ny 3\nbad\nz 4";
    whole = parse(text);
    for (std::size_t size = 1; size < text.size() + 2; ++size) {
        said_bytes = 0;
        parser.begin(text, {}, false);
        std::size_t step_count = 1;
        while (parser.step(size, {say, nullptr}))
            ++step_count;
        assert_string_equal(said, whole.c_str());
        assert_int_equal(parser.counts().malformed, 2);
        if (size > text.size()) assert_int_equal(step_count, 1);
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(each_type_gets_its_name),
        cmocka_unit_test(summary_and_histogram_have_their_bound_in_the_name),
        cmocka_unit_test(bounds_are_written_as_the_old_system_did),
        cmocka_unit_test(openmetrics_has_the_same_names_and_skips_exemplars_and_times_of_making),
        cmocka_unit_test(openmetrics_without_its_end_was_cut_off),
        cmocka_unit_test(labels_are_unescaped_and_sorted_and_url_is_ours),
        cmocka_unit_test(numbers_are_read_in_all_their_forms),
        cmocka_unit_test(malformed_lines_are_counted_and_the_rest_is_kept),
        cmocka_unit_test(a_bad_type_line_does_not_leave_the_family_before_it),
        cmocka_unit_test(a_sample_of_another_family_has_no_type),
        cmocka_unit_test(what_is_too_large_is_counted_and_the_rest_is_kept),
        cmocka_unit_test(every_prefix_gives_whole_lines_only),
        cmocka_unit_test(steps_of_any_size_give_the_same),
    };
    return cmocka_run_group_tests_name("prometheus_text", tests, nullptr, nullptr);
}
