"""The outside world, made to keep the promises of `domain/ports`."""
