#include "agent/apps/statsd_packet.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "platform/limits.h"
#include "tests/support/cmocka.h"

namespace {

using namespace nma;

// What a packet said, as a text: "name{key=value}:value|type@rate<container" for each sample, and
// "malformed", "event" and "check", with blanks between.
struct Said {
    char text[1 << 16];
    std::size_t size;
    unsigned samples;
};
Said said;

void say(std::string_view text) {
    assert_true(text.size() < sizeof said.text - said.size);
    memcpy(said.text + said.size, text.data(), text.size());
    said.size += text.size();
    said.text[said.size] = '\0';
}

void say_next(std::string_view text) {
    if (said.size > 0) say(" ");
    say(text);
}

void say_number(double number) {
    char text[64];
    std::snprintf(text, sizeof text, "%.10g", number);
    say(text);
}

std::string_view take_text(std::string_view& tags) {
    const std::string_view text = tags.substr(0, tags.find('\0'));
    tags.remove_prefix(text.size() + 1);
    return text;
}

void on_sample(void*, const StatsdSample& sample, std::string_view container) {
    static const char* const types[] = {"|g", "|c", "|ms", "|h", "|d", "|s"};
    ++said.samples;
    say_next(sample.name);
    std::string_view tags = sample.tags;
    while (!tags.empty()) {
        say("{");
        say(take_text(tags));
        say("=");
        say(take_text(tags));
        say("}");
    }
    say(sample.is_delta ? ":~" : ":");
    if (sample.type == StatsdType::set) {
        say(sample.text);
    } else {
        say_number(sample.value);
    }
    say(types[static_cast<int>(sample.type)]);
    if (sample.rate != 1) {
        say("@");
        say_number(sample.rate);
    }
    if (container.empty()) return;
    say("<");
    say(container);
}

void on_malformed(void*, std::string_view) {
    say_next("malformed");
}

void on_skipped(void*, StatsdSkipped kind) {
    say_next(kind == StatsdSkipped::event ? "event" : "check");
}

// A copy of the very size of the packet, so that the sanitizer sees a look past its end.
const char* parsed(std::string_view packet) {
    said.size = 0;
    said.samples = 0;
    said.text[0] = '\0';
    char* copy = static_cast<char*>(malloc(packet.size()));
    if (!packet.empty()) memcpy(copy, packet.data(), packet.size());
    const StatsdEvents events = {nullptr, on_sample, on_malformed, on_skipped};
    parse_statsd_packet({copy, packet.size()}, events);
    free(copy);
    return said.text;
}

struct Row {
    const char* packet;
    const char* said;
};

constexpr Row dialects[] = {
    // etsy
    {"gorets:1|c", "gorets:1|c"},
    {"gorets:1|c|@0.1", "gorets:1|c@0.1"},
    {"glork:320|ms|@0.1", "glork:320|ms@0.1"},
    {"gaugor:333|g", "gaugor:333|g"},
    {"gaugor:-10|g", "gaugor:~-10|g"},
    {"gaugor:+4|g", "gaugor:~4|g"},
    {"uniques:765|s", "uniques:765|s"},
    {"x:3.75|h", "x:3.75|h"},
    {"x:-1|c", "x:-1|c"},
    {"x:+1|c", "x:1|c"},
    {"x:-1.5|ms", "x:-1.5|ms"},
    {"x:1e3|ms", "x:1000|ms"},
    {"x:1|c|@1", "x:1|c"},
    {"x:NaN|g", "x:nan|g"},
    {"x:nan|g", "x:nan|g"},
    {"a:1|c\nb:2|c\n", "a:1|c b:2|c"},
    {"a:1|c\r\nb:2|c\r\n", "a:1|c b:2|c"},
    {"a:1|c\n\n\nb:2|c", "a:1|c b:2|c"},
    {"  a:1|c \t\nb:2|c  ", "a:1|c b:2|c"},
    {"a:1|c:2|c", "a:1|c a:2|c"},
    {"a:1|c:2|g:3|ms", "a:1|c a:2|g a:3|ms"},
    {"a:1|c|@0.5:2|c:3|ms|@0.25", "a:1|c@0.5 a:2|c a:3|ms@0.25"},
    // names
    {"a b/c-d_e.f(g)=h:1|c", "a b/c-d_e.f(g)=h:1|c"},
    {"gr\xc3\xb6\xc3\x9f:1|c", "gr\xc3\xb6\xc3\x9f:1|c"},
    {"\xff\xfe:1|c", "\xff\xfe:1|c"},
    {"_e:1|c", "_e:1|c"},
    {"_sc:1|c", "_sc:1|c"},
    {"_e{1}:1|c", "event"},
    // DogStatsD 1.0
    {"song.length:240|h|@0.5", "song.length:240|h@0.5"},
    {"x:1|d", "x:1|d"},
    {"users.online:1|c|#country:china", "users.online{country=china}:1|c"},
    {"users.online:1|c|@0.5|#country:china", "users.online{country=china}:1|c@0.5"},
    {"x:1|c|#country:china|@0.5", "x{country=china}:1|c@0.5"},
    {"x:1|c|#b:2,a:1", "x{a=1}{b=2}:1|c"},
    {"x:1|c|#lonely", "x{lonely=}:1|c"},
    {"x:1|c|#url:http://a:80/b?c=d", "x{url=http://a:80/b?c=d}:1|c"},
    {"x:1|c|#a:1,a:2", "x{a=2}:1|c"},
    {"x:1|c|#a:1|#b:2", "x{a=1}{b=2}:1|c"},
    {"x:1|c|#", "x:1|c"},
    {"x:1|c|#,,a:1,", "x{a=1}:1|c"},
    {"x:1|c|#:v,a:1", "x{a=1}:1|c"},
    {"x:1|c|#a:", "x{a=}:1|c"},
    {"_e{5,4}:title|text|d:1|#a:b", "event"},
    {"_sc|redis|2|#env:dev|m:down", "check"},
    {"_e{", "event"},
    {"_sc|", "check"},
    // 1.1
    {"x:1:2:3|ms", "x:1|ms x:2|ms x:3|ms"},
    {"x:1.5:20:30|h|@0.5|#a:b", "x{a=b}:1.5|h@0.5 x{a=b}:20|h@0.5 x{a=b}:30|h@0.5"},
    {"x:+1:-2|g", "x:~1|g x:~-2|g"},
    {"x:1:NaN|g", "x:1|g x:nan|g"},
    // A set's member may be an address.
    {"x:2001:db8::1|s", "x:2001:db8::1|s"},
    {"x:a|s:b:c|s", "x:a|s x:b:c|s"},
    // 1.2 and 1.3
    {"x:1|c|c:abc", "x:1|c<abc"},
    {"x:1|c|#a:b|c:ci-abc", "x{a=b}:1|c<ci-abc"},
    {"x:1|c|c:in-4242", "x:1|c<in-4242"},
    {"x:1|c|c:", "x:1|c"},
    {"x:1|c|T1656581400", "x:1|c"},
    {"x:1|g|T1656581400|#a:b|c:abc", "x{a=b}:1|g<abc"},
    // later ones, and unknown ones
    {"x:1|c|e:it-false,cn-nginx,pu-75a2", "x:1|c"},
    {"x:1|c|card:low|#a:b", "x{a=b}:1|c"},
    {"x:1|c|whatever:1|", "x:1|c"},
    {"x:1|c||", "x:1|c"},
    {"x:1|c|c", "x:1|c"},
    // Tags and container are the line's.
    {"x:1|c:2|c|#a:b|c:i", "x{a=b}:1|c<i x{a=b}:2|c<i"},
    // Influx
    {"x,k=v,k2=v2:1|c", "x{k=v}{k2=v2}:1|c"},
    {"x,b=2,a=1:1:2|ms", "x{a=1}{b=2}:1|ms x{a=1}{b=2}:2|ms"},
    {"x,k=a=b:1|c", "x{k=a=b}:1|c"},
    {"x,k=v:1|c|#k:w,l:m", "x{k=w}{l=m}:1|c"},
    {"x,flag:1|c", "x{flag=}:1|c"},
    {"x,:1|c", "x:1|c"},
    // nothing
    {"", ""},
    {"\n", ""},
    {"\r\n \n", ""},
};

void every_dialect_is_understood(void**) {
    for (const Row& row : dialects)
        assert_string_equal(parsed(row.packet), row.said);
}

constexpr const char* bad_lines[] = {
    "a",
    ":",
    "|",
    "a:",
    "a:1",
    "a:1|",
    "a:1||",
    ":1|c",
    ",k=v:1|c",
    "a|b:1|c",
    "a:|c",
    "a:|s",
    "a:1|x",
    "a:1|C",
    "a:1|cc",
    "a:1|m",
    "a:1|mss",
    "a:x|c",
    "a:1 |c",
    "a: 1|c",
    "a:1|c |@0.1",
    "a:0x1|c",
    "a:1,5|c",
    "a:inf|g",
    "a:-inf|g",
    "a:+NaN|g",
    "a:-NaN|g",
    "a:NaN|c",
    "a:NaN|ms",
    "a:1e999|g",
    "a:--1|g",
    "a:+-1|g",
    "a:1|c|@",
    "a:1|c|@0",
    "a:1|c|@0.0",
    "a:1|c|@1.0001",
    "a:1|c|@2",
    "a:1|c|@-0.1",
    "a:1|c|@1e-10",
    "a:1|c|@x",
    "a:1|c|@0.1x",
    "a:1|c|@NaN",
    "a:1|c|T",
    "a:1|c|Tnow",
    "a:1|c|T-1",
    "a:1|c|T12:2|c",
    "a::1|c",
    "a:1:|c",
    "a:1::2|c",
    "a:1:x|c",
    "a:1|c:",
    "a:1|c:2",
    "a:1|c:2|",
    "a:1|c:x|c",
    "a:1|c:2|c:3",
    "a\tb:1|c",
    "a\x01:1|c",
    "a\x7f:1|c",
    "a:1|c|#k:\x1b[31m",
    "a:\x02|s",
    "a\rb:1|c",
    "{\"a\": 1}",
    "GET / HTTP/1.1",
    "\xef\xbb\xbf",
};

void a_malformed_line_is_told_as_one_and_nothing_of_it_counts(void**) {
    for (const char* line : bad_lines)
        assert_string_equal(parsed(line), "malformed");
    assert_string_equal(parsed({"a\0:1|c", 6}), "malformed");
    assert_string_equal(parsed({"a:1|c\0", 6}), "malformed");
}

void the_rest_of_a_packet_counts_whatever_stands_in_it(void**) {
    for (const char* line : bad_lines) {
        char packet[128];
        std::snprintf(packet, sizeof packet, "x:1|c\n%s\ny:2|c\n", line);
        assert_string_equal(parsed(packet), "x:1|c malformed y:2|c");
    }
}

void parse_every_prefix(std::string_view packet) {
    for (std::size_t size = 0; size <= packet.size(); ++size)
        parsed(packet.substr(0, size));
}

void every_prefix_of_a_packet_is_parsed_without_a_look_past_it(void**) {
    for (const Row& row : dialects)
        parse_every_prefix(row.packet);
    for (const char* line : bad_lines)
        parse_every_prefix(line);
}

// The control character is at each place of the words in which it is looked for, and bytes with the
// highest bit are none.
void a_control_character_is_found_wherever_it_stands(void**) {
    char line[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa:1|c";
    for (std::size_t i = 0; i < 26; ++i) {
        for (const char c : {'\x01', '\x1f', '\x7f', '\t'}) {
            line[i] = c;
            const bool is_trimmed = c == '\t' && i == 0;
            assert_string_equal(parsed(line), is_trimmed ? line + 1 : "malformed");
        }
        for (const char c : {'\x80', '\xff', '\x20', '\x7e', '\x9f'}) {
            line[i] = c;
            if (i > 0) assert_string_equal(parsed(line), line);
        }
        line[i] = 'a';
    }
}

void write(char* to, std::string_view text) {
    memcpy(to, text.data(), text.size());
}

void a_name_may_have_255_bytes(void**) {
    char packet[300];
    memset(packet, 'n', sizeof packet);
    write(packet + 255, ":1|c");
    parsed({packet, 259});
    assert_int_equal(said.samples, 1);
    memset(packet, 'n', sizeof packet);
    write(packet + 256, ":1|c");
    assert_string_equal(parsed({packet, 260}), "malformed");
}

std::size_t write_tags(char* packet, std::size_t room, unsigned count) {
    std::size_t size = static_cast<std::size_t>(std::snprintf(packet, room, "x:1|c|#"));
    for (unsigned i = 0; i < count; ++i) {
        const int added =
            std::snprintf(packet + size, room - size, "%sk%u:v", i == 0 ? "" : ",", i);
        size += static_cast<std::size_t>(added);
    }
    return size;
}

void a_line_may_have_32_tags(void**) {
    char packet[1024];
    parsed({packet, write_tags(packet, sizeof packet, limits::app_tag_count_max)});
    assert_int_equal(said.samples, 1);
    assert_string_equal(
        parsed({packet, write_tags(packet, sizeof packet, limits::app_tag_count_max + 1)}),
        "malformed");
}

void tags_may_have_1024_bytes_with_their_ends(void**) {
    static char packet[2048];
    memset(packet, 'v', sizeof packet);
    write(packet, "x:1|c|#k:");
    constexpr std::size_t value_bytes = limits::app_tag_bytes_max - 3;
    parsed({packet, 9 + value_bytes});
    assert_int_equal(said.samples, 1);
    assert_string_equal(parsed({packet, 9 + value_bytes + 1}), "malformed");
}

void tags_come_sorted_in_whatever_order_they_were_sent(void**) {
    const char* const sent[] = {"x:1|c|#a:1,b:2,c:3", "x:1|c|#c:3,b:2,a:1", "x:1|c|#b:2,a:1,c:3",
                                "x,c=3:1|c|#b:2,a:1", "x,c=9,a=1:1|c|#c:3,b:9,b:2"};
    for (const char* packet : sent)
        assert_string_equal(parsed(packet), "x{a=1}{b=2}{c=3}:1|c");
}

void a_line_of_very_many_values_counts_all_or_none(void**) {
    static char packet[65536];
    packet[0] = 'x';
    for (std::size_t i = 0; i < 4000; ++i)
        write(packet + 1 + 2 * i, ":1");
    write(packet + 8001, "|ms");
    parsed({packet, 8004});
    assert_int_equal(said.samples, 4000);
    write(packet + 8001, ":x|ms");
    assert_string_equal(parsed({packet, 8006}), "malformed");
}

void ten_thousand_lines_of_noise_harm_nothing(void**) {
    static char packet[512];
    std::uint32_t seed = 7;
    for (int i = 0; i < 10'000; ++i) {
        for (char& c : packet) {
            seed = seed * 1664525 + 1013904223;
            static constexpr char likely[] = "a:|c@#1,.\n-+=gmsT_e{N";
            const std::uint32_t pick = seed >> 24;
            c = pick < 250 ? likely[pick % (sizeof likely - 1)] : static_cast<char>(seed >> 16);
        }
        parsed({packet, sizeof packet});
    }
    assert_string_equal(parsed("after:1|c"), "after:1|c");
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_dialect_is_understood),
        cmocka_unit_test(a_malformed_line_is_told_as_one_and_nothing_of_it_counts),
        cmocka_unit_test(the_rest_of_a_packet_counts_whatever_stands_in_it),
        cmocka_unit_test(every_prefix_of_a_packet_is_parsed_without_a_look_past_it),
        cmocka_unit_test(a_control_character_is_found_wherever_it_stands),
        cmocka_unit_test(a_name_may_have_255_bytes),
        cmocka_unit_test(a_line_may_have_32_tags),
        cmocka_unit_test(tags_may_have_1024_bytes_with_their_ends),
        cmocka_unit_test(tags_come_sorted_in_whatever_order_they_were_sent),
        cmocka_unit_test(a_line_of_very_many_values_counts_all_or_none),
        cmocka_unit_test(ten_thousand_lines_of_noise_harm_nothing),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
