"""House rules that no compiler checks: which room may include which, sizes, no heap, and links that lead somewhere.

check.py [root] prints one line for each breach: "<file>:<line>: <rule>: <text>".
"""

import pathlib
import re
import sys

import links

FILE_LINES_MAX = 400
LONG_FILES = ("platform/limits.h",)  # one list, which belongs together
FUNCTION_LINES_MAX = 70
PRODUCT = ("agent", "api", "cgroups", "platform")

# Room -> rooms that it may include, itself besides. A file is in the longest room that fits.
ROOMS = {
    "platform/limits.h": set(),
    "platform/base": {"platform/limits.h"},
    "platform/linux": {"platform/limits.h", "platform/base"},
    "platform/metrics": {"platform/limits.h", "platform/base", "platform/linux"},
    "platform/host": {"platform/limits.h", "platform/base", "platform/linux", "platform/metrics"},
}
ALL_PLATFORM = set(ROOMS)
ROOMS["cgroups"] = ALL_PLATFORM
ROOMS["api"] = ALL_PLATFORM
ROOMS["agent/apps"] = ALL_PLATFORM
ROOMS["agent"] = ALL_PLATFORM | {"cgroups", "api", "agent/apps"}

# Foreign header -> the files that may include it.
FOREIGN = {
    r"microhttpd\.h": r"(api/server[a-z_]*\.(cc|h)|tests/.*)",
    r"libcgroup(/.*)?\.h": r"(cgroups/mounts\.cc|tests/.*)",
    r"cjson/cJSON\.h": r"(agent/(config|json)[a-z_/]*\.(cc|h)|agent/apps/[a-z_]*\.cc"
    r"|api/formats/[a-z_]*\.cc|api/auth/[a-z_]*\.cc|cgroups/state_files/[a-z_]*\.cc"
    r"|platform/base/json_[a-z_]*\.(cc|h)|tests/.*)",
    r"nettle/.*\.h": r"(api/auth/[a-z_]*\.cc|tests/.*)",
    r"gnutls/.*\.h": r"(api/server_tls\.cc|tests/.*)",
    r"event2/.*\.h": r"(agent/apps/http_fetch\.cc|tests/.*)",
    r"cmocka\.h": r"tests/support/cmocka\.h",
}

BANNED_HEADERS = ("string vector map set unordered_map unordered_set deque list queue stack iostream "
                  "fstream sstream functional memory regex locale filesystem thread future any").split()
BANNED_WORDS = re.compile(
    r"\b(malloc|calloc|realloc|strdup|strndup|asprintf|vasprintf|make_unique|make_shared)\s*[(<]"
    r"|\bstd::(string|vector|map|set|unordered_map|unordered_set|deque|list|function|unique_ptr"
    r"|shared_ptr|ostringstream|stringstream|cout|cerr|thread)\b"
    r"|\bnew\s+(?!\()[A-Za-z_:]|\bnew\s*\((?:std::)?nothrow|\bdelete\b(?!\s*;)|\bdelete\s*\[")
BANNED_EXCEPT: dict[str, str] = {}  # file -> the one word that it may use


