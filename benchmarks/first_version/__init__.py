"""The first version's stack, which we are measured against, with what runs it in an environment of its own."""
