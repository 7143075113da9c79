"""The demo's job: what is submitted for each file, and what must come back. Computed here without Muster, to compare."""
import dataclasses
import glob
import gzip
import hashlib
import lzma
import os

QUEUE = "files"
XZ_FROM_BYTES = 8192  # smaller files go to gzip, which more workers can do
FILES_ADVISED = 100


@dataclasses.dataclass
class Job:
    """A file and its four tasks."""
    number: int
    path: str
    method: str
    archive: str

    def id(self, kind):
        return f"{kind}-{self.number:05}"


def default_folder():
    """A folder of an essential package with enough files; the licences, which are always there, where it is missing."""
    for folder in sorted(glob.glob("/usr/lib/*-linux-gnu*/perl-base")):
        if len(files_of(folder)) >= FILES_ADVISED:
            return folder
    return "/usr/share/common-licenses"


def files_of(folder):
    """Every readable regular file below `folder`, sorted. A path with a line break cannot be said in a handler's payload."""
    found = []
    for here, folders, names in os.walk(folder):
        folders.sort()
        for name in names:
            path = os.path.join(here, name)
            if os.path.isfile(path) and os.access(path, os.R_OK) and "\n" not in path and is_text(path):
                found.append(path)
    return sorted(found)


def is_text(path):
    """Whether the path itself can be written as UTF-8, as JSON wants."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def plan(paths, folder, out):
    jobs = []
    for number, path in enumerate(paths):
        method = "xz" if os.path.getsize(path) >= XZ_FROM_BYTES else "gzip"
        suffix = {"xz": ".xz", "gzip": ".gz"}[method]
        flat = os.path.relpath(path, folder).replace(os.sep, "_")[-100:]
        jobs.append(Job(number, path, method, os.path.join(out, "archives", f"{number:05}-{flat}{suffix}")))
    return jobs


def tasks_of(job, folder):
    """The four tasks of a file, as lines of a batch: muster.v1.Task in JSON, "data" is the payload as text."""
    name = os.path.relpath(job.path, folder)
    base = {"queue": QUEUE, "timeout_ms": 60000}
    return [
        {**base, "id": job.id("checksum"), "type": "checksum", "priority": "high", "data": job.path},
        {**base, "id": job.id("statistics"), "type": "statistics", "require": "text", "data": job.path},
        {**base, "id": job.id("compress"), "type": "compress", "require": job.method,
         "data": f"{job.method}\n{job.path}\n{job.archive}\n"},
        {**base, "id": job.id("report"), "type": "report", "priority": "low",
         "depends_on": [job.id("checksum"), job.id("statistics")],
         "data": f"{name}\n{job.id('checksum')}\n{job.id('statistics')}\n"},
    ]


def wrong(job, folder, results):
    """What is wrong with the stored results of a file's tasks, as sentences. `results`: id -> text of the result."""
    with open(job.path, "rb") as stream:
        data = stream.read()
    digest = hashlib.sha256(data).hexdigest()
    counts = (data.count(b"\n"), len(data.split()), len(data))
    name = os.path.relpath(job.path, folder)
    expected = {
        "checksum": digest,
        "statistics": "{} {} {}".format(*counts),
        "report": "{}: {}, {} lines, {} words, {} bytes".format(name, digest, *counts),
    }
    found = [
        f"{job.id(kind)}: {results.get(job.id(kind))!r} is not {text!r}"
        for kind, text in expected.items()
        if results.get(job.id(kind)) != text
    ]
    try:
        with open(job.archive, "rb") as stream:
            packed = stream.read()
        unpacked = lzma.decompress(packed) if job.method == "xz" else gzip.decompress(packed)
        said = results.get(job.id("compress"))
        if said != f"{hashlib.sha256(packed).hexdigest()} {len(packed)}":
            found.append(f"{job.id('compress')}: {said!r} is not the archive's checksum and size")
        if unpacked != data:
            found.append(f"{job.archive} does not unpack to {job.path}")
    except (OSError, EOFError, lzma.LZMAError) as error:
        found.append(f"{job.archive}: {error}")
    return found
