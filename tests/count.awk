# Reads ctest's LastTest.log and prints "passed failed skipped" for each test program: the cases
# that CMocka counts, or the program as one. Reasons of skips go to the file `skips`.
# `not_run` names the programs that ctest reports as skipped.
function finish() {
    if (name == "") return
    if (!ran || (is_bad && failed == 0)) {
        # Not CMocka's, or a CMocka program that died, or that a sanitizer failed at its end.
        if (is_bad) failed++
        else if (is_skipped) skipped++
        else if (!ran) {
            # One program of many checks: what it says that it skipped counts beside it.
            passed++
            skipped += reasons
        }
    }
    if (skipped > 0 && reasons == 0) print "SKIP " name ": no reason given" >> skips
    print passed + 0, failed + 0, skipped + 0
    name = ""
}
BEGIN { gsub(/[[:space:]]+/, " ", not_run) }
# ctest pads "Testing: name" and "Test: name"; the first starts a block.
/^[0-9]+\/[0-9]+ Testing: / {
    finish()
    name = preset "." $3
    is_skipped = index(" " not_run " ", " " $3 " ") > 0
    ran = passed = failed = skipped = reasons = 0
    is_bad = 1
}
/^\[==========\].* test\(s\) run\.$/ { ran = 1 }
/^\[  PASSED  \] [0-9]+ test/ { passed += $4 }
/^\[  FAILED  \] [0-9]+ test/ { failed += $4 }
/^\[  SKIPPED \] [0-9]+ test/ { skipped += $4 }
/^SKIP [^ ]+: / { reasons++; print >> skips }
/^Test Passed\.$/ { is_bad = 0 }
END { finish() }
