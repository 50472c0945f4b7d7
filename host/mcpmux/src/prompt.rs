//! Telling the person who runs mcpmux where to log in: the address on standard error, and the browser if it is to open.

use mcpmux_auth::{Prompt, open_browser};
use mcpmux_core::names::BackendName;
use mcpmux_manage::print;

/// Standard error and the desktop.
pub(crate) struct Terminal;

impl Prompt for Terminal {
    fn login(&self, backend: &BackendName, url: &str, open: bool) {
        print::note(&format!("log in to backend `{backend}` here:\n{url}"));
        if open && let Err(why) = open_browser(url) {
            print::note(&format!("no browser was opened: {why}"));
        }
    }

    fn odd(&self, why: &str) {
        print::error(why);
    }
}
