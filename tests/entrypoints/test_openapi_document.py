"""The written contract holds together: valid, complete, its examples true, and its limits those of the domain."""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import pytest
from attrs import fields_dict
from openapi_spec_validator import validate

from domain.browsing import LARGEST_PAGE, MOST_FACETS, ClipQuery, Sort
from domain.clip import LARGEST_CLIP_ID, Clip, ClipChanges, ClipDetails
from domain.decision import Reason
from domain.delivery import Ending
from domain.location import LONGEST
from domain.statistics import COUNTERS, MOST_BUCKETS, Interval
from domain.tags import MOST_TAGS
from tests.entrypoints.contract import COMPONENTS, DOCUMENT, METHODS, body_faults, faults, operations, resolved
from tests.entrypoints.edge import Edge

NEED_A_KEY = {"addClip", "replaceAudio", "changeClip", "removeClip", "explainClipStats"}
MAY_NEED_A_KEY = {
    *("listClips", "listGenres", "listTags", "getClip", "getClipStats", "getStats", "metrics", "aboutCounting"),
    *("streamClip", "describeStream", "confirmListen", "followPlayCounts", "getClipPeaks"),
}


def responses() -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Every operation's name, with each status it gives and what that looks like."""
    for name, operation in operations().items():
        for status, response in operation["responses"].items():
            yield name, int(status), resolved(response)


def examples(node: object) -> Iterator[tuple[dict[str, Any], Any]]:
    """Every schema in the document that has an example beside it, with the example."""
    if isinstance(node, dict):
        if isinstance(node.get("schema"), dict) and "example" in node:
            yield node["schema"], node["example"]
        for inner in node.values():
            yield from examples(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from examples(inner)


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def test_the_document_is_valid_openapi_3_1() -> None:
    validate(DOCUMENT)

    assert DOCUMENT["openapi"].startswith("3.1")


def test_every_example_obeys_its_schema() -> None:
    found = list(examples(DOCUMENT))

    assert len(found) > 30
    assert [(example, faults(schema, example)) for schema, example in found if faults(schema, example)] == []


def test_the_contract_has_the_version_of_the_service() -> None:
    assert DOCUMENT["info"]["version"] == version("soundverse-play")


async def test_the_link_that_is_shown_can_be_followed(edge: Edge) -> None:
    link = operations()["listClips"]["responses"]["200"]["headers"]["Link"]["example"]

    assert (await edge.client.get(link[1 : link.index(">")])).status_code == 200


def test_every_operation_is_explained_in_words() -> None:
    for path in DOCUMENT["paths"].values():
        for method in METHODS & path.keys():
            assert path[method]["summary"]
            assert path[method]["description"]
            assert path[method]["tags"][0] in {tag["name"] for tag in DOCUMENT["tags"]}


def test_no_two_operations_have_the_same_name() -> None:
    named = [path[method]["operationId"] for path in DOCUMENT["paths"].values() for method in METHODS & path.keys()]

    assert len(named) == len(set(named))


def test_every_parameter_and_schema_is_used_somewhere() -> None:
    used = set(references(DOCUMENT))
    written = {
        f"#/components/{kind}/{name}"
        for kind in ("parameters", "headers", "schemas", "responses")
        for name in COMPONENTS[kind]
    }

    assert written == used


def test_every_refusal_of_a_request_with_a_body_is_a_problem_with_an_example_of_its_status() -> None:
    for name, status, response in responses():
        if status < 400 or name == "describeStream":  # a HEAD has no body
            continue
        assert list(response["content"]) == ["application/problem+json"], (name, status)
        example = response["content"]["application/problem+json"]["example"]
        assert example["status"] == status, (name, status)
        assert example["detail"], (name, status)


def test_every_json_answer_shows_an_example() -> None:
    for name, status, response in responses():
        json = response.get("content", {}).get("application/json")
        assert json is None or name == "contract" or "example" in json, (name, status)


def test_writing_needs_a_key_and_so_does_seeing_single_requests_and_reading_may() -> None:
    asked = {name: operation["security"] for name, operation in operations().items() if "security" in operation}
    keys: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}]

    assert asked == dict.fromkeys(NEED_A_KEY, keys) | {name: [{}, *keys] for name in MAY_NEED_A_KEY}
    for name in NEED_A_KEY:
        assert {"401", "403"} <= operations()[name]["responses"].keys()
    for name in MAY_NEED_A_KEY:
        assert "401" in operations()[name]["responses"]


def test_every_path_under_play_answers_under_both_prefixes_and_no_other_does() -> None:
    for path, item in DOCUMENT["paths"].items():
        prefixes = [server["url"] for server in item.get("servers", [])]
        assert prefixes == (["/", "/api/v1"] if path.startswith("/play") else []), path


