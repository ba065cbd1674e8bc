"""The ops listener's pages: health, metrics, and the API for administrators. The listener mounts its routes."""
