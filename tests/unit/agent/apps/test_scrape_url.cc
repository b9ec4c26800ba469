#include "agent/apps/scrape_url.h"

#include <cstring>

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

bool is_parsed(std::string_view url, const char* host, std::uint16_t port, const char* path,
               const char* written) {
    UrlParts parts;
    ScrapeUrl whole;
    if (!parse_scrape_url(url, parts)) return false;
    write_scrape_url(parts, whole);
    return parts.host == host && parts.port == port && parts.path == path &&
           whole.view() == written;
}

void urls_of_addresses_are_taken_apart_and_written(void**) {
    assert_true(is_parsed("http://10.0.0.1:9100/metrics", "10.0.0.1", 9100, "/metrics",
                          "http://10.0.0.1:9100/metrics"));
    assert_true(is_parsed("http://localhost/m?a=b%20c", "localhost", 80, "/m?a=b%20c",
                          "http://localhost:80/m?a=b%20c"));
    assert_true(
        is_parsed("http://[fd00::1]:80/x:y", "fd00::1", 80, "/x:y", "http://[fd00::1]:80/x:y"));
    assert_true(is_parsed("http://[::1]", "::1", 80, "/", "http://[::1]:80/"));
    assert_true(is_parsed("http://1.2.3.4:65535", "1.2.3.4", 65535, "/", "http://1.2.3.4:65535/"));
}

void other_urls_are_refused_and_nothing_changed(void**) {
    UrlParts parts;
    parts.port = 7;
    for (const char* url : {"",
                            "http://",
                            "http:///m",
                            "https://1.2.3.4/",
                            "1.2.3.4:80",
                            "http://example.com/",
                            "http://user@1.2.3.4/",
                            "http://1.2.3/",
                            "http://1.2.3.4:/",
                            "http://1.2.3.4:0/",
                            "http://1.2.3.4:65536/",
                            "http://1.2.3.4:8o/",
                            "http://1.2.3.4:+1/",
                            "http://[::1/",
                            "http://::1/",
                            "http://[1.2.3.4]/",
                            "http://[::1]x/",
                            "http://[fe80::1%eth0]/",
                            "http://1.2.3.4/a b",
                            "http://1.2.3.4/a\r\nX: y",
                            "http://1.2.3.4/\x7f",
                            "http://1.2.3.4/\xc3\xa4",
                            "http://1.2.3.4/#x",
                            "http://1.2.3.4?x",
                            "HTTP://1.2.3.4/"}) {
        assert_false(parse_scrape_url(url, parts));
        assert_int_equal(parts.port, 7);
    }
    assert_false(parse_scrape_url(std::string_view("http://1.2.3.4\0x/", 17), parts));
    assert_false(parse_scrape_url(std::string_view("http://1.2.3.4/\0", 16), parts));
}

void a_path_has_its_limit(void**) {
    static char url[limits::fetch_path_bytes + 32];
    constexpr std::string_view start = "http://1.2.3.4/";
    std::memset(url, 'p', sizeof url);
    start.copy(url, start.size());
    UrlParts parts;
    assert_true(parse_scrape_url({url, 14 + limits::fetch_path_bytes - 1}, parts));
    assert_false(parse_scrape_url({url, 14 + limits::fetch_path_bytes}, parts));
}

void every_prefix_is_parsed_or_refused(void**) {
    const std::string_view url = "http://[fd00::1]:9100/metrics?x=1";
    UrlParts parts;
    std::size_t parsed_count = 0;
    for (std::size_t size = 0; size <= url.size(); ++size)
        parsed_count += parse_scrape_url(url.substr(0, size), parts) ? 1U : 0U;
    assert_int_equal(parsed_count, 1 + 4 + 12);  // the address, its port's digits, its path
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(urls_of_addresses_are_taken_apart_and_written),
        cmocka_unit_test(other_urls_are_refused_and_nothing_changed),
        cmocka_unit_test(a_path_has_its_limit),
        cmocka_unit_test(every_prefix_is_parsed_or_refused),
    };
    return cmocka_run_group_tests_name("scrape_url", tests, nullptr, nullptr);
}
