//! What every process that mcpmux starts gets of its environment; nothing else is handed down.

/// The variables that every process gets, where we have them.
pub const INHERITED: [&str; 8] =
    ["HOME", "LOGNAME", "PATH", "SHELL", "TERM", "USER", "LANG", "TMPDIR"];

/// The variables that a program of the operator's gets too that prints a secret, where we have them: they lead to the
/// person's session and its agents, and hold no secret themselves.
pub const SESSION: [&str; 8] = [
    "DBUS_SESSION_BUS_ADDRESS",
    "DISPLAY",
    "GNUPGHOME",
    "SSH_AUTH_SOCK",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_CONFIG_HOME",
    "XDG_RUNTIME_DIR",
];
