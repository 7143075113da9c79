"""docs/protocol.md against what it documents: the protos, the table of headers, the table of API verbs, the error codes.

Nothing may be missing in the page, and nothing may be in it that is gone. The page's forms: a message or enum has a heading
`#### Name` and a table whose rows begin with the number and the name; a header's row is in the section `### Headers`; a verb's
in `## Questions`.
"""
import re

from .docs import HEADING, prose
from .tree import Finding

PAGE = "docs/protocol.md"
PROTOS = "schemas/muster/v1/"
HEADERS = "schemas/headers.cc"
VERBS = "dispatcher/runtime/api/verbs.cc"
STATUS = "schemas/status.cc"

FIELD = re.compile(r"((?:repeated\s+)?(?:map\s*<[^>]+>|[\w.]+))\s+(\w+)\s*=\s*(\d+)\s*;")
VALUE = re.compile(r"(\w+)\s*=\s*(\d+)\s*;")
ROW = re.compile(r"\|\s*(\d+)\s*\|\s*`([^`]+)`\s*\|(?:\s*`([^`]+)`)?")
HEADER_ROW = re.compile(r'\{\{"([^"]+)",\s*"([^"]+)",\s*(?:"([^"]+)"|(k\w+)),\s*"([^"]+)"\}')
FORM = re.compile(r'constexpr std::string_view (k\w+) = "([^"]*)"')
VERB = re.compile(r'Verb\{"(\w+)",\s*"(\w+)"')
CODE_NAME = re.compile(r'case ErrorCode::k(\w+): return "(\w+)"')


def block(text, start):
    """What is between the brace before `start` and its partner."""
    depth, at = 1, start
    while depth and at < len(text):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return text[start:at - 1]


def schema(tree):
    """{name: {field or value: (number, type)}}; the type of an enum's value is empty."""
    found = {}
    for path in tree.files(".proto", under=PROTOS):
        text = re.sub(r"//[^\n]*", "", tree.text(path))
        for kind, name, start in ((m.group(1), m.group(2), m.end()) for m in re.finditer(r"\b(message|enum)\s+(\w+)\s*\{", text)):
            body = block(text, start)
            if kind == "message":
                found[name] = {m.group(2): (int(m.group(3)), re.sub(r"\s+", " ", m.group(1))) for m in FIELD.finditer(body)}
            else:
                found[name] = {m.group(1): (int(m.group(2)), "") for m in VALUE.finditer(body)}
    return found


def sections(tree):
    """{heading: (line, [(line, text)])} of the page, at any depth."""
    found, current = {}, []
    for number, line in prose(tree, PAGE):
        if heading := HEADING.match(line):
            current = []
            found[heading.group(1)] = (number, current)
        else:
            current.append((number, line))
    return found


def page_there(tree, *sources):
    return [] if tree.exists(PAGE) or not any(tree.exists(source) for source in sources) else [Finding(PAGE, 1, "is missing")]


def messages(tree):
    wanted = schema(tree)
    found = page_there(tree, PROTOS)
    if found or not tree.exists(PAGE):
        return found
    told = sections(tree)
    for name, fields in wanted.items():
        if name not in told:
            found.append(Finding(PAGE, 1, f"{name} has no section"))
            continue
        start, lines = told[name]
        rows = {m.group(2): (number, int(m.group(1)), m.group(3) or "") for number, line in lines if (m := ROW.match(line))}
        for field, (number, kind) in fields.items():
            if field not in rows:
                found.append(Finding(PAGE, start, f"{name}.{field} is missing"))
                continue
            at, said, said_kind = rows[field]
            if said != number:
                found.append(Finding(PAGE, at, f"{name}.{field} is number {number}, not {said}"))
            elif kind and said_kind != kind:
                found.append(Finding(PAGE, at, f"{name}.{field} is {kind}, not {said_kind or 'nothing'}"))
        found += [Finding(PAGE, rows[field][0], f"there is no {name}.{field}") for field in rows if field not in fields]
    # A section with numbered rows claims to be a message.
    for name, (start, lines) in told.items():
        if name not in wanted and any(ROW.match(line) for _, line in lines):
            found.append(Finding(PAGE, start, f"there is no message or enum {name}"))
    return found


def cells(line):
    """The cells of a table's row; `\\|` is a bar inside of one."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip())[1:-1]]


def table(tree, heading):
    """{first cell without backticks: (line, cells)} of a section's rows whose first cell is code."""
    _, lines = sections(tree).get(heading, (1, []))
    rows = {}
    for number, line in lines:
        if line.startswith("| `"):
            row = cells(line)
            rows[row[0].strip("`")] = (number, row)
    return rows


def compare(kind, wanted, rows, check):
    found = [Finding(PAGE, 1, f"the {kind} {name} is missing") for name in wanted if name not in rows]
    found += [Finding(PAGE, number, f"there is no {kind} {name}") for name, (number, _) in rows.items() if name not in wanted]
    for name in wanted:
        if name in rows and (wrong := check(wanted[name], rows[name][1])):
            found.append(Finding(PAGE, rows[name][0], f"the {kind} {name}: {wrong}"))
    return found


def headers(tree):
    found = page_there(tree, HEADERS)
    if found or not tree.exists(PAGE):
        return found
    source = tree.text(HEADERS)
    forms = dict(FORM.findall(source))
    wanted = {name: [f"`{field}`", form or forms.get(constant, ""), f"`{example}`"]
              for name, field, form, constant, example in HEADER_ROW.findall(source)}
    return compare("header", wanted, table(tree, "Headers"),
                   lambda want, row: "" if row[1:] == want else "says " + " ; ".join(row[1:]) + ", the table " + " ; ".join(want))


def verbs(tree):
    found = page_there(tree, VERBS)
    if found or not tree.exists(PAGE):
        return found
    known = schema(tree)
    bodies = known.get("ApiReply", {})

    def check(_, row):
        request, reply = row[1].strip("`"), row[2].strip("`")
        return "" if request in known and reply in bodies else f"{request} or {reply} is not there"

    return compare("verb", {f"{noun}.{verb}": None for noun, verb in VERB.findall(tree.text(VERBS))}, table(tree, "Questions"), check)


def error_codes(tree):
    found = page_there(tree, STATUS)
    if found or not tree.exists(PAGE):
        return found
    names = {re.sub(r"(?<!^)([A-Z])", r"_\1", code).upper(): short for code, short in CODE_NAME.findall(tree.text(STATUS))}
    if "OK" in names:
        names["UNSPECIFIED"] = names.pop("OK")
    _, lines = sections(tree).get("ErrorCode", (1, []))
    rows = {row[1].strip("`").removeprefix("ERROR_CODE_"): (number, row)
            for number, line in lines if re.match(r"\| \d", line) and len(row := cells(line)) > 3}
    return compare("error code", names, rows,
                   lambda want, row: "" if row[2] == f"`{want}`" and row[3] else f"its short name is {want}, and it has a meaning")
