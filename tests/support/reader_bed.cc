#include "tests/support/reader_bed.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "platform/base/check.h"
#include "platform/base/text_sink.h"
#include "tests/support/cmocka.h"

namespace nma::test {

namespace {

constexpr std::size_t arena_bytes = std::size_t{64} << 20;
constexpr std::size_t dump_bytes = std::size_t{4} << 20;

void append_tags(TextSink& sink, const Snapshot& snapshot, const Subject& subject, bool& is_first) {
    if (subject.kind == SubjectKind::node) return;
    append_tags(sink, snapshot, snapshot.subjects[subject.parent], is_first);
    const SubjectTags& tags = subject_tags(subject.kind);
    const auto append_tag = [&](const char* key, TextRef value) {
        if (key == nullptr || value.bytes == 0) return;
        sink.append(is_first ? '{' : ',');
        is_first = false;
        sink.append(key);
        sink.append('=');
        sink.append(snapshot.text(value));
    };
    append_tag(tags.name_key, subject.name);
    append_tag(tags.detail_key, subject.detail);
}

void start_bed(ReaderBed& bed, const Collector& collector, const char* directory) {
    NMA_CHECK(bed.arena.map(arena_bytes));
    NMA_CHECK(bed.root.open(directory) == Status::ok);
    bed.reader.init(bed.arena);
    bed.dirs.init(bed.arena);
    bed.sampler.init(bed.arena, {&collector, 1});
    Capacities capacities;
    capacities.containers = 16;
    bed.snapshot.init(bed.arena, capacities);
    bed.source = {collector.name, collector.specs};
    bed.sampler.start({bed.root, bed.reader, bed.dirs});
}

const char* dump_of(const FileCases& cases, std::string_view text, Status& status) {
    static ReaderBed bed;
    bed_make(bed, *cases.collector);
    tree_write(bed.tree, cases.path, text);
    bed_tick(bed);
    status = bed_report(bed).status;
    const char* dump = bed_dump(bed);
    bed_remove(bed);
    return dump;
}

void check_text(const FileCases& cases, std::string_view text, const char* expected) {
    Status status = Status::ok;
    assert_string_equal(dump_of(cases, text, status), expected);
    assert_string_equal(status_name(status), "ok");
}

void check_absent(const FileCases& cases) {
    static ReaderBed bed;
    bed_make(bed, *cases.collector);
    bed_tick(bed);
    const Status expected = cases.is_optional ? Status::ok : Status::absent;
    assert_string_equal(status_name(bed_report(bed).status), status_name(expected));
    assert_string_equal(bed_dump(bed), "");
    bed_remove(bed);
}

void check_denied(const FileCases& cases) {
    static ReaderBed bed;
    bed_make(bed, *cases.collector);
    tree_write(bed.tree, cases.path, cases.typical);
    tree_chmod(bed.tree, cases.path, 0);
    become_nobody();
    bed_tick(bed);
    become_root_again();
    assert_string_equal(status_name(bed_report(bed).status), "denied");
    assert_string_equal(bed_dump(bed), "");
    bed_remove(bed);
}

void check_malformed(const FileCases& cases) {
    for (const std::string_view text : cases.malformed) {
        Status status = Status::ok;
        const char* dump = dump_of(cases, text, status);
        if (status != Status::malformed) print_error("taken for good: %.200s\n", text.data());
        assert_string_equal(status_name(status), "malformed");
        assert_string_equal(dump, "");
    }
}

bool is_line_of(std::string_view line, std::string_view lines) {
    for (std::size_t at = lines.find(line); at != lines.npos; at = lines.find(line, at + 1)) {
        if (at == 0 || lines[at - 1] == '\n') return true;
    }
    return false;
}

// Writing each prefix into one kept tree: making a tree for each would take most of the time.
void check_prefixes(const FileCases& cases) {
    static ReaderBed bed;
    bed_make(bed, *cases.collector);
    for (std::size_t size = 0; size < cases.typical.size(); ++size) {
        tree_write(bed.tree, cases.path, cases.typical.substr(0, size));
        bed_tick(bed);
        std::string_view dump = bed_dump(bed);
        while (!dump.empty()) {
            const std::string_view line = dump.substr(0, dump.find('\n') + 1);
            if (!is_line_of(line, cases.typical_dump)) {
                print_error("made up from the first %zu bytes: %.*s", size,
                            static_cast<int>(line.size()), line.data());
            }
            assert_true(is_line_of(line, cases.typical_dump));
            dump.remove_prefix(line.size());
        }
    }
    bed_remove(bed);
}

void check_full(const FileCases& cases) {
    static ReaderBed bed;
    bed_make(bed, *cases.collector);
    bed_limit(bed, 1, 1);
    tree_write(bed.tree, cases.path, cases.typical);
    bed_tick(bed);
    const std::size_t line_count = static_cast<std::size_t>(
        std::count(cases.typical_dump, cases.typical_dump + std::strlen(cases.typical_dump), '\n'));
    if (line_count > 1) {
        assert_string_equal(status_name(bed_report(bed).status), "full");
        assert_true(bed_report(bed).overflow_count > 0);
    }
    assert_true(bed.snapshot.samples.size() <= 1);
    bed_remove(bed);
}

}  // namespace

void bed_make(ReaderBed& bed, const Collector& collector) {
    bed = ReaderBed{};
    tree_make(bed.tree);
    start_bed(bed, collector, bed.tree.path.c_str());
}

void bed_make_live(ReaderBed& bed, const Collector& collector) {
    bed = ReaderBed{};
    start_bed(bed, collector, "/");
}

void bed_remove(ReaderBed& bed) {
    if (!bed.tree.path.empty()) tree_remove(bed.tree);
    bed.sampler.stop();
    bed.root.close();
    bed.arena.unmap();
}

void bed_limit(ReaderBed& bed, std::size_t sample_count, std::size_t subject_count) {
    bed.snapshot.samples = BoundedList<Sample>(bed.arena.take<Sample>("test", sample_count));
    bed.snapshot.subjects = BoundedList<Subject>(bed.arena.take<Subject>("test", subject_count));
}

void bed_tick(ReaderBed& bed) {
    ++bed.tick_count;
    const std::uint64_t second = 1'000'000'000;
    const Instants now = {second * (1'000'000'000 + bed.tick_count), second * bed.tick_count};
    bed.writer.start(bed.snapshot, bed.tick_count, now);
    bed.sampler.sample({bed.root, bed.reader, bed.dirs}, bed.writer);
    bed.writer.end_node();
}

const CollectorReport& bed_report(const ReaderBed& bed) {
    return bed.snapshot.reports[0];
}

const char* bed_dump(const ReaderBed& bed) {
    static char memory[dump_bytes];
    TextSink sink({memory, sizeof memory - 1});
    for (const Sample& sample : bed.snapshot.samples) {
        const MetricSpec& spec = bed.source.specs[sample.spec];
        bool is_first = true;
        NMA_CHECK(bed.snapshot.subjects[sample.subject].kind == spec.about);
        sink.append(spec.name);
        append_tags(sink, bed.snapshot, bed.snapshot.subjects[sample.subject], is_first);
        sink.append(is_first ? " " : "} ");
        if (spec.is_signed) {
            sink.append_decimal_signed(static_cast<std::int64_t>(sample.value), spec.decimals);
        } else {
            sink.append_decimal(sample.value, spec.decimals);
        }
        sink.append('\n');
    }
    NMA_CHECK(sink.status() == Status::ok);
    memory[sink.size()] = '\0';
    return memory;
}

void check_file_cases(const FileCases& cases) {
    check_text(cases, cases.typical, cases.typical_dump);
    check_text(cases, cases.oldest, cases.oldest_dump);
    check_absent(cases);
    check_denied(cases);
    check_malformed(cases);
    check_prefixes(cases);
    check_full(cases);
}

}  // namespace nma::test
