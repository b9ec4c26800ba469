"""Links of Markdown files to other files and to headings: each must be there.

check.py checks README.md and all else of the sources, tests/packaging what a package has.
"""

import gzip
import re

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|^    [^\n]*|`[^`\n]*`", re.M | re.S)


def text_of(path):
    """A file's text; of packages, that of the compressed one in its place."""
    if path.name.endswith(".gz"):
        return gzip.decompress(path.read_bytes()).decode()
    return path.read_text(encoding="utf-8")


def find(path):
    """Debian's packages have long texts compressed, and readers know that."""
    for there in (path, path.with_name(path.name + ".gz")):
        if there.exists():
            return there
    return None


def anchors(text):
    """What links call the headings."""
    for heading in re.findall(r"^#+ +(.*?) *$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def broken(path):
    """(line, link, why) of each link of a Markdown file that leads nowhere."""
    text = CODE.sub(lambda match: "\n" * match.group().count("\n"), text_of(path))
    for match in LINK.finditer(text):
        link = match.group(1)
        if re.match(r"[a-z]+:", link):
            continue
        line = text.count("\n", 0, match.start()) + 1
        name, _, anchor = link.partition("#")
        target = find(path.resolve().parent / name) if name else path
        if target is None:
            yield line, link, "there is no such file"
        elif anchor and anchor not in anchors(text_of(target)):
            yield line, link, "there is no such heading"


def breaches(files, root):
    for path in sorted(files):
        for line, link, why in broken(path):
            yield f"{path.relative_to(root).as_posix()}:{line}: link: {link}: {why}"


def of_package(root):
    """Of all Markdown files below a directory of documentation."""
    return list(breaches([path for pattern in ("*.md", "*.md.gz") for path in root.glob("**/" + pattern) if path.exists()], root))


def of_sources(root):
    return breaches([*root.glob("*.md"), *root.glob("docs/*.md")], root)