def blank(text):
    """The text without comments and literals, with the same lines."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
                         r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'", re.S)
    return pattern.sub(lambda match: '""' + "\n" * match.group().count("\n"), text)


def room_of(path):
    rooms = [room for room in ROOMS if path == room or path.startswith(room + "/")]
    return max(rooms, key=len, default=None)


def includes(text):
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1), match.group(2)


def check_includes(path, text):
    room = room_of(path)
    for number, mark, target in includes(text):
        for header, files in FOREIGN.items():
            if re.fullmatch(header, target) and not re.fullmatch(files, path):
                yield number, "foreign", f"{target} may not be included here"
        if not path.startswith(PRODUCT):
            continue
        if mark == "<" and target in BANNED_HEADERS:
            yield number, "heap", f"<{target}> is banned in the product"
        if mark == '"':
            other = room_of(target)
            if other is None:
                yield number, "arrow", f"{target} is in no room of the product"
            elif room is None or (other != room and other not in ROOMS[room]):
                yield number, "arrow", f"{room} may not include {target}"


def check_words(path, code):
    if not path.startswith(PRODUCT):
        return
    for number, line in enumerate(code.split("\n"), 1):
        line = re.sub(r"=\s*delete", "", line)
        match = BANNED_WORDS.search(line)
        if match and BANNED_EXCEPT.get(path) != match.group().rstrip("( <"):
            yield number, "heap", f"{match.group().strip()} is banned in the product"


def check_sizes(name, code):
    """Sizes of functions, by the indentation that clang-format gives their braces."""
    lines = code.rstrip("\n").split("\n")
    if len(lines) > FILE_LINES_MAX and name not in LONG_FILES:
        yield len(lines), "file-size", f"{len(lines)} lines, at most {FILE_LINES_MAX}"
    open_at = {}
    for number, line in enumerate(lines, 1):
        indent = len(line) - len(line.lstrip())
        if indent > 4:
            continue
        # Only what closes a parameter list opens a function.
        if re.search(r"\)[\w\s:&>,(){}*-]*\{$", line) and not re.match(r"\s*(if|for|while|switch)\b", line):
            open_at.setdefault(indent, number)
        elif re.match(r"\s*\}", line) and indent in open_at:
            size = number - open_at.pop(indent) + 1
            if size > FUNCTION_LINES_MAX:
                yield number - size + 1, "function-size", f"{size} lines, at most {FUNCTION_LINES_MAX}"


def check_lists(root):
    """Every line of a .list has its source, and every .cc is built: none is forgotten."""
    for path in sorted(path for folder in PRODUCT for path in (root / folder).glob("**/*.list")):
        for number, line in enumerate(path.read_text().split("\n"), 1):
            match = re.match(r"[A-Z_]+\(([a-z0-9_]+)", line)
            if match and not any(path.parent.glob(f"**/{match.group(1)}.cc")):
                yield path, number, "list", f"{match.group(1)}.cc does not exist"
    for folder in PRODUCT:
        build = "".join(f.read_text() for f in (root / folder).glob("**/CMakeLists.txt"))
        lists = "".join(f.read_text() for f in (root / folder).glob("**/*.list"))
        for path in sorted((root / folder).glob("**/*.cc")):
            known = re.search(rf"\b{re.escape(path.name)}\b", build)
            if not known and not re.search(rf"\(\s*{re.escape(path.stem)}\b", lists):
                yield path, 1, "list", "is named by no CMakeLists.txt and no .list"


def check_version(root):
    """README names files of a release, whose version has one place."""
    if not (root / "README.md").exists():
        return
    version = re.search(r"^project\(\S+ VERSION (\S+)", (root / "CMakeLists.txt").read_text(), re.M)[1]
    for number, line in enumerate((root / "README.md").read_text().split("\n"), 1):
        for named in re.findall(r"node-metrics-agent(?:-dcos)?[-_:](\d+\.\d+\.\d+)", line):
            if named != version:
                yield f"README.md:{number}: version: {named}, the project is {version}"


def breaches(root):
    for folder in PRODUCT + ("tests",):
        for path in sorted((root / folder).glob("**/*")):
            name = path.relative_to(root).as_posix()
            if path.suffix not in (".cc", ".h") or "/fixtures/" in name:
                continue
            text = path.read_text()
            code = blank(text)
            for found in (check_includes(name, text), check_words(name, code), check_sizes(name, code)):
                for number, rule, message in found:
                    yield f"{name}:{number}: {rule}: {message}"
    for path, number, rule, message in check_lists(root):
        yield f"{path.relative_to(root).as_posix()}:{number}: {rule}: {message}"
    yield from links.of_sources(root)
    yield from check_version(root)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[2])
    found = list(breaches(root))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
