//! HTTP requests of mcpmux itself, for plugins and credentials: bounded, without redirects, and only to addresses
//! that are allowed. Speaking MCP to backends lives in `mcpmux-backends`.
