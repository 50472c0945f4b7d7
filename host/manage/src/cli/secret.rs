//! The grammar of `mcpmux secret`.

use clap::Subcommand;

/// What to do with the vault's secrets.
#[derive(Debug, Subcommand)]
pub enum Secret {
    /// Put a secret into the vault, in the place of one of this name
    ///
    /// The value is read from standard input, without the line end after it; on a terminal it is asked for and not
    /// shown. A configuration uses it as `${secret:NAME}`.
    Set {
        /// Its name: 1 to 64 letters, digits, `_`, `.` and `-`
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List what the vault holds, without values
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a secret out of the vault
    Remove {
        /// Its name
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}
