//! Telling the person who runs mcpmux where to log in: the address on standard error, and the browser if it is to open. It is
//! said under `--quiet` too, for nothing goes on without it; where the log is JSON it is an event of the level that
//! `--quiet` lets pass.

use mcpmux_auth::{Prompt, open_browser};
use mcpmux_core::names::BackendName;
use mcpmux_manage::print;

use crate::logging::is_json;

/// Standard error and the desktop.
pub(crate) struct Terminal;

impl Prompt for Terminal {
    fn login(&self, backend: &BackendName, url: &str, open: bool) {
        if is_json() {
            tracing::error!(%backend, url, "a person has to log in");
        } else {
            print::note(&format!("log in to backend `{backend}` here:\n{url}"));
        }
        if open && let Err(why) = open_browser(url) {
            if is_json() {
                tracing::error!(%backend, why, "no browser was opened");
            } else {
                print::note(&format!("no browser was opened: {why}"));
            }
        }
    }

    fn odd(&self, why: &str) {
        if is_json() {
            tracing::error!(why, "what was pasted is of no use");
        } else {
            print::error(why);
        }
    }
}
