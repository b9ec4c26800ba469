// A small directory tree under the system's temporary directory, made by a test and removed by it.
// Trivially destructible, for CMocka leaves a failed test by longjmp.
#pragma once

#include <string_view>

#include "platform/base/fixed_text.h"

namespace nma::test {

struct Tree {
    FixedText<512> path;  // absolute
};

// Makes an empty tree with proc and sys in it. Aborts the program when it cannot.
void tree_make(Tree& tree);

// Writes a file (mode 0644) and the directories above it; replaces what was there.
void tree_write(const Tree& tree, const char* file, std::string_view text);
void tree_mkdir(const Tree& tree, const char* directory);
void tree_symlink(const Tree& tree, const char* target, const char* link);
void tree_chmod(const Tree& tree, const char* file, unsigned mode);
void tree_delete(const Tree& tree, const char* file_or_directory);

void tree_remove(Tree& tree);

// Root may read everything: a test of "denied" runs between these two as nobody. False, and
// nothing changed, when the process is not root (then modes bind it anyway).
bool become_nobody();
void become_root_again();

}  // namespace nma::test
