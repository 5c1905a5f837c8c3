"""Blobs: small, exact, and readable for as long as one of their kind is stored."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsignal.adapters.dynamodb.packing import pack_events, pack_lead, unpack

# Packed once and for ever: whoever changes a dictionary in place makes what is stored unreadable.
GOLDEN = {
    (
        "018b46b33d3d3f075892e91a92e00a330b13730b13031040b710621aa6b5"
        "89864a284500eed84c4cce4dd52b492d2e418a4cf4e8adadad8d0500"
    ): [
        {
            "message_id": "golden-1",
            "type": "page",
            "event": "page_view",
            "at": 1768478400000,
            "fingerprint": "golden",
            "anonymous_id": "a1",
            "context": {"page": {"url": "https://www.acme.test/pricing", "path": "/pricing"}},
        }
    ],
    (
        "02c3a80ad2f37352c00d7b785e35c6ac10a08a0816df8986b82a06330b13"
        "730b130310c056ae981862a9606b7155a3b500"
    ): {
        "lead_id": "lead_golden",
        "version": 3,
        "members": {
            "lead_golden": {
                "kind": "anonymous_id",
                "value": "a1",
                "first_received_at": 1768478400000,
            }
        },
        "score": {"score": 41, "tier": "qualified"},
        "fact_tier": "qualified",
    },
    (
        "038b46e3a7e7e7002b525d431282c5ccc2c4dcc2c40004d04300621a6638"
        "241aa286046e5f2526e7a6ea95a41697209525e8a50b8a171393925352d3"
        "d23332b3b273946a6301"
    ): [
        {
            "message_id": "golden-1",
            "type": "page",
            "event": "page_view",
            "at": 1768478400000,
            "fingerprint": "golden",
            "anonymous_id": "a1",
            "context": {"page": {"url": "https://www.acme.test/pricing", "path": "/pricing"}},
            "key_id": "abcdefghijkl",
        }
    ],
    (
        "04c36882a6e7e7a4800714e07e37c68c4ca82282819f68882b52cd2c4ccc"
        "2d4c0c40005ffc261a926209228e518c47896e88d3750d956ab1b7a44c0c"
        "b17429f084342c7011e60200"
    ): {
        "lead_id": "lead_golden",
        "version": 3,
        "members": {
            "lead_golden": {
                "kind": "anonymous_id",
                "value": "a1",
                "first_received_at": 1768478400000,
                "sightings": {
                    "anonymous_id:a1": {
                        "kind": "anonymous_id",
                        "value": "a1",
                        "first": {"at": 1768478400000, "message_id": "golden-1"},
                    }
                },
            }
        },
        "score": {"score": 41, "tier": "qualified"},
        "fact_tier": "qualified",
        "cause": "golden-1",
    },
}


@pytest.mark.parametrize("blob", GOLDEN, ids=["events 1", "leads 1", "events 2", "leads 2"])
def test_a_blob_of_every_dictionary_keeps_unpacking(blob: str) -> None:
    assert json.loads(unpack(bytes.fromhex(blob))) == GOLDEN[blob]


@given(text=st.text(max_size=2_000))
def test_what_was_packed_comes_back(text: str) -> None:
    for pack in (pack_events, pack_lead):
        assert unpack(pack(text)) == text.encode()


def test_a_usual_event_is_small() -> None:
    events = next(iter(GOLDEN.values()))
    text = json.dumps(events, separators=(",", ":"))
    assert len(pack_events(text)) < len(text) / 2
