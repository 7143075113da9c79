"""The rules, by name. A rule is a function of a Tree that returns Findings; adding one is one function and one line here."""
from . import docs, files, foreign, layers, protocol

RULES = {
    "layers point inward": layers.direction,
    "the engine and the session are pure": layers.purity,
    "public headers include only std and muster": layers.public_headers,
    "a foreign library stays in its files": foreign.places,
    "files are short": files.length,
    "headers are guarded by their path": files.guards,
    "no tabs": files.tabs,
    "nothing is marked as unfinished": files.marks,
    "links in documents resolve": docs.links,
    "quoted code is the file it names": docs.quotes,
    "every page is on the map": docs.page_map,
    "documents name only metrics that exist": docs.metrics,
    "documents name only headers that exist": docs.headers,
    "the protocol page tells every message": protocol.messages,
    "the protocol page tells every header": protocol.headers,
    "the protocol page tells every API verb": protocol.verbs,
    "the protocol page tells every error code": protocol.error_codes,
}
