#include "tests/support/tree.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "platform/base/check.h"

namespace nma::test {

namespace {

constexpr unsigned nobody_uid = 65534;

std::filesystem::path inside(const Tree& tree, const char* name) {
    return std::filesystem::path(tree.path.c_str()) / name;
}

void make_parents(const std::filesystem::path& file) {
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    NMA_CHECK(!error);
}

}  // namespace

void tree_make(Tree& tree) {
    const char* base = getenv("TMPDIR");
    NMA_CHECK(tree.path.assign(base == nullptr ? "/tmp" : base));
    NMA_CHECK(tree.path.append("/nma-test-XXXXXX"));
    std::string name(tree.path.view());
    NMA_CHECK(mkdtemp(name.data()) != nullptr);
    NMA_CHECK(chmod(name.c_str(), 0755) == 0);
    NMA_CHECK(tree.path.assign(name));
    umask(022);  // whatever the user's is: what a group may write is not believed
    tree_mkdir(tree, "proc");
    tree_mkdir(tree, "sys");
}

void tree_write(const Tree& tree, const char* file, std::string_view text) {
    const std::filesystem::path path = inside(tree, file);
    make_parents(path);
    FILE* out = fopen(path.c_str(), "w");
    NMA_CHECK(out != nullptr);
    NMA_CHECK(fwrite(text.data(), 1, text.size(), out) == text.size());
    NMA_CHECK(fclose(out) == 0);
}

void tree_mkdir(const Tree& tree, const char* directory) {
    std::error_code error;
    std::filesystem::create_directories(inside(tree, directory), error);
    NMA_CHECK(!error);
}

void tree_symlink(const Tree& tree, const char* target, const char* link) {
    const std::filesystem::path path = inside(tree, link);
    make_parents(path);
    std::error_code error;
    std::filesystem::create_symlink(target, path, error);
    NMA_CHECK(!error);
}

void tree_chmod(const Tree& tree, const char* file, unsigned mode) {
    NMA_CHECK(chmod(inside(tree, file).c_str(), static_cast<mode_t>(mode)) == 0);
}

void tree_delete(const Tree& tree, const char* file_or_directory) {
    std::error_code error;
    std::filesystem::remove_all(inside(tree, file_or_directory), error);
    NMA_CHECK(!error);
}

void tree_remove(Tree& tree) {
    std::error_code error;
    std::filesystem::remove_all(tree.path.c_str(), error);
    NMA_CHECK(!error);
    tree.path.clear();
}

bool become_nobody() {
    return geteuid() == 0 && seteuid(nobody_uid) == 0;
}

void become_root_again() {
    NMA_CHECK(getuid() != 0 || seteuid(0) == 0);
}

}  // namespace nma::test
