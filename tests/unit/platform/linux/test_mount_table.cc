#include "platform/linux/mount_table.h"

#include "tests/support/cmocka.h"

namespace {

using namespace nma;

constexpr std::string_view table =
    "22 28 0:21 / /proc rw,nosuid - proc proc rw\n"
    "28 1 259:2 / / rw,relatime shared:1 master:2 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro\n"
    "40 28 8:1 /sub\\040dir /mnt/a\\040b\\134c rw - xfs /dev/sda1 rw\n"
    "41 28 0:50 / /srv rw - nfs4 host:/export rw\n"
    "42 28 0:51 / /none rw - tmpfs  rw,size=1k\n";

void lines_are_split_into_fields(void**) {
    MountCursor cursor(table);
    MountLine mount;
    assert_true(cursor.next(mount));
    assert_true(mount.type == "proc" && mount.mount_point == "/proc" && mount.major == 0);
    assert_true(cursor.next(mount));
    assert_int_equal(mount.major, 259);
    assert_int_equal(mount.minor, 2);
    assert_true(mount.root == "/" && mount.mount_point == "/" && mount.type == "ext4");
    assert_true(mount.source == "/dev/nvme0n1p2");
    assert_true(mount.super_options == "rw,errors=remount-ro");
    assert_true(cursor.next(mount));
    FixedText<64> path;
    assert_true(unescape_mount_text(mount.mount_point, path));
    assert_string_equal(path.c_str(), "/mnt/a b\\c");
    assert_true(unescape_mount_text(mount.root, path));
    assert_string_equal(path.c_str(), "/sub dir");
}

void empty_source_keeps_its_place(void**) {
    MountCursor cursor("42 28 0:51 / /none rw - tmpfs  rw,size=1k\n");
    MountLine mount;
    assert_true(cursor.next(mount));
    assert_true(mount.type == "tmpfs" && mount.source.empty());
    assert_true(mount.super_options == "rw,size=1k");
}

void lines_without_sense_are_counted(void**) {
    constexpr std::string_view bad[] = {
        "\n",
        "x 28 0:21 / /proc rw - proc proc rw\n",
        "22 28 021 / /proc rw - proc proc rw\n",
        "22 28 0: / /proc rw - proc proc rw\n",
        "22 28 4294967296:1 / /proc rw - proc proc rw\n",
        "22 28 0:21 / proc rw - proc proc rw\n",
        "22 28 0:21 / /proc rw proc proc rw\n",
        "22 28 0:21 / /proc rw - \n",
        "22 28 0:21 / /torn rw - proc proc rw",
    };
    for (const std::string_view text : bad) {
        MountCursor cursor(text);
        MountLine mount;
        assert_false(cursor.next(mount));
        assert_false(cursor.next(mount));
        assert_int_equal(cursor.skipped_count(), 1);
    }
}

void escapes_that_are_none_stay(void**) {
    FixedText<16> path;
    assert_true(unescape_mount_text("/a\\04", path));
    assert_string_equal(path.c_str(), "/a\\04");
    assert_true(unescape_mount_text("/a\\089", path));
    assert_string_equal(path.c_str(), "/a\\089");
    assert_false(unescape_mount_text("/a\\000", path));
    assert_false(unescape_mount_text("/0123456789abcdef", path));
}

void every_prefix_gives_whole_lines_only(void**) {
    for (std::size_t size = 0; size < table.size(); ++size) {
        MountCursor cursor(table.substr(0, size));
        MountLine mount;
        std::size_t count = 0;
        while (cursor.next(mount))
            ++count;
        std::size_t newlines = 0;
        for (const char c : table.substr(0, size))
            newlines += c == '\n' ? 1U : 0U;
        const bool is_torn = size > 0 && table[size - 1] != '\n';
        assert_int_equal(count + cursor.skipped_count(), newlines + (is_torn ? 1 : 0));
    }
}

}  // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_split_into_fields),
        cmocka_unit_test(empty_source_keeps_its_place),
        cmocka_unit_test(lines_without_sense_are_counted),
        cmocka_unit_test(escapes_that_are_none_stay),
        cmocka_unit_test(every_prefix_gives_whole_lines_only),
    };
    return cmocka_run_group_tests_name("mount_table", tests, nullptr, nullptr);
}
