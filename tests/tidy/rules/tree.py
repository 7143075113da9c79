"""What a rule looks at: the files of a source tree, read once."""
import dataclasses
import functools
import os
import re

SKIPPED = {".git", "build", ".cache", "node_modules", "__pycache__", ".muster"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text}"


class Tree:
    def __init__(self, root):
        self.root = root
        found = []
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(name for name in folders if name not in SKIPPED)
            found += [os.path.relpath(os.path.join(folder, name), root) for name in sorted(names)]
        self.paths = found

    def files(self, *suffixes, under=""):
        return [path for path in self.paths if path.startswith(under) and path.endswith(suffixes)]

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        try:
            with open(os.path.join(self.root, path), encoding="utf-8") as stream:
                return stream.read()
        except (UnicodeDecodeError, OSError):
            return ""  # not text, or gone since the walk

    def lines(self, path):
        return enumerate(self.text(path).splitlines(), 1)

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))

    def includes(self, path):
        """(line, angled, name) of every #include."""
        for number, line in self.lines(path):
            if found := INCLUDE.match(line):
                yield number, found.group(1) == "<", found.group(2)
