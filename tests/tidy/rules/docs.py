"""Documents: what they link to, quote and name must be there."""
import os
import re

from .tree import Finding

LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(```+|~~~+)")
FROM = re.compile(r"<!-- from (\S+?)(?:#(\S+))? -->")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*$")
METRIC = re.compile(r"\b(muster_[a-z0-9_]+|load_balancer_[a-z_]+_(?:total|seconds)|agent_load_score|failover_events_total)\b")
HEADER = re.compile(r"\bMuster(?:-[A-Z][a-z]+)+\b")


def pages(tree):
    return [path for path in tree.files(".md") if not path.startswith("tests/tidy/")]


def prose(tree, path):
    """(line, text) outside fenced code."""
    fence = None
    for number, line in tree.lines(path):
        found = FENCE.match(line.strip())
        if found and fence is None:
            fence = found.group(1)
        elif found and line.strip().startswith(fence):
            fence = None
        elif fence is None:
            yield number, line


def anchors(tree, path):
    names = {}
    for _, line in prose(tree, path):
        if found := HEADING.match(line):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", found.group(1)).replace("`", "").lower()
            slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
            names[slug] = names.get(slug, -1) + 1
            if names[slug]:
                names[f"{slug}-{names[slug]}"] = 0
        names.update((name, 0) for name in re.findall(r'<a (?:id|name)="([^"]+)"', line))
    return set(names)


def links(tree):
    found = []
    for path in pages(tree):
        for number, line in prose(tree, path):
            for match in LINK.finditer(re.sub(r"`[^`]*`", "", line)):
                target = match.group(1) or match.group(2)
                if re.match(r"[a-z]+:", target):
                    continue
                name, _, anchor = target.partition("#")
                aim = os.path.normpath(os.path.join(os.path.dirname(path), name)) if name else path
                if not tree.exists(aim):
                    found.append(Finding(path, number, f"there is no {target}"))
                elif anchor and aim.endswith(".md") and anchor not in anchors(tree, aim):
                    found.append(Finding(path, number, f"{aim} has no heading #{anchor}"))
    return found


def region(text, name):
    """The whole file, or what is between `[doc NAME` and `doc]`; without a name, the first such region if there is one."""
    begin = re.search(r"^.*\[doc" + (rf" {re.escape(name)}" if name else r"[^\n]*") + r"[ \t]*$\n", text, re.MULTILINE)
    if begin is None:
        return None if name else text
    end = re.compile(r"^.*doc\].*$", re.MULTILINE).search(text, begin.end())
    return text[begin.end():end.start()] if end else None


def dedent(text):
    lines = text.strip("\n").splitlines()
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    return [line[margin:].rstrip() for line in lines]


def quotes(tree):
    found = []
    for path in pages(tree):
        lines = tree.text(path).splitlines()
        fenced = False
        for index, line in enumerate(lines):
            if FENCE.match(line.strip()):
                fenced = not fenced
            match = FROM.search(line) if not fenced else None
            if not match:
                continue
            source, name = match.group(1), match.group(2)
            rest = lines[index + 1:]
            while rest and not rest[0].strip():
                rest = rest[1:]
            if not rest or not FENCE.match(rest[0].strip()):
                found.append(Finding(path, index + 1, f"no code follows 'from {source}'"))
                continue
            end = next((at for at, text in enumerate(rest[1:], 1) if FENCE.match(text.strip())), len(rest))
            if not tree.exists(source):
                found.append(Finding(path, index + 1, f"there is no {source}"))
                continue
            wanted = region(tree.text(source), name)
            if wanted is None:
                found.append(Finding(path, index + 1, f"{source} has no whole region [doc {name or ''}"))
            elif dedent("\n".join(rest[1:end])) != dedent(wanted):
                found.append(Finding(path, index + 1, f"the quoted code is not what {source} says"))
    return found


def page_map(tree):
    """Every page of docs/ is reached from docs/README.md."""
    if not tree.exists("docs/README.md"):
        return []
    linked = set()
    for _, line in prose(tree, "docs/README.md"):
        for match in LINK.finditer(line):
            linked.add(os.path.normpath(os.path.join("docs", (match.group(1) or match.group(2)).partition("#")[0])))
    return [
        Finding(path, 1, "is not linked from docs/README.md")
        for path in tree.files(".md", under="docs/")
        if path != "docs/README.md" and path not in linked and os.path.dirname(path) not in linked
    ]


def words_of(tree, pattern, *places):
    return {word for path in tree.paths if path.startswith(places) for word in re.findall(pattern, tree.text(path))}


def metrics(tree):
    """The names in documents are in the table of metrics, or are targets and functions of CMake."""
    known = words_of(tree, r'"([a-z][a-z0-9_]+)"', "dispatcher/adapters/", "tests/benchmark/")
    known |= words_of(tree, r"\bmuster_[a-z0-9_]+", "cmake/", "CMakeLists.txt")
    known |= {word for path in tree.paths if path.endswith("CMakeLists.txt") for word in re.findall(r"\bmuster_[a-z0-9_]+", tree.text(path))}
    known |= words_of(tree, r"\bmuster_[a-z0-9_]+", "worker_sdk/python", "compose/")
    found = []
    for path in pages(tree):
        for number, line in tree.lines(path):
            for name in METRIC.findall(line):
                base = re.sub(r"_(bucket|sum|count)$", "", name)
                if name not in known and base not in known and not name.endswith("_"):
                    found.append(Finding(path, number, f"there is no metric {name}"))
    return found


def headers(tree):
    known = words_of(tree, r'"(Muster(?:-[A-Z][a-z]+)+)-?"', "schemas/", "dispatcher/", "worker_sdk/")
    return [
        Finding(path, number, f"there is no header {name}")
        for path in pages(tree)
        for number, line in tree.lines(path)
        for name in HEADER.findall(line)
        if name not in known
    ]
