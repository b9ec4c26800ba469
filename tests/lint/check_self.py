"""Breaks each rule once in a tree of its own: check.py must report it, and nothing in good code."""

import pathlib
import sys
import tempfile

import check

BODY = "int f() {\n" + "    g();\n" * 71 + "}\n"
GOOD = 'void f(int* place) {\n    new (place) int{};  // not "malloc("\n}\n'

# File, its text, the rule that must be reported (None: no rule).
CASES = [
    ("platform/base/x.cc", GOOD, None),
    ("cgroups/x.cc", '#include "platform/base/x.h"\n#include <span>\n', None),
    ("platform/base/x.cc", '#include "platform/linux/x.h"\n', "arrow"),
    ("platform/linux/x.cc", '#include "platform/metrics/x.h"\n', "arrow"),
    ("platform/metrics/x.cc", '#include "platform/host/x.h"\n', "arrow"),
    ("platform/host/x.cc", '#include "cgroups/x.h"\n', "arrow"),
    ("cgroups/x.cc", '#include "api/x.h"\n', "arrow"),
    ("api/x.cc", '#include "cgroups/x.h"\n', "arrow"),
    ("api/x.cc", '#include "agent/x.h"\n', "arrow"),
    ("agent/apps/x.cc", '#include "api/x.h"\n', "arrow"),
    ("agent/x.cc", '#include "tests/support/tree.h"\n', "arrow"),
    ("agent/x.cc", '#include "api/x.h"\n', None),
    ("api/router.cc", "#include <microhttpd.h>\n", "foreign"),
    ("api/server.cc", "#include <microhttpd.h>\n", None),
    ("agent/x.cc", "#include <libcgroup.h>\n", "foreign"),
    ("platform/base/x.cc", "#include <cjson/cJSON.h>\n", "foreign"),
    ("tests/unit/test_x.cc", "#include <cmocka.h>\n", "foreign"),
    ("tests/unit/test_x.cc", "#include <vector>\nstd::vector<int> v;\n", None),
    ("api/x.cc", "#include <vector>\n", "heap"),
    ("api/x.cc", "void* p = malloc(1);\n", "heap"),
    ("api/x.cc", "int* p = new int;\n", "heap"),
    ("api/x.cc", "int* p = new (std::nothrow) int;\n", "heap"),
    ("api/x.cc", "std::string s;\n", "heap"),
    ("api/x.cc", "std::string_view s;\nX(const X&) = delete;\n", None),
    ("api/x.cc", "int x;\n" * 400, None),
    ("api/x.cc", "int x;\n" * 401, "file-size"),
    ("api/x.cc", BODY, "function-size"),
    ("api/x.cc", BODY.replace("    g();\n", "", 3), None),
    ("docs/x.md", "# A heading: `x_y`!\n[it](#a-heading-x_y) [me](../docs/x.md#a-heading-x_y) [that](https://example.com/y)\n"
     "`[code](nothing)`\n\n    [more](nothing)\n", None),
    ("docs/x.md", "[y\nz](../docs/y.md)\n", "link"),
    ("docs/x.md", "# Heading\n[y](#another)\n", "link"),
    ("docs/x.md", "# Heading\n[y](x.md#another)\n", "link"),
    ("platform/host/y.list", "COLLECTOR(nothing)\n", "list"),
]


def rules_of(path, text):
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        file = root / path
        file.parent.mkdir(parents=True)
        file.write_text(text)
        room = root / path.split("/")[0]
        if file.suffix == ".cc":
            (room / "CMakeLists.txt").write_text(file.name)
        return {line.split(": ")[1] for line in check.breaches(root)}


def unbuilt_source():
    with tempfile.TemporaryDirectory() as directory:
        (pathlib.Path(directory) / "api").mkdir()
        (pathlib.Path(directory) / "api" / "x.cc").write_text("")
        return {line.split(": ")[1] for line in check.breaches(pathlib.Path(directory))}


def other_version():
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        (root / "CMakeLists.txt").write_text("project(x VERSION 1.2.3 LANGUAGES C)\n")
        (root / "README.md").write_text("node-metrics-agent_1.2.3_amd64.deb node-metrics-agent-dcos-1.2.4-1.noarch.rpm\n")
        return list(check.breaches(root))


def main():
    bad = 0
    for path, text, rule in CASES:
        found = rules_of(path, text)
        if found != ({rule} if rule else set()):
            print(f"{path}: expected {rule}, found {sorted(found)}:\n{text[:200]}")
            bad += 1
    if unbuilt_source() != {"list"}:
        print("a source that nothing builds was not reported")
        bad += 1
    if other_version() != ["README.md:1: version: 1.2.4, the project is 1.2.3"]:
        print("a file of another version in README was not reported")
        bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
