//! What every process that mcpmux starts gets of its environment; nothing else is handed down.

/// The variables that every process gets, where we have them.
pub const INHERITED: [&str; 8] =
    ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "TMPDIR"];
