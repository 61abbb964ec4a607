"""The kinds of deadlock, and of reasons to wait."""

CIRCULAR = "circular wait"
ABANDONED = "abandoned lock"
LOST = "lost wake-up"
BEHIND = "waits behind another"
NONE = "none"
