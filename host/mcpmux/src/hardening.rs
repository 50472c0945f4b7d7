//! What the process does so that what is in its memory stays there.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Writes no core when it crashes, and lets no other process of the user read its memory, where the system can do that.
/// Programs that it starts may raise their own limit again.
pub(crate) fn keep_memory_private() {
    let limit = Rlimit { current: Some(0), ..getrlimit(Resource::Core) };
    if let Err(error) = setrlimit(Resource::Core, limit) {
        tracing::warn!("cannot switch core dumps off, in which secrets could stand: {error}");
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            tracing::warn!("cannot keep other processes from reading this one's memory: {error}");
        }
    }
}
