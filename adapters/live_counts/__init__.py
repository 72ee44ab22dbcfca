"""Play counts as they change, for any number of followers in this process."""
