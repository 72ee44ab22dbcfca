"""Ids: they are UUIDs like any other, never given twice, and sorted as they were made."""

from copy import copy
from pickle import dumps, loads
from uuid import RFC_4122, UUID

from adapters.system import new_id, utc_now


def test_an_id_is_a_uuid_of_version_7_like_any_other() -> None:
    minted = new_id()

    assert (minted.version, minted.variant) == (7, RFC_4122)
    for same in (UUID(str(minted)), UUID(bytes=minted.bytes), copy(minted), loads(dumps(minted))):
        assert (same, hash(same), same.is_safe, str(same)) == (minted, hash(minted), minted.is_safe, str(minted))


def test_ids_sort_as_they_were_made_and_tell_when() -> None:
    before, ids, after = utc_now(), [new_id() for _ in range(10_000)], utc_now()
    milliseconds = [minted.int >> 80 for minted in ids]

    assert ids == sorted(set(ids))
    assert int(before.timestamp() * 1_000) <= milliseconds[0] <= milliseconds[-1] <= after.timestamp() * 1_000 + 1_000