def test_a_page_has_the_limits_and_orders_of_the_domain() -> None:
    limit = COMPONENTS["parameters"]["limit"]["schema"]
    sort = COMPONENTS["parameters"]["sort"]["schema"]

    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, LARGEST_PAGE, ClipQuery().limit)
    assert sort["enum"] == [str(order) for order in Sort]
    assert (
        COMPONENTS["parameters"]["tag"]["schema"]["maxItems"]
        == COMPONENTS["schemas"]["ClipTags"]["maxItems"]
        == MOST_TAGS
    )
    for name in ("listGenres", "listTags"):
        told = operations()[name]["responses"]["200"]["content"]["application/json"]
        assert told["schema"]["maxItems"] == MOST_FACETS
    assert COMPONENTS["schemas"]["ClipId"]["maximum"] == LARGEST_CLIP_ID


def test_a_body_has_the_fields_of_the_domain() -> None:
    schemas = COMPONENTS["schemas"]

    assert schemas["NewClip"]["properties"].keys() == fields_dict(ClipDetails).keys()
    assert schemas["ClipChanges"]["properties"].keys() == fields_dict(ClipChanges).keys()
    assert schemas["Clip"]["properties"].keys() == fields_dict(Clip).keys() - {"header_size", "version"} | {
        "stream_url"
    }


def test_every_key_of_a_clip_is_always_there_and_its_stats_add_the_counters() -> None:
    clip, stats = COMPONENTS["schemas"]["Clip"], COMPONENTS["schemas"]["ClipStats"]

    assert set(clip["required"]) == clip["properties"].keys()
    assert set(stats["required"]) == clip["properties"].keys() | {"last_played_at", *COUNTERS}
    assert stats["properties"].keys() - stats["required"] == {"interval", "from", "to", "series"}


def test_every_counter_is_in_every_bucket_and_in_the_sums() -> None:
    bucket, catalogue = COMPONENTS["schemas"]["Bucket"], COMPONENTS["schemas"]["CatalogueStats"]

    assert set(bucket["required"]) == bucket["properties"].keys() == {"since", *COUNTERS}
    assert set(catalogue["required"]) == catalogue["properties"].keys()
    assert set(COUNTERS) < set(catalogue["required"])
    assert catalogue["properties"]["series"]["maxItems"] == MOST_BUCKETS


def test_reasons_and_endings_are_those_of_the_domain() -> None:
    schemas = COMPONENTS["schemas"]

    assert schemas["Verdict"]["properties"]["reason"]["enum"] == list(Reason)
    assert schemas["ExplainedRequest"]["properties"]["ending"]["enum"] == list(Ending)
    assert COMPONENTS["parameters"]["interval"]["schema"]["enum"] == list(Interval)


@pytest.mark.parametrize(
    ("field", "longest", "text"), [("title", 200, "t"), ("genre", 50, "g"), ("description", 2_000, "d")]
)
def test_the_longest_text_the_contract_allows_is_the_longest_the_domain_takes(
    field: str, longest: int, text: str
) -> None:
    offered: dict[str, Any] = {"title": "t", "genre": "g", "audio_url": "library:a.mp3"}

    assert body_faults("NewClip", offered | {field: text * longest}) == []
    assert body_faults("NewClip", offered | {field: text * (longest + 1)}) != []
    ClipDetails(**offered | {field: text * longest})
    with pytest.raises(ValueError, match="characters"):
        ClipDetails(**offered | {field: text * (longest + 1)})


def test_the_contract_and_the_domain_agree_on_the_longest_audio_location() -> None:
    assert COMPONENTS["schemas"]["AudioLocation"]["maxLength"] == LONGEST


@pytest.mark.parametrize("name", ["NewClip", "ClipChanges"])
def test_a_body_with_an_unknown_key_is_refused(name: str) -> None:
    offered = {"title": "t", "genre": "g", "audio_url": "library:a.mp3"}

    assert body_faults(name, offered) == []
    assert body_faults(name, offered | {"colour": "red"}) != []


def test_a_change_may_clear_the_description_and_nothing_else() -> None:
    assert body_faults("ClipChanges", {}) == []
    assert body_faults("ClipChanges", {"description": None}) == []
    for field in ("title", "genre", "audio_url", "duration", "tags"):
        assert body_faults("ClipChanges", {field: None}) != []


@pytest.mark.parametrize("url", ["ftp://host/a.mp3", "file:///etc/passwd", "a.mp3", "", "Library:a.mp3"])
def test_an_audio_location_that_the_domain_refuses_breaks_the_contract_too(url: str) -> None:
    with pytest.raises(ValueError, match="must"):
        ClipDetails(title="t", genre="g", audio_url=url)  # type: ignore[arg-type]
    assert body_faults("NewClip", {"title": "t", "genre": "g", "audio_url": url}) != []
