"""Which column comes from which, read from SQL text in a process of its own.

The parser is Python and cannot be interrupted in a thread; hostile text may keep it busy for
minutes. So a helper reads, with the kernel's timer on each text and a limit to its memory.
"""

from core.sql.reading import (
    DIALECTS,
    MAX_SQL,
    Link,
    Reading,
    SqlUnread,
    Statement,
    Table,
    read_sql,
)

__all__ = ["DIALECTS", "MAX_SQL", "Link", "Reading", "SqlUnread", "Statement", "Table", "read_sql"]
