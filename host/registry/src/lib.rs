//! Plugins in OCI registries: pulling and pushing components, and the lock file that says what was resolved. Loading
//! and running them lives in `mcpmux-plugins`.
