"""What Alembic runs: the revisions, over the connection that it was handed, inside that one's transaction."""

from alembic import context

from adapters.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
