//! The grammar of `mcpmux auth`.

use clap::{Args, Subcommand};

/// Log in to backends, log out, and see which logins there are
#[derive(Debug, Subcommand)]
pub enum Auth {
    /// Log in to a backend whose `auth` is `oauth`
    ///
    /// Opens a browser. Without one, open the address elsewhere, log in there, and paste the address at which it ends
    /// (it begins with `http://127.0.0.1`) here. An mcpmux that runs notices the login by itself. A client that had been
    /// registered automatically is registered anew.
    Login(Login),
    /// Forget a backend's login, and tell its authorization server
    Logout {
        /// The backend's name
        backend: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Say which backends are logged in to
    Status {
        /// The backend's name [default: all]
        backend: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `mcpmux auth login`
#[derive(Debug, Args)]
pub struct Login {
    /// The backend's name [default: all without a login that can be used]
    pub backend: Option<String>,
    /// Ask for these scopes too, separated by spaces
    #[arg(long, value_name = "SCOPES")]
    pub scope: Option<String>,
    /// Open no browser; print the address only
    #[arg(long)]
    pub no_browser: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
