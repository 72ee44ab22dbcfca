"""The service without batching: ``python -m benchmarks.alone [what soundverse-play takes]``.

Each lookup and each play is a statement, so a transaction, of its own. It is our own code otherwise, and it knows
nothing of this: what sharing a commit is worth can be measured by nothing else."""

from typing import Any

from adapters.postgres.batches import Answer, Batches, Item
from soundverse_play import main


async def asked_alone(batches: Batches[Item, Answer], item: Item) -> Answer:
    """What `Batches.ask` answers, in a batch of one that waits for no other."""
    [answer] = await batches.run([item])
    if isinstance(answer, Exception):
        raise answer
    return answer


def share_nothing() -> None:
    """From now on nobody in this process shares a statement."""
    unshared: Any = asked_alone
    Batches.ask = unshared  # type: ignore[method-assign]  # just that is meant


if __name__ == "__main__":
    share_nothing()
    main()
